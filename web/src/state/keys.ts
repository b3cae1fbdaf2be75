// Buttons, knobs and remotes of the box: read when their page is opened, and after each act. While it learns, the box tells
// which one is pressed.
import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, newId, read } from '@/wire/http'
import type { Keys, Told } from '@/wire/types'
import { listen, send } from './core'
import { type KeyUse, type Place, together } from './key_uses'

export type { KeyActionName, KeyUse, Press } from './key_uses'

export const keys = shallowRef<Keys | null>(null)

export async function loadKeys(): Promise<void> {
  keys.value = await read((signal) => api.GET('/api/keys', { signal }))
}

const at = ({ device, code, press }: Place) => ({ params: { path: { device_id: device, key_code: code, press } } })
const put = (place: Place, use: KeyUse) =>
  send((signal, client_op_id) => api.PUT('/api/keys/{device_id}/{key_code}/{press}', { ...at(place), body: { ...use, client_op_id } as never, signal }))

/** Whether all of it was taken. */
export async function assignKey(place: Place, use: KeyUse): Promise<boolean> {
  for (const [each, what] of together(place, use)) {
    const after = await put(each, what)
    if (after === null) return false
    keys.value = after
  }
  return true
}

export async function releaseKey(place: Place): Promise<void> {
  keys.value = (await send((signal, client_op_id) => api.DELETE('/api/keys/{device_id}/{key_code}/{press}', { ...at(place), body: { client_op_id }, signal }))) ?? keys.value
}

export type Pressed = Told['key_pressed']

/** "Press the button now": what was pressed last, null until then; over when the box has stopped listening for it. */
export function useLearning() {
  const pressed = shallowRef<Pressed | null>(null)
  const over = ref(false)
  let end: ReturnType<typeof setTimeout> | undefined
  async function begin(): Promise<void> {
    pressed.value = null
    over.value = false
    const answer = await send((signal) => api.POST('/api/keys/learn', { body: { client_op_id: newId() }, signal }))
    clearTimeout(end)
    if (answer === null) over.value = true
    else end = setTimeout(() => (over.value = true), 1000 * (answer.expires_in ?? 0))
  }
  listen((message) => {
    if (message.name === 'key_pressed') pressed.value = message.data
  })
  onScopeDispose(() => {
    clearTimeout(end)
    void send((signal) => api.DELETE('/api/keys/learn', { body: {}, signal }))
  })
  void begin()
  return { pressed, over, begin }
}
