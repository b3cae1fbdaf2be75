// What a parent can do to the box. Each shows at once where its effect is known.
import { api, command, newId, Refused } from '@/wire/http'
import type { PlayerState, Playlist, PlaylistLite, Settings, Tag, Track } from '@/wire/types'
import { act, player, library, send, settle, show } from './core'
import type { Session } from './linking'
import { complain, notify, say, undoable } from './notices'
import { edit, remove, removeTracks, reorder as inOrder, retitle } from './playlists'
import { loadTags, tagLabel } from './tags'

// --- the player ------------------------------------------------------------------------------------------------------

export function toggle(): void {
  const now = player.value
  if (now === null) return
  if (now.active_playlist_id === null) return void playSomething()
  say({ key: now.is_playing ? 'said.paused' : 'said.playing' })
  void act({ is_playing: !now.is_playing }, (signal, client_op_id) => api.POST('/api/player/toggle', { body: { client_op_id }, signal }))
}

function playSomething(): void {
  const [first] = [...library.value.lites.values()].filter((each) => each.track_count > 0).sort((a, b) => b.last_played - a.last_played)
  if (first !== undefined) void playPlaylist(first.id)
}

export const next = () => send((signal, client_op_id) => api.POST('/api/player/next', { body: { client_op_id }, signal }))
export const previous = () => send((signal, client_op_id) => api.POST('/api/player/previous', { body: { client_op_id }, signal }))

export function seek(positionMs: number): void {
  const now = player.value
  if (now === null || now.active_track_id === null) return
  const position_ms = Math.round(Math.max(0, Math.min(positionMs, now.duration_ms)))
  void act({ position_ms }, (signal, client_op_id) => api.POST('/api/player/seek', { body: { position_ms, client_op_id }, signal }))
}

/** Play the track from one of its chapters on. */
export function playChapter(index: number): void {
  const chapter = player.value?.active_track?.chapters[index]
  if (chapter === undefined) return
  void act({ position_ms: chapter.start_ms, chapter_index: index, is_playing: true }, (signal, client_op_id) => api.POST('/api/player/chapter', { body: { index, client_op_id }, signal }))
}

/** While a finger moves, one request is on its way at a time, and the newest value goes next. */
let volumeWanted: number | null = null
let volumeSending = false
export async function setVolume(volume: number): Promise<void> {
  volumeWanted = volume
  settle('volume')
  show('player', 'volume', { volume })
  if (volumeSending) return
  volumeSending = true
  while (volumeWanted !== null) {
    const volume: number = volumeWanted
    volumeWanted = null
    const answer = await send((signal) => api.POST('/api/player/volume', { body: { volume }, signal }), '')
    if (answer === null) volumeWanted = null
  }
  volumeSending = false
  settle('volume')
}

export function setMode(mode: { repeat_mode?: 'none' | 'track' | 'playlist'; shuffle_enabled?: boolean; muted?: boolean }): void {
  void act(mode, (signal, client_op_id) => api.PUT('/api/player/mode', { body: { ...mode, client_op_id }, signal }))
}

export const sleep = (seconds: number | null) =>
  send((signal, client_op_id) => api.POST('/api/player/sleep', { body: { seconds, client_op_id }, signal }))

// --- playlists -------------------------------------------------------------------------------------------------------

const of = (playlist_id: string) => ({ params: { path: { playlist_id } } })

const playing = ({ id, title, track_count, resume, cover_url }: PlaylistLite, at?: Track): Partial<PlayerState> => ({
  active_playlist_id: id, active_playlist_title: title, active_track_title: at?.title ?? title, active_track_id: at?.id ?? null,
  active_track: at ?? (cover_url === null ? null : ({ cover_url, title } as Track)), track_count, is_playing: true,
  position_ms: at === undefined ? (resume?.position_ms ?? 0) : 0, duration_ms: at?.duration_ms ?? 0,
})

export function playPlaylist(id: string): Promise<unknown> {
  const playlist = library.value.lites.get(id)
  return act(playlist && playing(playlist), (signal, client_op_id) => api.POST('/api/playlists/{playlist_id}/start', { ...of(id), body: { client_op_id }, signal }))
}

export function playTrack(playlist: Playlist, track: Track): void {
  void act(playing(playlist, track), (signal, client_op_id) =>
    api.POST('/api/playlists/{playlist_id}/play/{track_number}', {
      params: { path: { playlist_id: playlist.id, track_number: track.number } }, body: { client_op_id }, signal,
    }))
}

/** As if its tag were put on the box. */
export const tapPlaylist = (id: string) =>
  send((signal, client_op_id) => api.POST('/api/playlists/{playlist_id}/tap', { ...of(id), body: { client_op_id }, signal }))

/** A tap on a cover: plays it, or pauses what it plays. */
export function tapCover(id: string): void {
  if (player.value?.active_playlist_id === id) toggle()
  else void playPlaylist(id)
}

export async function createPlaylist(title: string): Promise<string | null> {
  const made = await send((signal, client_op_id) => api.POST('/api/playlists', { body: { title, client_op_id }, signal }))
  return made?.id ?? null
}

export function editPlaylist(id: string, fields: { title?: string; description?: string; same_tag?: Playlist['same_tag']; on_removal?: Playlist['on_removal']; resume_policy?: Playlist['resume_policy']; shuffle?: Playlist['shuffle'] }): Promise<unknown> {
  const op = newId()
  show('library', op, edit(id, fields))
  return send((signal, client_op_id) => api.PUT('/api/playlists/{playlist_id}', { ...of(id), body: { ...fields, client_op_id }, signal }), op)
}

export function reorder(id: string, track_order: string[]): void {
  const op = newId()
  show('library', op, inOrder(id, track_order))
  void send((signal, client_op_id) => api.POST('/api/playlists/{playlist_id}/reorder', { ...of(id), body: { track_order, client_op_id }, signal }), op)
}

export function renameTrack(playlist: Playlist, track_id: string, title: string): void {
  const op = newId()
  show('library', op, retitle(playlist.id, track_id, title))
  void send((signal, client_op_id) => api.PUT('/api/tracks/{track_id}', { params: { path: { track_id } }, body: { title, client_op_id }, signal }), op)
}

// What is deleted is gone at once, on every phone, and lies in the bin: Undo takes it out of there. A page that is closed or
// killed meanwhile loses nothing, and what its parent wanted is done.

export function deleteTracks(playlist: Playlist, tracks: readonly Track[]): void {
  const op = newId()
  const track_ids = tracks.map((each) => each.id)
  show('library', op, removeTracks(playlist.id, track_ids))
  void undoable(
    tracks.length === 1 ? { key: 'undone.track', params: { title: tracks[0]!.title } } : { key: 'undone.tracks', params: { count: tracks.length } },
    send((signal, client_op_id) => api.DELETE('/api/playlists/{playlist_id}/tracks', { ...of(playlist.id), body: { track_ids, client_op_id }, signal }), op),
    () => void send((signal, client_op_id) =>
      api.POST('/api/playlists/{playlist_id}/tracks/restore', { ...of(playlist.id), body: { track_ids, client_op_id }, signal })),
  )
}

export function deletePlaylist(id: string): void {
  const title = library.value.lites.get(id)?.title ?? ''
  const op = newId()
  show('library', op, remove(id))
  void undoable(
    { key: 'undone.playlist', params: { title } },
    send((signal, client_op_id) => api.DELETE('/api/playlists/{playlist_id}', { ...of(id), body: { client_op_id }, signal }), op),
    () => void send((signal, client_op_id) => api.POST('/api/bin/{item_id}/restore', { params: { path: { item_id: id } }, body: { client_op_id }, signal })),
  )
}

/** Tracks go to the end of another playlist, in their order. */
export async function moveTracks(source: Playlist, target: PlaylistLite, tracks: readonly Track[]): Promise<void> {
  const op = newId()
  show('library', op, removeTracks(source.id, tracks.map((each) => each.id)))
  let moved = 0
  try {
    for (const track of tracks) {
      const playlist = library.value.wholes.get(source.id)
      // Each move shifts the numbers of those behind it.
      const behind = tracks.slice(0, moved).filter((each) => each.number < track.number).length
      if (playlist === undefined) break
      await command((signal) =>
        api.POST('/api/playlists/move-track', {
          body: { source_playlist_id: source.id, target_playlist_id: target.id, track_number: track.number - behind }, signal,
        }))
      moved++
    }
    notify({ key: 'said.moved', params: { count: moved, title: target.title } })
  } catch (error) {
    complain(error)
  } finally {
    settle(op)
  }
}

export async function importPlaylist(file: File): Promise<string | null> {
  const made = await send((signal) =>
    api.POST('/api/playlists/import', { body: file as unknown as never, bodySerializer: (body) => body as never, headers: { 'content-type': 'application/x-tar' }, signal }))
  return (made as { id?: string } | null)?.id ?? null
}

// --- tags ------------------------------------------------------------------------------------------------------------

/** `replaces`: the tag that goes for the one that comes. */
export const scan = (playlist_id: string | null, replaces?: string) =>
  send((signal, client_op_id) => api.POST('/api/nfc/scan', { body: { ...(playlist_id !== null && { playlist_id }), ...(replaces !== undefined && { replaces }), timeout_ms: 60_000, client_op_id }, signal }))

export const endScan = (session_id: string) =>
  command((signal) => api.DELETE('/api/nfc/session/{session_id}', { params: { path: { session_id } }, signal })).catch((error: unknown) => {
    if (!(error instanceof Refused)) complain(error) // one that is over already is refused: that is what was wanted
  })

export const override = (playlist_id: string, tag_id: string | null) =>
  send((signal, client_op_id) => api.POST('/api/nfc/override', { body: { playlist_id, ...(tag_id === null ? {} : { tag_id }), client_op_id }, signal }))

/** Links a tag that this phone has read. Null where it failed, with words; `existing` where it does something else already. */
export async function linkRead(playlist_id: string, tag_id: string, replaces?: string): Promise<'linked' | { existing: Session['existing'] } | null> {
  try {
    await command((signal) => api.PUT('/api/tags/{tag_id}', { params: { path: { tag_id } }, body: { playlist_id, ...inPlace(tag_id, replaces), client_op_id: newId() } as never, signal }))
    return 'linked'
  } catch (error) {
    if (error instanceof Refused && error.type === 'conflict') return { existing: (error.details.existing_playlist ?? null) as Session['existing'] }
    complain(error)
    return null
  }
}

const inPlace = (tag_id: string, replaces?: string) => replaces !== undefined && replaces !== tag_id && { replaces }

const putTag = (tag_id: string, body: object) =>
  send((signal, client_op_id) => api.PUT('/api/tags/{tag_id}', { params: { path: { tag_id } }, body: { ...body, client_op_id } as never, signal }))

export const useTag = (tag_id: string, use: { playlist_id: string } | { action: { action: TagActionName; minutes?: number; step?: number } }, replaces?: string) =>
  putTag(tag_id, { ...use, ...inPlace(tag_id, replaces), override: true })

/** An empty name takes the name away. */
export const nameTag = (tag_id: string, name: string) => putTag(tag_id, { name })

export type TagActionName = 'next' | 'previous' | 'chapter_next' | 'chapter_previous' | 'pause' | 'volume_up' | 'volume_down' | 'stop' | 'sleep_timer' | 'shuffle' | 'more'

export function unlinkTag({ id, title, tag_ids }: PlaylistLite, tag_id: string): void {
  const op = newId()
  const left = tag_ids.filter((each) => each !== tag_id)
  show('library', op, edit(id, { tag_ids: left, nfc_tag_id: left.at(-1) ?? null }))
  void undoable(
    { key: 'undone.tag', params: { title, tag: tagLabel(tag_id) } },
    send((signal, client_op_id) => api.DELETE('/api/nfc/associate/{tag_id}', { params: { path: { tag_id } }, body: { client_op_id }, signal }), op),
    () => void send((signal, client_op_id) => api.POST('/api/nfc/associate', { body: { playlist_id: id, tag_id, client_op_id }, signal })),
  )
}

/** Undo gives it back its use and its name. */
export async function forgetTag({ tag_id, name, playlist_id, action }: Tag): Promise<void> {
  const use = { ...(playlist_id !== null && { playlist_id }), ...(action !== null && { action }), ...(name !== null && { name }) }
  await undoable(
    { key: 'undone.forgotten', params: { tag: tagLabel(tag_id) } },
    send((signal) => api.DELETE('/api/tags/{tag_id}', { params: { path: { tag_id } }, signal })),
    () => void putTag(tag_id, use).then(loadTags),
  )
}

// --- the box ---------------------------------------------------------------------------------------------------------

export const changeSettings = (fields: Partial<Pick<Settings, 'box_name' | 'volume_ceiling' | 'start_volume' | 'same_tag' | 'on_removal' | 'audio_device' | 'child_playlists' | 'loudness' | 'sounds' | 'welcomed' | 'daily_minutes' | 'bedtime' | 'quiet_hours' | 'volume_by_hour' | 'statistics' | 'backup_to' | 'backup_every_days'>> & { pin?: string | null }) =>
  send((signal) => api.PUT('/api/settings', { body: fields, signal }))

// Without the signal, which takes back what is under way when the link drops: that it does is what these two ask for, and it
// may come before their answer.
export const restart = () => send(() => api.POST('/api/system/restart', { body: {} }))

export const shutdown = () => send(() => api.POST('/api/system/shutdown', { body: {} }))

export const tapVirtual = (tag_id: string | null) =>
  tag_id === null
    ? send((signal) => api.DELETE('/api/reader/tag', { signal }))
    : send((signal) => api.PUT('/api/reader/tag', { body: { tag_id }, signal }))
