import { expect, test } from 'vitest'
import { together } from '@/state/key_uses'

const place = { device: 'd', code: 115 } as const
const volumeUp = { action: { action: 'volume_up' } } as const

test('a volume key goes on while it is held', () => {
  expect(together({ ...place, press: 'short' }, volumeUp)).toEqual([
    [{ ...place, press: 'short' }, volumeUp],
    [{ ...place, press: 'repeat' }, volumeUp],
  ])
})

test('the other way of a knob does the opposite', () => {
  expect(together({ ...place, press: 'turn-' }, { action: { action: 'next' } })).toEqual([
    [{ ...place, press: 'turn-' }, { action: { action: 'next' } }],
    [{ ...place, press: 'turn+' }, { action: { action: 'previous' } }],
  ])
})

test('all else stands for itself', () => {
  for (const press of ['short', 'long', 'turn+'] as const) expect(together({ ...place, press }, { playlist_id: 'p' })).toHaveLength(1)
  expect(together({ ...place, press: 'long' }, volumeUp)).toHaveLength(1)
})
