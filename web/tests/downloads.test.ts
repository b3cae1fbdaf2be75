import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Downloads, heard, inOrder, isOpen, listed, pasted } from '@/state/downloads'
import type { DownloadTask, Message } from '@/wire/types'

const task = (id: string, more: Partial<DownloadTask> = {}): DownloadTask => ({
  task_id: id, video_id: 'aaaaaaaaaaa', url: 'https://www.youtube.com/watch?v=aaaaaaaaaaa', playlist_id: 'p', title: null, thumbnail_url: '', status: 'pending',
  progress_percent: 0, current_step: 'waiting', estimated_time_remaining: null, place: 1, retry_at: null, error_reason: null, error_message: null, result: null,
  created_at: '2026-01-01T00:00:00Z', ...more,
})
const progress = (id: string, more: Partial<DownloadTask>): Message => ({ name: 'youtube:progress', data: { ...task(id, more), server_seq: 1 } }) as Message
const none: Downloads = new Map()

test('progress never goes back, whatever comes late, and what has ended stays so', () => {
  const states = ['pending', 'downloading', 'processing', 'completed', 'error', 'cancelled'] as const
  fc.assert(fc.property(fc.array(fc.record({ status: fc.constantFrom(...states), percent: fc.integer({ min: 0, max: 100 }) })), (all) => {
    let held = none
    for (const { status, percent } of all) {
      const before = held.get('a')
      held = heard(held, progress('a', { status, progress_percent: percent }))
      const now = held.get('a')!
      if (before !== undefined && !isOpen(before)) expect(now).toBe(before)
      else if (before?.status === now.status) expect(now.progress_percent).toBeGreaterThanOrEqual(before.progress_percent)
    }
  }))
})

test('what the box does not know any more is gone, what it knows stays', () => {
  const held = heard(heard(none, progress('a', {})), progress('b', { status: 'completed' }))
  expect([...listed(held, [task('b', { status: 'completed' }), task('c')]).keys()]).toEqual(['b', 'c'])
})

test('what is under way comes first, in its order, and then the newest of what has ended', () => {
  const all = [
    task('old', { status: 'completed', created_at: '2026-01-01' }), task('second', { place: 2 }), task('runs', { status: 'downloading', place: null }),
    task('first', { place: 1 }), task('new', { status: 'error', created_at: '2026-02-01' }),
  ]
  expect(inOrder(listed(none, all)).map((each) => each.task_id)).toEqual(['runs', 'first', 'second', 'new', 'old'])
})

test.each([
  ['  songs for the car ', { kind: 'search', query: 'songs for the car' }],
  ['youtube songs', { kind: 'search', query: 'youtube songs' }],
  ['https://www.youtube.com/watch?v=aaaaaaaaaaa', { kind: 'video', url: 'https://www.youtube.com/watch?v=aaaaaaaaaaa' }],
  ['http://youtu.be/aaaaaaaaaaa?si=x', { kind: 'video', url: 'https://youtu.be/aaaaaaaaaaa?si=x' }],
  ['music.youtube.com/watch?v=aaaaaaaaaaa&list=PL1', { kind: 'video', url: 'https://music.youtube.com/watch?v=aaaaaaaaaaa&list=PL1' }],
  ['https://www.youtube.com/shorts/aaaaaaaaaaa', { kind: 'video', url: 'https://www.youtube.com/shorts/aaaaaaaaaaa' }],
  ['https://music.youtube.com/playlist?list=PL1', { kind: 'playlist', url: 'https://music.youtube.com/playlist?list=PL1' }],
  ['https://youtube.com.evil.example/watch?v=aaaaaaaaaaa', { kind: 'foreign' }],
  ['https://example.org/', { kind: 'foreign' }],
])('%s', (text, wanted) => {
  expect(pasted(text)).toEqual(wanted)
})
