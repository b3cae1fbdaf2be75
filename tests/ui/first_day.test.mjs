import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, eventually, lift, place, sound, tap, titles, visit } from './rig.mjs'

const TAG = '04A1B2C3'

test('from an empty box to a tag that plays', async (t) => {
  const page = await visit(t)
  await page.getByRole('button', { name: 'End the welcome' }).click()
  await page.getByRole('button', { name: /Make a playlist/ }).click()
  await page.getByLabel('Name').fill('Lullabies')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Lullabies' }).waitFor()
  const [id] = (await ask('GET', '/api/playlists')).playlists.map((each) => each.id)

  await page.locator('main').getByRole('button', { name: 'Add music' }).click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles([sound('01 Guten Abend.wav', 240_000), sound('02 La Le Lu.wav')])
  await page.getByText('2 of 2 files').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Play 01 Guten Abend' }).waitFor()
  assert.equal((await titles(id)).length, 2)

  await page.getByRole('button', { name: 'Link a tag' }).click()
  await page.getByRole('timer').waitFor()
  await place(TAG)
  await page.getByText(`Tag 04 A1 B2 C3 plays “Lullabies”.`).waitFor()
  await lift()
  await page.getByRole('button', { name: 'Done' }).click()

  await tap(TAG)
  await page.getByRole('region', { name: 'Now playing' }).getByText('01 Guten Abend').waitFor()
  await eventually(async () => (await page.title()).startsWith('01 Guten Abend'))
  await page.getByRole('region', { name: 'Now playing' }).getByRole('button', { name: 'Pause', exact: true }).click()
  await eventually(async () => (await ask('GET', '/api/player/status')).state === 'paused')
})

test('by keyboard alone: a list, a file, a link, a play', async (t) => {
  const page = await visit(t, '/', { viewport: { width: 1280, height: 860 }, hasTouch: false, isMobile: false })
  const on = async (name, key = 'Enter') => {
    await eventually(async () => {
      const here = await page.evaluate(() => document.activeElement === document.body ? '' : document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '')
      if (here.includes(name)) return true
      await page.keyboard.press('Tab')
      return false
    })
    await page.keyboard.press(key)
  }
  await page.getByRole('heading', { name: 'Playlists' }).waitFor()
  await on('New playlist')
  await page.getByLabel('Name').waitFor()
  await page.keyboard.type('By keyboard')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'By keyboard' }).waitFor()
  await on('Add music')
  const chooser = page.waitForEvent('filechooser')
  await on('Choose files')
  await (await chooser).setFiles([sound('Typed.wav', 240_000)])
  await page.getByText('1 of 1 files').waitFor()
  await on('Done')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await on('Link a tag')
  await page.getByRole('timer').waitFor()
  await place('04000001')
  await page.getByText('plays “By keyboard”').waitFor()
  await lift()
  await on('Done')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await on('Play Typed')
  await eventually(async () => (await ask('GET', '/api/player/status')).active_track_title === 'Typed')
  await page.evaluate(() => document.activeElement.blur())
  await page.keyboard.press(' ')
  await eventually(async () => (await ask('GET', '/api/player/status')).state === 'paused')
  await page.keyboard.press('m')
  await eventually(async () => (await ask('GET', '/api/player/status')).muted)
  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keyboard', exact: true }).waitFor()
})
