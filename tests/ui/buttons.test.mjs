// A button and a knob that are assigned, through input devices that are pipes: see tests/rigs/box_with_keys.py.
import assert from 'node:assert/strict'
import { openSync, writeSync } from 'node:fs'
import { before, test } from 'node:test'
import { ask, AxeBuilder, eventually, playlist, visit } from './rig.mjs'

const [KEY, TURN] = [1, 2]
const button = openSync(`${process.env.TOMB_TEST_INPUT}/event0`, 'r+')
const knob = openSync(`${process.env.TOMB_TEST_INPUT}/event1`, 'r+')
/** struct input_event of a 64-bit Linux: two longs of time, type, code, value; and the report's end. */
function send(device, type, code, value) {
  for (const [at, each] of [[type, code, value], [0, 0, 0]].entries()) {
    const record = Buffer.alloc(24)
    record.writeUInt16LE(each[0], 16)
    record.writeUInt16LE(each[1], 18)
    record.writeInt32LE(each[2], 20)
    assert.equal(writeSync(device, record), 24, `record ${at}`)
  }
}
function press(code) {
  send(button, KEY, code, 1)
  send(button, KEY, code, 0)
}
const player = () => ask('GET', '/api/player/status')

let id
before(async () => {
  id = await playlist('Folk Songs', 2)
  await eventually(async () => (await ask('GET', '/api/keys')).devices.length === 2)
})

test('a button is pressed, given a playlist, and plays it', async (t) => {
  const page = await visit(t, '/settings')
  await page.getByRole('link', { name: 'Buttons and knobs' }).click()
  await page.getByRole('heading', { name: 'Big red button' }).waitFor()
  await page.getByRole('button', { name: 'Press the button now' }).click()
  await page.getByText(/Press a button on the box/).waitFor()
  await eventually(async () => {
    press(148)
    return page.getByRole('heading', { name: 'Prog 1: pressed' }).isVisible()
  })
  await page.getByRole('button', { name: 'Play a playlist' }).click()
  await page.getByRole('dialog').getByRole('button', { name: /Folk Songs/ }).click()
  await page.getByRole('listitem').filter({ hasText: 'Prog 1: pressed' }).getByText('Folk Songs').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])

  // The dialog is closed, so the box no longer only tells.
  assert.equal((await player()).state, 'stopped')
  press(148)
  await eventually(async () => (await player()).is_playing && (await player()).active_playlist_id === id)

  await page.getByRole('button', { name: 'More for Prog 1: pressed' }).click()
  await page.getByRole('button', { name: 'Take it away' }).click()
  await page.getByText('Prog 1: pressed').waitFor({ state: 'detached' })
})

test('a knob is the volume by itself, and both its ways are given something else at once', async (t) => {
  await ask('POST', '/api/player/volume', { volume: 50 })
  send(knob, TURN, 0, 1)
  await eventually(async () => (await player()).volume === 52)
  const page = await visit(t, '/buttons', { locale: 'de-DE' })
  const right = page.getByRole('listitem').filter({ hasText: 'Drehknopf: nach rechts gedreht' })
  await right.getByText('von sich aus').waitFor()
  await page.getByRole('button', { name: 'Mehr zu Drehknopf: nach rechts gedreht' }).click()
  await page.getByRole('button', { name: 'Etwas anderes tun lassen' }).click()
  await page.getByRole('button', { name: 'Nächster Titel' }).click()
  await right.getByText('Nächster Titel').waitFor()
  await page.getByRole('listitem').filter({ hasText: 'nach links gedreht' }).getByText('Voriger Titel').waitFor()
})

test('nothing of it is wider than a small phone, and axe finds nothing in its dialogs', async (t) => {
  const page = await visit(t, '/buttons', { viewport: { width: 320, height: 640 }, locale: 'de-DE' })
  await page.getByRole('button', { name: 'Mehr zu Mute: gedrückt' }).click()
  await page.getByRole('button', { name: 'Etwas anderes tun lassen' }).click()
  await page.getByRole('heading', { name: 'Mute: gedrückt' }).waitFor()
  const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 120)))
  assert.deepEqual(wide, [])
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])
  }
})

test('where the page is left the buttons work again', async (t) => {
  const page = await visit(t, '/buttons')
  await page.getByRole('button', { name: 'Press the button now' }).click()
  await page.getByText(/Press a button on the box/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByText(/Press a button on the box/).waitFor({ state: 'detached' })
  await eventually(async () => {
    press(113)
    return (await player()).muted
  })
})
