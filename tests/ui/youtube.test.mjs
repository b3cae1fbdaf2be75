// From a link, or from words, to a song that plays: with the real yt-dlp, before a YouTube of the tests' own (tests/rigs/youtube).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, AxeBuilder, eventually, playlist, titles, visit } from './rig.mjs'

const watch = (id) => `https://www.youtube.com/watch?v=${id}`
const press = (page, name) => page.getByRole('button', { name, exact: true }).click()
const look = async (page, text, field = 'Search, or paste a link', button = 'Look') => {
  await page.getByRole('searchbox', { name: field }).fill(text)
  await press(page, button)
}
const tasks = async () => (await ask('GET', '/api/youtube/tasks')).tasks

test('a link that is pasted becomes a song that plays; progress never goes back, and a second phone sees it', async (t) => {
  const id = await playlist('From afar')
  const page = await visit(t, `/playlist/${id}`)
  await page.locator('main').getByRole('button', { name: 'Add music' }).first().click()
  await press(page, 'From YouTube')
  await page.getByRole('heading', { name: 'YouTube to “From afar”' }).waitFor()
  const other = await visit(t, '/youtube')
  await other.getByText('Nothing on its way.').waitFor()
  await page.evaluate(() => {
    window.seen = []
    new MutationObserver(() => document.querySelectorAll('[role=progressbar]').forEach((each) => seen.push(Number(each.getAttribute('aria-valuenow'))))).observe(document.body, { subtree: true, childList: true, attributes: true })
  })
  await look(page, watch('rig_song_01'))
  await page.getByText('It comes into “From afar”.').waitFor()
  await other.getByText('A song of the rig').waitFor()
  await page.getByRole('link', { name: 'Open the playlist of A song of the rig' }).waitFor()
  await other.getByRole('link', { name: 'Open the playlist of A song of the rig' }).waitFor()
  const seen = await page.evaluate(() => seen)
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b))
  assert.deepEqual(await titles(id), ['A song of the rig'])
  await page.getByRole('link', { name: 'Open the playlist of A song of the rig' }).click()
  await page.getByRole('button', { name: 'Play A song of the rig' }).click()
  await page.getByRole('region', { name: 'Now playing' }).getByText('A song of the rig').waitFor()
  await eventually(async () => (await ask('GET', '/api/player/status')).state === 'playing')
  await ask('POST', '/api/player/pause', {})
})

test('what is looked for is ticked and fetched one after the other, with pictures from the box; what waits has its place, and cancelling leaves nothing', async (t) => {
  const id = await playlist('Found')
  const page = await visit(t, `/youtube?to=${id}`)
  await look(page, 'songs')
  const found = page.getByRole('region', { name: 'Found' })
  await found.getByRole('checkbox').first().waitFor()
  await eventually(() => found.locator('img').first().evaluate((each) => each.complete && each.naturalWidth > 0))
  await look(page, watch('rig_slow_01'))
  await page.getByText('It comes into “Found”.').waitFor()
  for (const each of ['rig_song_02', 'rig_m4a__01']) await look(page, `https://youtu.be/${each}`)
  await page.getByText('number 2 in line').waitFor()
  await eventually(async () => (await tasks()).some((each) => each.status === 'downloading' && each.progress_percent > 0))
  await page.getByRole('button', { name: 'Do not fetch A slow song' }).click()
  await page.getByText('cancelled').waitFor()
  await eventually(async () => (await titles(id)).length === 2)
  assert.deepEqual(await titles(id), ['Another song of the rig', 'A song in AAC'])
})

for (const [locale, field, button, again, refused, foreign, foreignWords] of [
  ['en-GB', 'Search, or paste a link', 'Look', /^Fetch .* again$/, 'That video is private.', 'https://example.org/x', 'That is no link of YouTube’s'],
  ['de-DE', 'Suche oder Link', 'Suchen', / noch einmal holen$/, 'Dieses Video ist privat.', 'https://example.org/x', 'Das ist kein Link von YouTube'],
])
  test(`what YouTube does not give is said in words, and axe finds nothing: ${locale}`, async (t) => {
    const id = await playlist(`Refused ${locale}`)
    const page = await visit(t, `/youtube?to=${id}`, { locale, colorScheme: locale === 'de-DE' ? 'dark' : 'light', viewport: { width: 320, height: 640 } })
    await look(page, foreign, field, button)
    await page.getByText(foreignWords).waitFor()
    await look(page, watch('rig_err_prv'), field, button)
    await page.getByText(refused).first().waitFor()
    const ours = page.getByRole('listitem').filter({ hasText: `Refused ${locale}` })
    await ours.getByRole('button', { name: again }).click()
    await eventually(async () => (await ours.getByText(refused).count()) === 2)
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html.slice(0, 160)).join(' | ')}`), [])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  })

test('a box without yt-dlp says so, and offers to install it', async (t) => {
  const page = await visit(t, '/youtube', { forgive: [/status of 503/] })
  await page.route('**/api/youtube/search*', (route) => route.fulfill({ status: 503, json: { status: 'error', message: 'no', error_type: 'service_unavailable', details: { reason: 'no_tool' } } }))
  await page.route('**/api/youtube/update', (route) => route.fulfill({ json: { status: 'success', message: '', data: { version: '2026.11.01' } } }))
  await look(page, 'songs')
  await page.getByRole('heading', { name: 'YouTube does not work on this box yet' }).waitFor()
  await page.unroute('**/api/youtube/search*')
  await press(page, 'Install the newest')
  await page.getByText('Version 2026.11.01 is installed.').waitFor()
  await page.getByRole('region', { name: 'Found' }).getByRole('checkbox').first().waitFor()
})
