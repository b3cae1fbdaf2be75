// The keyboard: space, arrows, m, /, ?. Whoever types somewhere, or stands on a control that takes the key, keeps it.
import { onMounted, onUnmounted } from 'vue'
import { next, previous, setMode, setVolume, toggle } from '@/state/commands'
import { player } from '@/state/core'
import { ceiling } from '@/state/session'
import { keysOpen } from '@/state/ui'

const VOLUME_STEP = 5

export function useKeys(): void {
  const press = (event: KeyboardEvent) => {
    const on = event.target as HTMLElement
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (on.closest('input, textarea, select, [contenteditable], [role=slider]')) return
    if (event.key === ' ' && on.closest('button, a, summary')) return
    if (on.closest('dialog') && !on.closest('.player')) return
    const now = player.value
    const acts: Record<string, () => unknown> = {
      ' ': toggle,
      ArrowRight: next,
      ArrowLeft: previous,
      ArrowUp: () => now && setVolume(Math.min(ceiling.value, now.volume + VOLUME_STEP)),
      ArrowDown: () => now && setVolume(Math.max(0, now.volume - VOLUME_STEP)),
      m: () => now && setMode({ muted: !now.muted }),
      '/': () => document.querySelector<HTMLElement>('[data-search]')?.click(),
      '?': () => (keysOpen.value = true),
    }
    const act = acts[event.key]
    if (act === undefined) return
    if (event.key.startsWith('Arrow') && on.closest('button, a, [tabindex="0"]') && event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return // lets a list scroll
    event.preventDefault()
    act()
  }
  onMounted(() => window.addEventListener('keydown', press))
  onUnmounted(() => window.removeEventListener('keydown', press))
}
