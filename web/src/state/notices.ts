// What the page says to the parent: toasts with at most one action, and a line for those who listen to the page.
// Messages are keys; the words are made where they are shown.
import { ref, shallowRef } from 'vue'
import { Refused } from '@/wire/http'

export interface Words {
  readonly key: string
  readonly params?: Readonly<Record<string, string | number>>
}

export interface Notice {
  readonly id: number
  readonly words: Words
  readonly kind: 'plain' | 'loss'
  readonly action?: { readonly words: Words; readonly run: () => void }
  readonly lastsMs: number
}

export const notices = shallowRef<readonly Notice[]>([])
export const spoken = ref<Words | null>(null)

let ids = 0
const AT_MOST = 3

export function notify(words: Words, more: Partial<Pick<Notice, 'kind' | 'action' | 'lastsMs'>> = {}): number {
  const notice: Notice = { id: ++ids, words, kind: 'plain', lastsMs: 4000, ...more }
  const same = (each: Notice) => each.words.key === words.key && JSON.stringify(each.words.params) === JSON.stringify(words.params) && !each.action
  notices.value = [...notices.value.filter((each) => !same(each)), notice].slice(-AT_MOST)
  return notice.id
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id)
}

export function say(words: Words): void {
  spoken.value = words
}

/** Why something did not happen, in words: what is lost (nothing), and what to do. */
export function whyNot(error: unknown): Words {
  if (!(error instanceof Refused)) return { key: 'why.unreachable' }
  if (error.details.pin_required === true) return { key: 'why.pin' }
  if ('limit' in error.details) return { key: 'why.limit' }
  if (error.details.update === 'proving') return { key: 'why.proving' }
  switch (error.type) {
    case 'insufficient_storage':
    case 'not_found':
    case 'rate_limit_exceeded':
    case 'request_timeout':
    case 'payload_too_large':
    case 'unsupported_media_type':
    case 'internal_error':
    case 'conflict':
      return { key: `why.${error.type}` }
    default:
      return { key: 'why.said', params: { said: error.message } }
  }
}

export function complain(error: unknown, words = whyNot(error)): void {
  notify(words, { kind: 'loss', lastsMs: 6000 })
}

// --- undo before "are you sure?" -------------------------------------------------------------------------------------

const UNDO_MS = 6000

/** Once the box did it (`done`: null where it did not), says so, and offers to take it back. */
export async function undoable(words: Words, done: Promise<unknown>, takeBack: () => void): Promise<void> {
  if ((await done) !== null) notify(words, { lastsMs: UNDO_MS, action: { words: { key: 'undo' }, run: takeBack } })
}
