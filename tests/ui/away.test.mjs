import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, eventually, network, playlist, visit } from './rig.mjs'

const QUIET = [/WebSocket/, /ERR_/, /Failed to load/]
let id
before(async () => {
  id = await playlist('Songs', 3, 400_000)
})
const banner = (page) => page.getByText('The box is out of reach.')

for (const silently of [false, true])
  test(`a drop is said${silently ? ', though nobody told the page' : ''}, its end too, and what was missed is there`, async (t) => {
    const way = await network(t)
    const page = await visit(t, `/playlist/${id}`, { at: way.at, forgive: QUIET })
    await page.getByRole('heading', { name: silently ? 'Renamed' : 'Songs' }).waitFor()
    await page.waitForTimeout(500)
    way.cut({ silently })
    const begin = performance.now()
    await banner(page).waitFor()
    t.diagnostic(`a drop was said after ${Math.round(performance.now() - begin)} ms`)
    await page.getByRole('button', { name: 'Play Track 1' }).waitFor() // what was on screen stays
    await ask('PUT', `/api/playlists/${id}`, { title: silently ? 'Renamed twice' : 'Renamed' })
    way.mend()
    await banner(page).waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: silently ? 'Renamed twice' : 'Renamed' }).waitFor()
  })

test('nothing is sent late: what was asked for while away is taken back, with words', async (t) => {
  const way = await network(t)
  const page = await visit(t, `/playlist/${id}`, { at: way.at, forgive: QUIET })
  await page.getByRole('button', { name: 'Play Track 1' }).waitFor()
  way.cut()
  await banner(page).waitFor()
  await page.getByRole('button', { name: 'Play Track 2' }).click()
  await page.getByText('The box did not answer').waitFor()
  way.mend()
  await banner(page).waitFor({ state: 'detached' })
  await page.waitForTimeout(500)
  assert.equal((await ask('GET', '/api/player/status')).active_playlist_id, null)
})

test('two phones in step', async (t) => {
  const [one, two] = [await visit(t, `/playlist/${id}`), await visit(t, `/playlist/${id}`)]
  const times = []
  for (const page of [one, two]) await page.getByRole('button', { name: 'Play Track 1' }).waitFor()
  await one.getByRole('button', { name: 'Play Track 1' }).click()
  const bar = (page) => page.getByRole('region', { name: 'Now playing' })
  for (const page of [one, two]) await bar(page).waitFor()
  for (let i = 0; i < 12; i++) {
    const wanted = i % 2 === 0 ? 'Play' : 'Pause'
    const seen = two.evaluate((name) => new Promise((resolve) => {
      const look = () => [...document.querySelectorAll('section[aria-label="Now playing"] button')].some((each) => each.getAttribute('aria-label') === name) ? resolve(Date.now()) : requestAnimationFrame(look)
      look()
    }), wanted)
    const clicked = await one.evaluate((name) => {
      const button = [...document.querySelectorAll('section[aria-label="Now playing"] button')].find((each) => each.getAttribute('aria-label') === name)
      button.click()
      return Date.now()
    }, wanted === 'Play' ? 'Pause' : 'Play')
    times.push((await seen) - clicked)
    await eventually(async () => (await ask('GET', '/api/player/status')).is_playing === (wanted === 'Pause'))
  }
  times.sort((a, b) => a - b)
  t.diagnostic(`two phones agree after ${times[6]} ms (median), ${times.at(-1)} ms (most) of ${times.length}`)
})

test('pages and dialogs that were never opened are there while the box is away', async (t) => {
  const way = await network(t)
  const page = await visit(t, '/', { at: way.at, forgive: QUIET })
  await eventually(() => page.evaluate(() => ['SettingsPage', 'TagsPage'].every((file) => performance.getEntriesByType('resource').some(({ name }) => name.includes(file)))))
  await page.waitForLoadState('networkidle')
  way.cut()
  await banner(page).waitFor()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'On this device' }).waitFor()
  await page.getByRole('button', { name: 'Keyboard' }).click()
  await page.getByText('Play or pause').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Tags' }).click()
  await page.getByRole('heading', { name: 'Tags', exact: true }).waitFor()
})

test('where the box has another build since, a page whose file is gone is loaded anew', async (t) => {
  const page = await visit(t, '/', { forgive: QUIET })
  await page.route('**/assets/TagsPage-*.js', (route) => route.fulfill({ status: 404 }), { times: 1 })
  await page.getByRole('link', { name: 'Tags' }).click()
  await page.getByRole('heading', { name: 'Tags', exact: true }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/tags')
})
