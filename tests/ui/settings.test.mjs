import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, AxeBuilder, BOX, DESK, eventually, playlist, visit } from './rig.mjs'

let folk, night
before(async () => {
  folk = await playlist('Folk Songs', 1)
  night = await playlist('Good Night', 1)
  await playlist('For parents', 1)
})
const settings = () => ask('GET', '/api/settings')
const covers = async (page) => (await page.locator('main li button').evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))).toSorted()

test('the box gets a name, and every phone shows it', async (t) => {
  const page = await visit(t, '/settings', DESK)
  await page.getByRole('button', { name: /^Name of the box/ }).click()
  await page.getByRole('textbox', { name: 'Name of the box' }).fill('Küchenradio')
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Main' }).getByText('Küchenradio').waitFor()
  const other = await visit(t, '/')
  await other.getByRole('heading', { name: 'Küchenradio' }).waitFor()
  await eventually(async () => (await other.title()) === 'Küchenradio')
})

test('the box starts no louder than the parents say, and the ceiling is a wall for that', async (t) => {
  const page = await visit(t, '/settings')
  const start = page.getByRole('slider', { name: 'Loudest start' })
  await start.focus()
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowLeft')
  await eventually(async () => (await settings()).start_volume === 50)
  await page.getByRole('slider', { name: 'Loudest volume' }).focus()
  for (let i = 0; i < 14; i++) await page.keyboard.press('ArrowLeft')
  await eventually(async () => (await settings()).volume_ceiling === 30)
  assert.deepEqual([await start.getAttribute('aria-valuemax'), await start.getAttribute('aria-valuenow')], ['30', '30'])
  await start.focus()
  await page.keyboard.press('End')
  await eventually(async () => (await settings()).start_volume === 30)
  await ask('PUT', '/api/settings', { volume_ceiling: null, start_volume: null })
})

test('parents choose what the child’s page shows; a screen that is open follows, and so does all again', async (t) => {
  const child = await visit(t, '/child')
  await child.getByRole('button', { name: 'For parents' }).waitFor()
  const page = await visit(t, '/settings')
  await page.getByRole('button', { name: 'All playlists' }).click()
  await page.getByRole('radio', { name: /Only some/ }).check()
  await page.getByRole('checkbox', { name: 'For parents' }).click()
  await page.getByText('2 of 3 playlists').last().waitFor()
  await child.getByRole('button', { name: 'For parents' }).waitFor({ state: 'detached' })
  assert.deepEqual(await covers(child), ['Folk Songs', 'Good Night'])
  assert.deepEqual((await settings()).child_playlists.toSorted(), [folk, night].toSorted())
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])

  for (const name of ['Folk Songs', 'Good Night']) await page.getByRole('checkbox', { name }).click()
  await child.getByText('Nothing to hear in here yet.').waitFor()
  for (const name of ['Folk Songs', 'Good Night']) await page.getByRole('checkbox', { name }).click()
  await child.getByRole('button', { name: 'Good Night' }).waitFor()
  const late = await playlist('Came later', 1)
  await page.getByText('2 of 4 playlists').last().waitFor()
  await page.getByRole('radio', { name: /All playlists/ }).check()
  await child.getByRole('button', { name: 'Came later' }).waitFor()
  assert.equal((await settings()).child_playlists, null)
  await page.getByRole('button', { name: 'Done' }).click()
  await ask('DELETE', `/api/playlists/${late}`)
})

test('a screen without the PIN shows what was chosen, too', async (t) => {
  await ask('PUT', '/api/settings', { child_playlists: [night], pin: '4711' })
  const child = await visit(t, '/child', { forgive: [/status of 403/] })
  await child.getByRole('button', { name: 'Good Night' }).waitFor()
  assert.deepEqual(await covers(child), ['Good Night'])
  const entered = await fetch(`${BOX}/api/pin/session`, { method: 'POST', body: '{"pin":"4711"}', headers: { 'content-type': 'application/json' } })
  const cookie = entered.headers.getSetCookie()[0].split(';')[0]
  await fetch(`${BOX}/api/settings`, { method: 'PUT', body: '{"pin":null,"child_playlists":null}', headers: { 'content-type': 'application/json', cookie } })
})

test('parents choose what is brought to one loudness, and whether the box rings', async (t) => {
  const page = await visit(t, '/settings')
  await page.getByRole('radio', { name: /Each album/ }).check()
  await eventually(async () => (await settings()).loudness === 'album')
  await page.getByRole('checkbox', { name: /Sounds of the box/ }).click()
  await eventually(async () => (await settings()).sounds === false)
  await ask('PUT', '/api/settings', { loudness: null, sounds: null })
})

test('parents name where backups go, hear that no stick is there, and take it back', async (t) => {
  const page = await visit(t, '/settings', DESK)
  const where = page.getByRole('group', { name: 'Where to' })
  await where.getByRole('radio', { name: 'Another folder' }).check()
  await page.getByRole('button', { name: /^Folder/ }).click()
  await page.getByRole('textbox', { name: 'Folder' }).fill('/media/no-such-stick')
  await page.keyboard.press('Enter')
  await page.getByRole('status').filter({ hasText: 'No stick is plugged in for backups' }).waitFor()
  await page.getByRole('radio', { name: 'Every day' }).check()
  await eventually(async () => (await settings()).backup_every_days === 1)
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])
  await where.getByRole('radio', { name: 'Nowhere' }).check()
  await eventually(async () => (await settings()).backup_to === null)
  await ask('PUT', '/api/settings', { backup_every_days: null })
})
