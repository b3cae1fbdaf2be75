import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sha256 } from '@/state/sha256'

test('the sum is that of Node’s own, however the bytes come', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), (pieces) => {
      const [ours, theirs] = [new Sha256(), createHash('sha256')]
      for (const piece of pieces) ours.update(piece), theirs.update(piece)
      expect(ours.digest()).toBe(theirs.digest('hex'))
    }),
  )
})

test('a long one too', () => {
  const bytes = new Uint8Array(5_000_003).map((_, index) => index * 31)
  expect(new Sha256().update(bytes).digest()).toBe(createHash('sha256').update(bytes).digest('hex'))
})
