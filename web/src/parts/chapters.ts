// The chapters of the track that plays, and which of them a place in it belongs to.
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { player } from '@/state/core'
import type { Chapter } from '@/wire/types'

/** From 0; null where there are none. */
export function chapterAt(chapters: readonly Chapter[], ms: number): number | null {
  let [from, to] = [0, chapters.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (chapters[middle]!.start_ms <= ms) from = middle + 1
    else to = middle
  }
  return chapters.length === 0 ? null : Math.max(0, from - 1)
}

export function useChapters(position: Ref<number>) {
  const { t } = useI18n()
  const chapters = computed(() => player.value?.active_track?.chapters ?? [])
  const current = computed(() => chapterAt(chapters.value, position.value))
  /** What a chapter is called; by its number where its file does not say. */
  const name = (index: number) => chapters.value[index]?.title || t('chapter.n', { n: index + 1 })
  return { chapters, current, name }
}
