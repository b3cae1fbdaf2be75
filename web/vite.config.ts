import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import VueI18nPlugin from '@intlify/unplugin-vue-i18n/vite'
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

export default defineConfig({
  plugins: [
    vue(),
    tailwindcss(),
    serviceWorker,
    VueI18nPlugin({
      include: fileURLToPath(new URL('./src/locales/*.json', import.meta.url)),
      runtimeOnly: true,
      compositionOnly: true,
      fullInstall: false,
      dropMessageCompiler: true, // messages are compiled here, so that the page needs no eval
    }),
  ],
  define: { __VUE_OPTIONS_API__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
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
        // Few files: each costs a round trip in the kitchen's Wi-Fi.
        experimentalMinChunkSize: 12_000,
        manualChunks: (id) => (/node_modules\/(@lucide)/.test(id) ? 'icons' : /node_modules/.test(id) && !id.includes('?') ? 'vendor' : undefined),
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
})
