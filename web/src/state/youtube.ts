// YouTube: what is found there, and what the box fetches of it.
import { shallowRef } from 'vue'
import { api, peek, read, Refused } from '@/wire/http'
import { listen, send, whenUp } from './core'
import * as downloads from './downloads'
import { whyNot, type Words } from './notices'

export const tasks = shallowRef<downloads.Downloads>(new Map())

const ASKING_MS = 90_000 // a small box needs a while to start what asks YouTube

/** For a page that shows the downloads, while it does. */
export function useDownloads(): void {
  listen((message) => (tasks.value = downloads.heard(tasks.value, message)))
  whenUp(look)
}

async function look(): Promise<void> {
  const now = await peek((signal) => api.GET('/api/youtube/tasks', { signal }))
  if (now !== null) tasks.value = downloads.listed(tasks.value, now.tasks)
}

export async function search(query: string) {
  return (await read(() => api.GET('/api/youtube/search', { params: { query: { query, max_results: 20 } }, signal: AbortSignal.timeout(ASKING_MS) }))).results
}

/** What is in a playlist of YouTube's. */
export async function entries(url: string) {
  return (await read(() => api.GET('/api/youtube/playlist', { params: { query: { url } }, signal: AbortSignal.timeout(ASKING_MS) }))).results
}

/** Whether they are in the line. */
export async function fetchVideos(urls: string[], playlist_id: string): Promise<boolean> {
  const answer = await send((signal, client_op_id) => api.POST('/api/youtube/download', { body: { urls, playlist_id, client_op_id }, signal }), undefined, why)
  for (const task of answer?.tasks ?? []) tasks.value = downloads.told(tasks.value, task)
  return answer !== null
}

export async function cancelDownload(task_id: string): Promise<void> {
  const task = await send((signal, client_op_id) => api.DELETE('/api/youtube/tasks/{task_id}', { params: { path: { task_id } }, body: { client_op_id }, signal }))
  if (task !== null) tasks.value = downloads.told(tasks.value, task)
}

/** The newest of what fetches; its version. */
export const updateDownloader = () => send(() => api.POST('/api/youtube/update', { body: {}, signal: AbortSignal.timeout(600_000) }), undefined, why)

export const REASONS: ReadonlySet<string> = new Set([
  'unavailable', 'private', 'age_restricted', 'geo_blocked', 'live', 'too_long', 'too_large', 'members_only', 'network', 'rate_limited', 'outdated', 'no_ffmpeg',
  'no_tool', 'disk_full', 'timeout', 'memory', 'interrupted', 'wrong_length', 'unknown', 'playlist_gone', 'unplayable', 'off',
])
export const reasonOf = (error: unknown) => (error instanceof Refused && REASONS.has(String(error.details.reason)) ? String(error.details.reason) : null)

/** Why YouTube, or the box, did not do it. */
export function why(error: unknown): Words {
  const reason = reasonOf(error)
  if (reason !== null) return { key: `yt.why.${reason}` }
  return error instanceof Refused && error.type === 'validation_error' ? { key: 'yt.foreign' } : whyNot(error)
}
