import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, network, playlist, sound, titles, visit } from './rig.mjs'

const QUIET = [/WebSocket/, /ERR_/, /Failed to load/]
async function pick(page, files) {
  await page.locator('main').getByRole('button', { name: 'Add music' }).first().click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles(files)
}

test('twenty files over a network that is cut in the middle, and one that is no sound', async (t) => {
  const id = await playlist('Many')
  const way = await network(t)
  const page = await visit(t, `/playlist/${id}`, { at: way.at, forgive: QUIET })
  const files = Array.from({ length: 20 }, (_, i) => sound(`${String(i + 1).padStart(2, '0')} Song.wav`, 700_000, 96_000))
  files.splice(7, 0, { name: 'Einkaufsliste.pdf', mimeType: 'application/pdf', buffer: Buffer.from('milk') })
  await pick(page, files)
  await eventually(async () => (await titles(id)).length > 0)
  way.cut()
  await page.getByText('Not a sound file. Nothing else is affected.').waitFor()
  await page.getByText('The box is out of reach.').waitFor({ state: 'attached' })
  const arrived = (await titles(id)).length
  assert.ok(arrived > 0 && arrived < 20, `${arrived}`)
  way.mend()
  await page.getByText('20 of 21 files · 1 left out').waitFor()
  assert.deepEqual((await titles(id)).toSorted(), Array.from({ length: 20 }, (_, i) => `${String(i + 1).padStart(2, '0')} Song`))
})

test('after a reload it says what is unfinished, and goes on with the same file', async (t) => {
  const id = await playlist('Interrupted')
  const page = await visit(t, `/playlist/${id}`)
  const folder = await mkdtemp(join(tmpdir(), 'tomb-'))
  t.after(() => rm(folder, { recursive: true }))
  const long = join(folder, 'A long story.wav')
  await writeFile(long, sound('', 12_000_000, 96_000).buffer)
  let chunks = 0
  await page.route('**/chunks/*', async (route) => {
    if (++chunks <= 5) await route.continue() // the others hang, as in a dead network
  })
  await pick(page, [long])
  await eventually(() => chunks > 6)
  await page.reload()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  let again = 0
  page.on('request', (request) => request.url().includes('/chunks/') && again++)
  await page.getByRole('button', { name: '0 of 1' }).click()
  await page.getByText('One file was interrupted.').waitFor()
  const chooser = (await page.getByRole('button', { name: 'Pick again' }).click(), page.waitForEvent('filechooser'))
  await page.getByRole('button', { name: 'Choose files' }).click()
  await (await chooser).setFiles([long])
  await page.getByText('1 of 1 files').waitFor()
  assert.deepEqual(await titles(id), ['A long story'])
  assert.ok(again < 12, `${again} chunks were sent again`)
})
