// The faults of devices that the pages have words for are those that the box tells of.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAULTS, fault } from '@/parts/faults'

const devices = new URL('../../tomb/devices/', import.meta.url)
const source = readdirSync(devices).filter((each) => each.endsWith('.py')).map((each) => readFileSync(new URL(each, devices), 'utf8')).join('\n')

test('each is still said by a device', () => {
  for (const begin of Object.keys(FAULTS)) expect(source.includes(`"${begin}`), begin).toBe(true)
})

test('each is known with whatever follows, and in every language', () => {
  expect(fault('there is no sound output: Error querying device 7')).toBe('noOutput')
  expect(fault('The smart card daemon (pcscd) is not running.')).toBe('noPcscd')
  expect(fault('something new')).toBeNull()
  for (const name of ['en', 'de']) {
    const { fault: words } = JSON.parse(readFileSync(new URL(`../src/locales/${name}.json`, import.meta.url), 'utf8')) as { fault: Record<string, string> }
    expect(Object.keys(words).sort(), name).toEqual([...new Set(Object.values(FAULTS))].sort())
  }
})
