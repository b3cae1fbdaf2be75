// As behind a proxy that speaks TLS, with a certificate that the browser trusts: what browsers have for HTTPS alone comes on
// by itself. The proxy can be switched off, be slow, and pretend that the box has another build of the UI.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { ask, BOX, DESK, eventually, launch, playlist, visit } from './rig.mjs'

const QUIET = [/WebSocket/, /ERR_/, /Failed to load/, /status of 502/]
let browser, proxy, at, night
const sockets = new Set()
const way = {}
beforeEach(() => Object.assign(way, { off: false, slowMs: 0, build: null }))

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tomb-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert])
  const pem = await readFile(cert)
  proxy = https.createServer({ key: await readFile(key), cert: pem }, forward)
  proxy.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  proxy.on('upgrade', (request, near) => {
    if (way.off) return void near.destroy()
    const far = net.connect(Number(new URL(BOX).port), new URL(BOX).hostname)
    far.write(`${request.method} ${request.url} HTTP/1.1\r\n${request.rawHeaders.reduce((text, each, i) => text + each + (i % 2 ? '\r\n' : ': '), '')}\r\n`)
    for (const [one, other] of [[near, far], [far, near]]) one.pipe(other), one.on('error', () => {}).on('close', () => other.destroy())
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  await rm(folder, { recursive: true })
  at = `https://localhost:${proxy.address().port}`
  const trusted = createHash('sha256').update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })).digest('base64')
  browser = await launch(`--ignore-certificate-errors-spki-list=${trusted}`)
  night = await playlist('Good Night', 1)
})
after(async () => {
  await browser?.close()
  sockets.forEach((each) => each.destroy())
  proxy?.close()
  proxy?.closeAllConnections()
})

async function forward(request, response) {
  if (request.headers['sec-fetch-mode'] === 'navigate') await new Promise((resolve) => setTimeout(resolve, way.slowMs))
  if (way.off) return void response.writeHead(502).end('nobody there')
  const pretended = way.build?.[new URL(request.url, at).pathname]
  if (pretended !== undefined) return void response.writeHead(200, { 'content-type': pretended.type, 'cache-control': 'no-cache' }).end(pretended.text)
  const asked = http.request(new URL(request.url, BOX), { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  asked.on('error', () => response.destroy())
  request.pipe(asked)
}
const switchOff = () => {
  way.off = true
  sockets.forEach((each) => each.destroy())
}

/** Another build of the same page, as far as a browser can tell. */
async function secondBuild() {
  const [index, worker] = await Promise.all(['/', '/sw.js'].map(async (path) => (await fetch(BOX + path)).text()))
  const [entry] = /assets\/index-[\w-]+\.js/.exec(index)
  const other = 'assets/index-second.js'
  const code = await (await fetch(`${BOX}/${entry}`)).text()
  return {
    '/': { type: 'text/html', text: index.replace(entry, other).replace('<body>', '<body data-build="second">') },
    '/sw.js': { type: 'text/javascript', text: worker.replaceAll(entry, other).replace(/id:"\w+"/, 'id:"second"') },
    [`/${other}`]: { type: 'text/javascript', text: code },
  }
}
const shown = (page) => page.evaluate(() => document.body.dataset.build ?? 'first')
const keptBuilds = (page) => page.evaluate(() => caches.keys())
const installed = (page) => eventually(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'))

test('the shell is there without the box, all pages of it, and what the box says is never kept', async (t) => {
  const page = await visit(t, '/', { at, browser, forgive: QUIET })
  await page.getByRole('button', { name: 'Play Good Night' }).waitFor()
  await installed(page)
  switchOff()
  await page.reload()
  await page.getByText('Looking for the box').waitFor()
  await page.goto(`${at}/settings`) // a page that was never opened
  await page.getByRole('heading', { name: 'On this device' }).waitFor()
  const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat())
  assert.ok(kept.includes('/') && kept.length > 10)
  assert.deepEqual(kept.filter((path) => path !== '/' && !path.startsWith('/assets/')), [])
  way.off = false
  await page.goto(at)
  await page.getByRole('button', { name: 'Play Good Night' }).waitFor()
})

test('another build is shown by the next load, and kept in place of the one before', async (t) => {
  const page = await visit(t, '/', { at, browser, forgive: QUIET })
  await installed(page)
  const [first] = await keptBuilds(page)
  way.build = await secondBuild()
  await page.goto(at)
  assert.equal(await shown(page), 'second')
  await eventually(async () => (await keptBuilds(page)).join() === 'tomb-second')
  assert.notEqual(first, 'tomb-second')
  switchOff()
  await page.reload()
  assert.equal(await shown(page), 'second')
})

test('a box that answers late is not waited for, and the load after that is of the newest build', async (t) => {
  const page = await visit(t, '/', { at, browser, forgive: QUIET })
  await installed(page)
  Object.assign(way, { build: await secondBuild(), slowMs: 6000 })
  await page.goto(at)
  assert.equal(await shown(page), 'first')
  await page.getByRole('button', { name: 'Play Good Night' }).waitFor()
  way.slowMs = 0
  await page.goto(at)
  assert.equal(await shown(page), 'second')
})

test('a browser may install it', async (t) => {
  const page = await visit(t, '/', { at, browser })
  const cdp = await page.context().newCDPSession(page)
  const { errors, data } = await cdp.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  for (const { src, sizes } of JSON.parse(data).icons) {
    const icon = await fetch(BOX + src)
    assert.equal(icon.headers.get('content-type'), 'image/png')
    const png = Buffer.from(await icon.arrayBuffer())
    assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, sizes)
  }
  await page.goto(`${at}/settings`)
  await page.getByRole('heading', { name: 'On this device' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Install it as an app' }).count(), 0)
  await page.evaluate(() => window.dispatchEvent(Object.assign(new Event('beforeinstallprompt', { cancelable: true }), { prompt: () => (window.asked = true) })))
  await page.getByRole('button', { name: 'Install it as an app' }).click()
  assert.equal(await page.evaluate(() => window.asked), true)
})

/** Web NFC as Chrome has it on Android: `hold` is a tag that comes near. */
function webNfc() {
  const readers = new Set()
  window.NDEFReader = class extends EventTarget {
    async scan({ signal }) {
      readers.add(this)
      signal.addEventListener('abort', () => readers.delete(this))
    }
  }
  window.hold = (serialNumber) => readers.forEach((each) => each.dispatchEvent(Object.assign(new Event('reading'), { serialNumber })))
  window.scanning = () => readers.size
}

test('a tag that is held to the phone is linked, as one on the box; what it did is asked about', async (t) => {
  const folk = await playlist('Folk Songs', 1)
  const page = await visit(t, `/playlist/${night}`, { at, browser, first: webNfc, forgive: [/status of 409/] })
  const hold = async (serial) => {
    await page.getByRole('button', { name: 'Or hold it to this phone' }).click()
    await page.getByText('Hold the tag to the back of this phone.').waitFor()
    await page.evaluate((each) => window.hold(each), serial)
  }
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await hold('04:a1:b2:c3:d4:e5:80')
  await page.getByText('Tag 04 A1 B2 C3 D4 E5 80 plays “Good Night”.').waitFor()
  assert.equal((await ask('GET', `/api/playlists/${night}`)).nfc_tag_id, '04A1B2C3D4E580')
  assert.equal((await ask('GET', '/api/nfc/status')).association_active, false)
  await page.getByRole('button', { name: 'Done' }).click()

  await page.goto(`${at}/playlist/${folk}`)
  await page.getByRole('button', { name: 'Link a tag' }).click()
  await hold('04:a1:b2:c3:d4:e5:80')
  await page.getByRole('heading', { name: 'This tag plays “Good Night”' }).waitFor()
  assert.equal((await ask('GET', `/api/playlists/${night}`)).nfc_tag_id, '04A1B2C3D4E580')
  await page.getByRole('button', { name: 'Replace' }).click()
  await page.getByText('plays “Folk Songs”.').waitFor()
  assert.equal((await ask('GET', `/api/playlists/${folk}`)).nfc_tag_id, '04A1B2C3D4E580')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.locator('dialog').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => window.scanning()), 0)
})

test('“New tag” takes one from the phone too; one without a number is said to be unreadable, and the box still waits', async (t) => {
  const page = await visit(t, '/tags', { at, browser, first: webNfc })
  await page.getByRole('button', { name: 'New tag' }).first().click()
  await page.getByRole('button', { name: 'Or hold it to this phone' }).click()
  await page.evaluate(() => window.hold(''))
  await page.getByText('This phone could not read it. Put the tag on the box instead.').waitFor()
  assert.equal((await ask('GET', '/api/nfc/status')).association_active, true)
  await page.getByRole('button', { name: 'Or hold it to this phone' }).click()
  await page.evaluate(() => window.hold('04:00:00:77'))
  await page.getByRole('heading', { name: 'What should this tag play?' }).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: /^Good Night/ }).click()
  await eventually(async () => (await ask('GET', `/api/playlists/${night}`)).nfc_tag_id === '04000077')
})

test('the log goes to the clipboard, the oldest line first', async (t) => {
  const page = await visit(t, '/', { at, browser, ...DESK, hasTouch: false, isMobile: false, permissions: ['clipboard-read', 'clipboard-write'] })
  const lines = [{ timestamp: 1e9, level: 'warning', logger: 'tomb.devices', message: 'the reader is gone' }, { timestamp: 1e9 + 1, level: 'info', logger: 'tomb.devices', message: 'and is back' }]
  await page.route('**/api/system/logs*', (route) => route.fulfill({ json: { status: 'success', message: '', data: { logs: lines, total_lines: 2 } } }))
  await page.getByRole('link', { name: 'System' }).click()
  await page.getByText('For engineers').click()
  await page.getByRole('button', { name: 'Copy the log' }).click()
  await page.getByText('The log is copied.').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '2001-09-09T01:46:40.000Z warning tomb.devices the reader is gone\n2001-09-09T01:46:41.000Z info tomb.devices and is back')
})
