import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, BOX, eventually, playlist, visit } from './rig.mjs'

let id
before(async () => {
  id = await playlist('Songs', 1)
})
const FORBIDDEN = [/status of 403/]

test('the PIN is set, asked for once, refused when wrong; playing stays free', async (t) => {
  const parent = await visit(t, '/settings')
  await parent.getByRole('button', { name: 'Choose a PIN' }).click()
  await parent.getByLabel('Parents’ PIN').fill('4711')
  await parent.getByRole('button', { name: 'Save' }).click()
  await parent.getByText('The PIN is set.').waitFor()

  const page = await visit(t, `/playlist/${id}`, { forgive: FORBIDDEN })
  await page.getByRole('button', { name: 'Play Track 1' }).click()
  await eventually(async () => (await ask('GET', '/api/player/status')).active_playlist_id === id)
  const rename = async (title) => {
    await page.getByRole('button', { name: /^Name: / }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill(title)
    await page.keyboard.press('Enter')
  }
  await rename('New name')
  await page.getByLabel('Parents’ PIN').fill('0000')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the PIN.').waitFor()
  await page.getByLabel('Parents’ PIN').fill('4711')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'New name' }).waitFor()
  await rename('Another name') // not asked again
  await page.getByRole('heading', { name: 'Another name' }).waitFor()

  const stranger = await visit(t, `/playlist/${id}`, { forgive: FORBIDDEN })
  await stranger.getByRole('button', { name: /^Name: / }).click()
  await stranger.getByRole('textbox', { name: 'Name' }).fill('Mine')
  await stranger.keyboard.press('Enter')
  await stranger.getByLabel('Parents’ PIN').waitFor()
  await stranger.keyboard.press('Escape')
  await stranger.getByText('That needs the PIN.').waitFor()
  await stranger.getByRole('heading', { name: 'Another name' }).waitFor()
  await parent.getByRole('button', { name: 'Remove it' }).click()
  await eventually(async () => (await fetch(`${BOX}/api/settings`)).ok)
})

test('a page for parents asks for the PIN once, by itself never again, and shows all after it; nothing comes in a burst', async (t) => {
  await ask('PUT', '/api/settings', { pin: '4711' })
  const looks = async (page) => { // the page looks at the health of the box, which is for all, every few seconds
    for (let i = 0; i < 2; i++) await page.waitForResponse((answer) => answer.url().endsWith('/api/health'))
  }
  const page = await visit(t, '/system', { forgive: FORBIDDEN })
  const answers = []
  page.on('response', (answer) => answers.push([answer.status(), new URL(answer.url()).pathname]))
  await page.getByLabel('Parents’ PIN').waitFor()
  const asked = () => answers.filter(([status]) => status === 403).length
  const before = asked()
  await looks(page) // it stays open; who waits for it does not pile up
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Enter the PIN' }).waitFor()
  await looks(page)
  assert.equal(await page.getByLabel('Parents’ PIN').count(), 0)
  assert.ok(asked() - before <= 5, `${asked() - before} refused`) // those of the opening, none of the looks

  await page.goto(`${BOX}/settings`)
  await page.getByLabel('Parents’ PIN').waitFor()
  await page.keyboard.press('Escape')
  for (const path of ['/tags', '/bin', '/buttons']) {
    await page.getByRole('button', { name: 'Enter the PIN' }).waitFor()
    await page.goto(BOX + path)
    await page.getByLabel('Parents’ PIN').waitFor()
    await page.keyboard.press('Escape')
  }
  await page.getByRole('button', { name: 'Enter the PIN' }).waitFor()

  await page.goto(`${BOX}/system`)
  await page.getByLabel('Parents’ PIN').waitFor()
  await looks(page)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Enter the PIN' }).click()
  await page.getByLabel('Parents’ PIN').fill('4711')
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: 'What fills the disk' }).getByRole('link').first().waitFor()
  await page.goto(`${BOX}/settings`)
  await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Name of the box' }).waitFor()
  assert.deepEqual(answers.filter(([status]) => status === 429), [])

  const german = await visit(t, '/system', { locale: 'de-DE', forgive: FORBIDDEN })
  await german.getByLabel('Eltern-PIN').waitFor()
  await german.keyboard.press('Escape')
  await german.getByRole('button', { name: 'PIN eingeben' }).click()
  await german.getByLabel('Eltern-PIN').fill('4711')
  await german.keyboard.press('Enter')
  await german.getByRole('region', { name: 'Was die Platte füllt' }).getByRole('link').first().waitFor()

  const parent = await visit(t, '/settings', { forgive: FORBIDDEN })
  await parent.getByLabel('Parents’ PIN').fill('4711')
  await parent.keyboard.press('Enter')
  await parent.getByRole('button', { name: 'Remove it' }).click()
  await eventually(async () => (await fetch(`${BOX}/api/settings`)).ok)
})

test('theme and language are this phone’s own, and stay', async (t) => {
  const page = await visit(t, '/settings')
  await page.getByRole('radio', { name: 'Dark' }).click()
  await page.getByRole('radio', { name: 'Deutsch' }).click()
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark')
})

test('the ceiling is a wall for the volume', async (t) => {
  const page = await visit(t, '/settings')
  const slider = page.getByRole('slider', { name: 'Loudest volume' })
  await slider.focus()
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft')
  await eventually(async () => (await ask('GET', '/api/settings')).volume_ceiling === 80)
  await page.getByRole('button', { name: 'Open the player' }).click()
  await page.getByText('Not louder than 80').waitFor()
  const volume = page.getByRole('slider', { name: 'Volume', exact: true })
  await volume.focus()
  await page.keyboard.press('End')
  await eventually(async () => (await ask('GET', '/api/player/status')).volume === 80)
})
