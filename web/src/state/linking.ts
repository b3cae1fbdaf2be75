// Linking a tag: the box's association machine, as one session of it is heard. And the tag that lies on the box.
import type { Message } from '@/wire/types'

export type LinkState = 'waiting' | 'duplicate' | 'success' | 'timeout' | 'cancelled' | 'error'

export interface Session {
  readonly id: string
  readonly seq: number
  readonly state: LinkState
  readonly playlistId: string | null
  readonly tagId: string | null
  readonly message: string
  /** When it ends by itself, on this page's monotonic clock, and how long that was when it began. */
  readonly endsAt: number
  readonly existing: { id: string; title: string } | null
}

export interface Linking {
  readonly session: Session | null
  readonly present: { tagId: string; playlistId: string | null } | null
}

export const idle: Linking = { session: null, present: null }
const FINAL: ReadonlySet<LinkState> = new Set(['success', 'timeout', 'cancelled', 'error'])

export const isOver = (session: Session) => FINAL.has(session.state)

/** `wallMinusMonotonic`: of the box's wall clock and this page's monotonic one, ms. */
export function heard(linking: Linking, message: Message, wallMinusMonotonic: number): Linking {
  if (message.name === 'nfc_tag') {
    const { tag_id, present, playlist_id } = message.data
    if (present) return { ...linking, present: { tagId: tag_id, playlistId: playlist_id } }
    return linking.present?.tagId === tag_id ? { ...linking, present: null } : linking
  }
  if (message.name !== 'nfc_association_state') return linking
  const told = message.data
  const known = linking.session
  // A session that was superseded ends after its successor began: what ends another session is not about this one.
  if (known !== null && known.id !== told.session_id && FINAL.has(told.state)) return linking
  if (known !== null && known.id === told.session_id && (told.server_seq < known.seq || FINAL.has(known.state))) return linking
  return {
    ...linking,
    session: {
      id: told.session_id,
      seq: told.server_seq,
      state: told.state,
      playlistId: told.playlist_id,
      tagId: told.tag_id ?? null,
      message: told.message,
      endsAt: told.expires_at * 1000 - wallMinusMonotonic,
      existing: told.existing_playlist ?? null,
    },
  }
}
