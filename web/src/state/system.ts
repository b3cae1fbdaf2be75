// How the box is: read while a page shows it.
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, command, peek, read } from '@/wire/http'
import { MACHINES } from '@/wire/socket'
import type { Health, LogLine, Machine, StorageUse, SystemInfo } from '@/wire/types'
import { library, listen, readerStatus, send, watchMachines, whenUp } from './core'
import { moved, type Moves, standing } from './machines'
import { locked } from './pin'
import { settings } from './session'

export type Level = 'debug' | 'info' | 'warning' | 'error'

export const VIRTUAL_READER = 'Virtual reader'
const LOOK_MS = 3000

export function useSystem() {
  const health = shallowRef<Health | null>(null)
  const info = shallowRef<SystemInfo | null>(null)
  const failed = ref(false)
  async function look(): Promise<void> {
    const now = await peek((signal) => api.GET('/api/health', { signal }))
    failed.value = now === null
    health.value = now ?? health.value
    if (info.value === null && !locked.value) info.value = await peek((signal) => api.GET('/api/system/info', { signal }))
  }
  const timer = setInterval(() => document.visibilityState === 'visible' && void look(), LOOK_MS)
  whenUp(() => {
    info.value = null // it may be another one since
    void look()
  })
  watch(locked, (now) => now || void look(), { immediate: true })
  onScopeDispose(() => clearInterval(timer))
  return { health, info, failed, look }
}

/** Some seconds at most: the box looks at the computer around it. */
export const checkUp = () => read((signal) => api.GET('/api/system/doctor', { signal }))

/** Null where it failed. */
export async function logLines(level: Level): Promise<readonly LogLine[] | null> {
  return (await peek((signal) => api.GET('/api/system/logs', { params: { query: { lines: 500, level } }, signal })))?.logs ?? null
}

/**
 * The state machines of the box, and where they are from moment to moment. `shown`: the name of the one that is looked at.
 * Its room tells of none (uploads, whose owner is the database)? Then it is asked for while it is shown.
 */
export function useMachines(shown: () => string | undefined) {
  const tables = shallowRef<readonly Machine[]>([])
  const moves = shallowRef<Moves>(new Map())
  const machines = computed(() => standing(tables.value, moves.value))
  const isTold = computed(() => [...moves.value.values()].some(({ name }) => name === shown()))
  async function look(): Promise<void> {
    tables.value = (await peek((signal) => api.GET('/api/system/machines', { signal }))) ?? tables.value
  }
  listen((message) => {
    if (message.name === 'ack:join' && message.data.room === MACHINES) void look()
    else if (message.name === 'machine_state') moves.value = moved(moves.value, message.data)
    else if (message.name === 'connection_status') {
      tables.value = machines.value // what is shown stays, until the new connection has told
      moves.value = new Map()
    }
  })
  const leave = watchMachines()
  const timer = setInterval(() => document.visibilityState === 'visible' && !isTold.value && void look(), LOOK_MS)
  onScopeDispose(() => {
    leave()
    clearInterval(timer)
  })
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

/** Where backups go by themselves, where they could go, and how the part that makes them is; looked at while it is shown. */
export function useBackups() {
  const use = shallowRef<StorageUse | null>(null)
  const health = shallowRef<Health | null>(null)
  async function look(): Promise<void> {
    use.value = (await peek((signal) => api.GET('/api/system/storage', { signal }))) ?? use.value
    health.value = (await peek((signal) => api.GET('/api/health', { signal }))) ?? health.value
  }
  const timer = setInterval(() => document.visibilityState === 'visible' && void look(), LOOK_MS)
  watch(() => settings.value?.backup_to, look, { immediate: true })
  onScopeDispose(() => clearInterval(timer))
  return {
    place: computed(() => use.value?.backup_place ?? null),
    mounted: computed(() => use.value?.mounted ?? []),
    service: computed(() => health.value?.details.scheduled_backups ?? null),
  }
}

/** Whether what plays can be heard: not where a silent output stands in for a sound card. Null when the box did not answer. */
export async function isHeard(): Promise<boolean | null> {
  return (await peek((signal) => api.GET('/api/health', { signal })))?.services.audio ?? null
}

/** None where the box has no sound card, or plays to rooms. */
export async function soundOutputs() {
  const health = await peek((signal) => api.GET('/api/health', { signal }))
  if (health?.services.audio !== true || 'speakers' in health.details) return []
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
  return (await readerStatus())?.reader_name === VIRTUAL_READER
}
