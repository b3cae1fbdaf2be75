import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shown } from '@/state/optimistic'
import { answered, ask, close, edit, forget, heard, nothing, remove, removeTracks, reorder, settle, type LibraryLayers } from '@/state/playlists'
import type { Message, Playlist } from '@/wire/types'
import { liteOf, numbered, playlist } from './stream'

const list = (seq: number, ...all: Playlist[]) => numbered('state:playlists', seq, { playlists: all.map(liteOf) })
const updated = (each: Playlist) =>
  numbered('state:playlist_updated', each.server_seq, { playlist_id: each.id, playlist: each }, { playlist_id: each.id, playlist_seq: each.playlist_seq })
const snapshot = (each: Playlist, seq: number) => numbered('state:playlist', seq, each, { playlist_id: each.id, playlist_seq: each.playlist_seq })
const gone = (id: string, seq: number) => numbered('state:playlist_deleted', seq, { playlist_id: id, message: '' })
const titles = (held: LibraryLayers) => [...shown(held).lites.values()].map((each) => each.title)
const order = (held: LibraryLayers, id = 'p') => shown(held).wholes.get(id)?.tracks.map((each) => each.id)

const p1 = playlist('p', 3, 1)
const begun = heard(heard(nothing, list(3, p1, playlist('q', 2, 1))), snapshot(p1, 3))

test('a list and a whole playlist are known after their snapshots', () => {
  expect(titles(begun)).toEqual(['List p', 'List q'])
  expect(order(begun)).toEqual(['a', 'b', 'c'])
})

test('a lite list does not wipe the tracks that are known', () => {
  expect(order(heard(begun, list(4, p1)))).toEqual(['a', 'b', 'c'])
})

test('an update of an open playlist brings its tracks, of a closed one only the list entry', () => {
  const next = playlist('p', 5, 2, ['b', 'a'])
  expect(order(heard(begun, updated(next)))).toEqual(['b', 'a'])
  const closed = heard(close(begun, 'p'), updated(next))
  expect(shown(closed).wholes.size).toBe(0)
  expect(shown(closed).lites.get('p')?.track_count).toBe(2)
})

test('an older answer changes nothing', () => {
  const newer = heard(begun, updated(playlist('p', 8, 4, ['c'])))
  expect(answered(newer, playlist('p', 6, 3, ['a']))).toBe(newer)
})

test('what was deleted does not come back by a late answer, and does by being restored', () => {
  const without = heard(begun, gone('p', 6))
  expect(titles(answered(without, playlist('p', 5, 2)))).toEqual(['List q'])
  expect(titles(heard(without, numbered('state:playlist_created', 9, { playlist_id: 'p', playlist: playlist('p', 9, 3) })))).toEqual(['List q', 'List p'])
})

test('a new order shows at once; tracks that came in the meantime stay at the end', () => {
  const asked = ask(begun, 'op', reorder('p', ['c', 'a', 'b']))
  expect(order(asked)).toEqual(['c', 'a', 'b'])
  expect(shown(asked).wholes.get('p')?.tracks.map((each) => each.number)).toEqual([1, 2, 3])
  expect(order(heard(asked, updated(playlist('p', 5, 2, ['a', 'b', 'c', 'd']))))).toEqual(['c', 'a', 'b', 'd'])
})

test('what is taken back leaves exactly what the box said', () => {
  const asked = ask(ask(begun, '1', remove('q')), '2', removeTracks('p', ['a']))
  expect(titles(asked)).toEqual(['List p'])
  expect(order(asked)).toEqual(['b', 'c'])
  expect(shown(settle(settle(asked, '1'), '2'))).toEqual(shown(begun))
})

test('a snapshot in the middle of a change keeps the change on screen', () => {
  const asked = ask(begun, 'op', edit('p', { title: 'New' }))
  expect(titles(heard(asked, list(9, p1, playlist('q', 2, 1))))[0]).toBe('New')
})

test('a box that forgot its numbers is believed', () => {
  expect(titles(heard(forget(begun), list(1, playlist('z', 1, 1))))).toEqual(['List z'])
})

// The box's own log against a page that hears it over a bad network.
const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('edit' as const, 'delete' as const, 'restore' as const), id: fc.constantFrom('p', 'q', 'r') }),
    fc.record({ kind: fc.constantFrom('drop' as const, 'again' as const, 'open' as const, 'ask' as const, 'snapshot' as const, 'answer' as const), id: fc.constantFrom('p', 'q', 'r') }),
  ),
  { maxLength: 60 },
)

test('whatever the network does, the page ends in the library of the box', () => {
  fc.assert(
    fc.property(changes, (stream) => {
      let seq = 10
      const box = new Map<string, Playlist>([['p', playlist('p', 1, 1)], ['q', playlist('q', 2, 1)]])
      const revision = new Map<string, number>()
      const log: Message[] = []
      const answers: Playlist[] = []
      let held = heard(nothing, list(seq, ...box.values()))
      let from = 0 // what of the log was heard
      let deaf = false
      const ops: string[] = []
      const say = (message: Message) => {
        log.push(message)
        if (!deaf) catchUp()
      }
      const catchUp = () => {
        for (; from < log.length; from++) held = heard(held, log[from]!)
      }
      for (const { kind, id } of stream) {
        const known = box.get(id)
        if (kind === 'edit' && known !== undefined) {
          revision.set(id, (revision.get(id) ?? 1) + 1)
          const next = playlist(id, ++seq, revision.get(id)!, [...known.tracks.map((t) => t.id)].reverse(), `${id} ${seq}`)
          box.set(id, next)
          answers.push(next)
          say(updated(next))
        } else if (kind === 'delete' && known !== undefined) {
          box.delete(id)
          say(gone(id, ++seq))
        } else if (kind === 'restore' && known === undefined) {
          revision.set(id, (revision.get(id) ?? 1) + 1)
          const next = playlist(id, ++seq, revision.get(id)!)
          box.set(id, next)
          say(numbered('state:playlist_created', seq, { playlist_id: id, playlist: next }))
        } else if (kind === 'drop') {
          deaf = !deaf
          if (!deaf) catchUp() // sync:request
        } else if (kind === 'again') log.slice(-4).forEach((message) => (held = heard(held, message)))
        else if (kind === 'open' && known !== undefined && !deaf) held = heard(held, snapshot(known, seq))
        else if (kind === 'snapshot' && !deaf) held = heard(held, list(seq, ...box.values()))
        else if (kind === 'answer' && answers.length > 0) held = answered(held, answers[answers.length - 1]!)
        else if (kind === 'ask') {
          ops.push(`op${ops.length}`)
          held = ask(held, ops[ops.length - 1]!, remove(id))
        }
      }
      catchUp()
      for (const op of ops) held = settle(held, op)
      const { lites, wholes } = shown(held)
      expect(Object.fromEntries(lites)).toEqual(Object.fromEntries([...box].map(([id, each]) => [id, liteOf(each)])))
      for (const [id, each] of wholes) expect(each).toEqual(box.get(id))
    }),
  )
})

test('a new picture shows at once, in the list and on its page, and what the box says stays', () => {
  const urls = (held: LibraryLayers) => [shown(held).lites.get('p'), shown(held).wholes.get('p')].map((each) => each?.cover_url)
  const asked = ask(begun, 'op', edit('p', { cover_url: 'blob:mine', own_cover: true }))
  expect(urls(asked)).toEqual(['blob:mine', 'blob:mine'])
  const said = { ...playlist('p', 5, 2), cover_url: '/api/playlists/p/cover?v=1', own_cover: true }
  expect(urls(settle(answered(asked, said), 'op'))).toEqual(['/api/playlists/p/cover?v=1', '/api/playlists/p/cover?v=1'])
  expect(urls(settle(asked, 'op'))).toEqual([null, null]) // refused
})
