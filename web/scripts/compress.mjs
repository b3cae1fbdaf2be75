// Puts a gzip and a brotli beside each file of the build that shrinks by it, so that the box never compresses one.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const out = new URL('../../.tools/ui/', import.meta.url)
const names = (await readdir(out, { recursive: true })).filter((name) => /\.(js|css|html|svg|json|webmanifest)$/.test(name))
for (const name of names) {
  const file = new URL(name, out)
  const raw = await readFile(file)
  const packed = {
    gz: await promisify(gzip)(raw, { level: 9 }),
    br: await promisify(brotliCompress)(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }),
  }
  for (const [ending, bytes] of Object.entries(packed)) if (bytes.length < raw.length) await writeFile(new URL(`${name}.${ending}`, out), bytes)
}
