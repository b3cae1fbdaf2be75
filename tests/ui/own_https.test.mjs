// The box's own HTTPS, with a certificate that the browser trusts: the same page is a secure one, whose shell is there without
// the box, and which may be installed. (What comes on there in all its steps is tried behind a proxy, in https.test.mjs.)
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { eventually, launch, playlist, visit } from './rig.mjs'

let browser
const at = process.env.TOMB_SECURE_URL

before(async () => {
  const key = new X509Certificate(await readFile(process.env.TOMB_TLS_CERT)).publicKey.export({ type: 'spki', format: 'der' })
  browser = await launch(`--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`)
  await playlist('Good Night', 1)
})
after(async () => browser?.close())

test('the page is a secure one, keeps its shell, and hears the box over a socket', async (t) => {
  const page = await visit(t, '/', { at, browser })
  const sockets = []
  page.on('websocket', (socket) => sockets.push(new URL(socket.url()).protocol))
  await page.reload()
  await page.getByRole('button', { name: 'Play Good Night' }).waitFor()
  await eventually(() => sockets.length > 0)
  assert.deepEqual(new Set(sockets), new Set(['wss:']))
  assert.equal(await page.evaluate(() => isSecureContext), true)
  await eventually(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'))
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json())
  assert.equal(manifest.display, 'standalone')
})
