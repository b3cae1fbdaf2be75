// Writes src/wire/api.d.ts and src/wire/events.d.ts from what a box says of itself. With --check nothing is written,
// and the status is 1 when they differ. Usage: node scripts/types.mjs [--check] (the box: TOMB_URL, or port 8000)
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const box = process.env.TOMB_URL ?? 'http://localhost:8000'
const get = async (path) => (await fetch(box + path)).json()
const MADE = '// Made by `npm run types` from what the box says of itself; not to be edited.\n\n'

// Without its comments: a sentence that is worded better is no drift.
const types = async (document) => MADE + astToString(await openapiTS(document, { defaultNonNullable: false })).replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '')

const openapi = await get('/api/openapi.json')
const api = await types(openapi)

const sockets = await get('/api/asyncapi.json')
const schemas = await types({ openapi: '3.1.0', info: sockets.info, paths: {}, components: { schemas: sockets.components.schemas } })
const names = (side) => sockets.operations[side].messages.map((each) => each.$ref.split('/').at(-1))
const table = (type, side) =>
  `export interface ${type} {\n` +
  names(side).map((key) => sockets.components.messages[key])
    .map(({ name, payload }) => `    ${JSON.stringify(name)}: components["schemas"][${JSON.stringify(payload.$ref.split('/').at(-1))}];\n`)
    .join('') + '}\n'
const events = schemas + table('Told', 'told') + table('Asked', 'asked')

let drifted = false
for (const [name, text] of [['api', api], ['events', events]]) {
  const file = new URL(`../src/wire/${name}.d.ts`, import.meta.url)
  if (!process.argv.includes('--check')) await writeFile(file, text)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    drifted = true
    console.error(`web/src/wire/${name}.d.ts is not what the box says of itself: npm run types`)
  }
}
process.exit(drifted ? 1 : 0)
