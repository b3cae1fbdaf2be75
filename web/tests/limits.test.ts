// A week of limits: which parts of a day are taken, and that a change touches the days that were meant.
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

vi.mock('@/state/core', () => ({ send: () => Promise.resolve(null) }))
vi.mock('@/state/notices', () => ({ complain: () => undefined }))
const { DAYS, limitsOf, parts, withLimits } = await import('@/state/limits')
import type { Settings } from '@/wire/types'

const week = <T>(value: T) => DAYS.map(() => value)
const settings = (more: Partial<Settings> = {}) =>
  ({ daily_minutes: week(null), bedtime: week(null), quiet_hours: week([]), volume_by_hour: week([]), ...more }) as unknown as Settings

test('what ends the next day takes the end of one and the beginning of the other', () => {
  const hours = DAYS.map((day) => (day === 6 ? [{ from: '18:00', to: '06:00' }] : []))
  expect(parts(hours, 6)).toEqual([{ at: 0.75, length: 0.25 }])
  expect(parts(hours, 0)).toEqual([{ at: 0, length: 0.25 }])
  expect(parts(hours, 1)).toEqual([])
})

test('what ends at midnight takes nothing of the next day', () => {
  const hours = week([{ from: '12:00', to: '00:00' }])
  expect(parts(hours, 3)).toEqual([{ at: 0.5, length: 0.5 }])
})

const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)
test('whatever the hours, each part lies within its day, and all of a week are as long as its hours', () => {
  fc.assert(fc.property(fc.array(fc.record({ from: clock, to: clock }).filter(({ from, to }) => from !== to), { minLength: 7, maxLength: 7 }), (each) => {
    const hours = each.map((one) => [one])
    const found = DAYS.flatMap((day) => parts(hours, day))
    for (const { at, length } of found) expect(at >= 0 && length > 0 && at + length <= 1 + 1e-9).toBe(true)
    const minutes = (of: string) => 60 * Number(of.slice(0, 2)) + Number(of.slice(3))
    const all = each.reduce((sum, { from, to }) => sum + ((minutes(to) - minutes(from) + 1440) % 1440), 0)
    expect(1440 * found.reduce((sum, { length }) => sum + length, 0)).toBeCloseTo(all, 6)
  }))
})

test('a change is made to the days that were meant and to no other', () => {
  const chosen = { minutes: 30, bedtime: { from: '19:00', to: '07:00' }, quiet: [{ from: '13:00', to: '14:00' }], loud: [] }
  const changed = settings(withLimits(settings(), [0, 6], chosen))
  expect(DAYS.map((day) => limitsOf(changed, day).minutes)).toEqual([30, null, null, null, null, null, 30])
  expect(limitsOf(changed, 6)).toEqual(chosen)
  expect(limitsOf(changed, 3)).toEqual({ minutes: null, bedtime: null, quiet: [], loud: [] })
})
