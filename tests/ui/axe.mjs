// Every page, dialog, sheet and state, for axe-core to look at: light and dark, by axe_phone.test.mjs and axe_desktop.test.mjs.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ask, AxeBuilder, lift, place, playlist, sound, visit } from './rig.mjs'

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänsgeschichten, gelesen von jemandem mit einem sehr langen Namen, '.repeat(2).slice(0, 200).trim()
const QUIET = [/WebSocket/, /ERR_/, /Failed to load/, /status of 4/]
let folk, long, empty
before(async () => {
  folk = await playlist('Folk Songs', 4)
  long = await playlist(LONG, 1)
  empty = await playlist('Empty', 0)
  await ask('POST', '/api/nfc/associate', { playlist_id: folk, tag_id: '04A1B2C3' })
  await ask('PUT', '/api/tags/04A1B2C4', { action: { action: 'next' } })
  await ask('PUT', '/api/tags/04A1B2C4', { name: 'Red dinosaur' })
  await ask('DELETE', `/api/playlists/${await playlist('Deleted', 1)}`)
  await ask('POST', `/api/playlists/${folk}/start`, {})
  await ask('POST', '/api/player/pause', {})
})

const button = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click()
const menu = (of, entry) => async (page) => {
  await button(`More for ${of}`)(page)
  if (entry) await button(entry)(page)
}
const picked = (name, ...files) => async (page) => {
  const chooser = page.waitForEvent('filechooser')
  await button(name)(page)
  await (await chooser).setFiles(files)
}
const heading = (name) => (page) => page.getByRole('heading', { name }).waitFor()
const linking = async (page) => {
  await button('Link a tag')(page)
  await page.getByRole('timer').waitFor()
}
const all = (...steps) => async (page) => {
  for (const step of steps) await step(page)
}

/** What is looked at; where it begins; what leads to it, and what ends it. */
const states = () => [
  ['home', '/'],
  ['home, searching', '/', all(button('Search'), (page) => page.getByRole('searchbox').fill('nothing like it'), (page) => page.getByText('Nothing is called').waitFor())],
  ['new playlist', '/', (page) => page.getByRole('button', { name: 'New playlist' }).filter({ visible: true }).click()],
  ['player', '/', all(button('Open the player'), (page) => page.getByRole('button', { name: 'Shuffle' }).waitFor())],
  ['sleep timer', '/', all(button('Open the player'), button('Sleep'), heading('Sleep timer'))],
  ['keys', '/', all((page) => page.keyboard.press('?'), heading('Keyboard'))],
  ['playlist', `/playlist/${folk}`],
  ['empty playlist', `/playlist/${empty}`],
  ['long title', `/playlist/${long}`],
  ['editing the title', `/playlist/${long}`, (page) => page.getByRole('button', { name: /^Name: / }).click()],
  ['playlist menu', `/playlist/${folk}`, menu('Folk Songs')],
  ['track menu', `/playlist/${folk}`, menu('Track 1')],
  ['renaming a track', `/playlist/${folk}`, menu('Track 1', 'Rename')],
  ['moving a track', `/playlist/${folk}`, all(menu('Track 1', 'Move to another playlist'), heading('Move to another playlist'))],
  ['selecting', `/playlist/${folk}`, all(menu('Folk Songs', 'Select tracks'), (page) => page.getByRole('checkbox', { name: 'Track 2' }).click())],
  ['how it plays', `/playlist/${folk}`, all(menu('Folk Songs', 'How it plays'), heading('How it plays'))],
  ['listening here', `/playlist/${folk}`, all(menu('Track 1', 'Listen on this device'), (page) => page.getByRole('region', { name: 'On this device' }).waitFor())],
  ['undo', `/playlist/${folk}`, all(menu('Track 4', 'Delete'), (page) => page.getByText('is deleted.').waitFor())],
  ['adding: where to', '/', all((page) => page.getByRole('button', { name: /^Add( music)?$/ }).filter({ visible: true }).first().click(), heading('Where should the music go?'))],
  ['adding: what', `/playlist/${folk}`, all(button('Add music'), heading('Add to'))],
  ['the tray', `/playlist/${empty}`, all(button('Add music'), picked('Choose files', { name: 'List.pdf', mimeType: 'application/pdf', buffer: Buffer.from('milk') }), (page) => page.getByText('Not a sound file.').waitFor())],
  ['linking: waiting', `/playlist/${long}`, linking, (page) => page.getByRole('button', { name: 'Cancel' }).click()],
  ['linking: duplicate', `/playlist/${long}`, all(linking, () => place('04A1B2C3'), heading('This tag plays')), all((page) => page.getByRole('button', { name: /^Keep/ }).click(), lift)],
  ['linking: used', `/playlist/${long}`, all(linking, () => place('04A1B2C4'), heading('This tag already does something')), all(button('Leave it as it is'), lift)],
  ['linking: success', `/playlist/${long}`, all(linking, () => place('04A1B2E1'), heading('Linked')), all(lift, () => ask('DELETE', '/api/nfc/associate/04A1B2E1'))],
  ['linking: timeout', `/playlist/${long}`, all((page) => page.route('**/api/nfc/scan', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), timeout_ms: 1000 }) })), button('Link a tag'), heading('No tag came')), (page) => page.unroute('**/api/nfc/scan')],
  ['linking: cancelled', `/playlist/${long}`, all(linking, () => ask('POST', '/api/nfc/scan', { playlist_id: folk, timeout_ms: 1000 }), heading('Stopped'))],
  ['linking: error', `/playlist/${long}`, all((page) => page.route('**/api/nfc/scan', (route) => route.fulfill({ status: 409, json: { status: 'error', message: 'no', error_type: 'conflict', details: null } })), button('Link a tag'), heading('That did not work')), (page) => page.unroute('**/api/nfc/scan')],
  ['linking: what for', '/tags', all(button('New tag'), (page) => page.getByRole('timer').waitFor(), () => place('04A1B2E2'), heading('What should this tag play?')), lift],
  ['a new tag on the box', '/', all(() => place('04A1B2E3'), (page) => page.getByText('A new tag lies on the box').waitFor()), lift],
  ['tags', '/tags', all(() => place('04A1B2C3'), (page) => page.getByText('on the box now').waitFor()), lift],
  ['naming a tag', '/tags', all(menu('Next track', 'Name this tag'))],
  ['a tag’s playlist', '/tags', all(menu('Next track', 'Play a playlist'))],
  ['a tag’s action', '/tags', all(menu('Next track', 'Do something else'))],
  ['cards', '/cards'],
  ['child', '/child'],
  ['limits', '/limits', heading('The week')],
  ['limits of a day', '/limits', (page) => page.getByRole('button', { name: /^Change Monday/ }).click()],
  ['what was heard', '/stats', heading('Minutes a day')],
  ['bin', '/bin', heading('Bin')],
  ['the end of something', '/bin', menu('Deleted', 'Delete for good')],
  ['emptying the bin', '/bin', button('Empty')],
  ['buttons', '/buttons', heading('No button, knob or remote was found.')],
  ['settings', '/settings', heading('Loudest volume')],
  ['choosing a PIN', '/settings', all(button('Choose a PIN'))],
  ['system', '/system', all((page) => page.getByText('For engineers').click(), (page) => page.getByRole('button', { name: 'player', exact: true }).waitFor())],
  ['restart', '/system', all(button('Restart'), heading('Restart the box?'))],
  ['switching off', '/system', all(button('Switch off'), heading('Switch the computer off?'))],
  ['restore', '/system', picked('Restore', { name: 'box.tar', mimeType: 'application/x-tar', buffer: Buffer.from('') })],
  ['nowhere', '/no/such/page'],
  ['refused', `/playlist/${folk}`, all((page) => page.route('**/reorder', (route) => route.fulfill({ status: 409, json: { status: 'error', message: 'no', error_type: 'conflict', details: null } })), menu('Track 2', 'Move up'), (page) => page.getByText('Somebody changed this').waitFor())],
  ['the PIN is asked for', '/', all((page) => page.route('**/api/settings', (route) => route.fulfill({ status: 403, json: { status: 'error', message: 'no', error_type: 'forbidden', details: { pin_required: true } } })), (page) => page.getByRole('link', { name: 'Settings' }).click(), heading('For parents')), (page) => page.unroute('**/api/settings')],
  ['loading', '/', async (page) => {
    await page.routeWebSocket(/socket\.io/, () => {})
    await page.reload()
    await page.getByText('Looking for the box').waitFor()
  }],
]

/** `rule`: that one alone. */
async function clean(page, where, rule) {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] })
  const { violations, passes } = await (rule === undefined ? axe : axe.withRules([rule])).analyze()
  assert.ok(passes.length > 10 || rule !== undefined, `${where}: axe saw no page`)
  return violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((each) => `${each.html.slice(0, 160)} ${each.failureSummary.split('\n')[1] ?? ''}`).join(' | ')}`)
}

export const findsNothing = (options) =>
  test('axe finds nothing, neither in the light nor in the dark', async (t) => {
    const page = await visit(t, '/', { ...options, forgive: QUIET })
    const found = []
    for (const [name, path, lead, end] of states()) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator('h1, h2').first().waitFor()
      await page.waitForFunction(() => document.querySelector('.skeleton') === null)
      try {
        await lead?.(page)
      } catch (error) {
        throw new Error(`${name}: ${error.message}`)
      }
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        await page.waitForFunction((isDark) => document.documentElement.classList.contains('dark') === isDark, colorScheme === 'dark')
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))) // what fades has faded
        found.push(...await clean(page, `${name}, ${colorScheme}`, colorScheme === 'dark' ? 'color-contrast' : undefined)) // all else is the same in the dark
      }
      await end?.(page)
    }
    assert.deepEqual(found, [])
  })
