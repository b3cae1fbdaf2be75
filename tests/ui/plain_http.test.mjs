// As parents reach the box: http://box.local, which is no secure context, so that no API of one may be needed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, BOX, eventually, playlist, sound, titles, visit } from './rig.mjs'

test('at a name without HTTPS everything that matters works', async (t) => {
  const id = await playlist('Plain')
  const at = BOX.replace('127.0.0.1', 'box.local')
  const page = await visit(t, `/playlist/${id}`, { at })
  assert.equal(await page.evaluate(() => isSecureContext), false)
  await page.locator('main').getByRole('button', { name: 'Add music' }).first().click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles([sound('Over plain HTTP.wav', 240_000)])
  await page.getByText('1 of 1 files').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  assert.deepEqual(await titles(id), ['Over plain HTTP'])
  await page.getByRole('button', { name: 'Play Over plain HTTP' }).click()
  await eventually(async () => (await ask('GET', '/api/player/status')).active_playlist_id === id)
  await page.getByRole('region', { name: 'Now playing' }).getByText('Over plain HTTP').waitFor()
})

test('what browsers have for HTTPS alone is not offered, and not missed', async (t) => {
  await playlist('Untagged', 1)
  const at = BOX.replace('127.0.0.1', 'box.local')
  const page = await visit(t, '/system', { at, forgive: [/Cross-Origin-Opener-Policy/] })
  await page.getByText('For engineers').click()
  await page.getByRole('heading', { name: 'Log' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Copy the log' }).count(), 0)
  assert.deepEqual(await page.evaluate(() => ['serviceWorker' in navigator, 'clipboard' in navigator, 'NDEFReader' in window]), [false, false, false])
  await page.goto(`${at}/tags`)
  await page.getByRole('button', { name: 'New tag' }).first().click()
  await page.getByRole('timer').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Or hold it to this phone' }).count(), 0)
  await page.keyboard.press('Escape')
})

/** As behind a proxy that does not know it: each attempt fails, a little later. */
function withoutWebSocket() {
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onerror?.(new Event('error')), 10)
    }
    close() {}
  }
}

test('where WebSocket does not get through, polling does, and changes still come by themselves', async (t) => {
  const id = await playlist('Polled', 1)
  const page = await visit(t, `/playlist/${id}`, { first: withoutWebSocket })
  await page.getByRole('button', { name: 'Play Track 1' }).waitFor()
  await ask('PUT', `/api/playlists/${id}`, { title: 'Renamed elsewhere' })
  await page.getByRole('heading', { name: 'Renamed elsewhere' }).waitFor()
})
