// What keys are given to do. Pure.
import type { KeyBinding } from '@/wire/types'

export type KeyUse = { playlist_id: string } | { action: { action: KeyActionName; minutes?: number } }
export type KeyActionName = NonNullable<KeyBinding['action']>['action']
export type Press = KeyBinding['press']
export type Place = Pick<KeyBinding, 'device' | 'code' | 'press'>

const OPPOSITE: Partial<Record<KeyActionName, KeyActionName>> = {
  volume_up: 'volume_down', volume_down: 'volume_up', next: 'previous', previous: 'next', chapter_next: 'chapter_previous', chapter_previous: 'chapter_next',
}

/** The places that go with this one: a volume key goes on while it is held, the other way of a knob does the opposite. Pure. */
export function together(place: Place, use: KeyUse): readonly (readonly [Place, KeyUse])[] {
  const action = 'action' in use ? use.action.action : null
  const opposite = action && OPPOSITE[action]
  if (place.press === 'short' && action?.startsWith('volume')) return [[place, use], [{ ...place, press: 'repeat' }, use]]
  if (place.press.startsWith('turn') && opposite) return [[place, use], [{ ...place, press: place.press === 'turn+' ? 'turn-' : 'turn+' }, { action: { action: opposite } }]]
  return [[place, use]]
}
