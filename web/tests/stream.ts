// A box in miniature: a true state, the messages that its changes cause, and a network that drops, repeats and replays.
import type { Message, PlayerState, Playlist, PlaylistLite, Track } from '@/wire/types'

export const track = (id: string, number: number, more: Partial<Track> = {}): Track => ({
  id, number, track_number: number, title: `Track ${id}`, filename: `${id}.mp3`, file_path: `files/${id}.mp3`, duration_ms: 60_000,
  duration: 60, artist: null, album: null, file_size: 1, file_hash: id, missing: false, damaged_at_ms: null, note: null, chapters: [], cover_url: null, play_count: 0, loudness: { track: null, album: null, peak: null },
  created_at: '', updated_at: '', server_seq: 0, ...more,
})

export const playlist = (id: string, seq: number, revision: number, ids: readonly string[] = ['a', 'b', 'c'], title = `List ${id}`): Playlist => ({
  id, type: 'playlist', title, description: '', nfc_tag_id: null, tag_ids: [], track_count: ids.length, total_duration_ms: ids.length * 60_000,
  cover_url: null, last_played: 0, created_at: '', updated_at: '', resume: null, same_tag: null, on_removal: null, resume_policy: null, shuffle: null, for_child: true, own_cover: false,
  server_seq: seq, playlist_seq: revision, tracks: ids.map((each, index) => track(each, index + 1, { server_seq: seq })),
})

export function liteOf({ tracks: _, ...rest }: Playlist): PlaylistLite {
  return rest
}

export const player = (more: Partial<PlayerState> = {}): PlayerState => ({
  state: 'stopped', is_playing: false, is_paused: false, active_playlist_id: null, active_playlist_title: null, active_track: null,
  active_track_id: null, active_track_title: null, active_track_number: null, position_ms: 0, duration_ms: 0, duration: 0, chapter_index: null,
  track_index: 0, track_count: 0, can_prev: false, can_next: false, volume: 50, muted: false, repeat_mode: 'none',
  shuffle_enabled: false, auto_advance_enabled: true, sleep_timer_ends_at: null, error_message: null, limit: { state: 'free', left_s: null, until: null, reason: null }, server_seq: 0, ...more,
})

export const playing = (positionMs: number, more: Partial<PlayerState> = {}): PlayerState =>
  player({
    state: 'playing', is_playing: true, active_track: track('a', 1), active_track_id: 'a', duration_ms: 60_000, position_ms: positionMs, ...more,
  })

export function numbered(name: string, server_seq: number, data: unknown, more: object = {}): Message {
  return { name, data: { event_type: name, server_seq, data, timestamp: 0, event_id: String(server_seq), ...more } } as unknown as Message
}

export const tick = (seq: number, positionMs: number, more: object = {}): Message =>
  numbered('state:track_position', seq, { position_ms: positionMs, track_id: 'a', is_playing: true, duration_ms: 60_000, ...more })
