// Every page of the box at TOMB_URL, as WebP files in TOMB_TO. Run by tests/ui/screenshots.py.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { TOMB_URL: BOX, TOMB_TO: TO, CHROMIUM = '/usr/bin/chromium' } = process.env
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1.5 },
  desktop: { viewport: { width: 1280, height: 800 } },
}
const QUALITY = 62

async function ask(method, path, body) {
  const response = await fetch(BOX + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()).data
}
const place = (tag_id) => ask('PUT', '/api/reader/tag', { tag_id })
const lift = () => fetch(`${BOX}/api/reader/tag`, { method: 'DELETE' })

const { playlists } = await ask('GET', '/api/playlists?limit=50')
const named = (begin) => playlists.find((each) => each.title.startsWith(begin)).id
const story = named('Gutenacht'), train = named('Die kleine'), long = named('Donau'), songs = named('Autobahn'), whale = named('Der Wal')
const button = (page, name) => page.getByRole('button', { name, exact: true }).first().click()
/** Paused there, once it was heard: only then it counts as played. */
async function pausedAt(id, track_number, position_ms) {
  await ask('POST', `/api/playlists/${id}/play/${track_number}`, {})
  while ((await ask('GET', '/api/player/status')).position_ms === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await ask('POST', '/api/player/pause', {})
  await ask('POST', '/api/player/seek', { position_ms })
}
const untilTag = (there) => async () => {
  while (((await ask('GET', '/api/nfc/status')).tag_present !== null) !== there) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Those that nobody sees yet are loaded when they are. */
const seenImagesAreThere = () => [...document.images].every((each) => {
  const { width, top, bottom, left, right } = each.getBoundingClientRect()
  return each.complete || !each.checkVisibility() || width === 0 || bottom < 0 || top > innerHeight || right < 0 || left > innerWidth
})

/** A picture's name; where it begins; what is done before it is taken, and after. */
const PICTURES = [
  ['home', '/'],
  ['player', '/', (page) => button(page, 'Open the player')],
  ['playlist', `/playlist/${story}`],
  ['long-title', `/playlist/${long}`],
  ['menu', `/playlist/${train}`, (page) => button(page, 'More for Im Tunnel')],
  ['add', `/playlist/${songs}`, (page) => page.locator('main').getByRole('button', { name: 'Add music' }).first().click()],
  ['link-waiting', `/playlist/${songs}`, async (page) => {
    await button(page, 'Link a tag')
    await page.getByRole('timer').waitFor()
  }],
  ['link-duplicate', `/playlist/${songs}`, async (page) => {
    await button(page, 'Link a tag')
    await page.getByRole('timer').waitFor()
    await place('04A1B2C3D4E580')
    await page.getByRole('button', { name: 'Replace' }).waitFor()
  }, async (page) => {
    await page.getByRole('button', { name: /^Keep/ }).click()
    await lift()
    await untilTag(false)()
  }],
  ['cover', `/playlist/${train}`, (page) => page.locator('main').getByRole('button', { name: 'Change the picture' }).click()],
  ['tags', '/tags'],
  ['limits', '/limits'],
  ['stats', '/stats'],
  ['bin', '/bin'],
  ['youtube', '/youtube'],
  ['cards', '/cards'],
  ['child', '/child'],
  ['settings', '/settings'],
  ['child-lists', '/settings', async (page) => {
    await button(page, 'All playlists')
    await page.getByRole('radio', { name: 'Only some' }).check()
    await page.getByRole('checkbox').first().waitFor()
  }, (page) => page.getByRole('radio', { name: 'All playlists' }).check()],
  ['welcome', '/welcome'],
  ['welcome-loud', '/welcome', (page) => button(page, 'Skip')],
  ['welcome-music', '/welcome', (page) => button(page, 'Skip')],
  ['welcome-tag', '/welcome', (page) => button(page, 'Skip'), (page) => page.evaluate(() => sessionStorage.clear())],
  ['system', '/system'],
  ['machines', '/system', async (page) => {
    await page.getByText('For engineers').click()
    await page.getByRole('button', { name: 'player', exact: true }).click()
    await page.getByRole('group', { name: 'player: paused' }).evaluate((diagram) => diagram.scrollIntoView({ block: 'center' }))
  }],
  ['not-found', '/no/such/page'],
  ['chapters', '/', async (page) => {
    await pausedAt(whale, 1, 1_500_000)
    await button(page, 'Open the player')
    await page.getByRole('region', { name: 'Chapters' }).locator('[aria-current=true]').waitFor()
  }, () => pausedAt(story, 3, 137_000)],
]

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-background-networking', '--disable-component-update'] })
try {
  await pausedAt(whale, 1, 1_500_000) // so that in every picture the same was played last
  await pausedAt(story, 3, 137_000)
  for (const [size, options] of Object.entries(SIZES))
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ ...options, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' })
      const page = await context.newPage()
      page.setDefaultTimeout(60_000)
      const cdp = await context.newCDPSession(page)
      for (const [name, path, before, after] of PICTURES) {
        await page.goto(BOX + path)
        await page.waitForFunction(() => [...document.querySelectorAll('h1, h2, button img, button svg rect')].some((each) => each.checkVisibility()))
        await page.locator('.skeleton').first().waitFor({ state: 'detached' })
        await before?.(page)
        await page.waitForLoadState('networkidle')
        await page.waitForFunction(seenImagesAreThere)
        await page.waitForTimeout(350) // what rises has risen
        const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
        await writeFile(join(TO, `${name}-${size}-${colorScheme}.webp`), Buffer.from(data, 'base64'))
        await after?.(page)
      }
      await context.close()
    }
} finally {
  await browser.close()
}
