import { expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { type Remembered, type Transfer, Transfers, unfit, type World } from '@/state/transfers'
import type { UploadSession, UploadStatus } from '@/wire/types'

const MIB = 1_048_576
const file = (name: string, size: number, fill = 1) => new File([new Uint8Array(size).fill(fill)], name)
class Cut extends Error {}
class No extends Error {
  constructor(readonly reason: 'full' | 'damaged' | 'gone') {
    super()
  }
}

/** A box with a network that can be cut, and a page that sees what the transfers are. */
function rig(more: Partial<World> = {}) {
  const sessions = new Map<string, { file: { name: string; size: number; sha256: string }; chunks: Set<number>; done: boolean }>()
  const net = { up: true, sent: [] as number[], most: 0, inFlight: 0, failNext: [] as Error[] }
  let notes: Remembered[] = []
  let reconnected: (() => void)[] = []
  let ids = 0
  const online = () => {
    if (!net.up) throw new Cut()
    const failure = net.failNext.shift()
    if (failure !== undefined) throw failure
  }
  const total = (size: number) => Math.ceil(size / MIB)
  const world: World = {
    async begin(playlist_id, announced) {
      online()
      const session_id = `s${++ids}`
      sessions.set(session_id, { file: announced, chunks: new Set(), done: false })
      return { session_id, playlist_id, total_chunks: total(announced.size) } as UploadSession
    },
    async sendChunk(_, session, index, chunk, sum, signal) {
      net.most = Math.max(net.most, ++net.inFlight)
      try {
        await new Promise((resolve) => setTimeout(resolve, 1))
        if (signal.aborted) throw new Cut()
        online()
        expect(createHash('sha256').update(new Uint8Array(await chunk.arrayBuffer())).digest('hex')).toBe(sum)
        sessions.get(session)!.chunks.add(index)
        net.sent.push(index)
      } finally {
        net.inFlight--
      }
    },
    async finish(_, session) {
      online()
      const held = sessions.get(session)!
      expect(held.chunks.size).toBe(total(held.file.size))
      held.done = true
    },
    async status(playlist_id, session_id) {
      online()
      const held = sessions.get(session_id)
      if (held === undefined) throw new No('gone')
      const missing_chunks = Array.from({ length: total(held.file.size) }, (_, i) => i).filter((i) => !held.chunks.has(i))
      return { session_id, playlist_id, missing_chunks, bytes_uploaded: held.chunks.size * MIB, filename: held.file.name, file_size: held.file.size } as UploadStatus
    },
    async unfinished() {
      return Promise.all([...sessions].filter(([, each]) => !each.done).map(([id]) => world.status('p', id)))
    },
    elsewhere: async () => new Set(),
    async cancel(session) {
      sessions.delete(session)
    },
    hash: async (blob) => createHash('sha256').update(new Uint8Array(await blob.arrayBuffer())).digest('hex'),
    retryAfter: () => (net.up ? Promise.resolve() : new Promise((resolve) => reconnected.push(resolve))),
    verdict: (error) => (error instanceof No ? { reason: error.reason } : null),
    remember: (all) => (notes = all),
    remembered: () => notes,
    newId: () => `t${++ids}`,
    ...more,
  }
  const cut = () => (net.up = false)
  const mend = () => {
    net.up = true
    reconnected.forEach((each) => each())
    reconnected = []
  }
  return { world, net, sessions, cut, mend, notes: () => notes }
}

function page(world: World) {
  let now: readonly Transfer[] = []
  let look = () => {}
  const transfers = new Transfers(world, (all) => ((now = all), look()))
  const until = (condition: (all: readonly Transfer[]) => boolean) =>
    new Promise<void>((resolve) => {
      look = () => condition(now) && resolve()
      look()
    })
  return { transfers, until, all: () => now }
}
const allDone = (all: readonly Transfer[]) => all.length > 0 && all.every((each) => each.state === 'done')

test('twenty files arrive whole, with three chunks in flight at most', async () => {
  const { world, net, sessions } = rig()
  const { transfers, until } = page(world)
  transfers.add('p', Array.from({ length: 20 }, (_, i) => file(`${i}.mp3`, MIB * 2 + i + 1)))
  await until(allDone)
  expect([...sessions.values()].every((each) => each.done)).toBe(true)
  expect(net.most).toBe(3)
})

test('files are taken in in the order in which they were picked, also what is added while one is taken in, however long each takes', async () => {
  const { world } = rig()
  const taken: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const names = new Map<string, string>()
  const { transfers, until } = page({
    ...world,
    begin: async (playlist, announced) => {
      const session = await world.begin(playlist, announced)
      names.set(session.session_id, announced.name)
      return session
    },
    finish: async (_, session) => {
      if (names.get(session) === 'long.wma') await held // it is converted
      taken.push(names.get(session)!)
    },
  })
  transfers.add('p', [file('long.wma', 4)])
  await until((all) => all.every((each) => each.state === 'finishing'))
  transfers.add('p', [file('short.mp3', 5), file('shorter.mp3', 6)])
  await until((all) => all[1]!.state === 'finishing') // it was sent in the meantime
  await new Promise((resolve) => setTimeout(resolve)) // whoever would overtake has had its turn
  expect(taken).toEqual([])
  release()
  await until(allDone)
  expect(taken).toEqual(['long.wma', 'short.mp3', 'shorter.mp3'])
})

test('a cut in the middle is waited out, and no chunk that arrived is sent again', async () => {
  const { world, net, cut, mend } = rig()
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('long.mp3', MIB * 20)])
  await until(() => net.sent.length >= 6)
  cut()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(all()[0]?.state).toBe('sending')
  mend()
  await until(allDone)
  expect(net.sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

test('after a reload it goes on with the same file, and only with that', async () => {
  const { world, net } = rig()
  const before = page(world)
  before.transfers.add('p', [file('long.mp3', MIB * 8)])
  await before.until(() => net.sent.length >= 3)
  before.transfers.pause(before.all()[0]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const arrived = net.sent.length
  expect(arrived).toBeLessThan(8)

  const after = page(world)
  await after.transfers.recall()
  expect(after.all()[0]).toMatchObject({ state: 'needs-file', name: 'long.mp3', sent: arrived * MIB })
  after.transfers.add('p', [file('long.mp3', MIB * 8)])
  await after.until(allDone)
  expect(after.all()).toHaveLength(1)
  expect(net.sent.length).toBe(8)
})

test('the same file for another playlist goes there; what was interrupted still waits, until it is picked again', async () => {
  const { world, net } = rig()
  const before = page(world)
  before.transfers.add('p', [file('long.mp3', MIB * 8)])
  await before.until(() => net.sent.length >= 3)
  before.transfers.pause(before.all()[0]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const after = page(world)
  await after.transfers.recall()
  after.transfers.add('q', [file('long.mp3', MIB * 8)])
  await after.until((all) => all[1]?.state === 'done')
  expect(after.all()).toMatchObject([{ playlistId: 'p', state: 'needs-file' }, { playlistId: 'q' }])
  after.transfers.add('q', [file('long.mp3', MIB * 8)], true) // picked again, with others of another playlist
  await after.until(allDone)
  expect(after.all()).toHaveLength(2)
})

test('what begins anew counts from nothing', async () => {
  const { world, net, sessions } = rig()
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('long.mp3', MIB * 8)])
  await until((now) => now[0]!.sent >= 3 * MIB)
  transfers.pause(all()[0]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  sessions.clear() // its playlist was deleted, and is back
  net.sent.length = 0
  const shown: number[] = []
  transfers.resume(all()[0]!.id)
  await until((now) => (now[0]!.state === 'sending' && net.sent.length > 0 && shown.push(now[0]!.sent), allDone(now)))
  expect(net.sent).toHaveLength(8)
  expect(Math.min(...shown)).toBeLessThanOrEqual(MIB)
})

test('what another page of this browser sends was not interrupted, and stays remembered', async () => {
  const { world, net, notes } = rig()
  const one = page(world)
  one.transfers.add('p', [file('long.mp3', MIB * 8)])
  await one.until(() => net.sent.length >= 3)
  one.transfers.pause(one.all()[0]!.id)
  const two = page({ ...world, elsewhere: async () => new Set(one.transfers.held()) })
  await two.transfers.recall()
  expect(two.all()).toEqual([])
  two.transfers.add('p', [file('other.mp3', MIB)])
  await two.until(allDone)
  expect(notes().map((each) => each.name)).toEqual(['long.mp3'])
  one.transfers.resume(one.all()[0]!.id)
  await one.until(allDone)
  expect(notes()).toEqual([])
})

test('after a reload what waited for its turn is listed too, in its order, and goes on when it is picked again', async () => {
  const { world, net, notes } = rig()
  const before = page(world)
  before.transfers.add('p', [file('long.mp3', MIB * 8), file('second.mp3', MIB), file('third.mp3', MIB * 2), file('list.pdf', 9)])
  await before.until(() => net.sent.length >= 3)
  before.transfers.pause(before.all()[0]!.id)
  before.transfers.pause(before.all()[1]!.id)
  before.transfers.pause(before.all()[2]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const after = page(world)
  await after.transfers.recall()
  await after.transfers.recall()
  expect(after.all()).toMatchObject(['long.mp3', 'second.mp3', 'third.mp3'].map((name) => ({ name, state: 'needs-file', playlistId: 'p' })))
  after.transfers.remove(after.all()[2]!.id)
  after.transfers.add('p', [file('long.mp3', MIB * 8), file('second.mp3', MIB)])
  await after.until(allDone)
  expect(after.all()).toHaveLength(2)
  expect(notes()).toEqual([])
})

test('another file of that name and size is sent from its start', async () => {
  const { world, net } = rig()
  const before = page(world)
  before.transfers.add('p', [file('long.mp3', MIB * 8)])
  await before.until(() => net.sent.length >= 3)
  before.transfers.pause(before.all()[0]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const arrived = net.sent.length
  const after = page(world)
  await after.transfers.recall()
  after.transfers.add('p', [file('long.mp3', MIB * 8, 7)])
  await after.until(allDone)
  expect(net.sent.length).toBe(arrived + 8)
})

test('a paused file waits, and the one behind it is sent', async () => {
  const { world, net } = rig()
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('a.mp3', MIB * 8), file('b.mp3', MIB)])
  await until(() => net.sent.length >= 1)
  transfers.pause(all()[0]!.id)
  await until((now) => now[1]?.state === 'done')
  expect(all()[0]?.state).toBe('paused')
  transfers.resume(all()[0]!.id)
  await until(allDone)
})

test('what cannot be taken is left out before a byte is sent; the rest goes on', async () => {
  const { world } = rig()
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('list.pdf', 10), file('empty.mp3', 0), file('a.mp3', 10)])
  await until((now) => now[2]?.state === 'done')
  expect(all().slice(0, 2)).toMatchObject([{ state: 'refused', reason: 'type' }, { state: 'refused', reason: 'empty' }])
  expect(unfit('A.FLAC', 1)).toBeNull()
})

test('a refusal says why, can be tried again, and does not stop the next file', async () => {
  const { world, net } = rig()
  net.failNext.push(new No('full'))
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('a.mp3', 10), file('b.mp3', 10)])
  await until((now) => now[1]?.state === 'done')
  expect(all()[0]).toMatchObject({ state: 'refused', reason: 'full' })
  transfers.resume(all()[0]!.id)
  await until(allDone)
})

test('a chunk that arrives damaged is sent again', async () => {
  const { world, net } = rig()
  const { transfers, until } = page(world)
  transfers.add('p', [file('a.mp3', MIB * 2)])
  await until((now) => now[0]?.state === 'sending')
  net.failNext.push(new No('damaged'))
  await until(allDone)
})

test('a session that went stale begins anew', async () => {
  const { world, net, sessions, cut, mend } = rig()
  const { transfers, until } = page(world)
  transfers.add('p', [file('a.mp3', MIB * 10)])
  await until(() => net.sent.length >= 2)
  cut()
  await new Promise((resolve) => setTimeout(resolve, 20))
  sessions.clear()
  mend()
  await until(allDone)
  expect(sessions.size).toBe(1)
})

test('what is removed is cancelled at the box, and forgotten', async () => {
  const { world, net, sessions, notes } = rig()
  const { transfers, until, all } = page(world)
  transfers.add('p', [file('a.mp3', MIB * 10)])
  await until(() => net.sent.length >= 2)
  transfers.remove(all()[0]!.id)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(all()).toEqual([])
  expect(sessions.size).toBe(0)
  expect(notes()).toEqual([])
})
