// How the box is: read while a page shows it.
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, command, peek, read } from '@/wire/http'
import type { Health, LogLine, Machine, StorageUse, SystemInfo } from '@/wire/types'
import { library, readerStatus, send, whenUp } from './core'

export type Level = 'debug' | 'info' | 'warning' | 'error'

const LOOK_MS = 3000

export function useSystem() {
  const health = shallowRef<Health | null>(null)
  const info = shallowRef<SystemInfo | null>(null)
  const failed = ref(false)
  let over = false
  async function look(): Promise<void> {
    try {
      health.value = await read((signal) => api.GET('/api/health', { signal }))
      if (info.value === null) info.value = await read((signal) => api.GET('/api/system/info', { signal }))
      failed.value = false
    } catch {
      failed.value = true
    }
  }
  const timer = setInterval(() => document.visibilityState === 'visible' && !over && void look(), LOOK_MS)
  whenUp(() => {
    if (over) return
    info.value = null // it may be another one since
    void look()
  })
  void look()
  onScopeDispose(() => {
    over = true
    clearInterval(timer)
  })
  return { health, info, failed, look }
}

export async function logLines(level: Level): Promise<readonly LogLine[]> {
  return (await read((signal) => api.GET('/api/system/logs', { params: { query: { lines: 500, level } }, signal }))).logs
}

/** The state machines of the box with the states they are in, looked at from moment to moment. */
export function useMachines() {
  const machines = shallowRef<readonly Machine[]>([])
  const look = async () => {
    machines.value = (await peek((signal) => api.GET('/api/system/machines', { signal }))) ?? machines.value
  }
  const timer = setInterval(() => document.visibilityState === 'visible' && void look(), 1500)
  onScopeDispose(() => clearInterval(timer))
  void look()
  return machines
}

/** What fills the disk; looked at anew when playlists came or went. */
export function useStorage() {
  const use = shallowRef<StorageUse | null>(null)
  const failed = ref(false)
  watch(() => library.value.lites.size, async () => {
    const now = await peek((signal) => api.GET('/api/system/storage', { signal }))
    use.value = now ?? use.value
    failed.value = use.value === null
  }, { immediate: true })
  return { use, failed }
}

/** None where the box has no sound card. */
export async function soundOutputs() {
  const health = await peek((signal) => api.GET('/api/health', { signal }))
  if (health?.services.audio !== true) return []
  return (await peek((signal) => api.GET('/api/audio/outputs', { signal })))?.outputs ?? []
}

/** A short tone, on one output or the one in use. */
export const testTone = (output: string | null) => send((signal) => api.POST('/api/audio/test', { body: { output }, signal }))

export interface Restored {
  playlists: number
  tracks: number
  missing: number
  damaged: number
}

export async function restore(file: File): Promise<Restored> {
  return command(() =>
    api.POST('/api/restore', {
      params: { query: { even_damaged: false } }, body: file as never, bodySerializer: (body) => body as never, headers: { 'content-type': 'application/x-tar' },
    }) as never)
}

export async function virtualReader(): Promise<boolean> {
  return (await readerStatus())?.reader_name === 'Virtual reader'
}
