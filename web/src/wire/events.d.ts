// Made by `npm run types` from what the box says of itself; not to be edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Connected */
        Connected: {
            /**
             * Status
             * @constant
             */
            status: "connected";
            /** Sid */
            sid: string;
            /** Server Seq */
            server_seq: number;
            /** Server Time */
            server_time: number;
        };
        /**
         * ExistingPlaylist
         * @description The playlist that already owns the tag, in a `duplicate`.
         */
        ExistingPlaylist: {
            /** Id */
            id: string;
            /** Title */
            title: string;
        };
        /** HealthStatus */
        HealthStatus: {
            /**
             * Status
             * @enum {string}
             */
            status: "healthy" | "degraded" | "unhealthy";
            /** Services */
            services: {
                [key: string]: boolean;
            };
            /** Details */
            details: {
                [key: string]: components["schemas"]["ServiceState"];
            };
            /** Timestamp */
            timestamp: number;
            /** Uptime */
            uptime: number;
        };
        /** HealthTold */
        HealthTold: {
            /**
             * Status
             * @enum {string}
             */
            status: "healthy" | "degraded" | "unhealthy";
            /** Services */
            services: {
                [key: string]: boolean;
            };
            /** Details */
            details: {
                [key: string]: components["schemas"]["ServiceState"];
            };
            /** Timestamp */
            timestamp: number;
            /** Uptime */
            uptime: number;
            health_metrics: components["schemas"]["HealthStatus"];
            /** Connected Clients */
            connected_clients: number;
            /** Server Time */
            server_time: number;
        };
        /**
         * Joined
         * @description `room` is absent where there is none to join.
         */
        Joined: {
            /**
             * Room
             * @default null
             */
            room?: string | null;
            /** Success */
            success: boolean;
            /** Server Seq */
            server_seq: number;
            /**
             * Message
             * @default null
             */
            message?: string | null;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
            /**
             * Assoc Id
             * @default null
             */
            assoc_id?: string | null;
        };
        /** Left */
        Left: {
            /** Room */
            room: string;
            /** Success */
            success: boolean;
            /** Server Seq */
            server_seq: number;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
        };
        /**
         * LinkProgress
         * @description `timestamp`: epoch milliseconds; `expires_at`: epoch seconds.
         */
        LinkProgress: {
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            /** Playlist Id */
            playlist_id: string | null;
            /** Session Id */
            session_id: string;
            /** Message */
            message: string;
            /** Expires At */
            expires_at: number;
            /**
             * Tag Id
             * @default null
             */
            tag_id?: string | null;
            /** @default null */
            existing_playlist?: components["schemas"]["ExistingPlaylist"] | null;
            /** Timestamp */
            timestamp: number;
            /** Server Seq */
            server_seq: number;
        };
        /** LinkStatus */
        LinkStatus: {
            /** Assoc Id */
            assoc_id: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            /** Playlist Id */
            playlist_id: string | null;
            /**
             * Tag Id
             * @default null
             */
            tag_id?: string | null;
            /** Server Seq */
            server_seq: number;
        };
        /** NfcLink */
        NfcLink: {
            /** Playlist Id */
            playlist_id: string;
            /**
             * Tag Id
             * @default null
             */
            tag_id?: string | null;
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
        };
        /**
         * NfcRoom
         * @description Without `assoc_id`: the newest session.
         */
        NfcRoom: {
            /**
             * Assoc Id
             * @default null
             */
            assoc_id?: string | null;
        };
        /** NoFields */
        NoFields: Record<string, never>;
        /** Numbered[PlayerState] */
        Numbered_PlayerState_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["PlayerState"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[PlaylistGone] */
        Numbered_PlaylistGone_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["PlaylistGone"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[PlaylistNews] */
        Numbered_PlaylistNews_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["PlaylistNews"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[Playlist] */
        Numbered_Playlist_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["Playlist"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[Playlists] */
        Numbered_Playlists_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["Playlists"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[TrackAdded] */
        Numbered_TrackAdded_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["TrackAdded"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[TrackNews] */
        Numbered_TrackNews_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["TrackNews"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[TrackPosition] */
        Numbered_TrackPosition_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["TrackPosition"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[TracksDeleted] */
        Numbered_TracksDeleted_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["TracksDeleted"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** Numbered[VolumeChanged] */
        Numbered_VolumeChanged_: {
            /** Event Type */
            event_type: string;
            /** Server Seq */
            server_seq: number;
            data: components["schemas"]["VolumeChanged"];
            /** Timestamp */
            timestamp: number;
            /** Event Id */
            event_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Playlist Seq
             * @default null
             */
            playlist_seq?: number | null;
        };
        /** OperationDone */
        OperationDone: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Success
             * @constant
             */
            success: true;
            /**
             * Data
             * @default null
             */
            data?: unknown;
            /** Server Seq */
            server_seq: number;
        };
        /** OperationRefused */
        OperationRefused: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Success
             * @constant
             */
            success: false;
            /** Message */
            message: string;
            /** Error Type */
            error_type: string;
            /** Server Seq */
            server_seq: number;
        };
        /**
         * Ping
         * @description `timestamp` comes back as it is.
         */
        Ping: {
            /**
             * Timestamp
             * @default null
             */
            timestamp?: unknown;
        };
        /**
         * PlayerState
         * @description The whole state of the player; clients replace their whole copy with it.
         */
        PlayerState: {
            /**
             * State
             * @enum {string}
             */
            state: "stopped" | "loading" | "playing" | "paused" | "error";
            /** Active Playlist Id */
            active_playlist_id: string | null;
            /** Active Playlist Title */
            active_playlist_title: string | null;
            active_track: components["schemas"]["Track"] | null;
            /** Position Ms */
            position_ms: number;
            /** Duration Ms */
            duration_ms: number;
            /** Track Index */
            track_index: number;
            /** Track Count */
            track_count: number;
            /** Can Prev */
            can_prev: boolean;
            /** Can Next */
            can_next: boolean;
            /** Volume */
            volume: number;
            /** Muted */
            muted: boolean;
            /**
             * Repeat Mode
             * @enum {string}
             */
            repeat_mode: "none" | "track" | "playlist";
            /** Shuffle Enabled */
            shuffle_enabled: boolean;
            /** Auto Advance Enabled */
            auto_advance_enabled: boolean;
            /** Sleep Timer Ends At */
            sleep_timer_ends_at: number | null;
            /** Error Message */
            error_message: string | null;
            /** Server Seq */
            server_seq: number;
            /** Is Playing */
            is_playing: boolean;
            /** Is Paused */
            readonly is_paused: boolean;
            /** Active Track Id */
            readonly active_track_id: string | null;
            /** Active Track Title */
            readonly active_track_title: string | null;
            /** Active Track Number */
            readonly active_track_number: number | null;
            /**
             * Duration
             * @description Seconds.
             */
            readonly duration: number;
        };
        /** Playlist */
        Playlist: {
            /** Id */
            id: string;
            /**
             * Type
             * @default playlist
             * @constant
             */
            type: "playlist";
            /** Title */
            title: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Nfc Tag Id
             * @default null
             */
            nfc_tag_id: string | null;
            /** Track Count */
            track_count: number;
            /** Total Duration Ms */
            total_duration_ms: number;
            /**
             * Cover Url
             * @default null
             */
            cover_url: string | null;
            /**
             * Last Played
             * @default 0
             */
            last_played: number;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
            /** @default null */
            resume: components["schemas"]["Resume"] | null;
            /**
             * Same Tag
             * @default null
             */
            same_tag: ("toggle" | "restart" | "next" | "ignore") | null;
            /**
             * On Removal
             * @default null
             */
            on_removal: ("keep" | "pause") | null;
            /**
             * Server Seq
             * @default 0
             */
            server_seq: number;
            /**
             * Playlist Seq
             * @default 0
             */
            playlist_seq: number;
            /** Tracks */
            tracks: components["schemas"]["Track"][];
        };
        /** PlaylistGone */
        PlaylistGone: {
            /** Playlist Id */
            playlist_id: string;
            /** Message */
            message: string;
        };
        /**
         * PlaylistLite
         * @description A playlist without the key `tracks`: an empty list there would wipe a client's copy.
         */
        PlaylistLite: {
            /** Id */
            id: string;
            /**
             * Type
             * @default playlist
             * @constant
             */
            type: "playlist";
            /** Title */
            title: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Nfc Tag Id
             * @default null
             */
            nfc_tag_id: string | null;
            /** Track Count */
            track_count: number;
            /** Total Duration Ms */
            total_duration_ms: number;
            /**
             * Cover Url
             * @default null
             */
            cover_url: string | null;
            /**
             * Last Played
             * @default 0
             */
            last_played: number;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
            /** @default null */
            resume: components["schemas"]["Resume"] | null;
            /**
             * Same Tag
             * @default null
             */
            same_tag: ("toggle" | "restart" | "next" | "ignore") | null;
            /**
             * On Removal
             * @default null
             */
            on_removal: ("keep" | "pause") | null;
            /**
             * Server Seq
             * @default 0
             */
            server_seq: number;
            /**
             * Playlist Seq
             * @default 0
             */
            playlist_seq: number;
        };
        /** PlaylistNews */
        PlaylistNews: {
            /** Playlist Id */
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
        };
        /** PlaylistRoom */
        PlaylistRoom: {
            /** Playlist Id */
            playlist_id: string;
        };
        /** Playlists */
        Playlists: {
            /** Playlists */
            playlists: components["schemas"]["PlaylistLite"][];
        };
        /**
         * Pong
         * @description `timestamp`: the client's own, or the time.
         */
        Pong: {
            /** Timestamp */
            timestamp: unknown;
            /** Server Time */
            server_time: number;
            /** Server Seq */
            server_seq: number;
        };
        /**
         * Resume
         * @description Where a playlist was left.
         */
        Resume: {
            /** Track Id */
            track_id: string;
            /** Position Ms */
            position_ms: number;
        };
        /**
         * ServiceState
         * @description One supervised task as health shows it. `since`: epoch seconds.
         */
        ServiceState: {
            /** State */
            state: string;
            /** Since */
            since: number;
            /**
             * Restarts
             * @default 0
             */
            restarts: number;
            /**
             * Last Error
             * @default null
             */
            last_error: string | null;
        };
        /** SyncComplete */
        SyncComplete: {
            /** Synced Rooms */
            synced_rooms: string[];
            /** Server Seq */
            server_seq: number;
            /** Current Global Seq */
            current_global_seq: number;
        };
        /** SyncError */
        SyncError: {
            /** Error */
            error: string;
            /**
             * Requested Rooms
             * @default null
             */
            requested_rooms?: unknown;
        };
        /**
         * SyncRequest
         * @description `last_playlist_seqs`: by playlist id.
         */
        SyncRequest: {
            /**
             * Last Global Seq
             * @default null
             */
            last_global_seq?: number | null;
            /**
             * Last Playlist Seqs
             * @default {}
             */
            last_playlist_seqs?: {
                [key: string]: number;
            };
            /**
             * Requested Rooms
             * @default null
             */
            requested_rooms?: string[] | null;
        };
        /** TagNews */
        TagNews: {
            /** Tag Id */
            tag_id: string;
            /** Present */
            present: boolean;
            /** Playlist Id */
            playlist_id: string | null;
            /** Server Seq */
            server_seq: number;
        };
        /**
         * Track
         * @description One track of one playlist. `file_path` is relative to the library folder; `filename` is only a label.
         */
        Track: {
            /** Id */
            id: string;
            /** Number */
            number: number;
            /** Title */
            title: string;
            /** Filename */
            filename: string;
            /** File Path */
            file_path: string;
            /** Duration Ms */
            duration_ms: number;
            /** Artist */
            artist: string | null;
            /** Album */
            album: string | null;
            /** File Size */
            file_size: number;
            /** File Hash */
            file_hash: string;
            /**
             * Missing
             * @default false
             */
            missing: boolean;
            /**
             * Cover Url
             * @default null
             */
            cover_url: string | null;
            /**
             * Play Count
             * @default 0
             */
            play_count: number;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
            /**
             * Server Seq
             * @default 0
             */
            server_seq: number;
            /** Track Number */
            readonly track_number: number;
            /**
             * Duration
             * @description Seconds.
             */
            readonly duration: number;
        };
        /** TrackAdded */
        TrackAdded: {
            /** Playlist Id */
            playlist_id: string;
            track: components["schemas"]["Track"];
        };
        /** TrackNews */
        TrackNews: {
            /** Id */
            id: string;
            /** Number */
            number: number;
            /** Title */
            title: string;
            /** Filename */
            filename: string;
            /** File Path */
            file_path: string;
            /** Duration Ms */
            duration_ms: number;
            /** Artist */
            artist: string | null;
            /** Album */
            album: string | null;
            /** File Size */
            file_size: number;
            /** File Hash */
            file_hash: string;
            /**
             * Missing
             * @default false
             */
            missing: boolean;
            /**
             * Cover Url
             * @default null
             */
            cover_url: string | null;
            /**
             * Play Count
             * @default 0
             */
            play_count: number;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
            /**
             * Server Seq
             * @default 0
             */
            server_seq: number;
            /** Playlist Id */
            playlist_id: string;
            /** Track Number */
            readonly track_number: number;
            /**
             * Duration
             * @description Seconds.
             */
            readonly duration: number;
        };
        /**
         * TrackPosition
         * @description The data of `state:track_position`.
         */
        TrackPosition: {
            /** Position Ms */
            position_ms: number;
            /** Track Id */
            track_id: string;
            /** Is Playing */
            is_playing: boolean;
            /** Duration Ms */
            duration_ms: number;
        };
        /** TracksDeleted */
        TracksDeleted: {
            /** Playlist Id */
            playlist_id: string;
            /** Track Numbers */
            track_numbers: number[];
            /** Track Ids */
            track_ids: string[];
        };
        /** UploadComplete */
        UploadComplete: {
            /** Playlist Id */
            playlist_id: string;
            /** Session Id */
            session_id: string;
            /** Filename */
            filename: string;
            track: components["schemas"]["Track"];
            /** Server Seq */
            server_seq: number;
        };
        /**
         * UploadFailed
         * @description `code`: an `error_type` of the HTTP side.
         */
        UploadFailed: {
            /** Playlist Id */
            playlist_id: string;
            /** Session Id */
            session_id: string;
            /** Error */
            error: string;
            /** Code */
            code: string;
            /** Server Seq */
            server_seq: number;
        };
        /**
         * UploadProgressed
         * @description `progress`: percent.
         */
        UploadProgressed: {
            /** Playlist Id */
            playlist_id: string;
            /** Session Id */
            session_id: string;
            /** Chunk Index */
            chunk_index: number;
            /** Progress */
            progress: number;
            /** Complete */
            complete: boolean;
            /** Filename */
            filename: string;
            /** File Name */
            file_name: string;
            /** Server Seq */
            server_seq: number;
        };
        /** VolumeChanged */
        VolumeChanged: {
            /** Volume */
            volume: number;
            /** Muted */
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
    "connection_status": components["schemas"]["Connected"];
    "ack:join": components["schemas"]["Joined"];
    "ack:leave": components["schemas"]["Left"];
    "client_pong": components["schemas"]["Pong"];
    "health_status": components["schemas"]["HealthTold"];
    "sync:complete": components["schemas"]["SyncComplete"];
    "sync:error": components["schemas"]["SyncError"];
    "ack:op": components["schemas"]["OperationDone"];
    "err:op": components["schemas"]["OperationRefused"];
    "nfc_status": components["schemas"]["LinkStatus"];
    "nfc_association_state": components["schemas"]["LinkProgress"];
    "nfc_tag": components["schemas"]["TagNews"];
    "upload:progress": components["schemas"]["UploadProgressed"];
    "upload:complete": components["schemas"]["UploadComplete"];
    "upload:error": components["schemas"]["UploadFailed"];
}
export interface Asked {
    "join:playlists": components["schemas"]["NoFields"];
    "join:playlist": components["schemas"]["PlaylistRoom"];
    "join:nfc": components["schemas"]["NfcRoom"];
    "leave:playlists": components["schemas"]["NoFields"];
    "leave:playlist": components["schemas"]["PlaylistRoom"];
    "leave:nfc": components["schemas"]["NfcRoom"];
    "client_ping": components["schemas"]["Ping"];
    "health_check": components["schemas"]["NoFields"];
    "client:request_current_state": components["schemas"]["NoFields"];
    "sync:request": components["schemas"]["SyncRequest"];
    "start_nfc_link": components["schemas"]["NfcLink"];
    "stop_nfc_link": components["schemas"]["NfcLink"];
    "override_nfc_tag": components["schemas"]["NfcLink"];
}
