// The picture of a playlist: one of this phone's, that of one of its tracks, or the automatic one. Shown at once, from the phone's
// own memory, and taken back by Undo or where the box does not like it.
import { api, newId, picture, Refused } from '@/wire/http'
import type { Playlist, PlaylistLite, Track } from '@/wire/types'
import { send, show } from './core'
import { complain, notify, whyNot, type Words } from './notices'
import { edit } from './playlists'

/** Those that the box takes; a phone that has its photographs in another format converts them when it is asked for these. */
export const PICTURES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']
const LARGEST = 20 * 1024 * 1024
const FADES_MS = 10_000 // until then the box's own picture is loaded

export const isPicture = (file: Blob) => file.type.startsWith('image/')

/** A picture, a track that has one, or null: the automatic one, which is that of the first track that has one. */
export async function changeCover(playlist: PlaylistLite | Playlist, to: Blob | Track | null): Promise<void> {
  const words = to instanceof Blob ? unfit(to) : null
  if (words !== null) return complain(null, words)
  // Asked for before it is replaced: Undo gives it back.
  const before = playlist.own_cover && playlist.cover_url !== null ? picture(playlist.cover_url) : Promise.resolve(null)
  if (!(await put(playlist, to, before))) return
  notify({ key: 'cover.changed', params: { title: playlist.title } }, {
    lastsMs: 6000, action: { words: { key: 'undo' }, run: async () => void put(playlist, await before, Promise.resolve()) },
  })
}

async function put({ id, ...playlist }: PlaylistLite | Playlist, to: Blob | Track | null, after: Promise<unknown>): Promise<boolean> {
  const op = newId()
  const url = to instanceof Blob ? URL.createObjectURL(to) : null
  const tracks = 'tracks' in playlist ? playlist.tracks : []
  const shown = url ?? (to as Track | null)?.cover_url ?? tracks.find((each) => each.cover_url !== null)?.cover_url ?? null
  show('library', op, edit(id, { cover_url: shown, own_cover: to !== null }))
  await after
  const path = { params: { path: { playlist_id: id } } }
  const answer = await send((signal, client_op_id) => {
    if (to === null) return api.DELETE('/api/playlists/{playlist_id}/cover', { ...path, body: { client_op_id }, signal })
    if (to instanceof Blob)
      return api.PUT('/api/playlists/{playlist_id}/cover', { ...path, body: to as never, bodySerializer: (body) => body as never, headers: { 'content-type': to.type }, signal })
    return api.PUT('/api/playlists/{playlist_id}/cover', { ...path, body: { track_id: to.id, client_op_id }, signal })
  }, op, refusal)
  if (url !== null) setTimeout(() => URL.revokeObjectURL(url), FADES_MS)
  return answer !== null
}

function unfit(file: Blob): Words | null {
  if (!PICTURES.includes(file.type)) return { key: 'cover.type' }
  return file.size > LARGEST ? { key: 'cover.size' } : null
}

/** In words about a picture; the box's refusals speak of music where they say the same of a file. */
function refusal(error: unknown): Words {
  if (!(error instanceof Refused)) return whyNot(error)
  if (error.type === 'payload_too_large') return { key: 'cover.size' }
  if (error.type === 'unsupported_media_type') return { key: 'cover.type' }
  return error.type === 'bad_request' || error.type === 'validation_error' ? { key: 'cover.unreadable' } : whyNot(error)
}
