// An audiobook with chapters: a real m4b, made by ffmpeg, as a parent would add it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, beforeEach, test } from 'node:test'
import { ask, AxeBuilder, DESK, eventually, fill, visit } from './rig.mjs'

const MINUTE = 60_000
const TITLES = ['The box in the attic', 'A key', '']
let id

/** A tone in three chapters of the same length. */
function chaptered(name, minutes, titles, ...codec) {
  const folder = mkdtempSync(join(tmpdir(), 'chapters-'))
  const about = titles.map((title, i) => `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${(i * minutes * MINUTE) / 3}\nEND=${((i + 1) * minutes * MINUTE) / 3}\ntitle=${title}\n`)
  writeFileSync(join(folder, 'about.txt'), `;FFMETADATA1\ntitle=The story\nartist=Somebody\n${about.join('')}`)
  const tone = ['-f', 'lavfi', '-i', `sine=440:d=${minutes * 60}:r=8000`, '-i', join(folder, 'about.txt'), '-map', '0', '-map_metadata', '1', '-map_chapters', '1']
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...tone, ...codec, join(folder, name)])
  const buffer = readFileSync(join(folder, name))
  rmSync(folder, { recursive: true })
  return { name, buffer }
}

before(async () => {
  ;({ id } = await ask('POST', '/api/playlists', { title: 'Stories' }))
  await fill(id, chaptered('story.m4b', 2, TITLES, '-c:a', 'aac', '-b:a', '16k'))
  await fill(id, chaptered('long.mp3', 21, TITLES, '-c:a', 'libmp3lame', '-b:a', '8k'))
})
const play = async (number) => {
  await ask('POST', `/api/playlists/${id}/play/${number}`)
  await eventually(async () => (await ask('GET', '/api/player/status')).state === 'playing')
}
beforeEach(() => play(1))

const chapter = async () => (await ask('GET', '/api/player/status')).chapter_index
const list = (page) => page.getByRole('region', { name: 'Chapters' })
const lit = (page) => list(page).locator('[aria-current=true]')
const open = async (t, options) => {
  const page = await visit(t, '/', options)
  await page.getByRole('button', { name: 'Open the player' }).click()
  await list(page).waitFor()
  return page
}

test('the chapter that is heard is lit, and a tap goes to another', async (t) => {
  const page = await open(t)
  assert.deepEqual(await list(page).getByRole('button').allInnerTexts().then((rows) => rows.map((row) => row.split('\n').at(-1))), ['0:00', '0:40', '1:20'])
  await lit(page).filter({ hasText: 'The box in the attic' }).waitFor()
  await list(page).getByRole('button', { name: 'A key' }).click()
  await lit(page).filter({ hasText: 'A key' }).waitFor()
  await eventually(async () => (await chapter()) === 1)
  await page.getByText('Chapter 2 of 3 · A key').waitFor()
  assert.equal(await page.locator('.tick').count(), 2)
})

test('a chapter that begins is seen at once, on every phone', async (t) => {
  const [here, there] = [await open(t), await open(t, DESK)]
  await ask('POST', '/api/player/seek', { position_ms: 40_000 - 1500 })
  for (const page of [here, there]) await lit(page).filter({ hasText: 'A key' }).waitFor()
  await eventually(async () => (await chapter()) === 1)
})

test('in a long track next, previous and the keyboard go by chapter; one without a title is called by its number', async (t) => {
  await play(2)
  const page = await open(t, DESK)
  await page.locator('dialog.player').getByRole('button', { name: 'Next', exact: true }).click()
  await eventually(async () => (await chapter()) === 1)
  await page.keyboard.press('ArrowRight')
  await eventually(async () => (await chapter()) === 2)
  await lit(page).filter({ hasText: 'Chapter 3' }).waitFor()
  await page.locator('dialog.player').getByRole('button', { name: 'Previous', exact: true }).click()
  await eventually(async () => (await chapter()) === 1)
  await list(page).getByRole('button', { name: 'The box' }).focus()
  await page.keyboard.press('Enter')
  await eventually(async () => (await chapter()) === 0)
})

test('the bar below says the chapter, and the playlist how many there are', async (t) => {
  const page = await visit(t, `/playlist/${id}`)
  await page.getByText('Somebody · 3 chapters').first().waitFor()
  await ask('POST', '/api/player/chapter', { index: 1 })
  await page.getByRole('region', { name: 'Now playing' }).getByText('A key').waitFor()
})

test('a chapter with a long title makes nothing wider than a phone', async (t) => {
  const { id: wordy } = await ask('POST', '/api/playlists', { title: 'Wordy' })
  await fill(wordy, chaptered('wordy.m4b', 2, ['The box in the attic, and who had been living there all along', '', ''], '-c:a', 'aac', '-b:a', '16k'))
  await ask('POST', `/api/playlists/${wordy}/start`)
  const page = await open(t)
  await list(page).getByText('all along').waitFor()
  const wide = await page.evaluate(() => [...document.querySelectorAll('dialog.player *')].filter((each) => !each.ownerSVGElement && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 120)))
  assert.deepEqual(wide, [])
})

test('a low window shows all that the player has to press', async (t) => {
  await play(2)
  const page = await open(t, { ...DESK, viewport: { width: 1280, height: 800 } })
  for (const name of ['15 seconds back', 'Shuffle', 'Sleep']) {
    const box = await page.locator('dialog.player').getByRole('button', { name }).boundingBox()
    assert.ok(box.y + box.height <= 800, `${name}: ${JSON.stringify(box)}`)
  }
})

test('in German, and dark, axe finds nothing', async (t) => {
  const page = await visit(t, '/', { locale: 'de-DE', colorScheme: 'dark' })
  await page.getByRole('button', { name: 'Player öffnen' }).click()
  await page.getByRole('region', { name: 'Kapitel' }).getByText('Kapitel 3').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), [])
})
