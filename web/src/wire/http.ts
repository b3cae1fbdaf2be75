// Requests to the box. Each resolves with the envelope's `data`, or is rejected with Refused (the box said no, and why)
// or Unreachable (nobody answered). What changes something is never sent late: a drop of the connection aborts it.
import createClient from 'openapi-fetch'
import type { paths } from './api'

/** The box said no. `type`: an error_type of the contract. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly details: Record<string, unknown> = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
  }
}

export class Unreachable extends Error {}

export const api = createClient<paths>({ baseUrl: '/', fetch: (request) => fetch(request) })

/** An id for an operation. crypto.randomUUID is missing on plain HTTP, getRandomValues is not. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

interface Envelope<D> {
  data: D
}
interface Answered<D> {
  data?: Envelope<D>
  error?: unknown
  response: Response
}

const WAITS = 3 // how often a request waits when the box says that this is too fast
const LONGEST_WAIT_S = 5
const READ_MS = 20_000

let dropped: AbortController | null = null // what is on its way is aborted through it
let linkUp = true
let askForPin: () => Promise<boolean> = () => Promise.resolve(false)
let pinMissing: () => void = () => undefined

/** Who asks the parent for the PIN, which resolves with whether it was entered; and hears that it was missing where nobody is asked. */
export function usePinPrompt(prompt: () => Promise<boolean>, missing: () => void): void {
  askForPin = prompt
  pinMissing = missing
}

/** Whether there is a connection. While there is none commands fail at once, and those under way are given up. */
export function setLinkUp(up: boolean): void {
  linkUp = up
  if (up) return
  dropped?.abort()
  dropped = null
}

/** Carries out a request that only reads. */
export function read<D>(request: (signal: AbortSignal) => Promise<Answered<D>>): Promise<D> {
  return settle(() => request(AbortSignal.timeout(READ_MS)), WAITS)
}

/** As `read`, for what the page wants to know by itself: nobody is asked for a PIN because of it. Null where it failed. */
export async function peek<D>(request: (signal: AbortSignal) => Promise<Answered<D>>): Promise<D | null> {
  const answered = await request(AbortSignal.timeout(READ_MS)).catch(() => null)
  if (answered?.error !== undefined && needsPin(refusal(answered.response, answered.error))) pinMissing()
  return answered?.data?.data ?? null
}

const needsPin = (refused: Refused) => refused.details.pin_required === true

/** The bytes of a picture of the box; null where there are none (any more). */
export async function picture(url: string): Promise<Blob | null> {
  const answered = await fetch(url, { signal: AbortSignal.timeout(READ_MS) }).catch(() => null)
  return answered?.ok === true ? answered.blob() : null
}

/** Carries out a request that changes something: now, or not at all. */
export async function command<D>(request: (signal: AbortSignal) => Promise<Answered<D>>): Promise<D> {
  if (!linkUp) throw new Unreachable()
  dropped ??= new AbortController()
  const { signal } = dropped
  return settle(() => request(signal), WAITS)
}

async function settle<D>(request: () => Promise<Answered<D>>, waits: number): Promise<D> {
  let answered: Answered<D>
  try {
    answered = await request()
  } catch {
    throw new Unreachable()
  }
  if (answered.response.status === 204) return undefined as D
  if (answered.data !== undefined) return answered.data.data
  const refused = refusal(answered.response, answered.error)
  if (needsPin(refused) && (await askForPin())) return settle(request, waits)
  if (refused.status === 429 && waits > 0 && (refused.retryAfterS ?? 1) <= LONGEST_WAIT_S) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * (refused.retryAfterS ?? 1)))
    return settle(request, waits - 1)
  }
  throw refused
}

export function refusal(response: Response, body: unknown): Refused {
  const error = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const details = (error.details ?? {}) as Record<string, unknown>
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new Refused(
    response.status,
    String(error.error_type ?? 'internal_error'),
    String(error.message ?? response.statusText),
    details,
    Number.isFinite(retryAfter) ? retryAfter : null,
  )
}
