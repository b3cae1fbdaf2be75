import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, BOX, eventually, network, playlist, visit } from './rig.mjs'

const QUIET = [/WebSocket/, /ERR_/, /Failed to load/]
let id
before(async () => {
  id = await playlist('Songs', 1, 400_000)
})
const player = (page, state) => page.getByRole('group', { name: `player: ${state}` }).waitFor()
const unfold = (page) => page.getByText('For engineers').click()
const start = () => ask('POST', `/api/playlists/${id}/start`, {})
const pause = () => ask('POST', '/api/player/pause', {})

test('the state diagrams are live: told of each move; only uploads, whose room tells nothing, are looked at again', async (t) => {
  const page = await visit(t)
  let asked = 0
  const sent = []
  page.on('request', (request) => request.url().endsWith('/api/system/machines') && asked++)
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => /machines/.test(payload) && sent.push(payload)))
  await page.reload()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'System' }).click()
  await unfold(page)
  await page.getByRole('button', { name: 'player', exact: true }).click()
  await start()
  await player(page, 'playing')
  await pause()
  await player(page, 'paused')
  await page.getByRole('button', { name: 'association', exact: true }).click()
  const { session_id } = await ask('POST', '/api/nfc/scan', { playlist_id: id })
  await page.getByRole('group', { name: 'association: waiting' }).waitFor()
  await ask('DELETE', `/api/nfc/session/${session_id}`)
  await page.getByRole('group', { name: 'association: cancelled' }).waitFor()
  const before = asked
  await page.waitForTimeout(3500)
  assert.equal(asked, before)
  await page.getByRole('button', { name: 'upload', exact: true }).click()
  await ask('POST', `/api/playlists/${id}/uploads/session`, { filename: 'a.wav', file_size: 9 })
  await page.getByRole('group', { name: /^upload: .*pending/ }).waitFor()
  await page.getByRole('link', { name: 'Home' }).click()
  await eventually(() => sent.some((each) => each.includes('leave:machines')))
  assert.equal(sent.filter((each) => each.includes('join:machines')).length, 1)
})

test('after a drop they are where the box is now', async (t) => {
  const way = await network(t)
  await start()
  const page = await visit(t, '/system', { at: way.at, forgive: QUIET })
  await unfold(page)
  await page.getByRole('button', { name: 'player', exact: true }).click()
  await player(page, 'playing')
  way.cut()
  await page.getByText('The box is out of reach.').waitFor()
  await player(page, 'playing') // what was on screen stays
  await pause()
  way.mend()
  await player(page, 'paused')
})

test('what ails a device is said in the language of the page', async (t) => {
  for (const [locale, words] of [['en-GB', ['No loudspeaker was found.', 'The reader’s service (pcscd) is not running.']], ['de-DE', ['Es wurde kein Lautsprecher gefunden.', 'Der Dienst des Lesers (pcscd) läuft nicht.']]]) {
    const page = await visit(t, '/', { locale })
    await page.route('**/api/health', async (route) => { // of what machine this runs on nothing depends
      const answer = await route.fetch()
      const told = await answer.json()
      told.data.details.audio.last_error = 'there is no sound output'
      told.data.details.nfc.last_error = 'The smart card daemon (pcscd) is not running.'
      await route.fulfill({ response: answer, json: told })
    })
    await page.goto(`${BOX}/system`)
    for (const each of words) await page.getByText(each).waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  }
})

test('a restart that was asked for is no failure, though the box leaves with its answer', async (t) => {
  const page = await visit(t, '/system', { forgive: QUIET })
  const restart = { name: 'Restart', exact: true }
  await page.getByRole('button', restart).click()
  await page.getByRole('dialog').getByRole('button', restart).click()
  await page.getByText('The box restarts.').waitFor()
  assert.equal(await page.getByText('The box did not answer').count(), 0)
  await eventually(async () => (await fetch(`${BOX}/api/health`).catch(() => null))?.ok)
})
