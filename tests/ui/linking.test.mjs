import { before, test } from 'node:test'
import { ask, eventually, lift, place, playlist, visit } from './rig.mjs'

let folk, night
before(async () => {
  folk = await playlist('Folk Songs', 1)
  night = await playlist('Good Night', 1)
  await ask('POST', '/api/nfc/associate', { playlist_id: folk, tag_id: '04A1B2C3' })
})
const open = async (page) => {
  await page.getByRole('button', { name: 'Link a tag' }).first().click()
  await page.getByRole('timer').waitFor()
}

test('all six states, by real taps, and on a second phone', async (t) => {
  const one = await visit(t, `/playlist/${night}`)
  const two = await visit(t, '/')

  await open(one) // waiting
  await two.getByRole('button', { name: /Someone is linking a tag: Good Night/ }).click()
  await two.getByRole('heading', { name: 'Put a tag on the box' }).waitFor()

  await place('04A1B2C3') // duplicate
  for (const page of [one, two]) await page.getByRole('heading', { name: 'This tag plays “Folk Songs”' }).waitFor()
  await one.getByRole('button', { name: 'Keep “Folk Songs”' }).click() // cancelled
  await two.getByRole('heading', { name: 'Stopped' }).waitFor()
  await two.getByRole('button', { name: 'Close' }).click()
  await lift()

  await open(one)
  await place('04A1B2C3')
  await one.getByRole('button', { name: 'Replace' }).click() // success, in one step
  await one.getByText('Tag 04 A1 B2 C3 plays “Good Night”.').waitFor()
  await lift()
  await one.getByRole('button', { name: 'Done' }).click()
  await eventually(async () => (await ask('GET', `/api/playlists/${folk}`)).nfc_tag_id === null)

  await one.goto(one.url().replace(night, folk))
  await open(one)
  await ask('POST', '/api/nfc/scan', { playlist_id: night, timeout_ms: 1000 }) // superseded by another phone, which then waits in vain
  await one.getByRole('heading', { name: 'Stopped' }).waitFor()
  await one.getByRole('button', { name: 'Close' }).click()
})

test('nobody comes: it says so, and tries again', async (t) => {
  const page = await visit(t, '/')
  await ask('POST', '/api/nfc/scan', { playlist_id: folk, timeout_ms: 1500 })
  await page.getByRole('button', { name: /Someone is linking/ }).click()
  await page.getByRole('heading', { name: 'No tag came' }).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('timer').waitFor()
  await page.keyboard.press('Escape')
  await eventually(async () => !(await ask('GET', '/api/nfc/status')).association_active)
})

test('what the box refuses is said in words, and nothing stays open', async (t) => {
  const page = await visit(t, `/playlist/${folk}`, { forgive: [/status of 503/] })
  await page.route('**/api/nfc/scan', (route) => route.fulfill({ status: 503, json: { status: 'error', message: 'the reader is gone', error_type: 'service_unavailable', details: null } }))
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await page.getByRole('heading', { name: 'That did not work' }).waitFor()
})
