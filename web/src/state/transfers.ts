// Files on their way to the box. One file sends at a time, three of its chunks in flight, while the one before it is being
// taken in. The box puts each at the end of its playlist when it has taken it in, so they are in the order in which they
// were picked. A lost connection is waited out; after a reload what is unfinished is listed, also what only waited for its
// turn, and goes on when the same file (name, size, SHA-256) is picked again.
//
// `Transfers` is told what to do by the page and tells the page what is; requests, hashing, waiting and remembering are
// handed to it, so that a test can play the network.
import type { Announced } from '@/wire/uploads'
import type { UploadSession, UploadStatus } from '@/wire/types'

export type TransferState = 'waiting' | 'checking' | 'sending' | 'paused' | 'finishing' | 'done' | 'refused' | 'needs-file'
/** Why a file was left out: a key of the messages. */
export type Reason = 'type' | 'empty' | 'size' | 'full' | 'unreadable' | 'damaged' | 'codec' | 'gone' | 'pin' | 'other'

export interface Transfer {
  readonly id: string
  readonly playlistId: string
  readonly name: string
  readonly size: number
  readonly state: TransferState
  readonly sent: number // bytes that the box has
  readonly reason?: Reason
  readonly said?: string // in the box's own words, where there are no better ones
}

/** A file that is not in the box yet. `sessionId`, `sha256`: null before it was announced. */
export interface Remembered {
  id: string
  sessionId: string | null
  playlistId: string
  name: string
  size: number
  sha256: string | null
}

export interface World {
  begin(playlistId: string, file: Announced): Promise<UploadSession>
  sendChunk(playlistId: string, sessionId: string, index: number, chunk: Blob, sha256: string, signal: AbortSignal): Promise<void>
  finish(playlistId: string, sessionId: string, sha256: string): Promise<void>
  status(playlistId: string, sessionId: string): Promise<UploadStatus>
  unfinished(): Promise<UploadStatus[]>
  /** Files that another page of this browser has, by the id that they are remembered by. */
  elsewhere(): Promise<ReadonlySet<string>>
  cancel(sessionId: string): Promise<void>
  hash(blob: Blob): Promise<string | null>
  /** Resolves when there is a connection, after at least `ms`. */
  retryAfter(ms: number): Promise<void>
  /** Why a request failed: for good, or null if it may be tried again. */
  verdict(error: unknown): { reason: Reason; said?: string } | null
  remember(all: Remembered[]): void
  remembered(): Remembered[]
  newId(): string
}

export const TYPES = ['mp3', 'wav', 'flac', 'ogg', 'oga', 'opus', 'aif', 'aiff', 'm4a', 'm4b', 'mp4', 'aac', 'webm', 'wma', 'mka', 'mkv', 'flv']
const IN_FLIGHT = 3
const RETRY_MS = 1000
const CHUNK_TRIES = 6 // of a chunk that arrives damaged
const MOST_NOTED = 500 // files, the first ones: they are written down at each step

interface Job {
  transfer: Transfer
  file: File | null
  sha256: string | null
  sessionId: string | null
  abort: AbortController | null
}

/** Why a file cannot be taken, before a byte of it is sent. */
export function unfit(name: string, size: number): Reason | null {
  const ending = /\.(?=[0-9]*[a-z])([a-z0-9]{1,5})$/.exec(name.trim().toLowerCase())?.[1]
  if (ending && !TYPES.includes(ending)) return 'type' // without one, it is what it holds
  return size === 0 ? 'empty' : null // how large one may be is the box's to say, when the file is announced
}

export class Transfers {
  private readonly jobs: Job[] = []
  private readonly known = new Set<string>() // files that are this page's to remember, or to forget
  private running = false
  private taken: Promise<void> = Promise.resolve() // the last file that was sent, whatever came of it

  constructor(
    private readonly world: World,
    private readonly changed: (transfers: readonly Transfer[]) => void,
  ) {}

  /** With `again` for whatever was interrupted, wherever it was to go: several playlists are picked again in one go. */
  add(playlistId: string, files: readonly File[], again = false): void {
    for (const file of files) {
      const same = this.jobs.filter(
        ({ transfer }) => transfer.state === 'needs-file' && transfer.name === file.name && transfer.size === file.size,
      )
      const interrupted = same.find(({ transfer }) => transfer.playlistId === playlistId) ?? (again ? same[0] : undefined)
      if (interrupted !== undefined) {
        interrupted.file = file
        this.set(interrupted, { state: 'waiting' })
        continue
      }
      const reason = unfit(file.name, file.size)
      const transfer: Transfer = {
        id: this.world.newId(),
        playlistId,
        name: file.name,
        size: file.size,
        state: reason === null ? 'waiting' : 'refused',
        sent: 0,
        ...(reason === null ? {} : { reason }),
      }
      this.jobs.push({ transfer, file, sha256: null, sessionId: null, abort: null })
    }
    this.note()
    this.tell()
    void this.run()
  }

  pause(id: string): void {
    const job = this.find(id)
    if (job === undefined || !['waiting', 'checking', 'sending'].includes(job.transfer.state)) return
    this.set(job, { state: 'paused' })
    job.abort?.abort()
  }

  /** Goes on with what was paused, or tries again what was refused. */
  resume(id: string): void {
    const job = this.find(id)
    if (job === undefined || job.file === null || !['paused', 'refused'].includes(job.transfer.state)) return
    const { reason: _, said: __, ...rest } = job.transfer
    job.transfer = rest
    this.set(job, { state: 'waiting' })
    void this.run()
  }

  remove(id: string): void {
    const job = this.find(id)
    if (job === undefined || job.transfer.state === 'finishing') return
    this.jobs.splice(this.jobs.indexOf(job), 1)
    job.abort?.abort()
    if (job.sessionId !== null && job.transfer.state !== 'done') this.world.cancel(job.sessionId).catch(() => undefined) // it goes stale by itself
    this.tell()
    this.note()
  }

  clearDone(): void {
    for (const job of this.jobs.filter(({ transfer }) => transfer.state === 'done' || transfer.state === 'refused')) this.remove(job.transfer.id)
  }

  /** After a reload: what the box has a part of, and what waited for its turn. */
  async recall(): Promise<void> {
    const elsewhere = await this.world.elsewhere()
    const noted = this.world.remembered().filter(({ id }) => !elsewhere.has(id))
    const sessions = new Map((await this.world.unfinished()).map((each) => [each.session_id, each]))
    for (const { id, playlistId, name, size, sha256, sessionId } of noted) {
      this.known.add(id)
      const session = sessionId === null ? null : sessions.get(sessionId)
      if (session === undefined || this.find(id) !== undefined) continue // it is a track by now, or over
      const transfer: Transfer = { id, playlistId, name, size, state: 'needs-file', sent: session?.bytes_uploaded ?? 0 }
      this.jobs.push({ transfer, file: null, sha256, sessionId, abort: null })
    }
    this.tell()
    this.note()
  }

  // --- one file after the other --------------------------------------------------------------------------------------

  private async run(): Promise<void> {
    if (this.running) return
    this.running = true
    try {
      for (let job = this.nextJob(); job !== undefined; job = this.nextJob()) {
        if (!(await this.send(job))) continue
        this.set(job, { state: 'finishing', sent: job.transfer.size })
        await this.taken // a short file would overtake a long one
        this.taken = this.finish(job) // the next one is sent in the meantime
      }
    } finally {
      this.running = false
    }
  }

  private nextJob(): Job | undefined {
    return this.jobs.find(({ transfer }) => transfer.state === 'waiting')
  }

  /** Whether all of the file is there. */
  private async send(job: Job): Promise<boolean> {
    const abort = (job.abort = new AbortController())
    const stopped = () => abort.signal.aborted || !this.jobs.includes(job)
    try {
      if (!(await this.identify(job))) return false
      while (!stopped()) {
        try {
          this.set(job, { state: 'sending' })
          const missing = await this.missing(job)
          if (stopped()) return false
          await this.sendChunks(job, missing, abort.signal)
          return !stopped()
        } catch (error) {
          if (stopped()) return false
          const verdict = this.world.verdict(error)
          if (verdict !== null) {
            if (verdict.reason === 'gone' && job.sessionId !== null) job.sessionId = null // it went stale: from the start
            else return this.refuse(job, verdict), false
          }
          await this.world.retryAfter(RETRY_MS)
        }
      }
      return false
    } finally {
      job.abort = null
    }
  }

  private async identify(job: Job): Promise<boolean> {
    this.set(job, { state: 'checking' })
    const sha256 = await this.world.hash(job.file!)
    if (job.transfer.state !== 'checking') return false // paused or removed in the meantime
    if (sha256 === null) return this.refuse(job, { reason: 'unreadable' }), false
    if (job.sha256 !== null && job.sha256 !== sha256) {
      // Another file of that name and size: what the box has a part of is still waiting for its own.
      job.sessionId = null
      this.set(job, { sent: 0 })
    }
    job.sha256 = sha256
    return true
  }

  private async missing(job: Job): Promise<number[]> {
    const { playlistId, name, size } = job.transfer
    if (job.sessionId === null) {
      const session = await this.world.begin(playlistId, { name, size, sha256: job.sha256! })
      job.sessionId = session.session_id
      this.set(job, { sent: 0 }) // what an earlier session had is gone with it
      this.note()
      return Array.from({ length: session.total_chunks }, (_, index) => index)
    }
    const status = await this.world.status(playlistId, job.sessionId)
    this.set(job, { sent: status.bytes_uploaded })
    return [...status.missing_chunks]
  }

  private async sendChunks(job: Job, missing: number[], signal: AbortSignal): Promise<void> {
    const { playlistId, size } = job.transfer
    const file = job.file!
    const chunkSize = 1_048_576
    const lane = async () => {
      for (let index = missing.shift(); index !== undefined; index = missing.shift()) {
        if (signal.aborted) return
        const chunk = file.slice(index * chunkSize, Math.min(size, (index + 1) * chunkSize))
        const sum = await this.world.hash(chunk)
        if (sum === null) throw new Unreadable()
        await this.sendOne(playlistId, job.sessionId!, index, chunk, sum, signal)
        if (signal.aborted) return
        this.set(job, { sent: Math.min(size, job.transfer.sent + chunk.size) })
      }
    }
    const lanes = Array.from({ length: IN_FLIGHT }, lane)
    const ended = await Promise.allSettled(lanes) // all of them, so that no late chunk counts twice
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }

  private async sendOne(playlistId: string, sessionId: string, index: number, chunk: Blob, sum: string, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.world.sendChunk(playlistId, sessionId, index, chunk, sum, signal)
      } catch (error) {
        if (this.world.verdict(error)?.reason !== 'damaged' || tries === CHUNK_TRIES) throw error
      }
    }
  }

  private async finish(job: Job): Promise<void> {
    for (;;) {
      try {
        await this.world.finish(job.transfer.playlistId, job.sessionId!, job.sha256!)
        break
      } catch (error) {
        const verdict = this.world.verdict(error)
        if (verdict !== null) return this.refuse(job, verdict)
        await this.world.retryAfter(RETRY_MS)
      }
    }
    this.set(job, { state: 'done' })
    this.note()
  }

  private refuse(job: Job, verdict: { reason: Reason; said?: string }): void {
    job.sessionId = null
    this.set(job, { state: 'refused', ...verdict })
    this.note()
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  private find(id: string): Job | undefined {
    return this.jobs.find(({ transfer }) => transfer.id === id)
  }

  private set(job: Job, change: Partial<Transfer>): void {
    job.transfer = { ...job.transfer, ...change }
    this.tell()
  }

  private tell(): void {
    this.changed(this.jobs.map(({ transfer }) => transfer))
  }

  private note(): void {
    const mine = this.jobs
      .filter(({ transfer: { state } }) => state !== 'done' && state !== 'refused')
      .slice(0, MOST_NOTED)
      .map(({ transfer: { id, playlistId, name, size }, sessionId, sha256 }) => ({ id, sessionId, playlistId, name, size, sha256 }))
    for (const { id } of mine) this.known.add(id)
    const others = this.world.remembered().filter(({ id }) => !this.known.has(id))
    this.world.remember([...others, ...mine])
  }

  /** The files that this page has, by their ids. */
  held(): string[] {
    return this.jobs.flatMap(({ transfer, file }) => (file !== null && transfer.state !== 'done' ? [transfer.id] : []))
  }
}

export class Unreadable extends Error {}
