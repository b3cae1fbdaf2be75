import assert from 'node:assert/strict'
import { before, beforeEach, test } from 'node:test'
import { ask, DESK, eventually, playlist, titles, visit } from './rig.mjs'

let id, ids
before(async () => {
  id = await playlist('Songs', 5)
  ids = (await ask('GET', `/api/playlists/${id}`)).tracks.map((each) => each.id)
})
beforeEach(() => ask('POST', `/api/playlists/${id}/reorder`, { track_order: ids }))

const order = async () => (await titles(id)).map((each) => each.at(-1)).join('')
const shown = (page) => page.locator('main ol li').evaluateAll((rows) => rows.map((row) => /Play Track (\d)/.exec(row.innerHTML)?.[1]).join(''))
const becomes = (page, wanted) => eventually(async () => (await order()) === wanted && (await shown(page)) === wanted)
const middle = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox()
  return { x: x + width / 2, y: y + height / 2 }
}
const grip = (page, n) => page.getByRole('button', { name: `Move Track ${n}: arrow keys, or drag` })

test('by mouse', async (t) => {
  const page = await visit(t, `/playlist/${id}`, { ...DESK, hasTouch: false, isMobile: false })
  await grip(page, 1).waitFor()
  const [from, to] = [await middle(grip(page, 1)), await middle(grip(page, 4))]
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x, from.y + 40, { steps: 4 })
  await page.mouse.move(to.x, to.y, { steps: 6 })
  await page.mouse.up()
  await becomes(page, '23415')
})

test('by finger', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await grip(page, 5).waitFor()
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  const [from, to] = [await middle(grip(page, 5)), await middle(grip(page, 2))]
  const cdp = await page.context().newCDPSession(page)
  const touch = (type, at) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] })
  await touch('touchStart', from)
  for (let i = 1; i <= 8; i++) await touch('touchMove', { x: from.x, y: from.y + ((to.y - from.y) * i) / 8 })
  await touch('touchEnd')
  await becomes(page, '15234')
})

test('by arrow keys: the focus goes with the track, and it is read out', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await grip(page, 2).focus()
  await page.keyboard.press('ArrowDown')
  await becomes(page, '13245')
  await page.keyboard.press('ArrowDown')
  await becomes(page, '13425')
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /Move Track 2/)
  await page.getByText('Track 2 is now number 4').waitFor({ state: 'attached' })
})

test('by the menu', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await page.getByRole('button', { name: 'More for Track 3' }).click()
  await page.getByRole('button', { name: 'Move up' }).click()
  await becomes(page, '13245')
})

test('the menu stands beside its button on a desktop, and below everything on a phone', async (t) => {
  const place = async (options) => {
    const page = await visit(t, `/playlist/${id}`, options)
    await page.getByRole('button', { name: 'More for Track 3' }).click()
    const menu = await page.locator('dialog[open]').boundingBox()
    return { menu, button: await page.getByRole('button', { name: 'More for Track 3', includeHidden: true }).first().boundingBox(), ...page.viewportSize() }
  }
  const desk = await place({ ...DESK, hasTouch: false, isMobile: false })
  assert.ok(desk.menu.width < 400 && Math.abs(desk.menu.x + desk.menu.width - desk.button.x - desk.button.width) < 2, JSON.stringify(desk))
  const phone = await place({})
  assert.ok(phone.menu.width === phone.width && Math.abs(phone.menu.y + phone.menu.height - phone.height) < 30, JSON.stringify(phone))
})

test('another phone sees the new order, without being asked', async (t) => {
  const [one, two] = [await visit(t, `/playlist/${id}`), await visit(t, `/playlist/${id}`)]
  await grip(two, 1).waitFor()
  await grip(one, 1).focus()
  await one.keyboard.press('ArrowDown')
  await becomes(two, '21345')
})

const dismissed = (page) => page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })

test('a deleted track is gone at once, on every phone; Undo brings it back to its place, on every phone', async (t) => {
  const [one, two] = [await visit(t, `/playlist/${id}`), await visit(t, `/playlist/${id}`)]
  await grip(two, 1).waitFor()
  await one.getByRole('button', { name: 'More for Track 4' }).click()
  await one.getByRole('button', { name: 'Delete', exact: true }).click()
  await one.getByText('“Track 4” is deleted.').waitFor()
  for (const page of [one, two]) await becomes(page, '1235')
  await one.getByRole('button', { name: 'Undo' }).click()
  for (const page of [one, two]) await becomes(page, '12345')
})

test('many are deleted in one go, and come back each to its place', async (t) => {
  const [one, two] = [await visit(t, `/playlist/${id}`), await visit(t, `/playlist/${id}`)]
  await grip(two, 1).waitFor()
  await one.getByRole('button', { name: 'More for Songs' }).click()
  await one.getByRole('button', { name: 'Select tracks' }).click()
  for (const n of [5, 1, 3]) await one.getByRole('checkbox', { name: `Track ${n}` }).click()
  await one.getByRole('button', { name: 'Delete', exact: true }).click()
  for (const page of [one, two]) await becomes(page, '24')
  await one.getByText('3 tracks are deleted.').waitFor()
  await one.getByRole('button', { name: 'Undo' }).click()
  for (const page of [one, two]) await becomes(page, '12345')
})

test('a page that is killed right after loses nothing: what was deleted is deleted, and lies in the bin', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await page.getByRole('button', { name: 'More for Track 5' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  await page.context().close()
  assert.equal(await order(), '1234')
  await ask('POST', `/api/bin/${ids[4]}/restore`, {})
})

test('a deleted playlist is gone at once, on every phone, and Undo brings all of it back', async (t) => {
  const gone = await playlist('Short-lived', 2)
  await ask('POST', '/api/nfc/associate', { playlist_id: gone, tag_id: '04ABCDEF' })
  const [one, two] = [await visit(t, `/playlist/${gone}`), await visit(t)]
  await two.getByRole('button', { name: 'Play Short-lived' }).waitFor()
  await one.getByRole('button', { name: 'More for Short-lived' }).click()
  await one.getByRole('button', { name: 'Delete playlist' }).click()
  await two.getByRole('button', { name: 'Play Short-lived' }).waitFor({ state: 'detached' })
  await one.getByRole('button', { name: 'Undo' }).click()
  await dismissed(one)
  for (const page of [one, two]) await page.getByRole('button', { name: 'Play Short-lived' }).waitFor()
  const { nfc_tag_id, track_count } = await ask('GET', `/api/playlists/${gone}`)
  assert.deepEqual([nfc_tag_id, track_count], ['04ABCDEF', 2])
})

test('what the box refuses to delete is back, with words, and there is nothing to undo', async (t) => {
  const page = await visit(t, `/playlist/${id}`, { forgive: [/status of 500/] })
  await page.route('**/tracks', (route) => route.fulfill({ status: 500, json: { status: 'error', message: 'broken', error_type: 'internal_error', details: null } }))
  await page.getByRole('button', { name: 'More for Track 2' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByText('The box stumbled over that.').waitFor()
  await becomes(page, '12345')
  assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0)
})

test('a tag that was unlinked plays again by Undo', async (t) => {
  await ask('POST', '/api/nfc/associate', { playlist_id: id, tag_id: '04ABCD01' })
  const page = await visit(t, `/playlist/${id}`)
  await page.getByRole('button', { name: 'More for Tag' }).click()
  await page.getByRole('button', { name: 'Unlink' }).click()
  await eventually(async () => (await ask('GET', `/api/playlists/${id}`)).nfc_tag_id === null)
  await page.getByRole('button', { name: 'Undo' }).click()
  await eventually(async () => (await ask('GET', `/api/playlists/${id}`)).nfc_tag_id === '04ABCD01')
})

test('how a playlist plays is its own: where it begins, and in which order', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await page.getByRole('button', { name: 'More for Songs' }).click()
  await page.getByRole('button', { name: 'How it plays' }).click()
  const policy = async () => {
    const { resume_policy, shuffle } = await ask('GET', `/api/playlists/${id}`)
    return [resume_policy, shuffle]
  }
  for (const [group, choice, wanted] of [['It is played again', 'From the beginning', ['restart', null]], ['Order of its tracks', 'Shuffled', ['restart', true]], ['Order of its tracks', 'As they stand', ['restart', false]], ['It is played again', 'As the box does', [null, false]]]) {
    await page.getByRole('group', { name: group }).getByRole('radio', { name: choice }).check()
    await eventually(async () => JSON.stringify(await policy()) === JSON.stringify(wanted))
  }
})

test('what was deleted is in the bin, and comes back from it', async (t) => {
  const gone = await playlist('Gone', 1)
  await ask('DELETE', `/api/playlists/${gone}`)
  const page = await visit(t, '/bin')
  await page.getByText(/^What you delete stays here for 30 days\. It takes [\d.]+ .B\.$/).waitFor()
  await page.getByRole('button', { name: 'More for Gone' }).click()
  await page.getByRole('button', { name: 'Put it back' }).click()
  await page.getByText('“Gone” is back.').waitFor()
  await page.goto(new URL('/', page.url()).href)
  await page.getByRole('button', { name: 'Play Gone' }).waitFor()
})

test('a page that stays open on a playlist shows its tracks again when it is back from the bin', async (t) => {
  const gone = await playlist('Away and back', 2)
  const page = await visit(t, `/playlist/${gone}`)
  await page.getByText('Track 2').waitFor()
  await ask('DELETE', `/api/playlists/${gone}`)
  await page.getByText('This page or playlist is not there, or not any more.').waitFor()
  const [deleted] = (await ask('GET', '/api/bin')).items.filter((each) => each.title === 'Away and back')
  await ask('POST', `/api/bin/${deleted.id}/restore`, {})
  await page.getByText('Track 2').waitFor()
})
