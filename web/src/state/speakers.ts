// The speakers of the rooms: read when they are looked at, told by the box from then on. The Snapcast server is the truth,
// and other apps turn them too.
import { computed, ref, shallowRef } from 'vue'
import { api, peek } from '@/wire/http'
import type { Speaker } from '@/wire/types'
import { listen, send, whenUp } from './core'

/** Whether this box plays to rooms at all. Null when it did not answer. */
export async function hasRooms(): Promise<boolean | null> {
  const health = await peek((signal) => api.GET('/api/health', { signal }))
  return health && 'speakers' in health.details
}

/** As the box told; with what was just asked of one on top, until it answers. */
export function useSpeakers() {
  const told = shallowRef<readonly Speaker[] | null>(null)
  const asked = ref<ReadonlyMap<string, Partial<Speaker>>>(new Map())
  const state = ref<'loading' | 'there' | 'gone' | 'off'>('loading')

  async function load(): Promise<void> {
    const found = await peek((signal) => api.GET('/api/speakers', { signal }))
    told.value = found
    state.value = found !== null ? 'there' : (await hasRooms()) === false ? 'off' : 'gone'
  }
  listen((message) => {
    if (message.name !== 'state:speakers') return
    const { available, speakers } = message.data.data
    told.value = speakers
    state.value = available ? 'there' : 'gone'
  })
  whenUp(() => void load())

  async function change(id: string, to: { volume?: number; muted?: boolean }): Promise<void> {
    asked.value = new Map(asked.value).set(id, to)
    const now = await send((signal, client_op_id) => api.PUT('/api/speakers/{speaker_id}', { params: { path: { speaker_id: id } }, body: { ...to, client_op_id }, signal }))
    if (now !== null) told.value = told.value?.map((each) => (each.id === id ? now : each)) ?? null
    if (asked.value.get(id) === to) {
      const left = new Map(asked.value)
      left.delete(id)
      asked.value = left
    }
  }
  const speakers = computed(() => (told.value ?? []).map((each) => ({ ...each, ...asked.value.get(each.id) })))
  return { speakers, state, load, change }
}
