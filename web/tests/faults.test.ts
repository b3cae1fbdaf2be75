// The faults of devices that the pages have words for are those that the box tells of; and so are its parts.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import en from '@/locales/en.json'

vi.mock('@/i18n', () => ({ t: (key: string) => `<${key}>` }))
const { FAULTS, fault } = await import('@/parts/faults')

const devices = new URL('../../tomb/devices/', import.meta.url)
const files = [...readdirSync(devices).filter((each) => each.endsWith('.py')), '../nurseries/deck.py']
const source = files.map((each) => readFileSync(new URL(each, devices), 'utf8')).join('\n')

test('each is still said by a device or the deck', () => {
  for (const begin of Object.keys(FAULTS)) expect(source.includes(`"${begin}`), begin).toBe(true)
})

test('each has words, and no words are left over', () => {
  expect([...new Set(Object.values(FAULTS))].sort()).toEqual(Object.keys(en.fault).sort())
})

test('each is known with whatever follows; what is not is told as it is', () => {
  expect(fault('there is no sound output: Error querying device 7')).toBe('<fault.no_sound>')
  expect(fault('something new')).toBe('something new')
})
