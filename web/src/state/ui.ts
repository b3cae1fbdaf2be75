// Which of the page's own sheets are open. One of each, whoever opens it.
import { ref, shallowRef } from 'vue'

export const playerOpen = ref(false)
/** Linking: for a playlist, or for whatever tag comes next. `sessionId`: one that another page began. `replaces`: the tag that goes for it. */
export const linkFor = shallowRef<{ playlistId: string | null; sessionId?: string; replaces?: string } | null>(null)
/** Files that are to go somewhere; empty: they are to be picked. `playlistId`: where to, if that is known. `again`: what was interrupted is picked again. */
export const adding = shallowRef<{ files: File[]; playlistId: string | null; folder?: string; again?: boolean } | null>(null)
export const naming = ref(false)
/** The tag that is being given a name. */
export const namingTag = ref<string | null>(null)
export const keysOpen = ref(false)
