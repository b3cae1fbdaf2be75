// Each page of the site in TOMB_SITE, opened as a file, on a phone and a desktop: it asks nobody, has nothing to say on its
// console, its pictures and drawings are there, it is no wider than the screen, and its search finds.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { DESK, PATIENCE_MS, PHONE, launch } from '../ui/rig.mjs'

const SITE = process.env.TOMB_SITE
const pages = (await readdir(SITE, { recursive: true })).filter((name) => /^(docs|packaging|CHANGELOG).*\.html$/.test(name)).sort()

/** What is wrong with what this page loads and says from now on. */
function complaints(page) {
  const wrong = []
  page.setDefaultTimeout(PATIENCE_MS)
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(`${page.url()}: ${message.text()}`))
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error}`))
  page.on('requestfailed', (request) => wrong.push(`not there: ${request.url()}`))
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(`asked elsewhere: ${request.url()}`))
  return wrong
}

for (const [size, options, colorScheme] of [['phone', PHONE, 'dark'], ['desktop', DESK, 'light']])
  test(`the pages on a ${size}, ${colorScheme}`, async (t) => {
    const browser = await launch()
    t.after(() => browser.close())
    const page = await (await browser.newContext({ ...options, colorScheme })).newPage()
    const wrong = complaints(page)
    assert.ok(pages.length > 15)
    for (const name of pages) {
      await page.goto(String(pathToFileURL(join(SITE, name))))
      await page.waitForFunction(() => [...document.querySelectorAll('.drawing')].every((each) => each.matches('.drawn')))
      assert.equal(await page.locator('.drawing').count(), await page.locator('.drawing > svg').count(), `${name}: ${wrong}`)
      assert.deepEqual(await page.evaluate(() => [...document.images].filter((each) => each.naturalWidth === 0).map((each) => each.src)), [], name)
      assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, `${name} is wider than a ${size}`)
    }
    await page.goto(String(pathToFileURL(join(SITE, 'index.html'))))
    await page.waitForURL(/docs\/index\.html$/)
    await page.goto(String(pathToFileURL(join(SITE, 'search.html'))) + '?q=bedtime')
    await page.getByRole('main').getByRole('link', { name: /Limits/ }).waitFor()
    assert.deepEqual(wrong, [])
  })

test('the drawings follow the theme', async (t) => {
  const browser = await launch()
  t.after(() => browser.close())
  const page = await (await browser.newContext({ ...DESK, colorScheme: 'light' })).newPage()
  await page.goto(String(pathToFileURL(join(SITE, 'docs/machines.html'))))
  const light = await page.locator('.drawing.drawn > svg').first().innerHTML()
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.waitForFunction((before) => document.querySelector('.drawing > svg').innerHTML !== before, light)
})
