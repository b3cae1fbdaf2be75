// Linking a tag: the box's association machine, as its sessions are heard. And the tag that lies on the box.
import type { LinkSession, Message } from '@/wire/types'

export type LinkState = 'waiting' | 'duplicate' | 'success' | 'timeout' | 'cancelled' | 'error'

export interface Session {
  readonly id: string
  readonly seq: number
  readonly state: LinkState
  readonly playlistId: string | null
  readonly tagId: string | null
  /** When it ends by itself, on this page's monotonic clock. */
  readonly endsAt: number
  readonly existing: { id: string; title: string } | null
  /** Why it waits on: what lies there is a phone. */
  readonly reason: 'random_id' | null
}

export interface Linking {
  /** The last few, the newest last. One at most is not over. */
  readonly sessions: readonly Session[]
  readonly present: { tagId: string; playlistId: string | null; isRandom: boolean } | null
}

export const idle: Linking = { sessions: [], present: null }
const FINAL: ReadonlySet<LinkState> = new Set(['success', 'timeout', 'cancelled', 'error'])
const KEPT = 8

export const isOver = (session: Session) => FINAL.has(session.state)
export const live = ({ sessions }: Linking) => sessions.findLast((each) => !isOver(each)) ?? null
export const sessionOf = ({ sessions }: Linking, id: string | null) => sessions.find((each) => each.id === id) ?? null

/** `wallMinusMonotonic`: of the box's wall clock and this page's monotonic one, ms. */
export function heard(linking: Linking, message: Message, wallMinusMonotonic: number): Linking {
  if (message.name === 'nfc_tag') {
    const { tag_id, present, playlist_id, is_random } = message.data
    if (present) return { ...linking, present: { tagId: tag_id, playlistId: playlist_id, isRandom: is_random } }
    return linking.present?.tagId === tag_id ? { ...linking, present: null } : linking
  }
  if (message.name !== 'nfc_association_state') return linking
  const { session_id: id, server_seq: seq, state, playlist_id, tag_id, expires_at, existing_playlist, reason } = message.data
  return step(linking, { id, seq, state, playlistId: playlist_id, tagId: tag_id ?? null, endsAt: expires_at * 1000 - wallMinusMonotonic, existing: existing_playlist ?? null, reason: reason ?? null })
}

/** What the box answers when it is asked for its sessions: those that this page has not heard of. */
export function listed(linking: Linking, sessions: readonly LinkSession[], wallMinusMonotonic: number): Linking {
  return sessions.reduce((held, { session_id: id, state, playlist_id, tag_id, expires_at, existing_playlist, reason }) =>
    sessionOf(held, id) !== null ? held : step(held, { id, seq: 0, state, playlistId: playlist_id, tagId: tag_id, endsAt: expires_at * 1000 - wallMinusMonotonic, existing: existing_playlist, reason }), linking)
}

function step(linking: Linking, session: Session): Linking {
  const known = sessionOf(linking, session.id)
  if (known === null) return { ...linking, sessions: [...linking.sessions, session].slice(-KEPT) }
  if (session.seq < known.seq || isOver(known)) return linking
  return { ...linking, sessions: linking.sessions.map((each) => (each === known ? session : each)) }
}
