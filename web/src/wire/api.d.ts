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
        post: operations["post_player_seek"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/player/chapter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_player_chapter"];
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
        get: operations["get_player_volume"];
        put?: never;
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
        get: operations["get_playback_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audio/outputs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_audio_outputs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audio/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_audio_test"];
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
        get: operations["get_playlists"];
        put?: never;
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
        get: operations["get_playlists_playlist_id"];
        put: operations["put_playlists_playlist_id"];
        post?: never;
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
        delete: operations["delete_playlists_playlist_id_tracks"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/tracks/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_playlists_playlist_id_tracks_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/playlists/{playlist_id}/cover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_playlists_playlist_id_cover"];
        put: operations["put_playlists_playlist_id_cover"];
        post?: never;
        delete: operations["delete_playlists_playlist_id_cover"];
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
        get: operations["get_tracks_track_id_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_bin"];
        put?: never;
        post?: never;
        delete: operations["delete_bin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bin/{item_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_bin_item_id_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bin/{item_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["delete_bin_item_id"];
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
        put: operations["put_reader_tag"];
        post?: never;
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
        get: operations["get_tags_tag_id"];
        put: operations["put_tags_tag_id"];
        post?: never;
        delete: operations["delete_tags_tag_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tags/{tag_id}/tap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_tags_tag_id_tap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{device_id}/{key_code}/{press}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["put_keys_device_id_key_code_press"];
        post?: never;
        delete: operations["delete_keys_device_id_key_code_press"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/learn": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_keys_learn"];
        delete: operations["delete_keys_learn"];
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
        post: operations["post_playlists_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_imports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_imports_look"];
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
        get: operations["get_youtube_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/playlist": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_youtube_playlist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/thumbnail/{video_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_youtube_thumbnail_video_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_youtube_update"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/youtube/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_youtube_tasks"];
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
        get: operations["get_settings"];
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
        post: operations["post_pin_session"];
        delete: operations["delete_pin_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/limits/more": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_limits_more"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_stats"];
        put?: never;
        post?: never;
        delete: operations["delete_stats"];
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
        get: operations["get_system_info"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_system_storage"];
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
        post: operations["post_system_shutdown"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_system_update"];
        put?: never;
        post: operations["post_system_update"];
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
        get: operations["get_system_machines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_system_doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/speakers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_speakers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/speakers/{speaker_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["put_speakers_speaker_id"];
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
        ActionBody: {
            action: "next" | "previous" | "chapter_next" | "chapter_previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle" | "more";
            minutes?: number | null;
            step?: number | null;
        };
        AssociateBody: {
            client_op_id?: string | null;
            playlist_id: string;
            tag_id: string;
            override?: boolean;
        };
        Association: {
            tag_id: string;
            playlist_id: string;
            playlist_title: string;
            created_at: string;
        };
        AssociationAnswer: {
            tag_id: string;
            playlist_id: string;
            playlist_title: string;
            created_at: string;
            association: components["schemas"]["Association"];
        };
        AudioOutput: {
            name: string;
            default: boolean;
            selected: boolean;
        };
        AudioOutputs: {
            outputs: components["schemas"]["AudioOutput"][];
        };
        AudioTest: {
            output: string | null;
        };
        AudioTestBody: {
            client_op_id?: string | null;
            output?: string | null;
        };
        BackupPlace: {
            folder: string;
            free: number | null;
            total: number | null;
            kept: components["schemas"]["KeptBackup"][];
            made_on: string | null;
            running: boolean;
        };
        BinContent: {
            items: components["schemas"]["BinItem"][];
            bytes: number;
        };
        BinItem: {
            id: string;
            kind: "playlist" | "track";
            title: string;
            playlist_id: string | null;
            playlist_title: string | null;
            track_count: number;
            duration_ms: number;
            bytes: number;
            deleted_at: string;
            days_left: number;
        };
        BindingAnswer: {
            device: string;
            code: number;
            press: "short" | "long" | "repeat" | "turn+" | "turn-";
            name: string | null;
            action: components["schemas"]["KeyAction"] | null;
            playlist_id: string | null;
            playlist_title: string | null;
            printed: boolean;
        };
        Body: {
            client_op_id?: string | null;
        };
        Chapter: {
            title: string;
            start_ms: number;
        };
        ChapterBody: {
            client_op_id?: string | null;
            index: number;
        };
        CleanedSession: {
            session_id: string;
            filename: string;
            age_hours: number;
        };
        CleanupResult: {
            cleaned_sessions: components["schemas"]["CleanedSession"][];
            cleaned_files: number;
            freed_bytes: number;
        };
        CoverBody: {
            client_op_id?: string | null;
            track_id: string;
        };
        CreateBody: {
            client_op_id?: string | null;
            title: string;
            description?: string;
        };
        DayOfMusic: {
            date: string;
            minutes: number;
            taps: number;
        };
        DeleteTracksBody: {
            client_op_id?: string | null;
            track_numbers?: number[];
            track_ids?: string[];
        };
        DownloadBody: {
            client_op_id?: string | null;
            url?: string;
            urls?: string[];
            playlist_id: string;
        } & (unknown | unknown);
        DownloadResult: {
            track: components["schemas"]["Track"];
            playlist_id: string;
        };
        DownloadTask: {
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
        };
        DownloadTasks: {
            tasks: components["schemas"]["DownloadTask"][];
        };
        Downloader: {
            version: string;
        };
        Downloads: {
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
            tasks: components["schemas"]["DownloadTask"][];
        };
        ExistingPlaylist: {
            id: string;
            title: string;
        };
        FileToSend: {
            size: number;
            hash?: string | null;
        };
        FilesImported: {
            created: number;
            tracks: number;
            skipped: components["schemas"]["SkippedFile"][];
        };
        FinalizeBody: {
            client_op_id?: string | null;
            file_hash?: string | null;
            metadata_override?: components["schemas"]["Metadata"] | null;
        };
        Finding: {
            check: string;
            ok: "yes" | "no" | "unknown";
            reason: string;
            values: {
                [key: string]: string;
            };
            text: string;
            remedy: string | null;
        };
        Findings: components["schemas"]["Finding"][];
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
        Hours: {
            from: string;
            to: string;
        };
        ImportAnswer: {
            playlist_ids: string[];
            created: number;
            tracks: number;
            already: number;
            already_in: string[];
            skipped: components["schemas"]["SkippedFile"][];
        };
        InitUploadBody: {
            client_op_id?: string | null;
            filename: string;
            file_size: number;
            chunk_size?: number;
            file_hash?: string | null;
        };
        InputDeviceAnswer: {
            id: string;
            name: string;
            kind: "keyboard" | "buttons" | "knob";
            connected: boolean;
        };
        InstallBody: {
            client_op_id?: string | null;
            look?: boolean;
            source?: string | null;
        };
        KeptBackup: {
            name: string;
            bytes: number;
        };
        KeyAction: {
            action: "next" | "previous" | "chapter_next" | "chapter_previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle" | "more" | "mute" | "shutdown";
            minutes: number | null;
            step: number | null;
        };
        KeyActionBody: {
            action: "next" | "previous" | "chapter_next" | "chapter_previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle" | "more" | "mute" | "shutdown";
            minutes?: number | null;
            step?: number | null;
        };
        KeyUseBody: {
            client_op_id?: string | null;
            playlist_id?: string;
            action?: components["schemas"]["KeyActionBody"];
        } & (unknown | unknown);
        KeysAnswer: {
            devices: components["schemas"]["InputDeviceAnswer"][];
            bindings: components["schemas"]["BindingAnswer"][];
        };
        LearnAnswer: {
            learning: boolean;
            expires_in: number | null;
        };
        LimitState: {
            state: "free" | "warning" | "grace" | "spent" | "lifted";
            left_s: number | null;
            until: number | null;
            reason: ("daily" | "bedtime" | "quiet") | null;
        };
        LinkSession: {
            session_id: string;
            assoc_id: string;
            playlist_id: string | null;
            state: "waiting" | "duplicate" | "success" | "timeout" | "cancelled" | "error";
            tag_id: string | null;
            existing_playlist: components["schemas"]["ExistingPlaylist"] | null;
            reason: "random_id" | null;
            expires_at: number;
        };
        LogCollection: {
            logs: components["schemas"]["LogLine"][];
            total_lines: number;
        };
        LogLine: {
            timestamp: number;
            level: string;
            logger: string;
            message: string;
            exception: string | null;
        };
        LookAnswer: {
            new: number;
            gone: number[];
            already_in: string[];
        };
        LookBody: {
            client_op_id?: string | null;
            title: string;
            into?: string | null;
            files: components["schemas"]["FileToSend"][];
        };
        LoudHours: {
            from: string;
            to: string;
            ceiling: number;
        };
        LoudHoursBody: {
            from: string;
            to: string;
            ceiling: number;
        };
        Loudness: {
            track: number | null;
            album: number | null;
            peak: number | null;
        };
        MachineNow: {
            id: string;
            state: string;
        };
        MachineRow: {
            source: string;
            event: string;
            guard: string | null;
            action: string | null;
            dest: string;
        };
        MachineTable: {
            name: string;
            theory: string;
            states: string[];
            initial: string;
            final: string[];
            rows: components["schemas"]["MachineRow"][];
            mermaid: string;
            owner: string;
            fired_by: components["schemas"]["MachineTie"][];
            reaches: components["schemas"]["MachineTie"][];
            current: components["schemas"]["MachineNow"][];
        };
        MachineTables: components["schemas"]["MachineTable"][];
        MachineTie: {
            who: string;
            what: string[];
        };
        Metadata: {
            title?: string | null;
            artist?: string | null;
            album?: string | null;
        };
        ModeBody: {
            client_op_id?: string | null;
            repeat_mode?: ("none" | "track" | "playlist") | null;
            shuffle_enabled?: boolean | null;
            auto_advance_enabled?: boolean | null;
            muted?: boolean | null;
        };
        MoreBody: {
            client_op_id?: string | null;
            minutes: number;
        };
        MoveBody: {
            client_op_id?: string | null;
            target_playlist_id: string;
            track_number: number;
            target_position?: number | null;
            source_playlist_id: string;
        };
        MoveFromBody: {
            client_op_id?: string | null;
            target_playlist_id: string;
            track_number: number;
            target_position?: number | null;
        };
        NfcStatus: {
            reader_available: boolean;
            reader_name: string | null;
            readers: components["schemas"]["Reader"][];
            scanning: boolean;
            association_active: boolean;
            current_session_id: string | null;
            active_sessions: components["schemas"]["LinkSession"][];
            tag_present: components["schemas"]["TagPresent"] | null;
        };
        OverrideBody: {
            client_op_id?: string | null;
            playlist_id: string;
            tag_id?: string | null;
        };
        PinAnswer: {
            pin_set: boolean;
            admitted: boolean;
            expires_in: number | null;
        };
        PinBody: {
            client_op_id?: string | null;
            pin: string;
        };
        PlacedTag: {
            tag_id: string;
            playlist_id: string | null;
            action: string | null;
            lay_there: boolean;
        };
        Platform: {
            platform: string;
            platform_release: string;
            platform_version: string;
            architecture: string;
            hostname: string;
            processor: string;
            python_version: string;
            memory_total: number;
            memory_available: number;
            memory_percent: number;
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
        PlaylistAnswer: {
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
            playlist: components["schemas"]["Playlist"];
            readonly nfc_tag_id: string | null;
        };
        PlaylistBytes: {
            playlist_id: string;
            title: string;
            bytes: number;
        };
        PlaylistCollection: {
            playlists: (components["schemas"]["Playlist"] | components["schemas"]["PlaylistLite"])[];
            items: (components["schemas"]["Playlist"] | components["schemas"]["PlaylistLite"])[];
            page: number;
            limit: number;
            total: number;
            total_pages: number;
        };
        PlaylistEdited: {
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
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
        PlaylistStarted: {
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
            playlist_id: string;
            started: true;
            readonly is_paused: boolean;
            readonly active_track_id: string | null;
            readonly active_track_title: string | null;
            readonly active_track_number: number | null;
            readonly duration: number;
        };
        ProcessInfo: {
            rss_bytes: number;
            threads: number;
            open_files: number;
        };
        Reader: {
            name: string;
            available: boolean;
            kind: "pcsc" | "virtual" | "typing";
        };
        ReorderBody: {
            client_op_id?: string | null;
            track_order: number[] | string[];
        };
        RestartAnswer: {
            restart_scheduled: true;
            status: "restart_scheduled";
        };
        RestoreAnswer: {
            restart_scheduled: true;
            status: "restart_scheduled";
            playlists: number;
            tracks: number;
            missing: number;
            damaged: number;
        };
        RestoreTracksBody: {
            client_op_id?: string | null;
            track_ids: string[];
        };
        Resume: {
            track_id: string;
            position_ms: number;
        };
        ScanAnswer: {
            scan_id: string;
            session_id: string;
            assoc_id: string;
            timeout_ms: number;
            expires_at: number;
        };
        ScanBody: {
            client_op_id?: string | null;
            timeout_ms?: number;
            playlist_id?: string | null;
            override?: boolean;
            replaces?: string | null;
        };
        SeekBody: {
            client_op_id?: string | null;
            position_ms: number;
        };
        ServiceState: {
            state: string;
            since: number;
            restarts: number;
            last_error: string | null;
        };
        SettingsAnswer: {
            box_name: string;
            volume_ceiling: number;
            start_volume: number;
            same_tag: "toggle" | "restart" | "next" | "ignore";
            on_removal: "keep" | "pause";
            audio_device: string;
            loudness: "off" | "track" | "album";
            sounds: boolean;
            child_playlists: string[] | null;
            welcomed: boolean;
            time_zone: string;
            daily_minutes: (number | null)[];
            quiet_hours: components["schemas"]["Hours"][][];
            bedtime: (components["schemas"]["Hours"] | null)[];
            volume_by_hour: components["schemas"]["LoudHours"][][];
            statistics: boolean;
            backup_to: string | null;
            backup_every_days: number;
            fixed: string[];
            pin_set: boolean;
            first_run: boolean;
        };
        SettingsBody: {
            client_op_id?: string | null;
            box_name?: string | null;
            volume_ceiling?: number | null;
            start_volume?: number | null;
            same_tag?: ("toggle" | "restart" | "next" | "ignore") | null;
            on_removal?: ("keep" | "pause") | null;
            audio_device?: string | null;
            loudness?: ("off" | "track" | "album") | null;
            sounds?: boolean | null;
            child_playlists?: string[] | null;
            welcomed?: boolean | null;
            time_zone?: string | null;
            daily_minutes?: (number | null)[] | null;
            quiet_hours?: components["schemas"]["Hours"][][] | null;
            bedtime?: (components["schemas"]["Hours"] | null)[] | null;
            volume_by_hour?: components["schemas"]["LoudHoursBody"][][] | null;
            statistics?: boolean | null;
            backup_to?: string | null;
            backup_every_days?: number | null;
            pin?: string | null;
        };
        ShutdownAnswer: {
            shutdown_scheduled: true;
            status: "shutdown_scheduled";
        };
        SkippedFile: {
            file: string;
            reason: string;
        };
        SleepBody: {
            client_op_id?: string | null;
            seconds: number | null;
        };
        Speaker: {
            id: string;
            name: string;
            connected: boolean;
            volume: number;
            muted: boolean;
            latency_ms: number;
        };
        SpeakerBody: {
            client_op_id?: string | null;
            volume?: number | null;
            muted?: boolean | null;
        };
        SpeakerList: components["schemas"]["Speaker"][];
        StatisticsAnswer: {
            enabled: boolean;
            days: components["schemas"]["DayOfMusic"][];
            tracks: components["schemas"]["TrackHeard"][];
            tags: components["schemas"]["TagTapped"][];
        };
        Storage: {
            total: number;
            free: number;
            library_bytes: number;
        };
        StorageUse: {
            playlists: components["schemas"]["PlaylistBytes"][];
            bin: number;
            backups: number;
            free: number;
            total: number;
            backup_place: components["schemas"]["BackupPlace"] | null;
            mounted: string[];
        };
        SyncResult: {
            server_seq: number;
            playlists_count: number;
            missing: number;
            found: number;
            imported: components["schemas"]["FilesImported"];
        };
        SystemInfo: {
            box_name: string;
            system_info: components["schemas"]["Platform"];
            platform: string;
            version: string;
            contract_version: string;
            hostname: string;
            uptime: number;
            process: components["schemas"]["ProcessInfo"];
            storage: components["schemas"]["Storage"];
        };
        Tag: {
            tag_id: string;
            playlist_id: string | null;
            action: components["schemas"]["TagAction"] | null;
            name: string | null;
            created_at: number;
            last_seen: number | null;
        };
        TagAction: {
            action: "next" | "previous" | "chapter_next" | "chapter_previous" | "pause" | "volume_up" | "volume_down" | "stop" | "sleep_timer" | "shuffle" | "more";
            minutes: number | null;
            step: number | null;
        };
        TagAnswer: {
            tag_id: string;
            playlist_id: string | null;
            playlist_title: string | null;
            action: components["schemas"]["TagAction"] | null;
            name: string | null;
            created_at: string;
            last_seen: string | null;
        };
        TagBody: {
            client_op_id?: string | null;
            tag_id: string;
            is_random?: boolean;
        };
        TagList: {
            tags: components["schemas"]["TagAnswer"][];
        };
        TagPresent: {
            tag_id: string;
            playlist_id: string | null;
            is_random: boolean;
        };
        TagTapped: {
            tag_id: string;
            name: string | null;
            playlist_id: string | null;
            playlist_title: string | null;
            taps: number;
        };
        TapBody: {
            client_op_id?: string | null;
            hold_ms?: number;
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
        TrackBody: {
            client_op_id?: string | null;
            title?: string | null;
            artist?: string | null;
            album?: string | null;
        };
        TrackHeard: {
            track_id: string;
            title: string;
            playlist_id: string;
            playlist_title: string;
            plays: number;
        };
        TrackMoved: {
            playlist_id: string;
            playlist: components["schemas"]["Playlist"];
            source: components["schemas"]["Playlist"];
            target: components["schemas"]["Playlist"];
        };
        UpdateBody: {
            client_op_id?: string | null;
            title?: string | null;
            description?: string | null;
            same_tag?: ("toggle" | "restart" | "next" | "ignore") | null;
            on_removal?: ("keep" | "pause") | null;
            resume_policy?: ("resume" | "restart") | null;
            shuffle?: boolean | null;
        };
        UpdateStatus: {
            state: "none" | "available" | "checking" | "installing" | "proving" | "done" | "went_back" | "failed";
            version: string | null;
            message: string;
            reason: string | null;
            current: string;
            percent: number | null;
            hindrance: string | null;
        };
        UploadList: {
            sessions: components["schemas"]["UploadStatus"][];
        };
        UploadProgress: {
            session_id: string;
            chunk_index: number;
            received_size: number;
            progress: number;
            complete: boolean;
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
        };
        UploadSession: {
            session_id: string;
            playlist_id: string;
            filename: string;
            file_size: number;
            chunk_size: number;
            total_chunks: number;
            expected_chunks: number;
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
            expires_at: number;
        };
        UploadStatus: {
            session_id: string;
            playlist_id: string;
            filename: string;
            file_size: number;
            bytes_uploaded: number;
            progress: number;
            progress_percent: number;
            chunks_total: number;
            chunks_uploaded: number;
            chunks_received: number;
            missing_chunks: number[];
            status: "pending" | "uploading" | "processing" | "completed" | "error" | "cancelled";
            error_message: string | null;
            created_at: string;
            updated_at: string;
            expires_at: number;
        };
        UploadedTrack: {
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
            track: components["schemas"]["Track"];
            session_id: string;
            unshown: string | null;
            readonly track_number: number;
            readonly duration: number;
            readonly note: string | null;
        };
        UseBody: {
            client_op_id?: string | null;
            playlist_id?: string;
            action?: components["schemas"]["ActionBody"];
            override?: boolean;
            replaces?: string | null;
            name?: string | null;
        } | unknown | unknown | unknown;
        VolumeBody: {
            client_op_id?: string | null;
            volume: number;
        };
        YouTubeResults: {
            results: components["schemas"]["YouTubeVideo"][];
            total_results: number;
        };
        YouTubeVideo: {
            id: string;
            title: string;
            url: string;
            duration_ms: number | null;
            duration: string;
            thumbnail_url: string;
            thumbnail: string;
            channel: string | null;
            view_count: number | null;
            description: string | null;
            live: boolean;
        };
    };
    responses: {
        validation_error_400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        forbidden_403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        payload_too_large_414: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        payload_too_large_431: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        rate_limit_exceeded_429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        internal_error_500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        request_timeout_408: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        conflict_409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        payload_too_large_413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        unsupported_media_type_415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        service_unavailable_503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        insufficient_storage_507: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        bad_request_400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        not_found_404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
        bad_request_416: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    post_player_chapter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChapterBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlayerState"] & {
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
    get_audio_outputs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["AudioOutputs"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
        };
    };
    post_audio_test: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AudioTestBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["AudioTest"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    post_playlists_playlist_id_tracks_restore: {
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
                "application/json": components["schemas"]["RestoreTracksBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_playlists_playlist_id_cover: {
        parameters: {
            query?: {
                size?: 120 | 300 | 600;
                v?: string;
            };
            header?: never;
            path: {
                playlist_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
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
    put_playlists_playlist_id_cover: {
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
                "image/jpeg": unknown;
                "image/png": unknown;
                "image/webp": unknown;
                "image/gif": unknown;
                "application/json": components["schemas"]["CoverBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    delete_playlists_playlist_id_cover: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                };
            };
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
    get_bin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["BinContent"];
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
    delete_bin: {
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
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
    post_bin_item_id_restore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    delete_bin_item_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    post_tags_tag_id_tap: {
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
                "application/json": components["schemas"]["TapBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["KeysAnswer"];
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
    put_keys_device_id_key_code_press: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
                key_code: number;
                press: "short" | "long" | "repeat" | "turn+" | "turn-";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyUseBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["KeysAnswer"];
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
    delete_keys_device_id_key_code_press: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
                key_code: number;
                press: "short" | "long" | "repeat" | "turn+" | "turn-";
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Body"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["KeysAnswer"];
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
    post_keys_learn: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LearnAnswer"];
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
    delete_keys_learn: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LearnAnswer"];
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
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
                "Content-Digest"?: string;
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    post_imports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-tomb-folder": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["ImportAnswer"];
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
    post_imports_look: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LookBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["LookAnswer"];
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
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Downloads"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["YouTubeResults"];
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
    get_youtube_playlist: {
        parameters: {
            query: {
                url: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["YouTubeResults"];
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
    get_youtube_thumbnail_video_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
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
            503: components["responses"]["service_unavailable_503"];
        };
    };
    post_youtube_update: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Downloader"];
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
    get_youtube_tasks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["DownloadTasks"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["DownloadTask"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["DownloadTask"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    post_limits_more: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoreBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_stats: {
        parameters: {
            query?: {
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["StatisticsAnswer"];
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
    delete_stats: {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_system_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["StorageUse"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_system_update: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UpdateStatus"];
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
    post_system_update: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["InstallBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["UpdateStatus"];
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
    get_system_doctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Findings"];
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
    get_speakers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["SpeakerList"];
                    };
                };
            };
            403: components["responses"]["forbidden_403"];
            414: components["responses"]["payload_too_large_414"];
            429: components["responses"]["rate_limit_exceeded_429"];
            431: components["responses"]["payload_too_large_431"];
            500: components["responses"]["internal_error_500"];
            503: components["responses"]["service_unavailable_503"];
        };
    };
    put_speakers_speaker_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                speaker_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SpeakerBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: "success";
                        message: string;
                        timestamp: number;
                        server_seq: number;
                        request_id: string;
                        client_op_id?: string;
                        data: components["schemas"]["Speaker"];
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
    get_openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
