// The update of the box: how it stands, told as it goes on. The box itself is away in the middle of it, and back as another one.
import { shallowRef, watch } from 'vue'
import { api, peek } from '@/wire/http'
import type { UpdateStatus } from '@/wire/types'
import { listen, send, whenUp } from './core'
import { locked } from './pin'

/** Null until the box has said it. */
export function useUpdate() {
  const update = shallowRef<UpdateStatus | null>(null)
  async function look(): Promise<void> {
    if (!locked.value) update.value = (await peek((signal) => api.GET('/api/system/update', { signal }))) ?? update.value
  }
  listen((message) => {
    if (message.name === 'update_state') update.value = message.data
  })
  whenUp(() => void look())
  watch(locked, (now) => now || void look())
  const ask = async (look: boolean) => {
    update.value = (await send((signal) => api.POST('/api/system/update', { body: { look }, signal }))) ?? update.value
  }
  return { update, lookForUpdate: () => ask(true), install: () => ask(false) }
}
