import assert from 'node:assert/strict'
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
  const gone = await playlist('Short-lived', 1)
  const one = await visit(t, `/playlist/${night}`)
  const two = await visit(t, '/')
  const both = async (look) => {
    for (const page of [one, two]) await look(page)
  }
  const heading = (name) => both((page) => page.getByRole('heading', { name, exact: true }).waitFor())
  const lookOn = (title) => two.getByRole('button', { name: `Someone is linking a tag: ${title}` }).click()
  const close = () => both((page) => page.getByRole('button', { name: 'Close' }).click())

  await open(one)
  await lookOn('Good Night')
  await heading('Put a tag on the box') // waiting
  await place('04A1B2C3')
  await heading('This tag plays “Folk Songs”') // duplicate
  await one.getByRole('button', { name: 'Keep “Folk Songs”' }).click()
  await two.getByRole('heading', { name: 'Stopped' }).waitFor() // cancelled
  await two.getByRole('button', { name: 'Close' }).click()
  await lift()

  await open(one)
  await lookOn('Good Night')
  await place('04A1B2C3')
  await heading('This tag plays “Folk Songs”')
  await two.getByRole('button', { name: 'Replace' }).click() // either may answer
  await both((page) => page.getByText('Tag 04 A1 B2 C3 plays “Good Night”.').waitFor()) // success, in one step
  await lift()
  await both((page) => page.getByRole('button', { name: 'Done' }).click())
  await eventually(async () => (await ask('GET', `/api/playlists/${folk}`)).nfc_tag_id === null)

  await one.goto(one.url().replace(night, folk))
  await open(one)
  await lookOn('Folk Songs')
  await ask('POST', '/api/nfc/scan', { playlist_id: night, timeout_ms: 1000 }) // a third takes its place
  await heading('Stopped')
  await close()

  await one.goto(one.url().replace(folk, gone))
  await open(one)
  await lookOn('Short-lived')
  await ask('DELETE', `/api/playlists/${gone}`)
  await place('04A1B2C4') // for a playlist that is no more
  await heading('That did not work') // error
  await lift()
  await close()
})

test('nobody comes: both phones say so, and either may try again', async (t) => {
  const [one, two] = [await visit(t, `/playlist/${folk}`), await visit(t, '/')]
  await one.route('**/api/nfc/scan', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), timeout_ms: 8000 }) }))
  await open(one)
  await two.getByRole('button', { name: /Someone is linking/ }).click()
  for (const page of [one, two]) await page.getByRole('heading', { name: 'No tag came' }).waitFor()
  await two.getByRole('button', { name: 'Try again' }).click()
  await two.getByRole('timer').waitFor()
  await two.keyboard.press('Escape')
  await eventually(async () => !(await ask('GET', '/api/nfc/status')).association_active)
})

test('a new tag that lies on the box is offered wherever one is, and given a playlist there', async (t) => {
  const page = await visit(t, `/playlist/${folk}`)
  await place('04A1B2D1')
  await page.getByRole('button', { name: /A new tag lies on the box/ }).click()
  await page.getByRole('heading', { name: 'What should this tag play?' }).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: /^Good Night/ }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await eventually(async () => (await ask('GET', '/api/tags/04A1B2D1')).playlist_id === night)
  await page.getByRole('button', { name: /A new tag lies on the box/ }).waitFor({ state: 'detached' })
  await lift()
  await ask('PUT', '/api/tags/04A1B2D2', { action: { action: 'pause' } })
  await place('04A1B2D2') // it does something: no offer
  await page.goto(page.url())
  await page.getByRole('button', { name: 'Play Track 1' }).waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal(await page.getByRole('button', { name: /A new tag lies on the box/ }).count(), 0)
  await lift()
})

test('what the box refuses is said in words, and nothing stays open', async (t) => {
  const page = await visit(t, `/playlist/${folk}`, { forgive: [/status of 503/] })
  await page.route('**/api/nfc/scan', (route) => route.fulfill({ status: 503, json: { status: 'error', message: 'the reader is gone', error_type: 'service_unavailable', details: null } }))
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await page.getByRole('heading', { name: 'That did not work' }).waitFor()
})
