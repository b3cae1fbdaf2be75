import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { AxeBuilder, DESK, visit } from './rig.mjs'

const status = (state, more = {}) => ({ state, version: null, message: '', reason: null, current: '1.2.0', percent: null, hindrance: null, ...more })
const STATES = [
  ['none', status('none'), /The box is version 1\.2\.0\./, /Die Box hat Version 1\.2\.0\./],
  ['checking', status('checking'), /Looking for a newer version/, /Sucht nach einer neueren Version/],
  ['available', status('available', { version: '1.3.0' }), /Version 1\.3\.0 is there\./, /Version 1\.3\.0 ist da\./],
  ['fetching', status('installing', { version: '1.3.0', percent: 42.5 }), /being fetched: 42 %/, /wird geholt: 42 %/],
  ['installing', status('installing', { version: '1.3.0' }), /is being installed/, /wird installiert/],
  ['proving', status('proving', { version: '1.3.0' }), /nothing can be changed/, /lässt sich nichts ändern/],
  ['done', status('done', { version: '1.3.0' }), /The box is version 1\.3\.0 now\./, /hat jetzt Version 1\.3\.0/],
  ['went_back', status('went_back', { version: '1.3.0', reason: 'no_sound', message: 'audio' }), /nothing is lost\..*no sound/s, /nichts ist verloren\..*keinen Ton/s],
  ['failed', status('failed', { reason: 'bad_signature', message: 'sig' }), /as it was\..*not signed/s, /wie es war\..*nicht von dem unterschrieben/s],
  ['failed_unknown', status('failed', { reason: 'odd', message: 'Something odd.' }), /Something odd\./, /Something odd\./],
  ['no_address', status('none', { hindrance: 'no_address' }), /TOMB_UPDATE_URL/, /TOMB_UPDATE_URL/],
  ['not_installed', status('none', { hindrance: 'not_installed' }), /git pull/, /git pull/],
]
const panel = (page) => page.locator('section').filter({ has: page.getByRole('heading', { name: 'Update', exact: true }) })
const answers = async (page, data) => {
  await page.unrouteAll()
  await page.route('**/api/system/update', async (route) => {
    const answer = { status: 'success', message: 'ok', timestamp: 0, server_seq: 0, request_id: 'x', data: data() }
    await route.fulfill({ json: answer })
  })
}
const shots = process.env.TOMB_SHOTS // a folder for a picture of each state

test('each state of an update is said in words, in both languages, on a phone and a desktop', async (t) => {
  if (shots) mkdirSync(shots, { recursive: true })
  for (const [locale, at, more] of [['en-GB', 2, {}], ['de-DE', 3, { ...DESK, colorScheme: 'dark' }]]) {
    let now = STATES[0]
    let box
    const page = await visit(t, '/', { locale, ...more, sockets: (each) => (box = each) })
    await answers(page, () => now[1])
    await page.goto(new URL('/system', page.url()).href)
    for (const each of STATES) {
      now = each
      await panel(page).waitFor()
      box.send(`42["update_state",${JSON.stringify({ ...each[1], server_seq: 1 })}]`)
      await page.waitForFunction((state) => state !== null, each[0])
      await panel(page).filter({ hasText: each[at] }).waitFor()
      const buttons = await panel(page).getByRole('button').count()
      const none = ['checking', 'fetching', 'installing', 'proving', 'no_address', 'not_installed'].includes(each[0])
      assert.equal(buttons === 0, none, `${each[0]}: ${buttons} buttons`)
      if (shots) await panel(page).screenshot({ path: `${shots}/${each[0]}-${locale}.png` })
      if (!['available', 'fetching', 'went_back'].includes(each[0])) continue // of each kind of thing that is in it
      const { violations } = await new AxeBuilder({ page }).include('section[aria-busy]').analyze()
      assert.deepEqual(violations.map(({ id, nodes }) => `${each[0]}: ${id}: ${nodes[0].html}`), [])
    }
  }
})

test('a parent looks, reads what will happen, and installs', async (t) => {
  const asked = []
  let now = status('none')
  const page = await visit(t)
  await page.route('**/api/system/update', async (route) => {
    if (route.request().method() === 'POST') {
      asked.push(route.request().postDataJSON())
      now = asked.at(-1).look ? status('available', { version: '1.3.0' }) : status('installing', { version: '1.3.0' })
    }
    await route.fulfill({ json: { status: 'success', message: 'ok', timestamp: 0, server_seq: 0, request_id: 'x', data: now } })
  })
  await page.goto(new URL('/system', page.url()).href)
  await page.getByRole('button', { name: 'Look for an update' }).click()
  await panel(page).getByRole('button', { name: 'Install' }).click()
  await page.getByText('the one before comes back by itself').waitFor()
  if (shots) await page.screenshot({ path: `${shots}/sure.png` })
  await page.getByRole('dialog').getByRole('button', { name: 'Install' }).click()
  await page.getByText('Version 1.3.0 is being installed.').waitFor()
  assert.deepEqual(asked, [{ look: true }, { look: false }])
})
