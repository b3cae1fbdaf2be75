import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import { DESK, playlist, visit } from './rig.mjs'

const TITLES = ['Alpha', 'Beta', 'Delta', 'Gamma']
before(async () => {
  for (const title of TITLES) await playlist(title)
})

/** Where each word stands in a PDF, in millimetres from the top left of its page. */
async function words(pdf) {
  await promisify(execFile)('pdftotext', ['-bbox', pdf, `${pdf}.html`])
  const found = (await readFile(`${pdf}.html`, 'utf8')).matchAll(/<word xMin="([\d.]+)" yMin="([\d.]+)" [^>]*>([^<]+)</g)
  const mm = (points) => (Number(points) * 25.4) / 72
  return new Map([...found].map(([, x, y, word]) => [word, { x: mm(x), y: mm(y) }]))
}

for (const [paper, width] of [['A4', 210], ['Letter', 215.9]])
  test(`in the PDF the cards stand where they are cut, to half a millimetre: ${paper}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tomb-'))
    t.after(() => rm(folder, { recursive: true }))
    const page = await visit(t, '/cards', DESK)
    await page.getByRole('radio', { name: 'Bank card' }).click()
    await page.getByRole('radio', { name: paper }).click()
    const pdf = join(folder, 'cards.pdf')
    await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true })
    const at = await words(pdf)
    assert.deepEqual([...at.keys()].toSorted(), TITLES, 'nothing but the cards is printed')
    const near = (is, wanted) => assert.ok(Math.abs(is - wanted) < 0.5, `${is} mm, not ${wanted}`)
    const [first, right, below] = ['Alpha', 'Beta', 'Delta'].map((title) => at.get(title))
    near(first.x, (width - 2 * 85.6 - 6) / 2 + 54 + 2.5) // the picture is as wide as it is high, then the title's margin
    near(right.x - first.x, 85.6 + 6)
    near(right.y, first.y)
    near(below.y - first.y, 54 + 6)
    near(below.x, first.x)
  })

test('the small sheets of the preview make no dialog small', async (t) => {
  const page = await visit(t, '/cards')
  await page.getByRole('link', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'New playlist' }).filter({ visible: true }).click()
  const heading = await page.getByRole('dialog').getByRole('heading').boundingBox()
  assert.ok(heading.height > 24, `${heading.height} px`)
})
