// The tags that the box knows. They are no part of the numbered events: the list is read when a page shows it, and again
// when something was heard that changes it.
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, peek, read } from '@/wire/http'
import type { Tag } from '@/wire/types'
import { listen, whenUp } from './core'
import { locked } from './pin'

export const tags = shallowRef<readonly Tag[] | null>(null)
export const tagsFailed = ref(false)
let readers = 0

/** "04 A1 B2 C3": easier to compare with what is printed on a tag. */
export const tagNumber = (id: string) => id.match(/../g)?.join(' ') ?? id

/** The name that a parent gave it, else its number. */
export const tagLabel = (id: string) => tags.value?.find((each) => each.tag_id === id)?.name ?? tagNumber(id)

let due: ReturnType<typeof setTimeout> | undefined
const SETTLES_MS = 150

export async function loadTags(): Promise<void> {
  try {
    tags.value = (await read((signal) => api.GET('/api/tags', { signal }))).tags
    tagsFailed.value = false
  } catch {
    tagsFailed.value = true
  }
}

/** As `loadTags`, for what the page wants to know by itself. */
export async function peekTags(): Promise<void> {
  if (locked.value) return
  tags.value = (await peek((signal) => api.GET('/api/tags', { signal })))?.tags ?? tags.value
}

function soon(): void {
  if (readers === 0) return
  clearTimeout(due)
  due = setTimeout(() => void peekTags(), SETTLES_MS)
}

listen(({ name }) => {
  if (['nfc_tag', 'nfc_association_state', 'state:playlist_updated', 'state:playlist_deleted', 'ack:op'].includes(name)) soon()
})
whenUp(soon)
watch(locked, (now) => now || soon())

/** For a page that shows tags, while it does. */
export function useTags(): void {
  useTagNames()
  void loadTags()
}

/** For what only names them: nobody is asked for the PIN because of it, the number does. */
export function useTagNames(): void {
  readers++
  onScopeDispose(() => readers--)
  soon()
}
