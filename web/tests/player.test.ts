import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shown } from '@/state/optimistic'
import { answered, ask, chapterAt, forget, heard, positionAt, settle, silence, type PlayerLayers } from '@/state/player'
import type { Message, PlayerState } from '@/wire/types'
import { numbered, player, playing, tick } from './stream'

const at = (held: PlayerLayers, now: number) => Math.round(positionAt(shown(held), now))
const begun = heard(silence, numbered('state:player', 5, playing(10_000)), 0)

test('between ticks the position moves with the clock', () => {
  expect(at(begun, 0)).toBe(10_000)
  expect(at(begun, 400)).toBe(10_400)
})

test('a tick that is a little late never makes the position go back, and it is believed in the end', () => {
  const late = heard(begun, tick(6, 10_100), 500)
  expect(at(late, 500)).toBe(10_500)
  expect(at(late, 700)).toBe(10_500)
  expect(at(late, 1000)).toBe(10_600)
})

test('a tick that is off by more than 700 ms is believed at once', () => {
  expect(at(heard(begun, tick(6, 3_000), 500), 500)).toBe(3_000)
  expect(at(heard(begun, tick(6, 40_000), 500), 500)).toBe(40_000)
})

test('the position stays within the track', () => {
  expect(at(begun, 120_000)).toBe(60_000)
})

test('a new track begins at its own start', () => {
  const next = playing(0, { active_track_id: 'b', duration_ms: 30_000 })
  expect(at(heard(begun, numbered('state:player', 6, next), 300), 300)).toBe(0)
})

test('ticks of another track, and ticks older than the state, are passed over', () => {
  expect(at(heard(begun, tick(6, 1, { track_id: 'x' }), 0), 0)).toBe(10_000)
  expect(at(heard(begun, tick(4, 1), 0), 0)).toBe(10_000)
})

test('pause shows at once, and stands still', () => {
  const asked = ask(begun, 'op', { is_playing: false }, 1000)
  expect(shown(asked).player?.state).toBe('paused')
  expect(at(asked, 5000)).toBe(11_000)
})

test('a refused command is taken back', () => {
  const asked = ask(begun, 'op', { volume: 80 }, 0)
  const refused = heard(asked, { name: 'err:op', data: { client_op_id: 'op', success: false, message: 'no', error_type: 'forbidden', server_seq: 6 } } as Message, 0)
  expect(shown(refused)).toEqual(shown(begun))
})

test('a seek is not undone by the ticks that were on their way', () => {
  const asked = ask(begun, 'op', { position_ms: 50_000 }, 100)
  const ticked = heard(asked, tick(6, 10_200), 200)
  expect(at(ticked, 200)).toBe(50_100)
  const settled = settle(answered(ticked, playing(50_000), 7, 300), 'op')
  expect(at(settled, 300)).toBe(50_000)
})

test('an answer older than what was heard is passed over', () => {
  const newer = heard(begun, numbered('state:player', 9, playing(10_000, { volume: 10 })), 0)
  expect(shown(answered(newer, playing(0, { volume: 90 }), 7, 0)).player?.volume).toBe(10)
})

test('a box that forgot its numbers is believed', () => {
  const fresh = heard(forget(begun), numbered('state:player', 1, player()), 0)
  expect(shown(fresh).player).toEqual(player())
})

// A recorded stream of whole states, some lost in drops and replayed, some twice, with commands asked for and settled in
// between, and a snapshot at any place: in the end the page shows what the box last said.
type Step = { kind: 'state'; volume: number } | { kind: 'again'; back: number } | { kind: 'ask'; volume: number } | { kind: 'drop' } | { kind: 'restart' }

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('state' as const), volume: fc.nat(100) }),
    fc.record({ kind: fc.constant('again' as const), back: fc.nat(5) }),
    fc.record({ kind: fc.constant('ask' as const), volume: fc.nat(100) }),
    fc.record({ kind: fc.constant('drop' as const) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  ),
  { maxLength: 60 },
)

test('whatever the network does, the page ends in the state of the box', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (stream: Step[], byAnswer) => {
      let held = silence
      let seq = 1
      let truth: PlayerState = player()
      const log: Message[] = []
      const ops: string[] = []
      let deaf = false
      const say = (message: Message) => {
        log.push(message)
        if (!deaf) held = heard(held, message, seq)
      }
      say(numbered('state:player', seq, truth))
      for (const step of stream) {
        if (step.kind === 'state') say(numbered('state:player', ++seq, (truth = player({ volume: step.volume }))))
        if (step.kind === 'again') log.slice(-1 - step.back).forEach((message) => (held = heard(held, message, seq)))
        if (step.kind === 'ask') {
          const op = `op${ops.push('')}`
          ops[ops.length - 1] = op
          held = ask(held, op, { volume: step.volume }, seq)
        }
        if (step.kind === 'drop') deaf = !deaf
        if (step.kind === 'restart') seq += 1000
      }
      for (const op of ops)
        held = byAnswer ? settle(held, op) : heard(held, { name: 'ack:op', data: { client_op_id: op, success: true, server_seq: seq } } as Message, seq)
      for (const message of log.slice(-8)) held = heard(held, message, seq) // the replay after the last drop
      held = heard(held, numbered('state:player', seq, truth), seq)
      expect(shown(held).player).toEqual(truth)
      expect(held.pending).toEqual([])
    }),
  )
})

test('the shown position never goes back by less than 700 ms while one track plays', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.integer({ min: 1, max: 900 }), off: fc.integer({ min: -1500, max: 1500 }) }), { maxLength: 40 }), (ticks) => {
      let held = begun
      let now = 0
      let seq = 6
      for (const { wait, off } of ticks) {
        now += wait
        const before = at(held, now)
        held = heard(held, tick(seq++, Math.max(0, 10_000 + now + off)), now)
        const back = before - at(held, now)
        expect(back <= 0 || back > 700).toBe(true)
      }
    }),
  )
})

test('the chapter of a place is the last that began before it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 30 }), fc.integer({ min: 0, max: 110_000 }), (later, ms) => {
      const starts = [0, ...later.sort((a, b) => a - b)]
      const chapters = starts.map((start_ms) => ({ title: '', start_ms }))
      expect(chapterAt(chapters, ms)).toBe(starts.filter((start) => start <= ms).length - 1)
    }),
  )
  expect(chapterAt([], 0)).toBe(null)
})
