// Ten seconds of a tap, from the box at TOMB_URL: the page on a phone as it really was, the tag beside it as a drawing. Writes
// numbered PNG files into TOMB_TO, eight a second. Run by tests/ui/screenshots.py.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { TOMB_URL: BOX, TOMB_TO: TO, TOMB_TAG: TAG, CHROMIUM = '/usr/bin/chromium' } = process.env
const FRAMES_A_SECOND = 8
const LONG = 10
const MOVES_S = 0.6

async function ask(method, path, body) {
  const response = await fetch(BOX + path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.status === 204 ? null : (await response.json()).data
}
const place = () => ask('PUT', '/api/reader/tag', { tag_id: TAG })
const lift = () => ask('DELETE', '/api/reader/tag')

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-background-networking', '--disable-component-update'] })
try {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'light', locale: 'en-GB' })
  const page = await context.newPage()
  await page.goto(BOX)
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await page.waitForLoadState('networkidle')

  // What happens, when (s), and what the words under the box are from then on.
  const script = [
    [0, 'A child puts on a tag …', null],
    [1.6, '… and its music plays.', place],
    [4.2, '… and its music plays.', () => page.getByRole('button', { name: 'Open the player' }).first().click()],
    [6.2, 'Lifted, and put on again:', lift],
    [7.9, 'it pauses, with its place kept.', place],
  ]
  const seen = []
  const cdp = await context.newCDPSession(page)
  cdp.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    seen.push({ at: metadata.timestamp, data })
    cdp.send('Page.screencastFrameAck', { sessionId }).catch(() => {})
  })
  await cdp.send('Page.startScreencast', { format: 'png', maxWidth: 390, maxHeight: 844 })
  const began = Date.now() / 1000
  const elapsed = () => Date.now() / 1000 - began
  const done = []
  for (const [at, words, act] of script) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - elapsed()) * 1000))
    done.push({ at: elapsed(), words, act })
    await act?.()
  }
  await new Promise((resolve) => setTimeout(resolve, (LONG - elapsed()) * 1000))
  await cdp.send('Page.stopScreencast')

  const { playlist_id } = await ask('GET', `/api/tags/${TAG}`)
  const picture = await fetch(`${BOX}/api/playlists/${playlist_id}/cover?size=300`, { headers: { accept: 'image/jpeg' } })
  const cover = `data:image/jpeg;base64,${Buffer.from(await picture.arrayBuffer()).toString('base64')}`
  const stage = await (await browser.newContext({ viewport: { width: 640, height: 500 } })).newPage()
  await stage.goto(String(pathToFileURL(new URL('clip.html', import.meta.url).pathname)))
  const [, placed, , lifted, again] = done.map(({ at }) => at)
  const eased = (share) => (share <= 0 ? 0 : share >= 1 ? 1 : share * share * (3 - 2 * share))
  for (let frame = 0; frame < LONG * FRAMES_A_SECOND; frame++) {
    const now = frame / FRAMES_A_SECOND
    const shown = seen.findLast(({ at }) => at - began <= now) ?? seen[0]
    const down = eased((now - placed + MOVES_S) / MOVES_S) - eased((now - lifted) / MOVES_S) + eased((now - again + MOVES_S) / MOVES_S)
    const words = done.findLast(({ at }) => at <= now)?.words ?? script[0][1]
    await stage.evaluate((state) => show(state), { down, loud: now >= placed && now < again, words, phase: now * 4, cover, seen: `data:image/png;base64,${shown.data}` })
    await writeFile(join(TO, `${String(frame).padStart(3, '0')}.png`), await stage.screenshot())
  }
} finally {
  await browser.close()
}
