import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AxeBuilder, BOX, DESK, eventually, visit } from './rig.mjs'

test('the check-up says what is wrong, what is fine, and the command that mends it', async (t) => {
  // This computer is what it is: what the box itself finds is looked at for its form, what is wrong is made up.
  const page = await visit(t, '/system', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByRole('button', { name: 'Look now' }).click()
  const rows = page.getByRole('region').or(page.locator('section')).filter({ has: page.getByRole('heading', { name: 'Check-up' }) }).getByRole('listitem')
  await rows.filter({ hasText: 'Versions' }).getByText(/^tomb /).waitFor()
  assert.ok((await rows.count()) >= 20)
  const reachable = rows.filter({ hasText: 'Reachable' }).getByText(`The box answers on port ${new URL(BOX).port}.`)
  await eventually(async () => {
    if (await reachable.isVisible()) return true
    await page.getByRole('button', { name: 'Look now' }).click() // a box that is busy may not answer its doctor in time
    return false
  })
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])

  const made = [
    { check: 'clock', ok: 'yes', reason: 'of a newer box', values: {}, text: 'The clock goes.', remedy: null },
    { check: 'mixer', ok: 'no', reason: 'card', values: {}, text: 'The sound card is muted.', remedy: 'amixer sset Master unmute' },
  ]
  await page.route('**/api/system/doctor', async (route) => {
    const answer = await (await route.fetch()).json()
    await route.fulfill({ json: { ...answer, data: made } })
  })
  await page.getByRole('button', { name: 'Look now' }).click()
  await page.getByText('One thing is wrong.').waitFor()
  assert.match(await rows.first().textContent(), /Mute.*wrong.*The sound card is muted\..*amixer sset Master unmute/)
  assert.equal(await rows.count(), 2)
  assert.match(await rows.last().textContent(), /The clock goes\./)
  await rows.first().getByRole('button', { name: 'Copy' }).click()
  await page.getByText('The command is copied.').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'amixer sset Master unmute')
})

test('the System page has one verdict over its parts and its check-up', async (t) => {
  const page = await visit(t, '/system')
  let sound = 'stand-in'
  await page.route('**/api/health', async (route) => { // of what machine this runs on nothing depends
    const answer = await (await route.fetch()).json()
    answer.data.status = 'healthy'
    for (const [name, part] of Object.entries(answer.data.details)) part.state = name === 'audio' ? sound : 'up'
    await route.fulfill({ json: answer })
  })
  await page.getByRole('heading', { name: 'It runs, with stand-ins' }).waitFor()
  sound = 'up'
  await page.getByRole('heading', { name: 'All is well' }).waitFor()
  let wrong = 2
  await page.route('**/api/system/doctor', async (route) => {
    const each = { ok: 'no', reason: 'card', values: {}, text: 'The sound card is muted.', remedy: null }
    await route.fulfill({ json: { status: 'success', message: '', data: ['mixer', 'clock'].slice(0, wrong).map((check) => ({ check, ...each })) } })
  })
  await page.getByRole('button', { name: 'Look now' }).click()
  await page.getByText('2 things are wrong.', { exact: true }).waitFor()
  await page.getByRole('heading', { name: 'It runs, but 2 things are wrong' }).waitFor()
  assert.equal(await page.getByText('All is well').count(), 0)
  wrong = 0
  await page.getByRole('button', { name: 'Look now' }).click()
  await page.getByRole('heading', { name: 'All is well' }).waitFor()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('what was found is said in the language of the family', async (t) => {
  const page = await visit(t, '/system', { ...DESK, locale: 'de-DE' })
  await page.getByRole('button', { name: 'Jetzt ansehen' }).click()
  await page.getByText('Für Sicherungen ist kein Stick und keine Freigabe gewählt.').waitFor()
})
