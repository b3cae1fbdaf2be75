import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, AxeBuilder, DESK, eventually, lift, place, playlist, sound, titles, visit } from './rig.mjs'

const TAG = '04A1B2C3'
const settings = () => ask('GET', '/api/settings')
const heading = (page, name) => page.getByRole('heading', { name, exact: true })
const press = (page, name) => page.getByRole('button', { name, exact: true }).click()
async function clean(page) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html.slice(0, 160)).join(' | ')}`), [])
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('button, input:not(.hidden), [role=slider]')]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 43.5).map((each) => each.outerHTML.slice(0, 140))), [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
}

test('each screen can be skipped, in both languages, and fits the smallest phone; a reload comes back to it', async (t) => {
  for (const [locale, hello, skip, loud, music] of [['en-GB', 'Hello!', 'Skip', 'How loud may it get?', 'What shall the first tag play?'], ['de-DE', 'Hallo!', 'Überspringen', 'Wie laut darf sie werden?', 'Was soll der erste Tag spielen?']]) {
    const page = await visit(t, '/', { viewport: { width: 320, height: 568 }, locale, colorScheme: locale === 'de-DE' ? 'dark' : 'light' })
    for (const each of [hello, loud, music]) {
      await heading(page, each).waitFor()
      await clean(page)
      if (each === loud) {
        await page.reload()
        await heading(page, loud).waitFor()
      }
      if (each !== music) await press(page, skip)
    }
  }
  const { box_name, volume_ceiling, first_run } = await settings()
  assert.deepEqual({ box_name, volume_ceiling, first_run }, { box_name: '', volume_ceiling: 100, first_run: true })
})

test('how loud it may get is heard, and nothing of that stays', async (t) => {
  const id = await playlist('Folk Songs', 1, 240_000) // named and described as the demo's
  await ask('PUT', `/api/playlists/${id}`, { description: 'Three tunes that everybody can sing.' })
  await ask('POST', '/api/player/volume', { volume: 35 })
  const page = await visit(t)
  await press(page, 'Skip')
  const status = async () => {
    const { is_playing, volume } = await ask('GET', '/api/player/status')
    return `${is_playing} ${volume}`
  }
  await press(page, 'Hear it')
  await eventually(async () => (await status()) === 'true 100')
  await page.getByText('no loudspeaker at the moment').waitFor()
  const slider = page.getByRole('slider', { name: 'Loudest volume' })
  await slider.focus()
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageDown')
  await eventually(async () => (await status()) === 'true 70')
  await page.keyboard.press('PageUp')
  await eventually(async () => (await status()) === 'true 80')
  await press(page, 'Next')
  await eventually(async () => (await status()) === 'false 35')
  await page.getByRole('radio', { name: 'Folk Songs', checked: true }).waitFor()
  await ask('PUT', '/api/settings', { volume_ceiling: null })
  await ask('DELETE', `/api/playlists/${id}`)
})

test('from an empty box through the first screens to a tag that plays; nobody sees them again', async (t) => {
  const page = await visit(t)
  const other = await visit(t, '/', DESK) // looks on from its own first screen
  await heading(other, 'Hello!').waitFor()
  await page.getByLabel('What is the box called?').fill('Tilda’s box')
  await page.keyboard.press('Enter')

  const slider = page.getByRole('slider', { name: 'Loudest volume' })
  await slider.focus()
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowLeft')
  await page.getByText('as loud as a talk in the living room').waitFor()
  await eventually(async () => (await settings()).volume_ceiling === 60)
  await press(page, 'Next')

  await heading(page, 'What shall the first tag play?').waitFor()
  const chooser = page.waitForEvent('filechooser')
  await press(page, 'Music from this device')
  await (await chooser).setFiles([sound('01 Guten Abend.wav', 240_000), { name: 'list.pdf', mimeType: 'application/pdf', buffer: Buffer.from('milk') }])
  await page.getByText('1 of 2 files').waitFor()
  await page.getByText('One file was left out').waitFor()
  await clean(page)
  await press(page, 'Next')

  await heading(page, 'Now the first tag').waitFor()
  assert.equal(await page.locator('.ring').count(), 0) // nobody listens yet, so nothing looks like it
  await clean(page)
  await press(page, 'I have a tag here')
  await page.getByRole('timer').waitFor()
  await place(TAG)
  await page.getByText('Tag 04 A1 B2 C3 plays “Our first songs”.').waitFor()
  await press(page, 'Done')
  await heading(page, 'And now: tap it').waitFor()
  await lift()
  await press(page, 'Put on')
  await heading(page, 'It plays!').waitFor()
  await page.getByText('no loudspeaker at the moment').waitFor() // the box of the tests is silent
  await clean(page)
  await eventually(async () => (await ask('GET', '/api/player/status')).is_playing)
  await press(page, 'To the playlists')
  await heading(page, 'Tilda’s box').waitFor()
  await eventually(async () => (await ask('GET', '/api/nfc/status')).tag_present === null) // what the page put on is gone, so that another can be linked
  await page.getByText('Our first songs').first().waitFor()
  assert.equal((await settings()).box_name, 'Tilda’s box')
  await eventually(async () => (await settings()).welcomed === true) // the page does not wait for it
  const [list] = (await ask('GET', '/api/playlists')).playlists
  assert.deepEqual([list.title, await titles(list.id)], ['Our first songs', ['01 Guten Abend']])

  await heading(other, 'Playlists').waitFor() // one that looked on is let go, too

  await ask('DELETE', `/api/playlists/${list.id}`) // as empty as before, and yet
  const stranger = await visit(t, '/')
  for (const each of [stranger, page, other]) {
    await each.reload()
    await each.getByRole('button', { name: /Make a playlist/ }).waitFor()
    assert.equal(await each.title(), 'Tilda’s box')
  }
})
