import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

vi.mock('@/state/session', () => ({ locale: { value: 'de' } }))
const { CHECKS, checkWords } = await import('@/parts/checkWords')

test('every check of the box has a name in every language', () => {
  const source = readFileSync(new URL('../../tomb/nurseries/doctor.py', import.meta.url), 'utf8')
  const checks = /CHECKS: [^=]*= \(([^)]*)\)/.exec(source)![1]!.match(/\w+/g)!
  expect(checks.length).toBeGreaterThan(15)
  expect(CHECKS).toEqual(checks)
  expect(Object.keys(checkWords.value.checks)).toEqual(checks)
})
