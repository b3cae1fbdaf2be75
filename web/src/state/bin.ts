// What was deleted and can still come back. No part of the numbered events: read when its page is opened, and after each act.
import { shallowRef } from 'vue'
import { api, read } from '@/wire/http'
import type { BinItem } from '@/wire/types'
import { send } from './core'
import { notify } from './notices'

export const bin = shallowRef<{ readonly items: readonly BinItem[]; readonly bytes: number } | null>(null)

export async function loadBin(): Promise<void> {
  bin.value = await read((signal) => api.GET('/api/bin', { signal }))
}

const of = (item_id: string) => ({ params: { path: { item_id } } })

export async function restoreItem({ id, title }: BinItem): Promise<void> {
  if ((await send((signal, client_op_id) => api.POST('/api/bin/{item_id}/restore', { ...of(id), body: { client_op_id }, signal }))) !== null)
    notify({ key: 'bin.restored', params: { title } })
  await loadBin()
}

/** For good: of one, or of all. */
export async function emptyBin(item: BinItem | null): Promise<void> {
  if (item === null) await send((signal, client_op_id) => api.DELETE('/api/bin', { body: { client_op_id }, signal }))
  else await send((signal, client_op_id) => api.DELETE('/api/bin/{item_id}', { ...of(item.id), body: { client_op_id }, signal }))
  await loadBin()
}
