// What bench/ui.py asks of a real Chromium: raw times in milliseconds and sizes in bytes, as one JSON object. TOMB_URL names
// a box with a thousand playlists, TOMB_ID one of them that has tracks. The processor is slowed four times where a phone's
// patience is measured, and not where two clients are compared.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'

const require = createRequire(new URL('../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { TOMB_URL: BOX, TOMB_ID: ID, CHROMIUM = '/usr/bin/chromium' } = process.env
const STATIC = new URL('../tomb/http/static/', import.meta.url)
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: 'en-GB' }
const PAGES = { playlist: `/playlist/${ID}`, tags: '/tags', settings: '/settings', system: '/system', cards: '/cards', child: '/child' }
const LOADS = 12, TAPS = 40, CHANGES = 200, SLOWER = 4

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'] })

async function withPage(work, { slower = 1, path, ...options } = {}) {
  const context = await browser.newContext({ ...PHONE, ...options })
  try {
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slower })
    if (path !== undefined) {
      await page.goto(BOX + path)
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    }
    return await work(page, cdp)
  } finally {
    await context.close()
  }
}

/** What a page asks of the built files, in bytes as they are sent (gzip): those that the first screen did not ask for. */
async function weight(path, known = new Set()) {
  return withPage(async (page) => {
    const asked = new Set()
    page.on('request', (request) => asked.add(new URL(request.url()).pathname))
    await page.goto(BOX + path, { waitUntil: 'networkidle' })
    const sizes = { files: asked, js: 0, css: 0 }
    for (const each of asked) {
      const kind = /\.(js|css)$/.exec(each)?.[1]
      if (kind && !known.has(each)) sizes[kind] += gzipSync(await readFile(new URL(`.${each}`, STATIC)), { level: 9 }).length
    }
    return sizes
  })
}

/** From the begin of the navigation, with nothing in the cache, to the frame that shows the covers. */
const firstGrid = () => withPage(async (page) => {
  await page.addInitScript(() => {
    const look = () => document.querySelector('main img, main a svg, main button svg rect') ? requestAnimationFrame(() => setTimeout(() => (window.shownAt = performance.now()))) : requestAnimationFrame(look)
    requestAnimationFrame(look)
  })
  await page.goto(BOX)
  return (await page.waitForFunction(() => window.shownAt)).jsonValue()
}, { slower: SLOWER })

/** The floor of it: the same document, with no script to run. */
const bareDocument = () => withPage(async (page) => {
  const begin = performance.now()
  await page.goto(BOX)
  return performance.now() - begin
}, { slower: SLOWER, javaScriptEnabled: false })

/** From a finger's lift to the frame that shows what it did. The floor is a bare button on the same page that changes its own text. */
const taps = () => withPage(async (page) => {
  await page.evaluate(() => {
    window.times = []
    const bare = Object.assign(document.createElement('button'), { ariaLabel: 'Off', textContent: 'Off', onclick: () => (bare.ariaLabel = bare.textContent = bare.ariaLabel === 'Off' ? 'On' : 'Off') })
    bare.id = 'bare'
    for (const [name, value] of Object.entries({ position: 'fixed', top: 0, left: 0, width: '44px', height: '44px', zIndex: 99 })) bare.style[name] = value === 0 ? '0' : String(value)
    document.body.append(bare)
    addEventListener('pointerup', ({ target, timeStamp }) => {
      const watch = new MutationObserver(() => {
        watch.disconnect()
        requestAnimationFrame(() => scheduler.postTask(() => times.push(performance.now() - timeStamp), { priority: 'user-blocking' })) // right after that frame
      })
      watch.observe(target.closest('button'), { attributeFilter: ['aria-label'] })
    }, true)
  })
  const measure = async (locator) => {
    for (let i = 0; i < TAPS; i++) {
      await locator.tap()
      await page.waitForFunction((n) => window.times.length > n, i)
      await page.waitForTimeout(120)
    }
    return page.evaluate(() => times.splice(0))
  }
  return { floor: await measure(page.locator('#bare')), shown: await measure(page.getByRole('button', { name: /^(Play|Pause) Bench$/ }).first()) }
}, { slower: SLOWER, path: '/' })

/** A flick through a long page: the times between frames, and tasks of more than 50 ms. */
async function scroll(page, cdp) {
  await page.evaluate(() => {
    Object.assign(window, { long: [], frames: [] })
    new PerformanceObserver((list) => long.push(...list.getEntries().map((each) => each.duration))).observe({ type: 'longtask' })
    let last = performance.now()
    const look = (now) => (frames.push(now - last), (last = now), requestAnimationFrame(look))
    requestAnimationFrame(look)
  })
  for (const distance of [-30_000, 12_000])
    await cdp.send('Input.synthesizeScrollGesture', { x: 195, y: 500, yDistance: distance, speed: 6000, gestureSourceType: 'touch' })
  return page.evaluate(() => ({ long, frames: frames.slice(2), reached: scrollY }))
}
const grid = () => withPage(scroll, { slower: SLOWER, path: '/' })
const plain = () => withPage(async (page, cdp) => {
  await page.setContent(`<meta name=viewport content=width=device-width>${'<p style="height:120px;background:#eee">x</p>'.repeat(1000)}`)
  return scroll(page, cdp)
}, { slower: SLOWER })

/** One phone pauses and plays; when the other has the event, and when it shows it. Both clocks are the machine's. */
const inStep = () => withPage((one) => withPage(async (two) => {
  await two.addInitScript(() => {
    const Plain = WebSocket
    window.WebSocket = class extends Plain {
      constructor(...all) {
        super(...all)
        this.addEventListener('message', ({ data }) => /"state:player"/.test(data) && (window.arrived = performance.timeOrigin + performance.now()))
      }
    }
  })
  await two.goto(BOX)
  const times = { arrived: [], shown: [] }
  const bar = 'section[aria-label="Now playing"] button:not([aria-label="Open the player"])'
  for (const page of [one, two]) await page.locator(bar).first().waitFor()
  for (let i = 0; i < CHANGES; i++) {
    const before = await one.locator(bar).first().getAttribute('aria-label')
    const shown = two.evaluate(([path, name]) => new Promise((resolve) => {
      const done = () => document.querySelector(path).ariaLabel !== name && (watch.disconnect(), requestAnimationFrame(() => resolve({ arrived: window.arrived, shown: performance.timeOrigin + performance.now() })))
      const watch = new MutationObserver(done)
      watch.observe(document.body, { subtree: true, attributes: true, childList: true })
    }), [bar, before])
    const clicked = await one.evaluate((path) => {
      const now = performance.timeOrigin + performance.now()
      document.querySelector(path).click()
      return now
    }, bar)
    const seen = await shown
    times.arrived.push(seen.arrived - clicked)
    times.shown.push(seen.shown - clicked)
    await one.waitForTimeout(60)
  }
  return times
}), { path: '/' })

const repeated = async (work, times = LOADS) => {
  const all = []
  for (let i = 0; i < times; i++) all.push(await work())
  return all
}

try {
  const first = await weight('/')
  const pages = {}
  for (const [name, path] of Object.entries(PAGES)) pages[name] = await weight(path, first.files)
  const report = { first, pages, grid: await repeated(firstGrid), bare: await repeated(bareDocument), taps: await taps(), scroll: await grid(), plain: await plain(), step: await inStep() }
  console.log(JSON.stringify(report, (key, value) => (key === 'files' ? undefined : value)))
} finally {
  await browser.close()
}
