import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, AxeBuilder, DESK, PHONE, place, playlist, visit } from './rig.mjs'

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsgeschichten, gelesen von jemandem mit einem sehr langen Namen, '.repeat(2).slice(0, 200).trim()
const pages = new Map([['home', '/'], ['tags', '/tags'], ['settings', '/settings'], ['system', '/system'], ['nowhere', '/no/such/page']])

before(async () => {
  const id = await playlist('Folk Songs', 4)
  const long = await playlist(LONG, 1)
  await playlist('Empty', 0)
  await ask('POST', '/api/nfc/associate', { playlist_id: id, tag_id: '04A1B2C3' })
  await ask('PUT', '/api/tags/04A1B2C4', { action: { action: 'next' } })
  await place('04A1B2C5')
  await ask('POST', `/api/playlists/${id}/start`, {})
  await ask('POST', '/api/player/pause', {})
  pages.set('playlist', `/playlist/${id}`).set('long title', `/playlist/${long}`)
})

async function clean(page, where) {
  const { violations, passes } = await new AxeBuilder({ page }).analyze()
  assert.ok(passes.length > 10, `${where}: axe saw no page`)
  assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((each) => each.html.slice(0, 160)).join(' | ')}`), [])
}

for (const [colorScheme, size, options] of [['light', 'phone', PHONE], ['dark', 'desktop', DESK]])
  test(`axe finds nothing on any page: ${colorScheme}, ${size}`, async (t) => {
    const page = await visit(t, '/', { ...options, colorScheme })
    for (const [name, path] of pages) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator('h1, h2').first().waitFor()
      await page.locator('.skeleton').waitFor({ state: 'detached' })
      await clean(page, name)
    }
    await page.goto(new URL('/', page.url()).href)
    await page.getByRole('button', { name: 'Open the player' }).click()
    await page.getByRole('button', { name: 'Shuffle' }).waitFor()
    await clean(page, 'player')
  })

test('axe finds nothing in the dialogs', async (t) => {
  const page = await visit(t, pages.get('playlist'))
  for (const open of ['Add music', 'More for Folk Songs', 'More for Track 1']) {
    await page.getByRole('button', { name: open, exact: true }).first().click()
    await page.locator('dialog[open]').waitFor()
    await clean(page, open)
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  }
  await page.keyboard.press('?')
  await page.locator('dialog[open]').waitFor()
  await clean(page, 'keys')
})

for (const [name, locale] of [['English', 'en-GB'], ['German', 'de-DE']])
  test(`nothing is wider than a phone of 320 px, in ${name}`, async (t) => {
    const page = await visit(t, '/', { viewport: { width: 320, height: 640 }, locale })
    for (const [where, path] of pages) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator('h1, h2').first().waitFor()
      const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest('.overflow-x-auto')).map((each) => each.outerHTML.slice(0, 120)))
      assert.deepEqual(wide, [], where)
    }
  })

test('targets of a finger are 44 px or more', async (t) => {
  const page = await visit(t)
  for (const [where, path] of pages) {
    await page.goto(new URL(path, page.url()).href)
    await page.locator('h1, h2').first().waitFor()
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a[href], input:not([type=radio], .hidden), [role=slider], select')]
      .filter((each) => !each.classList.contains('sr-only') && each.checkVisibility() && each.getBoundingClientRect().height > 0 && each.getBoundingClientRect().height < 43.5)
      .map((each) => `${Math.round(each.getBoundingClientRect().height)} ${each.outerHTML.slice(0, 140)}`))
    assert.deepEqual(small, [], where)
  }
})
