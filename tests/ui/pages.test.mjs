import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ask, BOX, DESK, PHONE, place, playlist, visit } from './rig.mjs'

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsgeschichten, gelesen von jemandem mit einem sehr langen Namen, '.repeat(2).slice(0, 200).trim()
const pages = new Map([['home', '/'], ['tags', '/tags'], ['settings', '/settings'], ['system', '/system'], ['cards', '/cards'], ['child', '/child'], ['bin', '/bin'], ['limits', '/limits'], ['stats', '/stats'], ['buttons', '/buttons'], ['nowhere', '/no/such/page']])

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

for (const [name, locale] of [['English', 'en-GB'], ['German', 'de-DE']])
  test(`nothing is wider than a phone of 320 px, in ${name}`, async (t) => {
    const page = await visit(t, '/', { viewport: { width: 320, height: 640 }, locale })
    for (const [where, path] of pages) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator('h1, h2').first().waitFor()
      // What an SVG draws beyond its box is clipped there: a generated cover's circles, by the playlist's id.
      const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((each) => !each.ownerSVGElement && each.getBoundingClientRect().right > innerWidth + 1 && !each.closest('.overflow-x-auto, .sheets')).map((each) => each.outerHTML.slice(0, 120)))
      assert.deepEqual(wide, [], where)
    }
  })

test('targets of a finger are 44 px or more', async (t) => {
  const page = await visit(t)
  for (const [where, path] of pages) {
    await page.goto(new URL(path, page.url()).href)
    await page.locator('h1, h2').first().waitFor()
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a[href], input:not(.hidden), [role=slider], select')]
      .map((each) => (/radio|checkbox/.test(each.type) ? each.closest('label') : each)) // whose label takes the finger too
      .filter((each) => !each.classList.contains('sr-only') && each.checkVisibility() && each.getBoundingClientRect().height > 0 && each.getBoundingClientRect().height < 43.5)
      .map((each) => `${Math.round(each.getBoundingClientRect().height)} ${each.outerHTML.slice(0, 140)}`))
    assert.deepEqual(small, [], where)
  }
})

test('the first screen stays within its budget', async (t) => {
  const page = await visit(t)
  const loaded = new Set()
  page.on('request', (request) => loaded.add(new URL(request.url()).pathname))
  await page.reload()
  await page.getByRole('button', { name: 'Play Folk Songs' }).waitFor()
  const size = async (ending) => {
    let sum = 0
    for (const path of loaded) if (path.endsWith(ending)) sum += gzipSync(await readFile(new URL(`../../tomb/http/static${path}`, import.meta.url)), { level: 9 }).length
    return sum / 1000
  }
  const [js, css] = [await size('.js'), await size('.css')]
  t.diagnostic(`gzip: ${js.toFixed(1)} kB of JavaScript, ${css.toFixed(1)} kB of CSS to the first screen`)
  assert.ok(js > 20 && js <= 110, `${js} kB`)
  assert.ok(css > 2 && css <= 20, `${css} kB`)
})

test('cards are printed in their true size, on the paper that was chosen', async (t) => {
  const page = await visit(t, '/cards', DESK)
  for (const [shape, width, height] of [['Bank card', 85.6, 54], ['Round, 30 mm', 30, 30], ['CD case', 120, 120]]) {
    await page.getByRole('radio', { name: shape }).click()
    await page.getByRole('radio', { name: 'A4' }).click()
    await page.emulateMedia({ media: 'print' })
    await page.waitForFunction(() => getComputedStyle(document.querySelector('.sheet')).zoom === '1') // the preview is smaller
    const cards = await page.locator('[data-card]').evaluateAll((all) => all.map((each) => {
      const { width, height, left, top } = each.getBoundingClientRect()
      const sheet = each.closest('.sheet').getBoundingClientRect()
      return { width, height, left: left - sheet.left, top: top - sheet.top }
    }))
    const mm = (px) => (px * 25.4) / 96
    assert.equal(cards.length, 3)
    for (const card of cards) {
      assert.ok(Math.abs(mm(card.width) - width) < 0.1 && Math.abs(mm(card.height) - height) < 0.1, JSON.stringify(card))
      assert.ok(mm(card.left) >= 10 && mm(card.left + card.width) <= 200 && mm(card.top + card.height) <= 287)
    }
    await page.emulateMedia({ media: 'screen' })
  }
  const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1')
  const [, wide, high] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf)
  assert.ok(Math.abs((wide * 25.4) / 72 - 210) < 0.5 && Math.abs((high * 25.4) / 72 - 297) < 0.5, `${wide} x ${high}`)
})

test('the child’s page: a tap on a cover plays, and the corner must be held to leave', async (t) => {
  const page = await visit(t, '/child')
  await page.getByRole('button', { name: 'Folk Songs' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.getByRole('button', { name: 'Leave: hold for three seconds' }).click()
  assert.ok(page.url().endsWith('/child'))
  const corner = await page.getByRole('button', { name: 'Leave: hold for three seconds' }).boundingBox()
  await page.mouse.move(corner.x + 20, corner.y + 20)
  await page.mouse.down()
  await page.waitForURL((url) => url.pathname === '/')
  await page.mouse.up()
  await ask('POST', '/api/player/pause', {})
})

test('what fills the disk: the largest playlist first, with the bin, and each leads there', async (t) => {
  const gone = await playlist('Gone', 1, 400_000)
  await ask('DELETE', `/api/playlists/${gone}`)
  const page = await visit(t, '/system')
  const fills = page.getByRole('region', { name: 'What fills the disk' })
  await fills.getByRole('link', { name: /Bin 400 kB/ }).waitFor()
  assert.match(await fills.getByRole('listitem').first().innerText(), /Folk Songs\s+64 kB/)
  const bars = await fills.locator('.bar').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().width))
  assert.ok(bars[0] > bars[1] && bars.at(-1) > bars[0] && bars[1] > 0, `${bars}`)
  await fills.getByRole('link', { name: /Folk Songs/ }).click()
  await page.getByRole('heading', { name: 'Folk Songs' }).waitFor()
})

test('a track that had to be skipped, and gaps, are said where it is said what plays, in the family’s language', async (t) => {
  await ask('POST', `/api${pages.get('playlist').replace('playlist', 'playlists')}/start`, {})
  for (const [locale, skipped, gaps, open] of [['en-GB', '“Lied 3” cannot be played, and was skipped.', 'The sound had gaps', 'Open the player'], ['de-DE', '„Lied 3“ lässt sich nicht abspielen', 'Der Ton hatte Lücken', 'Player öffnen']]) {
    let box
    const page = await visit(t, '/', { locale, sockets: (each) => (box = each) })
    const bar = page.getByRole('button', { name: open })
    await bar.waitFor()
    const tell = (title) => box.send(`42["sound_trouble",${JSON.stringify({ kind: title === null ? 'gaps' : 'skipped', message: 'no', skipped: title, server_seq: 1 })}]`)
    tell('Lied 3')
    await bar.getByText(skipped).waitFor()
    await bar.click()
    await page.locator('dialog').getByText(skipped).waitFor()
    tell(null)
    await page.locator('dialog').getByText(gaps).waitFor()
  }
  await ask('POST', '/api/player/pause', {})
})

test('what works and what stands in differ in more than their colour', async (t) => {
  const page = await visit(t, '/system')
  const shape = (state) => page.locator(`[data-sign="${state}"]`).first().evaluate((each) => each.innerHTML)
  assert.notEqual(await shape('up'), await shape('stand-in'))
})

test('what works is folded up, and what there is to say is not', async (t) => {
  const page = await visit(t, '/system')
  await page.getByText('Tag reader', { exact: true }).waitFor() // it is virtual
  assert.equal(await page.getByText('Library', { exact: true }).isVisible(), false)
  await page.getByText(/^\d+ parts work$/).click()
  await page.getByText('Library', { exact: true }).waitFor()
})

test('what is for engineers is folded up, and not asked for before it is shown', async (t) => {
  const asked = []
  const page = await visit(t)
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(`${BOX}/system`)
  await page.getByText(/^\d+ parts work$/).waitFor()
  await page.getByRole('region', { name: 'What fills the disk' }).getByRole('link').first().waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Log' }).count(), 0)
  assert.deepEqual(asked.filter((each) => /logs|machines/.test(each)), [])
  await page.getByText('For engineers').click()
  for (const name of ['Log', 'What the box has in mind']) await page.getByRole('heading', { name }).waitFor()
  await page.getByRole('link', { name: 'The API, for programmers' }).waitFor()
})

test('on a wide screen the panels of the System page leave no hole', async (t) => {
  const page = await visit(t, '/system', DESK)
  await page.getByRole('heading', { name: 'Restart and switch off' }).waitFor()
  await page.waitForLoadState('networkidle')
  const panels = await page.locator('main .panel').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON()))
  const width = Math.max(...panels.map((each) => each.width))
  for (const panel of panels) { // each row is full: one panel as wide as all, or two that are equally high
    const row = panels.filter(({ top }) => Math.abs(top - panel.top) < 1)
    assert.equal(row.length, panel.width > width - 1 ? 1 : 2, JSON.stringify(panel))
    assert.ok(Math.abs(row[0].bottom - row.at(-1).bottom) < 1, JSON.stringify(row))
  }
})

for (const [size, options] of [['phone', PHONE], ['smallest phone', { viewport: { width: 320, height: 640 } }], ['desktop', DESK]])
  test(`the way out of the child’s page covers no cover: ${size}`, async (t) => {
    const page = await visit(t, '/child', options)
    await page.getByRole('button', { name: 'Folk Songs' }).waitFor()
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    const box = (name) => page.getByRole('button', { name }).boundingBox()
    const [out, last] = [await box('Leave: hold for three seconds'), await page.locator('main li').last().boundingBox()]
    assert.ok(last.y + last.height <= out.y, JSON.stringify({ out, last }))
    assert.ok(out.x + out.width > options.viewport.width - 60 && out.width >= 44)
    assert.ok((await page.getByRole('slider', { name: 'Volume' }).boundingBox()).width > 60)
  })
