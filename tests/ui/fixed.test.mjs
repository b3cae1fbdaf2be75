// On a box whose operator has fixed what there is to fix (tests/ui/test_web_ui.py says how).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, visit } from './rig.mjs'

test('what the operator fixed is shown, greyed, and says so: on the settings page', async (t) => {
  await ask('PUT', '/api/settings', { welcomed: true })
  const page = await visit(t, '/settings')
  await page.getByRole('main').getByText('Library box').waitFor()
  assert.equal(await page.getByText('Set by whoever runs the box').count(), 5)
  assert.equal(await page.getByRole('button', { name: /^Name of the box/ }).count(), 0)
  for (const [name, value] of [['Loudest volume', '60'], ['Loudest start', '40']]) {
    const slider = page.getByRole('slider', { name })
    assert.deepEqual([await slider.getAttribute('aria-disabled'), await slider.getAttribute('aria-valuenow')], ['true', value])
  }
  for (const name of ['Music pauses', 'Next track']) assert.ok(await page.getByRole('radio', { name, checked: true }).isDisabled())
})

test('and on the first screens', async (t) => {
  await ask('PUT', '/api/settings', { welcomed: false })
  const page = await visit(t, '/')
  await page.getByText('Set by whoever runs the box').waitFor()
  assert.ok(await page.getByLabel('What is the box called?').isDisabled())
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('slider', { name: 'Loudest volume' }).waitFor()
  assert.equal(await page.getByRole('slider', { name: 'Loudest volume' }).getAttribute('aria-disabled'), 'true')
})
