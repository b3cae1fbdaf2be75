// The faults of devices that the pages have words for are those that the box tells of.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAULTS, faultIn } from '@/parts/faults'

const devices = new URL('../../tomb/devices/', import.meta.url)
const source = readdirSync(devices).filter((each) => each.endsWith('.py')).map((each) => readFileSync(new URL(each, devices), 'utf8')).join('\n')

test('each is still said by a device', () => {
  for (const begin of Object.keys(FAULTS)) expect(source.includes(`"${begin}`), begin).toBe(true)
})

test('each is known with whatever follows; what is not is told as it is', () => {
  expect(faultIn('de', 'there is no sound output: Error querying device 7')).toBe('Es wurde kein Lautsprecher gefunden.')
  expect(faultIn('en', 'The smart card daemon (pcscd) is not running.')).toBe('The reader’s service (pcscd) is not running.')
  expect(faultIn('de', 'something new')).toBe('something new')
})
