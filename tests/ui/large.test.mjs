import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, DESK, eventually, fill, playlist, sound, titles, visit } from './rig.mjs'

const MANY = 1000, TRACKS = 500
let long
/** So many at a time, as a box has other things to do. */
async function each(count, work, atOnce = 8) {
  let next = 1
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next <= count) await work(next++)
  }))
}
before(async () => {
  await each(MANY - 1, (n) => ask('POST', '/api/playlists', { title: `Playlist ${String(n).padStart(4, '0')}` }))
  long = await playlist('Five hundred')
  await each(TRACKS, (n) => fill(long, sound(`Track ${n}.wav`, n > TRACKS - 3 ? 240_000 : 800)))
  const { tracks } = await ask('GET', `/api/playlists/${long}`)
  const number = ({ title }) => Number(title.split(' ')[1])
  await ask('POST', `/api/playlists/${long}/reorder`, { track_order: tracks.toSorted((a, b) => number(a) - number(b)).map(({ id }) => id) })
})

test('of a thousand playlists only those near the window exist; the last is reached, and going back leads to where one was', async (t) => {
  const page = await visit(t)
  await page.getByRole('radio', { name: 'A–Z' }).click()
  await page.getByText('Five hundred').waitFor()
  assert.ok((await page.locator('main ul li').count()) < 40)
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  await page.getByText('Playlist 0999').waitFor()
  assert.ok((await page.locator('main ul li').count()) < 40)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `${wide} px too wide`)
  const at = await page.evaluate(() => scrollY)
  assert.ok(at > 50_000, `${at}`)
  await page.getByText('Playlist 0999').click()
  await page.getByRole('heading', { name: 'Playlist 0999' }).waitFor()
  await page.waitForFunction(() => scrollY === 0)
  await page.goBack()
  await page.getByText('Playlist 0999').waitFor()
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('searchbox').fill('0777')
  await eventually(async () => (await page.locator('main ul li').count()) === 1)
  await page.getByText('Playlist 0777').click()
  await page.getByRole('heading', { name: 'Playlist 0777' }).waitFor()
  await page.goBack() // to what was found
  await eventually(async () => (await page.locator('main ul li').count()) === 1)
  assert.equal(await page.getByRole('searchbox').inputValue(), '0777')
  await page.getByRole('link', { name: 'Home' }).click()
  await page.getByRole('radio', { name: 'A–Z' }).waitFor()
  assert.equal(await page.getByRole('searchbox').count(), 0)
})

test('a new playlist among a thousand is there on another phone', async (t) => {
  const page = await visit(t)
  await page.getByText('Five hundred').waitFor()
  await ask('POST', '/api/playlists', { title: 'A new one' })
  await page.getByRole('radio', { name: 'Newest' }).click()
  await page.getByText('A new one').waitFor()
})

for (const [size, options] of [['phone', {}], ['desktop', { ...DESK, hasTouch: false, isMobile: false }]])
  test(`the last of five hundred tracks is played and moved: ${size}`, async (t) => {
    const page = await visit(t, `/playlist/${long}`, options)
    const order = await titles(long)
    const last = order.at(-1)
    await page.getByRole('button', { name: `Play ${last}`, exact: true }).click()
    await eventually(async () => (await ask('GET', '/api/player/status')).active_track_title === last)
    await page.getByRole('button', { name: `More for ${last}`, exact: true }).click()
    await page.getByRole('button', { name: 'Move up' }).click()
    await eventually(async () => (await titles(long)).at(-2) === last)
    assert.equal((await titles(long)).length, TRACKS)
  })
