// Bundles the page's stores for Node (web/rehearsal/stores.ts) into the folder that is named.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const web = fileURLToPath(new URL('..', import.meta.url))
await build({
  configFile: false,
  logLevel: 'error',
  root: web,
  resolve: { alias: { '@': `${web}src` } },
  build: { ssr: 'rehearsal/stores.ts', outDir: process.argv[2], copyPublicDir: false, target: 'node20', rollupOptions: { output: { entryFileNames: 'stores.mjs' } } },
})
