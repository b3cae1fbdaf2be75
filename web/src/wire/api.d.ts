// Made by `npm run types` from what the box says of itself; not to be edited.

export interface paths {
    "/api/player/play": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Play, or go on. */
        post: operations["post_player_play"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause. */
        post: operations["post_player_pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop. */
        post: operations["post_player_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/toggle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Play or pause. */
        post: operations["post_player_toggle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go to the next track. */
        post: operations["post_player_next"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/previous": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go to the start of the track, or to the one before. */
        post: operations["post_player_previous"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/seek": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go to a position in the track that is heard. */
        post: operations["post_player_seek"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/volume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state of the player. */
        get: operations["get_player_volume"];
        put?: never;
        /** Set the volume; never above the ceiling. */
        post: operations["post_player_volume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/mode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set how playing goes on, and whether it is muted. */
        put: operations["put_player_mode"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/sleep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fade out and stop after so many seconds. */
        post: operations["post_player_sleep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state of the player. */
        get: operations["get_player_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playback/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state of the player. */
        get: operations["get_playback_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of the library. */
        get: operations["get_playlists"];
        put?: never;
        /** Make an empty playlist. */
        post: operations["post_playlists"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compare the library with its files, and take in what lies in the inbox. */
        post: operations["post_playlists_sync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/move-track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move a track to another playlist, or within its own. */
        post: operations["post_playlists_move_track"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{source_id}/move-track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move a track of this playlist to another. */
        post: operations["post_playlists_source_id_move_track"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A playlist and its tracks. */
        get: operations["get_playlists_playlist_id"];
        /** Rename a playlist, describe it, choose what its tag does. */
        put: operations["put_playlists_playlist_id"];
        post?: never;
        /** Delete a playlist and its tracks. */
        delete: operations["delete_playlists_playlist_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/tap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Do what a tag of this playlist would do if it were put on the box now: play it, or pause it, as parents chose. */
        post: operations["post_playlists_playlist_id_tap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Play a playlist, from where it was left. */
        post: operations["post_playlists_playlist_id_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/play/{track_number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Play a playlist from one of its tracks on. */
        post: operations["post_playlists_playlist_id_play_track_number"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/reorder": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put the tracks of a playlist into another order. */
        post: operations["post_playlists_playlist_id_reorder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/tracks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete tracks of a playlist: all that are named, or none if one of them is not there. */
        delete: operations["delete_playlists_playlist_id_tracks"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tracks/{track_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change the title, artist or album of a track; its file stays as it is. */
        put: operations["put_tracks_track_id"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tracks/{track_id}/cover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The picture of a track. */
        get: operations["get_tracks_track_id_cover"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tracks/{track_id}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sound of a track, or a part of it (HTTP Range). */
        get: operations["get_tracks_track_id_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/scan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Open a session: the next tag is linked to the playlist, or only reported. */
        post: operations["post_nfc_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/session/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Cancel a session. */
        delete: operations["delete_nfc_session_session_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/override": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a tag to a playlist although it has another use. */
        post: operations["post_nfc_override"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/associate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Link a tag to a playlist without putting it on the box. */
        post: operations["post_nfc_associate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/associate/{tag_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget what a tag means. */
        delete: operations["delete_nfc_associate_tag_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nfc/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The reader, its tag, and the sessions. */
        get: operations["get_nfc_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reader/tag": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put a tag on the virtual reader, while it is in use. */
        put: operations["put_reader_tag"];
        post?: never;
        /** Take the tag from the virtual reader. */
        delete: operations["delete_reader_tag"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All tags, in the order in which the box came to know them. */
        get: operations["get_tags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tags/{tag_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A tag, its use, and when it was seen last. */
        get: operations["get_tags_tag_id"];
        /** Say what a tag is for. */
        put: operations["put_tags_tag_id"];
        post?: never;
        /** Forget a tag. */
        delete: operations["delete_tags_tag_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/uploads/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Announce a file. */
        post: operations["post_playlists_playlist_id_uploads_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/uploads/{session_id}/chunks/{chunk_index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Send a part of a file. */
        put: operations["put_playlists_playlist_id_uploads_session_id_chunks_chunk_index"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/uploads/{session_id}/finalize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a track of the file. */
        post: operations["post_playlists_playlist_id_uploads_session_id_finalize"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/uploads/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far an upload is. */
        get: operations["get_playlists_playlist_id_uploads_session_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All uploads. */
        get: operations["get_uploads_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Cancel an upload. */
        delete: operations["delete_uploads_sessions_session_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/cleanup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forget uploads that nobody continues. */
        post: operations["post_uploads_cleanup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole library as one file. */
        get: operations["get_backup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace the whole library by a backup; the box restarts with it. */
        post: operations["post_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A playlist as one file, to take to another box. */
        get: operations["get_playlists_playlist_id_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a playlist of such a file. */
        post: operations["post_playlists_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetch the sound of a video into a playlist. */
        post: operations["post_youtube_download"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search for videos. */
        get: operations["get_youtube_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/status/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a download is. */
        get: operations["get_youtube_status_task_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/tasks/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Cancel a download. */
        delete: operations["delete_youtube_tasks_task_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What parents chose for the whole box. */
        get: operations["get_settings"];
        /** Choose; it counts from now on. */
        put: operations["put_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/pin/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Unlock what only parents may do, by the PIN. */
        post: operations["post_pin_session"];
        /** Lock it again. */
        delete: operations["delete_pin_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the box is, read from its supervised tasks. */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The computer, the process and the disk. */
        get: operations["get_system_info"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last lines of the log. */
        get: operations["get_system_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop, and start anew with the same arguments; what was playing goes on. */
        post: operations["post_system_restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/shutdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch the computer off, where it lets the box do that; what was playing is remembered. */
        post: operations["post_system_shutdown"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/machines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All state machines: their tables, and the state that each of them is in. */
        get: operations["get_system_machines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The OpenAPI document of this API. */
        get: operations["get_openapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The AsyncAPI document of the sockets. */
        get: operations["get_asyncapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This API for people. */
        get: operations["get_docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** ActionBody */
        ActionBody: {
            /**
             * Action
             * @enum {string}
             */
            action: "next" | "previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle";
            /**
             * Minutes
             * @default null
             */
            minutes?: number | null;
            /**
             * Step
             * @default null
             */
            step?: number | null;
        };
        /** AssociateBody */
        AssociateBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Playlist Id */
            playlist_id: string;
            /** Tag Id */
            tag_id: string;
            /**
             * Override
             * @default false
             */
            override?: boolean;
        };
        /** Association */
        Association: {
            /** Tag Id */
            tag_id: string;
            /** Playlist Id */
            playlist_id: string;
            /** Playlist Title */
            playlist_title: string;
            /** Created At */
            created_at: string;
        };
        /** AssociationAnswer */
        AssociationAnswer: {
            /** Tag Id */
            tag_id: string;
            /** Playlist Id */
            playlist_id: string;
            /** Playlist Title */
            playlist_title: string;
            /** Created At */
            created_at: string;
            association: components["schemas"]["Association"];
        };
        /** Body */
        Body: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
        };
        /** CleanedSession */
        CleanedSession: {
            /** Session Id */
            session_id: string;
            /** Filename */
            filename: string;
            /** Age Hours */
            age_hours: number;
        };
        /**
         * CleanupResult
         * @description `freed_bytes`: of all files that were removed.
         */
        CleanupResult: {
            /** Cleaned Sessions */
            cleaned_sessions: components["schemas"]["CleanedSession"][];
            /** Cleaned Files */
            cleaned_files: number;
            /** Freed Bytes */
            freed_bytes: number;
        };
        /** CreateBody */
        CreateBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Title */
            title: string;
            /**
             * Description
             * @default
             */
            description?: string;
        };
        /** DeleteTracksBody */
        DeleteTracksBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Track Numbers */
            track_numbers?: number[];
            /** Track Ids */
            track_ids?: string[];
        };
        /** DownloadBody */
        DownloadBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Url */
            url: string;
            /** Playlist Id */
            playlist_id: string;
            /**
             * Quality
             * @default null
             */
            quality?: ("best" | "good" | "small") | null;
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
        /** FilesImported */
        FilesImported: {
            /** Created */
            created: number;
            /** Tracks */
            tracks: number;
            /** Skipped */
            skipped: components["schemas"]["SkippedFile"][];
        };
        /** FinalizeBody */
        FinalizeBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * File Hash
             * @default null
             */
            file_hash?: string | null;
            /** @default null */
            metadata_override?: components["schemas"]["Metadata"] | null;
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
        /**
         * InitUploadBody
         * @description `file_hash`: SHA-256.
         */
        InitUploadBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Filename */
            filename: string;
            /** File Size */
            file_size: number;
            /**
             * Chunk Size
             * @default 1048576
             */
            chunk_size?: number;
            /**
             * File Hash
             * @default null
             */
            file_hash?: string | null;
        };
        /** LinkSession */
        LinkSession: {
            /** Session Id */
            session_id: string;
            /** Assoc Id */
            assoc_id: string;
            /** Playlist Id */
            playlist_id: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            /** Tag Id */
            tag_id: string | null;
            existing_playlist: components["schemas"]["ExistingPlaylist"] | null;
            /** Expires At */
            expires_at: number;
        };
        /**
         * LogCollection
         * @description `total_lines`: how many are kept.
         */
        LogCollection: {
            /** Logs */
            logs: components["schemas"]["LogLine"][];
            /** Total Lines */
            total_lines: number;
        };
        /**
         * LogLine
         * @description `timestamp`: epoch seconds. `exception`: what a defect was, without where.
         */
        LogLine: {
            /** Timestamp */
            timestamp: number;
            /** Level */
            level: string;
            /** Logger */
            logger: string;
            /** Message */
            message: string;
            /**
             * Exception
             * @default null
             */
            exception: string | null;
        };
        /**
         * MachineNow
         * @description One machine of the table. `id`: which one, such as the session or the device.
         */
        MachineNow: {
            /** Id */
            id: string;
            /** State */
            state: string;
        };
        /**
         * MachineRow
         * @description In `source`, on `event`, if `guard` agrees (null: in any case), do `action` (null: nothing) and go to `dest`.
         */
        MachineRow: {
            /** Source */
            source: string;
            /** Event */
            event: string;
            /** Guard */
            guard: string | null;
            /** Action */
            action: string | null;
            /** Dest */
            dest: string;
        };
        /**
         * MachineTable
         * @description `theory`: what it decides, in plain words, as Markdown. `final`: states that are not left again.
         *
         *     `rows` are in the order in which they are tried. `mermaid`: the moves among them as a diagram.
         */
        MachineTable: {
            /** Name */
            name: string;
            /** Theory */
            theory: string;
            /** States */
            states: string[];
            /** Initial */
            initial: string;
            /** Final */
            final: string[];
            /** Rows */
            rows: components["schemas"]["MachineRow"][];
            /** Mermaid */
            mermaid: string;
            /** Current */
            current: components["schemas"]["MachineNow"][];
        };
        /** MachineTables */
        MachineTables: components["schemas"]["MachineTable"][];
        /** Metadata */
        Metadata: {
            /**
             * Title
             * @default null
             */
            title?: string | null;
            /**
             * Artist
             * @default null
             */
            artist?: string | null;
            /**
             * Album
             * @default null
             */
            album?: string | null;
        };
        /**
         * ModeBody
         * @description What is absent stays as it is.
         */
        ModeBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Repeat Mode
             * @default null
             */
            repeat_mode?: ("none" | "track" | "playlist") | null;
            /**
             * Shuffle Enabled
             * @default null
             */
            shuffle_enabled?: boolean | null;
            /**
             * Auto Advance Enabled
             * @default null
             */
            auto_advance_enabled?: boolean | null;
            /**
             * Muted
             * @default null
             */
            muted?: boolean | null;
        };
        /**
         * MoveBody
         * @description As MoveFromBody, for the path that does not name the source.
         */
        MoveBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Target Playlist Id */
            target_playlist_id: string;
            /** Track Number */
            track_number: number;
            /**
             * Target Position
             * @default null
             */
            target_position?: number | null;
            /** Source Playlist Id */
            source_playlist_id: string;
        };
        /**
         * MoveFromBody
         * @description `target_position` counts from 1; without it the track goes to the end.
         */
        MoveFromBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Target Playlist Id */
            target_playlist_id: string;
            /** Track Number */
            track_number: number;
            /**
             * Target Position
             * @default null
             */
            target_position?: number | null;
        };
        /** NfcStatus */
        NfcStatus: {
            /** Reader Available */
            reader_available: boolean;
            /** Reader Name */
            reader_name: string | null;
            /** Scanning */
            scanning: boolean;
            /** Association Active */
            association_active: boolean;
            /** Current Session Id */
            current_session_id: string | null;
            /** Active Sessions */
            active_sessions: components["schemas"]["LinkSession"][];
            tag_present: components["schemas"]["TagPresent"] | null;
        };
        /**
         * OverrideBody
         * @description Without `tag_id`: the tag in question, else the next one that is placed.
         */
        OverrideBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Playlist Id */
            playlist_id: string;
            /**
             * Tag Id
             * @default null
             */
            tag_id?: string | null;
        };
        /**
         * PinAnswer
         * @description `expires_in`: seconds without a request until the PIN is asked for again.
         */
        PinAnswer: {
            /** Pin Set */
            pin_set: boolean;
            /** Admitted */
            admitted: boolean;
            /**
             * Expires In
             * @default null
             */
            expires_in: number | null;
        };
        /** PinBody */
        PinBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Pin */
            pin: string;
        };
        /** PlacedTag */
        PlacedTag: {
            /** Tag Id */
            tag_id: string;
        };
        /**
         * Platform
         * @description Memory in bytes.
         */
        Platform: {
            /** Platform */
            platform: string;
            /** Platform Release */
            platform_release: string;
            /** Platform Version */
            platform_version: string;
            /** Architecture */
            architecture: string;
            /** Hostname */
            hostname: string;
            /** Processor */
            processor: string;
            /** Python Version */
            python_version: string;
            /** Memory Total */
            memory_total: number;
            /** Memory Available */
            memory_available: number;
            /** Memory Percent */
            memory_percent: number;
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
        /**
         * PlaylistAnswer
         * @description Clients read either the playlist or its copy inside.
         */
        PlaylistAnswer: {
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
            playlist: components["schemas"]["Playlist"];
        };
        /**
         * PlaylistCollection
         * @description `total` counts the whole library; `items` is the same list. With `tracks=false` they have no key `tracks`.
         */
        PlaylistCollection: {
            /** Playlists */
            playlists: (components["schemas"]["Playlist"] | components["schemas"]["PlaylistLite"])[];
            /** Items */
            items: (components["schemas"]["Playlist"] | components["schemas"]["PlaylistLite"])[];
            /** Page */
            page: number;
            /** Limit */
            limit: number;
            /** Total */
            total: number;
            /** Total Pages */
            total_pages: number;
        };
        /** PlaylistEdited */
        PlaylistEdited: {
            /** Playlist Id */
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
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
        /** PlaylistStarted */
        PlaylistStarted: {
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
            /** Playlist Id */
            playlist_id: string;
            /**
             * Started
             * @default true
             * @constant
             */
            started: true;
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
        /** ProcessInfo */
        ProcessInfo: {
            /** Rss Bytes */
            rss_bytes: number;
            /** Threads */
            threads: number;
            /** Open Files */
            open_files: number;
        };
        /**
         * ReorderBody
         * @description All track ids, or all track numbers.
         */
        ReorderBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Track Order */
            track_order: number[] | string[];
        };
        /** RestartAnswer */
        RestartAnswer: {
            /**
             * Restart Scheduled
             * @default true
             * @constant
             */
            restart_scheduled: true;
            /**
             * Status
             * @default restart_scheduled
             * @constant
             */
            status: "restart_scheduled";
        };
        /**
         * RestoreAnswer
         * @description What is in the backup.
         *
         *     `missing`: tracks whose sound was not there when it was made. `damaged`: files that are not what they were then.
         */
        RestoreAnswer: {
            /**
             * Restart Scheduled
             * @default true
             * @constant
             */
            restart_scheduled: true;
            /**
             * Status
             * @default restart_scheduled
             * @constant
             */
            status: "restart_scheduled";
            /** Playlists */
            playlists: number;
            /** Tracks */
            tracks: number;
            /** Missing */
            missing: number;
            /** Damaged */
            damaged: number;
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
         * ScanAnswer
         * @description All three ids are the same one. `expires_at`: epoch seconds.
         */
        ScanAnswer: {
            /** Scan Id */
            scan_id: string;
            /** Session Id */
            session_id: string;
            /** Assoc Id */
            assoc_id: string;
            /** Timeout Ms */
            timeout_ms: number;
            /** Expires At */
            expires_at: number;
        };
        /** ScanBody */
        ScanBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Timeout Ms
             * @default 60000
             */
            timeout_ms?: number;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string | null;
            /**
             * Override
             * @default false
             */
            override?: boolean;
        };
        /** SeekBody */
        SeekBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
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
        /**
         * SettingsAnswer
         * @description `fixed`: what the operator has set, which cannot be changed here.
         */
        SettingsAnswer: {
            /**
             * Volume Ceiling
             * @default 100
             */
            volume_ceiling: number;
            /**
             * Same Tag
             * @default toggle
             * @enum {string}
             */
            same_tag: "toggle" | "restart" | "next" | "ignore";
            /**
             * On Removal
             * @default keep
             * @enum {string}
             */
            on_removal: "keep" | "pause";
            /** Fixed */
            fixed: string[];
            /** Pin Set */
            pin_set: boolean;
        };
        /**
         * SettingsBody
         * @description What is absent stays as it is; what is null goes back to its default, `pin` to none.
         */
        SettingsBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Volume Ceiling
             * @default null
             */
            volume_ceiling?: number | null;
            /**
             * Same Tag
             * @default null
             */
            same_tag?: ("toggle" | "restart" | "next" | "ignore") | null;
            /**
             * On Removal
             * @default null
             */
            on_removal?: ("keep" | "pause") | null;
            /**
             * Pin
             * @default null
             */
            pin?: string | null;
        };
        /** ShutdownAnswer */
        ShutdownAnswer: {
            /**
             * Shutdown Scheduled
             * @default true
             * @constant
             */
            shutdown_scheduled: true;
            /**
             * Status
             * @default shutdown_scheduled
             * @constant
             */
            status: "shutdown_scheduled";
        };
        /** SkippedFile */
        SkippedFile: {
            /** File */
            file: string;
            /** Reason */
            reason: string;
        };
        /**
         * SleepBody
         * @description null switches the timer off.
         */
        SleepBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Seconds */
            seconds: number | null;
        };
        /**
         * Storage
         * @description Bytes.
         */
        Storage: {
            /** Total */
            total: number;
            /** Free */
            free: number;
            /** Library Bytes */
            library_bytes: number;
        };
        /**
         * SyncResult
         * @description `missing` and `found`: files that vanished and came back.
         */
        SyncResult: {
            /** Server Seq */
            server_seq: number;
            /** Playlists Count */
            playlists_count: number;
            /** Missing */
            missing: number;
            /** Found */
            found: number;
            imported: components["schemas"]["FilesImported"];
        };
        /**
         * SystemInfo
         * @description `uptime`: seconds since the box was started.
         */
        SystemInfo: {
            system_info: components["schemas"]["Platform"];
            /** Platform */
            platform: string;
            /** Version */
            version: string;
            /** Contract Version */
            contract_version: string;
            /** Hostname */
            hostname: string;
            /** Uptime */
            uptime: number;
            process: components["schemas"]["ProcessInfo"];
            storage: components["schemas"]["Storage"];
        };
        /**
         * Tag
         * @description A tag that the box knows: linked to a playlist, or carrying an action, or only seen. Times: epoch seconds.
         */
        Tag: {
            /** Tag Id */
            tag_id: string;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id: string | null;
            /** @default null */
            action: components["schemas"]["TagAction"] | null;
            /** Created At */
            created_at: number;
            /**
             * Last Seen
             * @default null
             */
            last_seen: number | null;
        };
        /**
         * TagAction
         * @description What a tag does in place of playing a playlist. `minutes` only for the sleep timer, `step` only for the
         *     volume.
         */
        TagAction: {
            /**
             * Action
             * @enum {string}
             */
            action: "next" | "previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle";
            /**
             * Minutes
             * @default null
             */
            minutes: number | null;
            /**
             * Step
             * @default null
             */
            step: number | null;
        };
        /**
         * TagAnswer
         * @description A tag and its use. Times: ISO-8601; `last_seen` is null for a tag that never lay on the box.
         */
        TagAnswer: {
            /** Tag Id */
            tag_id: string;
            /** Playlist Id */
            playlist_id: string | null;
            /** Playlist Title */
            playlist_title: string | null;
            action: components["schemas"]["TagAction"] | null;
            /** Created At */
            created_at: string;
            /** Last Seen */
            last_seen: string | null;
        };
        /** TagBody */
        TagBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Tag Id */
            tag_id: string;
        };
        /** TagList */
        TagList: {
            /** Tags */
            tags: components["schemas"]["TagAnswer"][];
        };
        /** TagPresent */
        TagPresent: {
            /** Tag Id */
            tag_id: string;
            /** Playlist Id */
            playlist_id: string | null;
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
        /**
         * TrackBody
         * @description What is absent stays as it is; an artist or album that is null or empty is none.
         */
        TrackBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Title
             * @default null
             */
            title?: string | null;
            /**
             * Artist
             * @default null
             */
            artist?: string | null;
            /**
             * Album
             * @default null
             */
            album?: string | null;
        };
        /**
         * TrackMoved
         * @description `playlist` is the source.
         */
        TrackMoved: {
            /** Playlist Id */
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
            source: components["schemas"]["Playlist"];
            target: components["schemas"]["Playlist"];
        };
        /**
         * UpdateBody
         * @description What is absent stays as it is; a policy that is null becomes the box's own again.
         */
        UpdateBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Title
             * @default null
             */
            title?: string | null;
            /**
             * Description
             * @default null
             */
            description?: string | null;
            /**
             * Same Tag
             * @default null
             */
            same_tag?: ("toggle" | "restart" | "next" | "ignore") | null;
            /**
             * On Removal
             * @default null
             */
            on_removal?: ("keep" | "pause") | null;
        };
        /** UploadList */
        UploadList: {
            /** Sessions */
            sessions: components["schemas"]["UploadStatus"][];
        };
        /**
         * UploadProgress
         * @description `received_size`: bytes in all; `progress`: percent.
         */
        UploadProgress: {
            /** Session Id */
            session_id: string;
            /** Chunk Index */
            chunk_index: number;
            /** Received Size */
            received_size: number;
            /** Progress */
            progress: number;
            /** Complete */
            complete: boolean;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
        };
        /**
         * UploadSession
         * @description Sizes in bytes. `expires_at`: epoch seconds.
         */
        UploadSession: {
            /** Session Id */
            session_id: string;
            /** Playlist Id */
            playlist_id: string;
            /** Filename */
            filename: string;
            /** File Size */
            file_size: number;
            /** Chunk Size */
            chunk_size: number;
            /** Total Chunks */
            total_chunks: number;
            /** Expected Chunks */
            expected_chunks: number;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
            /** Expires At */
            expires_at: number;
        };
        /**
         * UploadStatus
         * @description As UploadSession. `missing_chunks`: what is to be sent to go on.
         */
        UploadStatus: {
            /** Session Id */
            session_id: string;
            /** Playlist Id */
            playlist_id: string;
            /** Filename */
            filename: string;
            /** File Size */
            file_size: number;
            /** Bytes Uploaded */
            bytes_uploaded: number;
            /** Progress */
            progress: number;
            /** Progress Percent */
            progress_percent: number;
            /** Chunks Total */
            chunks_total: number;
            /** Chunks Uploaded */
            chunks_uploaded: number;
            /** Chunks Received */
            chunks_received: number;
            /** Missing Chunks */
            missing_chunks: number[];
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
            /** Error Message */
            error_message: string | null;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
            /** Expires At */
            expires_at: number;
        };
        /**
         * UploadedTrack
         * @description Clients read either the track or its copy inside.
         */
        UploadedTrack: {
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
            track: components["schemas"]["Track"];
            /** Session Id */
            session_id: string;
            /** Track Number */
            readonly track_number: number;
            /**
             * Duration
             * @description Seconds.
             */
            readonly duration: number;
        };
        /**
         * UseBody
         * @description What a tag is for: a playlist, or an action.
         */
        UseBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /**
             * Playlist Id
             * @default null
             */
            playlist_id?: string;
            /**
             * Action
             * @default null
             */
            action?: components["schemas"]["ActionBody"];
            /**
             * Override
             * @default false
             */
            override?: boolean;
        } & (unknown | unknown);
        /** VolumeBody */
        VolumeBody: {
            /**
             * Client Op Id
             * @default null
             */
            client_op_id?: string | null;
            /** Volume */
            volume: number;
        };
    };
    responses: {
        /** @description validation_error */
        validation_error_400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description forbidden */
        forbidden_403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description payload_too_large */
        payload_too_large_414: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description payload_too_large */
        payload_too_large_431: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description rate_limit_exceeded */
        rate_limit_exceeded_429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description internal_error */
        internal_error_500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description request_timeout */
        request_timeout_408: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description conflict */
        conflict_409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description payload_too_large */
        payload_too_large_413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description unsupported_media_type */
        unsupported_media_type_415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description service_unavailable */
        service_unavailable_503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description insufficient_storage */
        insufficient_storage_507: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description bad_request */
        bad_request_400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description not_found */
        not_found_404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
        /** @description bad_request */
        bad_request_416: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @constant */
                    status: "error";
                    message: string;
                    timestamp: number;
                    server_seq: number;
                    request_id: string;
                    client_op_id?: string;
                    error_type: string;
                    details: Record<string, never> | null;
                    errors?: {
                        field: unknown;
                        message: unknown;
                    }[];
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    post_player_play: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Play, or go on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_pause: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Pause. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_stop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Stop. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_toggle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Play or pause. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_next: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Go to the next track. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_previous: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Go to the start of the track, or to the one before. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_seek: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SeekBody"];
            };
        };
        responses: {
            /** @description Go to a position in the track that is heard. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_player_volume: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the player. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    post_player_volume: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeBody"];
            };
        };
        responses: {
            /** @description Set the volume; never above the ceiling. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    put_player_mode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ModeBody"];
            };
        };
        responses: {
            /** @description Set how playing goes on, and whether it is muted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_player_sleep: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SleepBody"];
            };
        };
        responses: {
            /** @description Fade out and stop after so many seconds. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_player_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the player. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_playback_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the player. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlayerState"] & {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_playlists: {
        parameters: {
            query?: {
                page?: number;
                limit?: number;
                tracks?: boolean;
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the library. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistCollection"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    post_playlists: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateBody"];
            };
        };
        responses: {
            /** @description Make an empty playlist. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_sync: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Compare the library with its files, and take in what lies in the inbox. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["SyncResult"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_move_track: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoveBody"];
            };
        };
        responses: {
            /** @description Move a track to another playlist, or within its own. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TrackMoved"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_source_id_move_track: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoveFromBody"];
            };
        };
        responses: {
            /** @description Move a track of this playlist to another. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TrackMoved"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_playlists_playlist_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A playlist and its tracks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    put_playlists_playlist_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UpdateBody"];
            };
        };
        responses: {
            /** @description Rename a playlist, describe it, choose what its tag does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_playlists_playlist_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Delete a playlist and its tracks. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_tap: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Do what a tag of this playlist would do if it were put on the box now: play it, or pause it, as parents chose. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlayerState"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Play a playlist, from where it was left. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistStarted"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_play_track_number: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
                track_number: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Play a playlist from one of its tracks on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistStarted"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_reorder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReorderBody"];
            };
        };
        responses: {
            /** @description Put the tracks of a playlist into another order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistEdited"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_playlists_playlist_id_tracks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DeleteTracksBody"];
            };
        };
        responses: {
            /** @description Delete tracks of a playlist: all that are named, or none if one of them is not there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistEdited"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    put_tracks_track_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TrackBody"];
            };
        };
        responses: {
            /** @description Change the title, artist or album of a track; its file stays as it is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Track"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_tracks_track_id_cover: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture of a track. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                };
            };
            /** @description the part that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                };
            };
            /** @description as the client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            416: components["responses"]["bad_request_416"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_tracks_track_id_audio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sound of a track, or a part of it (HTTP Range). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "audio/mpeg": string;
                    "audio/flac": string;
                    "audio/ogg": string;
                    "audio/wav": string;
                    "audio/aiff": string;
                };
            };
            /** @description the part that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "audio/mpeg": string;
                    "audio/flac": string;
                    "audio/ogg": string;
                    "audio/wav": string;
                    "audio/aiff": string;
                };
            };
            /** @description as the client has it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            416: components["responses"]["bad_request_416"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    post_nfc_scan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ScanBody"];
            };
        };
        responses: {
            /** @description Open a session: the next tag is linked to the playlist, or only reported. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["ScanAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_nfc_session_session_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Cancel a session. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LinkSession"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_nfc_override: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OverrideBody"];
            };
        };
        responses: {
            /** @description Give a tag to a playlist although it has another use. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LinkSession"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_nfc_associate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssociateBody"];
            };
        };
        responses: {
            /** @description Link a tag to a playlist without putting it on the box. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["AssociationAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_nfc_associate_tag_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tag_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Forget what a tag means. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Tag"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_nfc_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reader, its tag, and the sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["NfcStatus"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    put_reader_tag: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagBody"];
            };
        };
        responses: {
            /** @description Put a tag on the virtual reader, while it is in use. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlacedTag"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_reader_tag: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Take the tag from the virtual reader. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: unknown;
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_tags: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All tags, in the order in which the box came to know them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TagList"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_tags_tag_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tag_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A tag, its use, and when it was seen last. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TagAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    put_tags_tag_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tag_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UseBody"];
            };
        };
        responses: {
            /** @description Say what a tag is for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TagAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_tags_tag_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tag_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Forget a tag. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["TagAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_uploads_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InitUploadBody"];
            };
        };
        responses: {
            /** @description Announce a file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadSession"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    put_playlists_playlist_id_uploads_session_id_chunks_chunk_index: {
        parameters: {
            query?: never;
            header?: {
                /** @description SHA-256 of the body as it is sent: sha-256=:BASE64: (RFC 9530) */
                "Content-Digest"?: string;
                /** @description SHA-256 of the chunk, in hex; of a form, that of the file in it */
                "X-Chunk-SHA256"?: string;
            };
            path: {
                playlist_id: string;
                session_id: string;
                chunk_index: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
                "multipart/form-data": {
                    file: string;
                };
            };
        };
        responses: {
            /** @description Send a part of a file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadProgress"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_playlist_id_uploads_session_id_finalize: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["FinalizeBody"];
            };
        };
        responses: {
            /** @description Make a track of the file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadedTrack"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_playlists_playlist_id_uploads_session_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How far an upload is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadStatus"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_uploads_sessions: {
        parameters: {
            query?: {
                status?: ("pending" | "uploading" | "processing" | "completed" | "error" | "cancelled") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All uploads. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadList"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    delete_uploads_sessions_session_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Cancel an upload. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UploadStatus"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_uploads_cleanup: {
        parameters: {
            query?: {
                max_age_hours?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Forget uploads that nobody continues. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["CleanupResult"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole library as one file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": string;
                };
            };
            403: components["responses"]["forbidden_403"];
            409: components["responses"]["conflict_409"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_restore: {
        parameters: {
            query?: {
                even_damaged?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-tar": unknown;
            };
        };
        responses: {
            /** @description Replace the whole library by a backup; the box restarts with it. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["RestoreAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_playlists_playlist_id_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A playlist as one file, to take to another box. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": string;
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            409: components["responses"]["conflict_409"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_playlists_import: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-tar": unknown;
            };
        };
        responses: {
            /** @description Make a playlist of such a file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PlaylistAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_youtube_download: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DownloadBody"];
            };
        };
        responses: {
            /** @description Fetch the sound of a video into a playlist. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: unknown;
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_youtube_search: {
        parameters: {
            query: {
                query: string;
                max_results?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Search for videos. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: unknown;
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
        };
    };
    get_youtube_status_task_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How far a download is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: unknown;
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    delete_youtube_tasks_task_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Cancel a download. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: unknown;
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            404: components["responses"]["not_found_404"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What parents chose for the whole box. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["SettingsAnswer"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    put_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SettingsBody"];
            };
        };
        responses: {
            /** @description Choose; it counts from now on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["SettingsAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_pin_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PinBody"];
            };
        };
        responses: {
            /** @description Unlock what only parents may do, by the PIN. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PinAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    delete_pin_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Lock it again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["PinAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How the box is, read from its supervised tasks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["HealthStatus"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_system_info: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The computer, the process and the disk. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["SystemInfo"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_system_logs: {
        parameters: {
            query?: {
                lines?: number;
                level?: "debug" | "info" | "warning" | "error";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last lines of the log. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LogCollection"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    post_system_restart: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Stop, and start anew with the same arguments; what was playing goes on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["RestartAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    post_system_shutdown: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            /** @description Switch the computer off, where it lets the box do that; what was playing is remembered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["ShutdownAnswer"];
                    };
                };
            };
            400: components["responses"]["validation_error_400"];
            403: components["responses"]["forbidden_403"];
            408: components["responses"]["request_timeout_408"];
            409: components["responses"]["conflict_409"];
            413: components["responses"]["payload_too_large_413"];
            414: components["responses"]["payload_too_large_414"];
            415: components["responses"]["unsupported_media_type_415"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
            507: components["responses"]["insufficient_storage_507"];
        };
    };
    get_system_machines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All state machines: their tables, and the state that each of them is in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["MachineTables"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI document of this API. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_asyncapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The AsyncAPI document of the sockets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
    get_docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This API for people. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
        };
    };
}
