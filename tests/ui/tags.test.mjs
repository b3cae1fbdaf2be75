import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, BOX, DESK, eventually, lift, place, playlist, visit } from './rig.mjs'

let id
before(async () => {
  id = await playlist('Folk Songs', 1)
  await ask('POST', '/api/nfc/associate', { playlist_id: id, tag_id: '04A1B2C3' })
})
const named = async (tag_id) => (await ask('GET', `/api/tags/${tag_id}`)).name
const give = async (page, name) => {
  await page.getByLabel(/What is tag .* called\?/).fill(name)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

test('a tag is given a name; its playlist shows it, another phone too, and a toast says it', async (t) => {
  const page = await visit(t, '/tags')
  const other = await visit(t, `/playlist/${id}`, DESK)
  await other.getByText('04 A1 B2 C3').waitFor()
  await page.getByRole('button', { name: 'More for Folk Songs' }).click()
  await page.getByRole('button', { name: 'Name this tag' }).click()
  await give(page, 'Red dinosaur')
  await page.getByRole('link', { name: /Folk Songs Red dinosaur 04 A1 B2 C3/ }).waitFor()
  assert.equal(await named('04A1B2C3'), 'Red dinosaur')
  await other.getByText('Red dinosaur', { exact: true }).waitFor()

  await other.getByRole('button', { name: 'More for Tag' }).click()
  await other.getByRole('button', { name: 'Unlink' }).click()
  await other.getByText('“Red dinosaur” no longer plays “Folk Songs”.').waitFor()
  await other.getByRole('button', { name: 'Undo' }).click()
  await other.getByText('Red dinosaur', { exact: true }).waitFor()

  await other.getByRole('button', { name: 'More for Tag' }).click()
  await other.getByRole('button', { name: 'Name this tag' }).click()
  await give(other, '')
  await other.getByText('04 A1 B2 C3').waitFor()
  assert.equal(await named('04A1B2C3'), null)
})

test('a tag is named where it was linked', async (t) => {
  const night = await playlist('Good Night', 1)
  const page = await visit(t, `/playlist/${night}`)
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await page.getByRole('timer').waitFor()
  await place('04000002')
  await page.getByText('Tag 04 00 00 02 plays “Good Night”.').waitFor()
  await page.getByRole('button', { name: 'Name this tag' }).click()
  await page.getByLabel(/called\?/).fill('Moon card')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Tag Moon card plays “Good Night”.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await lift()
  await page.getByText('Moon card', { exact: true }).waitFor()
})

test('a tag that was forgotten comes back with its name and what it does, a playlist or an action', async (t) => {
  const bear = await playlist('Bear Songs', 1)
  await ask('PUT', '/api/tags/04000003', { playlist_id: bear, name: 'Bear' })
  await ask('PUT', '/api/tags/04000004', { action: { action: 'sleep_timer', minutes: 20 } })
  const page = await visit(t, '/tags')
  for (const [does, label, tag_id] of [['Bear Songs', 'Bear', '04000003'], ['Sleep timer, 20 min', '04 00 00 04', '04000004']]) {
    const before = await ask('GET', `/api/tags/${tag_id}`)
    const menu = page.getByRole('button', { name: `More for ${does}` })
    await menu.click()
    await page.getByRole('button', { name: 'Forget this tag' }).click()
    await page.getByText(`Tag ${label} is forgotten.`).waitFor()
    await menu.waitFor({ state: 'detached' })
    assert.equal((await fetch(`${BOX}/api/tags/${tag_id}`)).status, 404)
    await page.getByRole('button', { name: 'Undo' }).click()
    await menu.waitFor()
    const { created_at, ...after } = await ask('GET', `/api/tags/${tag_id}`)
    assert.deepEqual({ ...after, created_at: before.created_at }, before)
  }
})

test('behind the PIN the number does, and nobody is asked for anything', async (t) => {
  await ask('PUT', '/api/settings', { pin: '4711' })
  try {
    const page = await visit(t, `/playlist/${id}`, { forgive: [/status of 403/] })
    await page.getByText('04 A1 B2 C3').waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
  } finally {
    const cookie = (await fetch(`${BOX}/api/pin/session`, { method: 'POST', body: '{"pin":"4711"}', headers: { 'content-type': 'application/json' } })).headers.getSetCookie()[0].split(';')[0]
    await fetch(`${BOX}/api/settings`, { method: 'PUT', body: '{"pin":null}', headers: { 'content-type': 'application/json', cookie } })
    await eventually(async () => (await fetch(`${BOX}/api/settings`)).ok)
  }
})

test('a playlist has several tags: one is added, one replaced, each named and unlinked by itself', async (t) => {
  const car = await playlist('Car Songs', 1)
  const tags = async () => (await ask('GET', `/api/playlists/${car}`)).tag_ids
  await ask('POST', '/api/nfc/associate', { playlist_id: car, tag_id: '04000010' })
  const page = await visit(t, `/playlist/${car}`)
  const other = await visit(t, '/tags', DESK)
  const done = () => page.getByRole('button', { name: 'Done' }).click()

  await page.getByRole('button', { name: 'More for Tag' }).click()
  await page.getByRole('button', { name: 'Link another tag' }).click()
  await page.getByRole('timer').waitFor()
  await place('04000011')
  await page.getByText('Tag 04 00 00 11 plays “Car Songs”.').waitFor()
  await done()
  await lift()
  assert.deepEqual(await tags(), ['04000010', '04000011'])
  await other.getByRole('link', { name: /Car Songs.*04 00 00 10/ }).waitFor()
  await other.getByRole('link', { name: /Car Songs.*04 00 00 11/ }).waitFor()

  await page.getByRole('button', { name: '2 tags' }).click()
  const sheet = page.getByRole('dialog', { name: 'Tags of “Car Songs”' })
  assert.deepEqual(await sheet.getByRole('listitem').allInnerTexts(), ['04 00 00 11', '04 00 00 10'])
  await sheet.getByRole('button', { name: 'More for 04 00 00 10' }).click()
  await page.getByRole('button', { name: 'Name this tag' }).click()
  await page.getByLabel(/What is tag .* called\?/).fill('Lost card')
  await page.getByRole('button', { name: 'Save' }).click()
  await sheet.getByRole('button', { name: 'More for Lost card' }).click()
  await page.getByRole('button', { name: 'Replace this tag' }).click()
  await page.getByText('It takes the place of Lost card.').waitFor()
  await place('04000012')
  await page.getByText('Tag 04 00 00 12 plays “Car Songs”.').waitFor()
  await done()
  await lift()
  assert.deepEqual(await tags(), ['04000011', '04000012'])
  assert.deepEqual((({ name, playlist_id }) => ({ name, playlist_id }))(await ask('GET', '/api/tags/04000010')), { name: 'Lost card', playlist_id: null })

  await page.getByRole('button', { name: '2 tags' }).click()
  await sheet.getByRole('button', { name: 'More for 04 00 00 11' }).click()
  await page.getByRole('button', { name: 'Unlink' }).click()
  await eventually(async () => (await tags()).length === 1)
  await page.keyboard.press('Escape')
  await page.getByText('04 00 00 12', { exact: true }).waitFor()

  await other.getByRole('link', { name: /Car Songs.*04 00 00 11/ }).waitFor({ state: 'detached' })
  await other.getByRole('button', { name: 'More for Car Songs' }).click()
  await other.getByRole('button', { name: 'Replace this tag' }).click()
  await other.getByText('It takes the place of 04 00 00 12.').waitFor()
  await place('04A1B2C3') // “Folk Songs” has it
  await other.getByRole('button', { name: 'Replace', exact: true }).click()
  await eventually(async () => (await tags()).join() === '04A1B2C3')
  assert.deepEqual((await ask('GET', `/api/playlists/${id}`)).tag_ids, [])
  await lift()
  await page.getByText('04 A1 B2 C3', { exact: true }).waitFor()
})

test('a phone on the box is no tag: the dialog says why, goes on, and nothing is offered', async (t) => {
  const car = await playlist('Train Songs', 1)
  const page = await visit(t, `/playlist/${car}`)
  const german = await visit(t, '/tags', { ...DESK, locale: 'de-DE' })
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await page.getByRole('timer').waitFor()
  await ask('PUT', '/api/reader/tag', { tag_id: '08A1B2C3', is_random: true })
  await page.getByText('That is a phone or a passport').waitFor()
  await lift()
  await place('04000020')
  await page.getByText('Tag 04 00 00 20 plays “Train Songs”.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await lift()
  await ask('PUT', '/api/reader/tag', { tag_id: '08A1B2C4', is_random: true })
  await german.getByText('Das ist ein Telefon oder ein Ausweis').waitFor()
  assert.equal(await page.getByRole('button', { name: /A new tag lies on the box/ }).count(), 0)
  assert.ok((await ask('GET', '/api/tags')).tags.every((each) => !each.tag_id.startsWith('08A1')))
  await lift()
})
