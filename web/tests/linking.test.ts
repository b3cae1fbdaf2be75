import { expect, test } from 'vitest'
import { heard, idle, listed, live, sessionOf } from '@/state/linking'
import type { LinkSession, Message } from '@/wire/types'

const step = (session_id: string, state: string, server_seq: number, more: object = {}): Message =>
  ({ name: 'nfc_association_state', data: { state, playlist_id: 'p', session_id, message: '', expires_at: 100, timestamp: 0, server_seq, ...more } }) as Message
const play = (...messages: Message[]) => messages.reduce((linking, message) => heard(linking, message, 40_000), idle)

test('a session goes its way, its end on this page’s own clock', () => {
  expect(live(play(step('s', 'waiting', 1)))).toMatchObject({ id: 's', state: 'waiting', endsAt: 60_000 })
  const taken = play(step('s', 'waiting', 1), step('s', 'duplicate', 2, { tag_id: '04A1B2C3', existing_playlist: { id: 'q', title: 'Q' } }))
  expect(live(taken)).toMatchObject({ state: 'duplicate', tagId: '04A1B2C3', existing: { title: 'Q' } })
})

test('an older step, and a step after the end, change nothing', () => {
  const done = play(step('s', 'waiting', 1), step('s', 'success', 3))
  expect(heard(done, step('s', 'duplicate', 2), 0)).toBe(done)
  expect(heard(done, step('s', 'waiting', 4), 0)).toBe(done)
})

test('a session that was superseded is seen to end, whichever is heard first', () => {
  for (const [first, second] of [[step('s', 'cancelled', 2), step('t', 'waiting', 3)], [step('t', 'waiting', 2), step('s', 'cancelled', 3)]] as const) {
    const both = play(step('s', 'waiting', 1), first, second)
    expect(live(both)).toMatchObject({ id: 't', state: 'waiting' })
    expect(sessionOf(both, 's')).toMatchObject({ state: 'cancelled' })
  }
})

test('a page that comes later learns of the session that is open, and believes what it heard itself', () => {
  const asked = [{ session_id: 's', assoc_id: 's', playlist_id: 'p', state: 'waiting', tag_id: null, existing_playlist: null, expires_at: 100 }] as LinkSession[]
  expect(live(listed(idle, asked, 0))).toMatchObject({ id: 's', state: 'waiting' })
  const over = play(step('s', 'waiting', 1), step('s', 'success', 2))
  expect(listed(over, asked, 0)).toBe(over)
})

test('the tag that lies on the box is known until that very tag is lifted', () => {
  const news = (tag_id: string, present: boolean) => ({ name: 'nfc_tag', data: { tag_id, present, playlist_id: null, is_random: false, server_seq: 1 } }) as Message
  expect(play(news('A', true)).present?.tagId).toBe('A')
  expect(play(news('A', true), news('B', true), news('A', false)).present?.tagId).toBe('B')
  expect(play(news('A', true), news('A', false)).present).toBeNull()
})
