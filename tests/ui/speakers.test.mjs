// Rooms that a real Snapcast server keeps in step: seen, turned here, and turned by another app of the house.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ask, AxeBuilder, eventually, visit } from './rig.mjs'

/** What another app asks of the server. */
const snapcast = (method, params) => new Promise((done, failed) => {
  const socket = connect(Number(process.env.TOMB_TEST_CONTROL), '127.0.0.1')
  socket.on('error', failed)
  socket.on('data', (said) => {
    socket.destroy()
    done(String(said))
  })
  socket.write(`${JSON.stringify({ id: 1, jsonrpc: '2.0', method, params })}\r\n`)
})
const volume = async (id) => (await ask('GET', '/api/speakers')).find((each) => each.id === id).volume

test('the rooms are there, are turned here, and show what another app does', async (t) => {
  const page = await visit(t, '/settings')
  await page.getByRole('link', { name: 'Speakers' }).click()
  await page.getByRole('heading', { name: 'Kitchen' }).waitFor()
  await page.getByRole('heading', { name: '<b>Bath</b>' }).waitFor()

  const kitchen = page.getByRole('slider', { name: 'Volume of Kitchen' })
  await kitchen.focus()
  await kitchen.press('PageDown')
  await kitchen.press('PageDown')
  await eventually(async () => (await volume('kitchen')) === 80)
  await page.getByRole('button', { name: 'Mute Kitchen' }).click()
  await page.getByRole('button', { name: 'Let Kitchen be heard' }).waitFor()
  await eventually(async () => (await ask('GET', '/api/speakers')).find(({ id }) => id === 'kitchen').muted)

  await snapcast('Client.SetVolume', { id: 'bath', volume: { muted: false, percent: 33 } })
  await eventually(async () => (await page.getByRole('slider', { name: /Bath/ }).getAttribute('aria-valuenow')) === '33')
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/speakers.png` })
})

test('the ceiling is a wall here, and what another app puts above it comes down', async (t) => {
  await ask('PUT', '/api/settings', { volume_ceiling: 50 })
  await eventually(async () => (await volume('kitchen')) === 50)
  const page = await visit(t, '/speakers', { viewport: { width: 320, height: 640 }, locale: 'de-DE' })
  await page.getByText('Keiner wird lauter als 50').waitFor()
  await snapcast('Client.SetVolume', { id: 'bath', volume: { muted: false, percent: 90 } })
  await eventually(async () => (await volume('bath')) === 50)
  const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 120)))
  assert.deepEqual(wide, [])
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], colorScheme)
  }
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/speakers-de.png` })
})
