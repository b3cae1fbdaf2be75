// The chapters of the track that plays, and which of them is heard.
import { computed, type Ref } from 'vue'
import { t } from '@/i18n'
import { player } from '@/state/core'
import { chapterAt } from '@/state/player'

export function useChapters(position: Ref<number>) {
    const chapters = computed(() => player.value?.active_track?.chapters ?? [])
  const current = computed(() => chapterAt(chapters.value, position.value))
  /** What a chapter is called; by its number where its file does not say. */
  const name = (index: number) => chapters.value[index]?.title || t('chapter.n', { n: index + 1 })
  return { chapters, current, name }
}
