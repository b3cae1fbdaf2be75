import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import de from '@/locales/de.json'
import en from '@/locales/en.json'

test('every check of the box has a name, and words for what it finds', () => {
  const source = readFileSync(new URL('../../tomb/nurseries/doctor.py', import.meta.url), 'utf8')
  const checks = /CHECKS: [^=]*= \(([^)]*)\)/.exec(source)![1]!.match(/\w+/g)!
  expect(checks.length).toBeGreaterThan(15)
  for (const words of [en, de]) {
    expect(Object.keys(words.check).sort()).toEqual([...checks].sort())
    expect(Object.keys(words.found).sort()).toEqual([...checks].sort())
  }
  const reasons = [...source.matchAll(/_(?:yes|no|unknown)\(\s*"(\w+)",\s*"(\w+)"/g)].map((found) => `${found[1]}.${found[2]}`)
  expect(reasons.length).toBeGreaterThan(60)
  const said = new Set(Object.entries(en.found).flatMap(([check, words]) => Object.keys(words).map((reason) => `${check}.${reason}`)))
  for (const reason of reasons) expect(said).toContain(reason)
})
