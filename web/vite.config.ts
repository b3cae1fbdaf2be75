import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { type Plugin, transformWithEsbuild } from 'vite'
import { defineConfig } from 'vitest/config'

// The box that the development server stands in front of: TOMB_URL, else one on the usual port.
const box = process.env.TOMB_URL ?? 'http://localhost:8000'
const proxy = { '/api': { target: box }, '/socket.io': { target: box, ws: true } }

/** Writes sw.js, which knows all files of this build (src/sw.ts). */
const serviceWorker: Plugin = {
  name: 'service-worker',
  apply: 'build',
  generateBundle: {
    order: 'post',
    async handler(_, bundle) {
      const files = Object.keys(bundle).filter((name) => name.startsWith('assets/')).toSorted()
      const entry = Object.values(bundle).find((each) => each.type === 'chunk' && each.isEntry && each.facadeModuleId?.endsWith('index.html'))
      const source = new URL('./src/sw.ts', import.meta.url)
      const page = bundle['index.html']
      const id = createHash('sha256').update(files.join('\n')).update(page?.type === 'asset' ? page.source : '').digest('hex').slice(0, 16)
      const BUILD = JSON.stringify({ id, entry: entry!.fileName, files: files.map((name) => `/${name}`) })
      const { code } = await transformWithEsbuild(await readFile(source, 'utf8'), fileURLToPath(source), { minify: true, define: { BUILD }, sourcemap: false })
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: code })
    },
  },
}

const first = new Set<string>()
function addTo(found: Set<string>, id: string, infoOf: (id: string) => { importedIds: readonly string[] } | null): void {
  if (found.has(id) || id.includes('@lucide')) return
  found.add(id)
  for (const each of infoOf(id)?.importedIds ?? []) addTo(found, each, infoOf)
}

export default defineConfig({
  plugins: [vue(), tailwindcss(), serviceWorker],
  define: { __VUE_OPTIONS_API__: 'false' },
  json: { namedExports: false },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../.tools/ui', // scripts/ui puts it into tomb/http/static
    emptyOutDir: true,
    target: ['es2022', 'safari16'],
    assetsInlineLimit: 0, // nothing inline: the page's policy is 'self'
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // Few files: each costs a round trip in the kitchen's Wi-Fi. What the first screen needs is one, and the libraries in it,
        // which change seldom, another. Small ones are put together, but not into these.
        experimentalMinChunkSize: 12_000,
        manualChunks: (id, { getModuleIds, getModuleInfo }) => {
          if (id.includes('@lucide')) return undefined // its index knows all icons
          if (!first.size) for (const each of getModuleIds()) if (getModuleInfo(each)?.isEntry) addTo(first, each, getModuleInfo)
          return first.has(id) ? (id.includes('node_modules') ? 'vendor' : 'first') : undefined
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
})
