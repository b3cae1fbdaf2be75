// The transfers of this page: `Transfers` with the real network, a worker that hashes, and what this phone remembers.
import { computed, ref, shallowRef, watch } from 'vue'
import { newId, Refused } from '@/wire/http'
import * as uploads from '@/wire/uploads'
import { link, whenUp } from './core'
import { say } from './notices'
import { remember } from './session'
import { type Reason, type Remembered, type Transfer, Transfers, Unreadable } from './transfers'

export const transfers = shallowRef<readonly Transfer[]>([])
export const trayOpen = ref(false)

const NOTES = 'tomb.transfers'
const CHUNK_MS = 60_000 // until a chunk is given up on when nothing else is known

let worker: Worker | null = null
const sums = new Map<number, (sha256: string | null) => void>()
function hash(blob: Blob): Promise<string | null> {
  if (worker === null) {
    worker = new Worker(new URL('./hashing.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<{ id: number; sha256: string | null }>) => {
      sums.get(data.id)?.(data.sha256)
      sums.delete(data.id)
    }
  }
  const id = ++asked
  return new Promise((resolve) => {
    sums.set(id, resolve)
    worker!.postMessage({ id, blob })
  })
}
let asked = 0

// Pages of one browser share what it remembers: what one of them sends was not interrupted for the other.
const pages = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NOTES)
const ANSWERS_MS = 300
const elsewhereHeld = new Set<string>()
if (pages !== null) {
  pages.onmessage = ({ data }: MessageEvent<'who?' | string[]>) => {
    if (data === 'who?') pages.postMessage(engine.held())
    else for (const id of data) elsewhereHeld.add(id)
  }
}
async function elsewhere(): Promise<ReadonlySet<string>> {
  elsewhereHeld.clear()
  pages?.postMessage('who?')
  await new Promise((resolve) => setTimeout(resolve, ANSWERS_MS))
  return elsewhereHeld
}

function connected(): Promise<void> {
  if (link.value === 'up') return Promise.resolve()
  return new Promise((resolve) => {
    const stop = watch(link, (now) => now === 'up' && (stop(), resolve()))
  })
}

function verdict(error: unknown): { reason: Reason; said?: string } | null {
  if (error instanceof Unreadable) return { reason: 'unreadable' }
  if (!(error instanceof Refused)) return null
  if (error.details.pin_required === true) return { reason: 'pin' }
  const { type, status } = error
  if (status === 429 || status === 408 || (status >= 500 && status !== 503 && status !== 507)) return null
  if (type === 'not_found') return { reason: 'gone' }
  if (type === 'insufficient_storage') return { reason: 'full' }
  if (type === 'payload_too_large') return { reason: 'size' }
  if (type === 'unsupported_media_type') return { reason: 'type' }
  if (type === 'service_unavailable') return /ffmpeg/.test(error.message) ? { reason: 'codec' } : null
  if (type === 'bad_request' && 'header' in error.details) return { reason: 'damaged' }
  return { reason: 'other', said: error.message }
}

const engine = new Transfers(
  {
    ...uploads,
    hash,
    elsewhere,
    verdict,
    newId,
    retryAfter: async (ms) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      await connected()
    },
    sendChunk,
    remember: (all) => remember(NOTES, JSON.stringify(all)),
    remembered: () => {
      try {
        return JSON.parse(remember(NOTES) ?? '[]') as Remembered[]
      } catch {
        return []
      }
    },
  },
  (now) => {
    const done = (all: readonly Transfer[]) => all.filter((each) => each.state === 'done').length
    if (done(now) > done(transfers.value)) say({ key: 'said.uploaded', params: { done: done(now), all: now.length } })
    transfers.value = now
  },
)

/** Gives up when the connection goes: a chunk that hangs in a dead network would hold its lane for long. */
async function sendChunk(playlistId: string, sessionId: string, index: number, chunk: Blob, sha256: string, stopped: AbortSignal): Promise<void> {
  const giveUp = new AbortController()
  const abort = () => giveUp.abort()
  const unwatch = watch(link, (now) => now !== 'up' && abort())
  const timer = setTimeout(abort, CHUNK_MS)
  stopped.addEventListener('abort', abort)
  if (stopped.aborted) abort()
  try {
    await uploads.sendChunk(playlistId, sessionId, index, chunk, sha256, giveUp.signal)
  } finally {
    unwatch()
    clearTimeout(timer)
    stopped.removeEventListener('abort', abort)
  }
}

let recalled = false
whenUp(() => {
  if (recalled || remember(NOTES) === null || remember(NOTES) === '[]') return
  recalled = true
  engine.recall().catch(() => (recalled = false)) // asked again at the next return of the connection
})

export function addFiles(playlistId: string, files: readonly File[], again = false): void {
  engine.add(playlistId, files, again)
  trayOpen.value = true
}
export const pause = (id: string) => engine.pause(id)
export const resume = (id: string) => engine.resume(id)
export const removeTransfer = (id: string) => engine.remove(id)
export const clearDone = () => engine.clearDone()

export const isBusy = (each: Transfer) => ['waiting', 'checking', 'sending', 'finishing'].includes(each.state)
export const progress = computed(() => {
  const counted = transfers.value.filter((each) => each.state !== 'refused')
  const size = counted.reduce((sum, each) => sum + each.size, 0)
  const sent = counted.reduce((sum, each) => sum + each.sent, 0)
  return { files: transfers.value.length, refused: transfers.value.length - counted.length, done: counted.filter((each) => each.state === 'done').length, size, sent, busy: counted.some(isBusy) }
})

/** Bytes a second over the last seconds, null while nothing is known. */
export const speed = ref<number | null>(null)
const samples: { at: number; sent: number }[] = []
setInterval(() => {
  if (!progress.value.busy) {
    samples.length = 0
    speed.value = null
    return
  }
  samples.push({ at: performance.now(), sent: progress.value.sent })
  if (samples.length > 10) samples.shift()
  const [first, last] = [samples[0]!, samples.at(-1)!]
  speed.value = last.at - first.at > 900 && last.sent > first.sent ? ((last.sent - first.sent) * 1000) / (last.at - first.at) : speed.value
}, 500)
