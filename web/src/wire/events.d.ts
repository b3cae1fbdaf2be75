// Made by `npm run types` from what the box says of itself; not to be edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Chapter: {
            title: string;
            start_ms: number;
        };
        Connected: {
            status: "connected";
            sid: string;
            server_seq: number;
            server_time: number;
            box_name: string;
        };
        DownloadComplete: {
            task_id: string;
            playlist_id: string;
            track: components["schemas"]["Track"];
            server_seq: number;
        };
        DownloadFailed: {
            task_id: string;
            playlist_id: string;
            message: string;
            reason: string;
            server_seq: number;
        };
        DownloadProgressed: {
            task_id: string;
            video_id: string;
            url: string;
            playlist_id: string;
            title: string | null;
            thumbnail_url: string;
            status: "pending" | "downloading" | "processing" | "completed" | "error" | "cancelled";
            progress_percent: number;
            current_step: "waiting" | "starting" | "downloading" | "converting" | "examining" | "completed" | "error" | "cancelled";
            estimated_time_remaining: number | null;
            place: number | null;
            retry_at: number | null;
            error_reason: string | null;
            error_message: string | null;
            result: components["schemas"]["DownloadResult"] | null;
            created_at: string;
            server_seq: number;
        };
        DownloadResult: {
            track: components["schemas"]["Track"];
            playlist_id: string;
        };
        ExistingPlaylist: {
            id: string;
            title: string;
        };
        HealthStatus: {
            status: "healthy" | "degraded" | "unhealthy";
            services: {
                [key: string]: boolean;
            };
            details: {
                [key: string]: components["schemas"]["ServiceState"];
            };
            timestamp: number;
            uptime: number;
            box_name: string;
        };
        HealthTold: {
            status: "healthy" | "degraded" | "unhealthy";
            services: {
                [key: string]: boolean;
            };
            details: {
                [key: string]: components["schemas"]["ServiceState"];
            };
            timestamp: number;
            uptime: number;
            box_name: string;
            health_metrics: components["schemas"]["HealthStatus"];
            connected_clients: number;
            server_time: number;
        };
        Joined: {
            room?: string | null;
            success: boolean;
            server_seq: number;
            message?: string | null;
            playlist_id?: string | null;
            playlist_seq?: number | null;
            assoc_id?: string | null;
        };
        KeyPressed: {
            device: string;
            code: number;
            press: "short" | "long" | "repeat" | "turn+" | "turn-";
            bound: boolean;
            name: string | null;
            server_seq: number;
        };
        Left: {
            room: string;
            success: boolean;
            server_seq: number;
            playlist_id?: string | null;
        };
        LimitState: {
            state: "free" | "warning" | "grace" | "spent" | "lifted";
            left_s: number | null;
            until: number | null;
            reason: ("daily" | "bedtime" | "quiet") | null;
        };
        LinkProgress: {
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            playlist_id: string | null;
            session_id: string;
            message: string;
            expires_at: number;
            tag_id?: string | null;
            existing_playlist?: components["schemas"]["ExistingPlaylist"] | null;
            reason?: "random_id" | null;
            timestamp: number;
            server_seq: number;
        };
        LinkStatus: {
            assoc_id: string;
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            playlist_id: string | null;
            tag_id?: string | null;
            server_seq: number;
        };
        Loudness: {
            track: number | null;
            album: number | null;
            peak: number | null;
        };
        MachineMoved: {
            name: string;
            id: string;
            state: string | null;
            server_seq: number;
        };
        NfcLink: {
            playlist_id: string;
            tag_id?: string | null;
            client_op_id?: string | null;
        };
        NfcRoom: {
            assoc_id?: string | null;
        };
        NoFields: Record<string, never>;
        Numbered_PlayerState_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["PlayerState"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_PlaylistGone_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["PlaylistGone"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_PlaylistNews_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["PlaylistNews"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_Playlist_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["Playlist"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_Playlists_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["Playlists"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_Speakers_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["Speakers"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_TrackAdded_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["TrackAdded"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_TrackNews_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["TrackNews"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_TrackPosition_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["TrackPosition"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_TracksDeleted_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["TracksDeleted"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        Numbered_VolumeChanged_: {
            event_type: string;
            server_seq: number;
            data: components["schemas"]["VolumeChanged"];
            timestamp: number;
            event_id: string;
            playlist_id?: string | null;
            playlist_seq?: number | null;
        };
        OperationDone: {
            client_op_id?: string | null;
            success: true;
            data?: unknown;
            server_seq: number;
        };
        OperationRefused: {
            client_op_id?: string | null;
            success: false;
            message: string;
            error_type: string;
            server_seq: number;
        };
        Ping: {
            timestamp?: number | string | null;
        };
        PlayerState: {
            state: "stopped" | "loading" | "playing" | "paused" | "error";
            active_playlist_id: string | null;
            active_playlist_title: string | null;
            active_track: components["schemas"]["Track"] | null;
            position_ms: number;
            duration_ms: number;
            chapter_index: number | null;
            track_index: number;
            track_count: number;
            can_prev: boolean;
            can_next: boolean;
            volume: number;
            muted: boolean;
            repeat_mode: "none" | "track" | "playlist";
            shuffle_enabled: boolean;
            auto_advance_enabled: boolean;
            sleep_timer_ends_at: number | null;
            error_message: string | null;
            limit: components["schemas"]["LimitState"];
            server_seq: number;
            is_playing: boolean;
            readonly is_paused: boolean;
            readonly active_track_id: string | null;
            readonly active_track_title: string | null;
            readonly active_track_number: number | null;
            readonly duration: number;
        };
        Playlist: {
            id: string;
            type: "playlist";
            title: string;
            description: string;
            tag_ids: string[];
            track_count: number;
            total_duration_ms: number;
            cover_url: string | null;
            own_cover: boolean;
            last_played: number;
            created_at: string;
            updated_at: string;
            resume: components["schemas"]["Resume"] | null;
            same_tag: ("toggle" | "restart" | "next" | "ignore") | null;
            on_removal: ("keep" | "pause") | null;
            resume_policy: ("resume" | "restart") | null;
            shuffle: boolean | null;
            for_child: boolean;
            server_seq: number;
            playlist_seq: number;
            tracks: components["schemas"]["Track"][];
            readonly nfc_tag_id: string | null;
        };
        PlaylistGone: {
            playlist_id: string;
            message: string;
        };
        PlaylistLite: {
            id: string;
            type: "playlist";
            title: string;
            description: string;
            tag_ids: string[];
            track_count: number;
            total_duration_ms: number;
            cover_url: string | null;
            own_cover: boolean;
            last_played: number;
            created_at: string;
            updated_at: string;
            resume: components["schemas"]["Resume"] | null;
            same_tag: ("toggle" | "restart" | "next" | "ignore") | null;
            on_removal: ("keep" | "pause") | null;
            resume_policy: ("resume" | "restart") | null;
            shuffle: boolean | null;
            for_child: boolean;
            server_seq: number;
            playlist_seq: number;
            readonly nfc_tag_id: string | null;
        };
        PlaylistNews: {
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
        };
        PlaylistRoom: {
            playlist_id: string;
        };
        Playlists: {
            playlists: components["schemas"]["PlaylistLite"][];
        };
        Pong: {
            timestamp: number | string;
            server_time: number;
            server_seq: number;
        };
        Resume: {
            track_id: string;
            position_ms: number;
        };
        ServiceState: {
            state: string;
            since: number;
            restarts: number;
            last_error: string | null;
        };
        SoundTrouble: {
            kind: "skipped" | "gaps" | "made_do";
            message: string;
            skipped: string | null;
            server_seq: number;
        };
        Speaker: {
            id: string;
            name: string;
            connected: boolean;
            volume: number;
            muted: boolean;
            latency_ms: number;
        };
        Speakers: {
            available: boolean;
            speakers: components["schemas"]["Speaker"][];
        };
        SyncComplete: {
            synced_rooms: string[];
            server_seq: number;
            current_global_seq: number;
        };
        SyncError: {
            error: string;
            requested_rooms?: string[] | null;
        };
        SyncRequest: {
            last_global_seq?: number | null;
            last_playlist_seqs?: {
                [key: string]: number;
            };
            requested_rooms?: string[] | null;
        };
        TagNews: {
            tag_id: string;
            present: boolean;
            playlist_id: string | null;
            is_random: boolean;
            refused: ("daily" | "bedtime" | "quiet") | null;
            server_seq: number;
        };
        Track: {
            id: string;
            number: number;
            title: string;
            filename: string;
            file_path: string;
            duration_ms: number;
            damaged_at_ms: number | null;
            artist: string | null;
            album: string | null;
            file_size: number;
            file_hash: string;
            missing: boolean;
            chapters: components["schemas"]["Chapter"][];
            cover_url: string | null;
            play_count: number;
            loudness: components["schemas"]["Loudness"];
            created_at: string;
            updated_at: string;
            server_seq: number;
            readonly track_number: number;
            readonly duration: number;
            readonly note: string | null;
        };
        TrackAdded: {
            playlist_id: string;
            track: components["schemas"]["Track"];
        };
        TrackNews: {
            id: string;
            number: number;
            title: string;
            filename: string;
            file_path: string;
            duration_ms: number;
            damaged_at_ms: number | null;
            artist: string | null;
            album: string | null;
            file_size: number;
            file_hash: string;
            missing: boolean;
            chapters: components["schemas"]["Chapter"][];
            cover_url: string | null;
            play_count: number;
            loudness: components["schemas"]["Loudness"];
            created_at: string;
            updated_at: string;
            server_seq: number;
            playlist_id: string;
            readonly track_number: number;
            readonly duration: number;
            readonly note: string | null;
        };
        TrackPosition: {
            position_ms: number;
            track_id: string;
            is_playing: boolean;
            duration_ms: number;
        };
        TracksDeleted: {
            playlist_id: string;
            track_numbers: number[];
            track_ids: string[];
        };
        UpdateTold: {
            state: "none" | "available" | "checking" | "installing" | "proving" | "done" | "went_back" | "failed";
            version: string | null;
            message: string;
            reason: string | null;
            current: string;
            percent: number | null;
            hindrance: string | null;
            server_seq: number;
        };
        UploadComplete: {
            playlist_id: string;
            session_id: string;
            filename: string;
            track: components["schemas"]["Track"];
            server_seq: number;
        };
        UploadFailed: {
            playlist_id: string;
            session_id: string;
            error: string;
            code: string;
            server_seq: number;
        };
        UploadProgressed: {
            playlist_id: string;
            session_id: string;
            chunk_index: number;
            progress: number;
            complete: boolean;
            filename: string;
            file_name: string;
            server_seq: number;
        };
        VolumeChanged: {
            volume: number;
            muted: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
export interface Told {
    "state:player": components["schemas"]["Numbered_PlayerState_"];
    "state:track_position": components["schemas"]["Numbered_TrackPosition_"];
    "state:playlists": components["schemas"]["Numbered_Playlists_"];
    "state:playlist": components["schemas"]["Numbered_Playlist_"];
    "state:playlist_created": components["schemas"]["Numbered_PlaylistNews_"];
    "state:playlist_updated": components["schemas"]["Numbered_PlaylistNews_"];
    "state:playlist_deleted": components["schemas"]["Numbered_PlaylistGone_"];
    "state:track": components["schemas"]["Numbered_TrackNews_"];
    "state:track_added": components["schemas"]["Numbered_TrackAdded_"];
    "state:track_deleted": components["schemas"]["Numbered_TracksDeleted_"];
    "state:volume_changed": components["schemas"]["Numbered_VolumeChanged_"];
    "state:speakers": components["schemas"]["Numbered_Speakers_"];
    "nfc_status": components["schemas"]["LinkStatus"];
    "nfc_association_state": components["schemas"]["LinkProgress"];
    "nfc_tag": components["schemas"]["TagNews"];
    "key_pressed": components["schemas"]["KeyPressed"];
    "sound_trouble": components["schemas"]["SoundTrouble"];
    "update_state": components["schemas"]["UpdateTold"];
    "upload:progress": components["schemas"]["UploadProgressed"];
    "upload:complete": components["schemas"]["UploadComplete"];
    "upload:error": components["schemas"]["UploadFailed"];
    "youtube:progress": components["schemas"]["DownloadProgressed"];
    "youtube:complete": components["schemas"]["DownloadComplete"];
    "youtube:error": components["schemas"]["DownloadFailed"];
    "connection_status": components["schemas"]["Connected"];
    "ack:join": components["schemas"]["Joined"];
    "ack:leave": components["schemas"]["Left"];
    "client_pong": components["schemas"]["Pong"];
    "health_status": components["schemas"]["HealthTold"];
    "machine_state": components["schemas"]["MachineMoved"];
    "sync:complete": components["schemas"]["SyncComplete"];
    "sync:error": components["schemas"]["SyncError"];
    "err:op": components["schemas"]["OperationRefused"];
    "ack:op": components["schemas"]["OperationDone"];
}
export interface Asked {
    "join:playlists": components["schemas"]["NoFields"];
    "join:playlist": components["schemas"]["PlaylistRoom"];
    "join:nfc": components["schemas"]["NfcRoom"];
    "join:machines": components["schemas"]["NoFields"];
    "leave:playlists": components["schemas"]["NoFields"];
    "leave:playlist": components["schemas"]["PlaylistRoom"];
    "leave:nfc": components["schemas"]["NfcRoom"];
    "leave:machines": components["schemas"]["NoFields"];
    "client_ping": components["schemas"]["Ping"];
    "health_check": components["schemas"]["NoFields"];
    "client:request_current_state": components["schemas"]["NoFields"];
    "sync:request": components["schemas"]["SyncRequest"];
    "start_nfc_link": components["schemas"]["NfcLink"];
    "stop_nfc_link": components["schemas"]["NfcLink"];
    "override_nfc_tag": components["schemas"]["NfcLink"];
}
