// What the box can play. Pure: each function makes a new state of an old one and of what was heard.
//
// Two things are kept: the list (`lites`, of all playlists, without their tracks) and, of those playlists that a page has
// open, the whole. A playlist carries its own revision, `playlist_seq`, and the number of its last change; whatever is
// older than what is known is passed over, so that answers, replays and events may arrive in any order.
import { begin as layer, confirm, type Layers, layers, settle as unlayer } from './optimistic'
import type { Message, Playlist, PlaylistLite, Track } from '@/wire/types'

export interface Library {
  readonly known: boolean // whether the list was heard at all
  readonly seq: number
  readonly lites: ReadonlyMap<string, PlaylistLite>
  readonly wholes: ReadonlyMap<string, Playlist>
  readonly gone: ReadonlyMap<string, number> // the number of the event that said so
}

export type LibraryLayers = Layers<Library>
type Change = (library: Library) => Library

export const nothing: LibraryLayers = layers<Library>({
  known: false,
  seq: 0,
  lites: new Map(),
  wholes: new Map(),
  gone: new Map(),
})

export function heard(held: LibraryLayers, message: Message): LibraryLayers {
  switch (message.name) {
    case 'state:playlists':
      return confirm(held, listed(message.data.data.playlists, message.data.server_seq))
    case 'state:playlist':
      return confirm(held, whole(message.data.data, message.data.server_seq))
    case 'state:playlist_created':
    case 'state:playlist_updated': {
      const { playlist } = message.data.data
      const { server_seq } = message.data
      return confirm(held, (library) => {
        const open = library.wholes.has(playlist.id)
        return open ? whole(playlist, server_seq)(library) : lite(playlist, server_seq)(library)
      })
    }
    case 'state:playlist_deleted':
      return confirm(held, deleted(message.data.data.playlist_id, message.data.server_seq))
    case 'state:track':
      return confirm(held, trackChanged(message.data.data, message.data.data.playlist_id, message.data.server_seq))
    case 'ack:op':
    case 'err:op':
      return message.data.client_op_id == null ? held : unlayer(held, message.data.client_op_id)
    default:
      return held // state:track_added and state:track_deleted are followed by the whole playlist
  }
}

/** An answer brought a playlist with its tracks. */
export function answered(held: LibraryLayers, playlist: Playlist): LibraryLayers {
  return confirm(held, whole(playlist, playlist.server_seq))
}

/** A page no longer shows this playlist. */
export function close(held: LibraryLayers, id: string): LibraryLayers {
  return confirm(held, (library) => (library.wholes.has(id) ? { ...library, wholes: without(library.wholes, id) } : library))
}

function listed(playlists: readonly PlaylistLite[], seq: number): Change {
  return (library) => {
    if (seq < library.seq) return library
    const lites = new Map(playlists.map((each) => [each.id, each]))
    const wholes = new Map([...library.wholes].filter(([id]) => lites.has(id)))
    return { known: true, seq, lites, wholes, gone: new Map() }
  }
}

function lite(playlist: PlaylistLite | Playlist, seq: number): Change {
  return (library) => {
    if (isOld(library, playlist, seq)) return library
    const { tracks: _, ...rest } = playlist as Playlist
    return { ...library, lites: new Map(library.lites).set(playlist.id, rest as PlaylistLite), gone: without(library.gone, playlist.id) }
  }
}

function whole(playlist: Playlist, seq: number): Change {
  return (library) => {
    const known = library.wholes.get(playlist.id)
    if (known !== undefined ? known.playlist_seq > playlist.playlist_seq : isOld(library, playlist, seq)) return library
    const next = lite(playlist, seq)(library)
    return { ...next, wholes: new Map(next.wholes).set(playlist.id, playlist) }
  }
}

function isOld(library: Library, playlist: PlaylistLite, seq: number): boolean {
  const goneAt = library.gone.get(playlist.id)
  if (goneAt !== undefined && seq <= goneAt) return true
  const known = library.lites.get(playlist.id)
  if (known === undefined) return seq <= library.seq // the list is newer, and has no such playlist
  return (known.playlist_seq > playlist.playlist_seq || known.server_seq > playlist.server_seq)
}

function deleted(id: string, seq: number): Change {
  return (library) => {
    const known = library.lites.get(id)
    if (seq < library.seq || (known !== undefined && known.server_seq > seq)) return library
    return { ...library, lites: without(library.lites, id), wholes: without(library.wholes, id), gone: new Map(library.gone).set(id, seq) }
  }
}

function trackChanged(track: Track, id: string, seq: number): Change {
  return (library) => {
    const playlist = library.wholes.get(id)
    const known = playlist?.tracks.find((each) => each.id === track.id)
    if (playlist === undefined || known === undefined || known.server_seq > seq) return library
    const tracks = playlist.tracks.map((each) => (each.id === track.id ? { ...track, number: each.number } : each))
    return { ...library, wholes: new Map(library.wholes).set(id, { ...playlist, tracks }) }
  }
}

function without<V>(map: ReadonlyMap<string, V>, id: string): ReadonlyMap<string, V> {
  if (!map.has(id)) return map
  const next = new Map(map)
  next.delete(id)
  return next
}

// --- what a page may ask for, shown before the box has said so -------------------------------------------------------

export function ask(held: LibraryLayers, op: string, change: Change): LibraryLayers {
  return layer(held, op, change)
}

export const settle = unlayer

export function edit(id: string, fields: Partial<Pick<PlaylistLite, 'title' | 'description' | 'same_tag' | 'on_removal' | 'nfc_tag_id' | 'tag_ids' | 'cover_url' | 'own_cover' | 'resume_policy' | 'shuffle'>>): Change {
  return (library) => {
    const [lite, full] = [library.lites.get(id), library.wholes.get(id)]
    return {
      ...library,
      lites: lite === undefined ? library.lites : new Map(library.lites).set(id, { ...lite, ...fields }),
      wholes: full === undefined ? library.wholes : new Map(library.wholes).set(id, { ...full, ...fields }),
    }
  }
}

/** `order`: all track ids. Tracks that came in the meantime stay at the end, those that went are left out. */
export function reorder(id: string, order: readonly string[]): Change {
  return withTracks(id, (tracks) => {
    const place = new Map(order.map((trackId, index) => [trackId, index]))
    return [...tracks].sort((a, b) => (place.get(a.id) ?? order.length) - (place.get(b.id) ?? order.length))
  })
}

export function removeTracks(id: string, trackIds: readonly string[]): Change {
  const gone = new Set(trackIds)
  return withTracks(id, (tracks) => tracks.filter((each) => !gone.has(each.id)))
}

export function retitle(id: string, trackId: string, title: string): Change {
  return withTracks(id, (tracks) => tracks.map((each) => (each.id === trackId ? { ...each, title } : each)))
}

export function remove(id: string): Change {
  return (library) => ({ ...library, lites: without(library.lites, id), wholes: without(library.wholes, id) })
}

function withTracks(id: string, change: (tracks: readonly Track[]) => readonly Track[]): Change {
  return (library) => {
    const playlist = library.wholes.get(id)
    if (playlist === undefined) return library
    const tracks = change(playlist.tracks).map((each, index) => ({ ...each, number: index + 1, track_number: index + 1 }))
    const total_duration_ms = tracks.reduce((sum, each) => sum + each.duration_ms, 0)
    return edit(id, { track_count: tracks.length, total_duration_ms } as Partial<PlaylistLite>)({
      ...library,
      wholes: new Map(library.wholes).set(id, { ...playlist, tracks }),
    })
  }
}

/** The box forgot its numbers: its next list is believed, whatever its number. */
export function forget(held: LibraryLayers): LibraryLayers {
  return { confirmed: { ...nothing.confirmed, known: held.confirmed.known }, pending: [] }
}
