// What the browser tests share: one Chromium, pages that notice what they must not do, a network that can be cut, and the
// box's own API. TOMB_URL names the box. Run by tests/ui/test_web_ui.py, or by hand: TOMB_URL=… node --test tests/ui/pages.test.mjs
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import net from 'node:net'
import { after, before } from 'node:test'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
export const AxeBuilder = require('@axe-core/playwright').default
export const BOX = process.env.TOMB_URL

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
export const DESK = { viewport: { width: 1280, height: 860 } }
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--host-resolver-rules=MAP box.local 127.0.0.1']

export const PATIENCE_MS = 60_000 // as tests/rigs/patience.py has it: only what hangs takes so long, however busy the machine

export const launch = (...more) => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...FLAGS, ...more], timeout: PATIENCE_MS })
let shared
before(async () => {
  shared = await launch()
})
after(async () => shared?.close())

/** A page of a new visitor, in which `first` runs before anything else; `sockets` gets its sockets, to say more than the box does. When the test ends it must have said nothing on its console, and asked nobody but the box. */
export async function visit(t, path = '/', { at = BOX, browser = shared, forgive = [], first, sockets, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...PHONE, ...options })
  if (first !== undefined) await context.addInitScript(first)
  const page = await context.newPage()
  if (sockets !== undefined) await page.routeWebSocket(/socket\.io/, (each) => (each.connectToServer(), sockets(each)))
  page.setDefaultTimeout(PATIENCE_MS)
  const wrong = []
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()))
  page.on('pageerror', (error) => wrong.push(String(error)))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (!['blob:', 'data:'].includes(url.protocol) && url.host !== new URL(at).host) wrong.push(`asked elsewhere: ${request.url()}`)
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(wrong.filter((line) => !forgive.some((each) => each.test(line))), [])
  })
  await page.goto(at + path)
  return page
}

/** Asks the box itself. */
export async function ask(method, path, body) {
  const response = await fetch(BOX + path, body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text).data
}

const present = async () => (await ask('GET', '/api/nfc/status')).tag_present?.tag_id ?? null
export async function place(tag_id) {
  await ask('PUT', '/api/reader/tag', { tag_id })
  await eventually(async () => (await present()) === tag_id)
}
export async function lift() {
  await ask('DELETE', '/api/reader/tag')
  await eventually(async () => (await present()) === null)
}
/** Puts a tag on the box and takes it away. */
export async function tap(tag_id) {
  await place(tag_id)
  await lift()
}

export async function eventually(condition) {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await condition()
    if (found) return found
    assert.ok(performance.now() < until, `never: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

let pitch = 200
/** A sound of so many bytes, unlike any other. The box hears all of it at intake: what is large had better be short, by its rate. */
export function sound(name, bytes = 16_000, rate = 8000) {
  const buffer = Buffer.alloc(44 + bytes)
  buffer.write('RIFF', 0), buffer.writeUInt32LE(36 + bytes, 4), buffer.write('WAVEfmt ', 8), buffer.writeUInt32LE(16, 16)
  buffer.writeUInt16LE(1, 20), buffer.writeUInt16LE(1, 22), buffer.writeUInt32LE(rate, 24), buffer.writeUInt32LE(rate, 28)
  buffer.writeUInt16LE(1, 32), buffer.writeUInt16LE(8, 34), buffer.write('data', 36), buffer.writeUInt32LE(bytes, 40)
  pitch++
  for (let i = 0; i < bytes; i++) buffer[44 + i] = 128 + 40 * Math.sin((2 * Math.PI * pitch * i) / 8000)
  return { name, mimeType: 'audio/wav', buffer }
}

export async function fill(playlistId, { name, buffer }) {
  const { session_id, total_chunks, chunk_size } = await ask('POST', `/api/playlists/${playlistId}/uploads/session`, { filename: name, file_size: buffer.length })
  for (let i = 0; i < total_chunks; i++)
    await fetch(`${BOX}/api/playlists/${playlistId}/uploads/${session_id}/chunks/${i}`, { method: 'PUT', body: buffer.subarray(i * chunk_size, (i + 1) * chunk_size), headers: { 'content-type': 'application/octet-stream' } })
  return ask('POST', `/api/playlists/${playlistId}/uploads/${session_id}/finalize`, {})
}

/** A playlist with so many short tracks. */
export async function playlist(title, tracks = 0, bytes = 16_000) {
  const { id } = await ask('POST', '/api/playlists', { title })
  for (let i = 1; i <= tracks; i++) await fill(id, sound(`Track ${i}.wav`, bytes))
  return id
}

export const titles = async (id) => (await ask('GET', `/api/playlists/${id}`)).tracks.map((each) => each.title)

/** A way to the box that can be cut and mended. */
export async function network(t) {
  const { hostname, port } = new URL(BOX)
  const pairs = new Set()
  let isCut = false
  const server = net.createServer((near) => {
    if (isCut) return near.destroy()
    const far = net.connect(Number(port), hostname)
    pairs.add(near).add(far)
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('data', (bytes) => {
        if (isCut) return
        other.write(bytes)
      })
      one.on('error', () => other.destroy())
      one.on('close', () => (other.destroy(), pairs.delete(one)))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => (pairs.forEach((each) => each.destroy()), server.close()))
  /** `silently`: nothing comes through any more, and nobody is told, as when the Wi-Fi is out of reach. */
  function cut({ silently = false } = {}) {
    isCut = true
    if (!silently) pairs.forEach((each) => each.destroy())
  }
  return {
    at: `http://localhost:${server.address().port}`,
    cut,
    mend() {
      pairs.forEach((each) => each.destroy())
      isCut = false
    },
  }
}
