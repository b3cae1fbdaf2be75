// Dragging a row of a list to another place: by finger and mouse on its grip, by the arrow keys, or from its menu. All rows
// are of one height, so the place follows from the distance.
import { computed, ref } from 'vue'

const EDGE = 90 // px from the window's edge: there the page scrolls by itself

export function useReordering(rowHeight: number, count: () => number, moved: (from: number, to: number) => void) {
  const from = ref<number | null>(null)
  const offset = ref(0)
  let startY = 0
  let startScroll = 0
  let lastY = 0
  let frame = 0

  const to = computed(() => {
    if (from.value === null) return null
    return Math.max(0, Math.min(count() - 1, from.value + Math.round(offset.value / rowHeight)))
  })

  function look(): void {
    offset.value = lastY - startY + window.scrollY - startScroll
  }
  function scroll(): void {
    const by = lastY < EDGE ? lastY - EDGE : lastY > window.innerHeight - EDGE - 80 ? lastY - window.innerHeight + EDGE + 80 : 0
    if (by !== 0) {
      window.scrollBy(0, by / 5)
      look()
    }
    frame = requestAnimationFrame(scroll)
  }
  function down(index: number, event: PointerEvent): void {
    if (event.button !== 0) return
    event.preventDefault()
    const grip = event.currentTarget as HTMLElement
    grip.setPointerCapture(event.pointerId)
    from.value = index
    offset.value = 0
    startY = lastY = event.clientY
    startScroll = window.scrollY
    frame = requestAnimationFrame(scroll)
  }
  function move(event: PointerEvent): void {
    if (from.value === null) return
    lastY = event.clientY
    look()
  }
  function end(dropped: boolean): void {
    cancelAnimationFrame(frame)
    const [a, b] = [from.value, to.value]
    from.value = null
    offset.value = 0
    if (dropped && a !== null && b !== null && a !== b) moved(a, b)
  }
  function key(index: number, event: KeyboardEvent): void {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
    if (event.key === 'Escape' && from.value !== null) return end(false)
    if (by === 0 || index + by < 0 || index + by >= count()) return
    event.preventDefault()
    event.stopPropagation()
    moved(index, index + by)
  }
  /** Where a row is shown, in px from its own place. */
  function shift(index: number): number {
    if (from.value === null || to.value === null) return 0
    if (index === from.value) return offset.value
    if (from.value < index && index <= to.value) return -rowHeight
    if (to.value <= index && index < from.value) return rowHeight
    return 0
  }
  return { from, down, move, end, key, shift }
}
