import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { ask, AxeBuilder, DESK, eventually, fill, playlist, sound, visit } from './rig.mjs'

const COLOURS = { red: [200, 30, 30], green: [30, 150, 60], blue: [40, 60, 200] }
/** A picture of one colour. */
function picture(name, side = 640) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    size.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([size, body, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0), head.writeUInt32BE(side, 4), head.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.concat([Buffer.from([0]), ...Array(side).fill(Buffer.from(COLOURS[name]))])
  const buffer = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array(side).fill(row)))), chunk('IEND', Buffer.alloc(0))])
  return { name: `${name}.png`, mimeType: 'image/png', buffer }
}
/** A sound that brings a picture, in an ID3 tag. */
function pictured(file, { buffer }) {
  const frame = Buffer.concat([Buffer.from('\0image/png\0\x03\0', 'latin1'), buffer])
  const size = Buffer.alloc(10)
  size.write('APIC'), size.writeUInt32BE(frame.length, 4)
  const length = frame.length + 10
  const tag = Buffer.concat([Buffer.from('ID3\x03\0\0', 'latin1'), Buffer.from([21, 14, 7, 0].map((shift) => (length >> shift) & 127)), size, frame, Buffer.alloc((length + 10) % 2)])
  const chunk = Buffer.alloc(8)
  chunk.write('id3 '), chunk.writeUInt32LE(tag.length, 4)
  const whole = Buffer.concat([file.buffer, chunk, tag])
  whole.writeUInt32LE(whole.length - 8, 4)
  return { ...file, buffer: whole }
}

let plain, album
before(async () => {
  plain = await playlist('Plain', 1)
  album = await playlist('Album')
  await fill(album, pictured(sound('Red song.wav'), picture('red')))
  await fill(album, pictured(sound('Green song.wav'), picture('green')))
})

/** What is seen of a cover: the colour of its middle, or null where it is drawn. */
const seen = (cover) => cover.evaluate((each) => {
  const image = each.querySelector('img') ?? each
  if (!(image instanceof HTMLImageElement) || !image.complete || image.naturalWidth === 0) return null
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const paint = canvas.getContext('2d')
  paint.drawImage(image, 0, 0, 1, 1)
  const [r, g, b] = paint.getImageData(0, 0, 1, 1).data
  return r > g && r > b ? 'red' : g > b ? 'green' : 'blue'
})
const becomes = (cover, colour) => eventually(async () => (await seen(cover)) === colour)
const change = (page) => page.locator('main').getByRole('button', { name: 'Change the picture' })
const settled = (id, own) => eventually(async () => (await ask('GET', `/api/playlists/${id}`)).own_cover === own)

test('a picture from the phone: seen at once, by another phone too, taken back by Undo, and given up for the automatic one', async (t) => {
  const page = await visit(t, `/playlist/${plain}`)
  const other = await visit(t, '/', DESK)
  const tile = other.getByRole('button', { name: 'Play Plain' })
  const pick = async (name) => {
    await change(page).click()
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose a picture' }).click()
    await (await chooser).setFiles([picture(name)])
  }
  await change(page).waitFor()
  assert.equal(await seen(change(page)), null)

  let answer
  await page.route('**/cover', async (route) => {
    await new Promise((resolve) => (answer = resolve))
    await route.continue()
  })
  await pick('blue')
  await becomes(change(page), 'blue') // before the box has said anything
  await eventually(() => answer)
  assert.equal(await seen(tile), null)
  answer()
  await page.unrouteAll({ behavior: 'wait' })
  await becomes(tile, 'blue')
  await settled(plain, true)
  await page.getByText('“Plain” has another picture.').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await eventually(async () => (await seen(change(page))) === null && (await seen(tile)) === null)
  await settled(plain, false)

  await pick('blue')
  await becomes(tile, 'blue')
  await pick('red')
  await becomes(tile, 'red')
  await page.getByRole('button', { name: 'Undo' }).last().click() // an own picture comes back as well
  await becomes(tile, 'blue')
  await becomes(change(page), 'blue')
  await change(page).click()
  await page.getByRole('button', { name: 'Back to the automatic one' }).click()
  await settled(plain, false)
  await eventually(async () => (await seen(tile)) === null)
})

test('the picture of a track; what plays shows it too', async (t) => {
  const page = await visit(t, `/playlist/${album}`)
  await becomes(change(page), 'red') // of the first track that has one
  await change(page).click()
  await page.locator('dialog[open]').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [])
  await page.getByRole('button', { name: 'The picture of Green song' }).click()
  await becomes(change(page), 'green')
  await settled(album, true)
  await page.getByRole('button', { name: 'Play Red song' }).click()
  const bar = page.getByRole('region', { name: 'Now playing' })
  await bar.waitFor()
  await becomes(bar.getByRole('button', { name: 'Open the player' }), 'green')
})

test('a picture that is dropped on a playlist is its cover, and music beside it is its music', async (t) => {
  const page = await visit(t, `/playlist/${plain}`, DESK)
  await change(page).waitFor()
  const files = [picture('green'), sound('Dropped.wav')].map(({ name, mimeType, buffer }) => ({ name, mimeType, content: buffer.toString('base64') }))
  await page.evaluate((all) => {
    const data = new DataTransfer()
    for (const { name, mimeType, content } of all) data.items.add(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt(0))], name, { type: mimeType }))
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
  }, files)
  await becomes(change(page), 'green')
  await page.getByText('1 of 1 files').waitFor()
  await settled(plain, true)
})

test('what is no picture is refused in words, before or after it was sent, and nothing changes', async (t) => {
  const id = await playlist('Careful', 1)
  const page = await visit(t, `/playlist/${id}`, { forgive: [/status of 4\d\d/] })
  const pick = async (file) => {
    await change(page).click()
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose a picture' }).click()
    await (await chooser).setFiles([file])
  }
  await pick({ name: 'drawing.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') })
  await page.getByText('That is no picture the box can show').waitFor()
  await pick({ name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc(21 * 1024 * 1024) })
  await page.getByText('That picture is too large').waitFor()
  await pick({ name: 'lie.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') })
  await page.getByText(/could not make a picture of that file|no picture the box can show/).last().waitFor()
  assert.equal(await seen(change(page)), null)
  assert.equal((await ask('GET', `/api/playlists/${id}`)).own_cover, false)
})

test('covers come in the size in which they are shown', async (t) => {
  const page = await visit(t, '/', DESK)
  const loaded = new Set()
  page.on('request', (request) => /cover/.test(request.url()) && loaded.add(new URL(request.url()).searchParams.get('size')))
  await page.reload()
  await becomes(page.getByRole('button', { name: 'Play Album' }), 'green')
  assert.deepEqual([...loaded].filter((each) => each !== '120'), ['300'])
  await page.goto(new URL('/cards', page.url()).href)
  await becomes(page.locator(`[data-card="${album}"]`), 'green')
  assert.ok(loaded.has('600'))
})
