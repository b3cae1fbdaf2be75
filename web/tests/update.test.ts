// What may go wrong with an update has words here, in both languages: all that the box, and the program of root's, may say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REASONS } from '@/parts/updateReasons'
import { whyNot } from '@/state/notices'
import { Refused } from '@/wire/http'
import de from '@/locales/de.json'
import en from '@/locales/en.json'

const root = join(import.meta.dirname, '../..')
const said = ['tomb/devices/updates.py', 'tomb/devices/https.py', 'tomb/nurseries/updates.py', 'packaging/update/tomb_update.py']
  .flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/(?:Refused|UpdateFault|NoFile|Failed)\(\s*"(\w+)"/g)].map((found) => found[1]!))
// What hinders an update is said elsewhere; a tool that is missing is for whoever reads the log.
const ELSEWHERE = ['not_installed', 'no_address', 'no_tool']

test('every reason has words, and every word a reason', () => {
  expect(said.length).toBeGreaterThan(20)
  const more = readFileSync(join(root, 'packaging/update/tomb_update.py'), 'utf8').match(/AS_BEFORE = \{.*\}/)![0]
  const reasons = new Set([...said, ...[...more.matchAll(/: "(\w+)"/g)].map((found) => found[1]!)].filter((each) => !ELSEWHERE.includes(each)))
  expect([...REASONS].sort()).toEqual([...reasons].sort())
  for (const words of [en, de]) expect(Object.keys(words.update.why).sort()).toEqual([...REASONS].sort())
})

test('an edit while a new version is tried out is refused in words of its own', () => {
  expect(whyNot(new Refused(503, 'service_unavailable', 'no', { update: 'proving' }))).toEqual({ key: 'why.proving' })
  expect(whyNot(new Refused(503, 'service_unavailable', 'no')).key).toBe('why.said')
})
