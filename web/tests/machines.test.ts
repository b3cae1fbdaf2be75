import fc from 'fast-check'
import { expect, test } from 'vitest'
import { moved, type Moves, standing } from '@/state/machines'
import type { Machine } from '@/wire/types'

const table = (name: string, current: Machine['current']): Machine => ({ name, theory: '', states: ['a', 'b'], initial: 'a', final: [], rows: [], mermaid: '', owner: '', fired_by: [], reaches: [], current })
const move = (name: string, id: string, state: string | null) => ({ name, id, state, server_seq: 0 })
const heard = (...all: ReturnType<typeof move>[]) => all.reduce<Moves>(moved, new Map())
const currentOf = (machines: readonly Machine[]) => machines.map((each) => Object.fromEntries(each.current.map(({ id, state }) => [id, state])))

test('what the room told is newer than the answer; what it never told of stays as answered', () => {
  const tables = [table('player', [{ id: 'player', state: 'stopped' }]), table('upload', [{ id: 'u', state: 'pending' }])]
  expect(currentOf(standing(tables, heard(move('player', 'player', 'playing'))))).toEqual([{ player: 'playing' }, { u: 'pending' }])
})

test('a machine that ended is gone, one that began is there', () => {
  const tables = [table('association', [{ id: 'one', state: 'waiting' }])]
  expect(currentOf(standing(tables, heard(move('association', 'one', null), move('association', 'two', 'waiting'))))).toEqual([{ two: 'waiting' }])
})

test('whenever the answer was made after the room was entered, the last move counts', () => {
  const state = fc.option(fc.constantFrom('a', 'b'))
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('x', 'y'), state), { minLength: 1 }), fc.nat(), (all, at) => {
    const then = new Map(all.slice(0, at % (all.length + 1)))
    const answer = table('t', [...then].flatMap(([id, now]) => (now === null ? [] : [{ id, state: now }])))
    const [shown] = currentOf(standing([answer], heard(...all.map(([id, now]) => move('t', id, now)))))
    expect(shown).toEqual(Object.fromEntries([...new Map(all)].filter(([, now]) => now !== null)))
  }))
})
