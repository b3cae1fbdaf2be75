// What the box fetches from YouTube, as it tells of it. Pure: each function makes a new state of an old one and of what was heard.
import type { DownloadTask, Message } from '@/wire/types'

export type Downloads = ReadonlyMap<string, DownloadTask>

const RANK: Readonly<Record<DownloadTask['status'], number>> = { pending: 0, downloading: 1, processing: 2, completed: 3, error: 3, cancelled: 3 }
export const isOpen = ({ status }: DownloadTask) => RANK[status] < 3

export function heard(held: Downloads, message: Message): Downloads {
  if (message.name !== 'youtube:progress') return held
  const { server_seq: _, ...task } = message.data
  return told(held, task)
}

/** What the box answers when it is asked for all of them: those that it does not know any more are gone. */
export function listed(held: Downloads, tasks: readonly DownloadTask[]): Downloads {
  return tasks.reduce((now, task) => told(now, task), new Map([...held].filter(([id]) => tasks.some((each) => each.task_id === id))) as Downloads)
}

/** What has ended stays so, and what runs never goes back; but YouTube may send one back into the line. */
export function told(held: Downloads, task: DownloadTask): Downloads {
  const known = held.get(task.task_id)
  if (known !== undefined && !isOpen(known)) return held
  const percent = known?.status === task.status ? Math.max(known.progress_percent, task.progress_percent) : task.progress_percent
  return new Map(held).set(task.task_id, { ...task, progress_percent: percent })
}

/** Those that are under way in the order in which they come, then those that have ended, the newest first. */
export function inOrder(held: Downloads): readonly DownloadTask[] {
  const all = [...held.values()]
  const byAge = (a: DownloadTask, b: DownloadTask) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0)
  const open = all.filter(isOpen).sort((a, b) => (a.place ?? 0) - (b.place ?? 0) || byAge(b, a))
  return [...open, ...all.filter((each) => !isOpen(each)).sort(byAge)]
}

export type Pasted = { kind: 'search'; query: string } | { kind: 'video'; url: string } | { kind: 'playlist'; url: string } | { kind: 'foreign' }

const HOSTS: ReadonlySet<string> = new Set(['youtube.com', 'www.youtube.com', 'm.youtube.com', 'music.youtube.com', 'youtu.be', 'www.youtu.be'])

/** What a parent typed or pasted: words to look for, or an address. What of it is one of YouTube's is the box's to say. */
export function pasted(text: string): Pasted {
  const trimmed = text.trim()
  const url = /^(https?:\/\/|(www\.|m\.|music\.)?(youtube\.com|youtu\.be)\/)/i.test(trimmed) ? parsed(trimmed) : null
  if (url === null) return /^https?:\/\//i.test(trimmed) ? { kind: 'foreign' } : { kind: 'search', query: trimmed }
  if (!HOSTS.has(url.hostname)) return { kind: 'foreign' }
  return { kind: url.pathname === '/playlist' ? 'playlist' : 'video', url: url.href }
}

function parsed(text: string): URL | null {
  try {
    const url = new URL(/^https?:/i.test(text) ? text : `https://${text}`)
    url.protocol = 'https:'
    return url
  } catch {
    return null
  }
}
