import { onScopeDispose, ref, watch } from 'vue'
import { playing } from '@/state/core'
import { positionAt } from '@/state/player'

const LOOK_MS = 200

/** Where the box is in its track, ms, from moment to moment while it plays. */
export function usePosition() {
  const position = ref(0)
  const look = () => (position.value = positionAt(playing.value, performance.now()))
  let timer: ReturnType<typeof setInterval> | undefined
  watch(playing, ({ anchor }) => {
    look()
    clearInterval(timer)
    if (anchor.moving) timer = setInterval(look, LOOK_MS)
  }, { immediate: true })
  onScopeDispose(() => clearInterval(timer))
  return position
}
