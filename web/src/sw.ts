// The service worker: where the page comes over HTTPS, its shell is there without the box, and can be installed.
//
// It keeps one build whole: index.html and all that this may load. A page is asked of the box first, so that nobody sees
// an older one while the box answers; what is kept is shown when it does not. What the box says of itself, under /api, is
// never kept. The names of the files are written into this script when it is built, so another build is another worker:
// it fetches its own files, takes over at once, and drops those of the build before.
declare const BUILD: { readonly id: string; readonly entry: string; readonly files: readonly string[] }

const worker = self as unknown as ServiceWorkerGlobalScope
const KEPT = `tomb-${BUILD.id}`
const PATIENCE_MS = 3000 // for the box to answer with the page, before the kept one is shown

async function keep(): Promise<void> {
  const cache = await caches.open(KEPT)
  await cache.addAll(BUILD.files)
  const index = await fetch('/', { cache: 'no-cache' })
  // A build may be put in place meanwhile: its index would name files that are not kept here. It has a worker of its own.
  if (!index.ok || !(await index.clone().text()).includes(BUILD.entry)) throw new Error('the page is of another build')
  await cache.put('/', index)
  await worker.skipWaiting()
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name)
  await worker.clients.claim()
}

const kept = async (path: string) => (await caches.open(KEPT)).match(path, { ignoreVary: true })

async function page(request: Request): Promise<Response> {
  const asked = fetch(request)
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS))
  const answer = await Promise.race([asked, late]).catch(() => null)
  if (answer !== null && answer.status < 500) return answer // a proxy whose box is off says 502
  return (await kept('/')) ?? asked
}

worker.addEventListener('install', (event) => event.waitUntil(keep()))
worker.addEventListener('activate', (event) => event.waitUntil(takeOver()))
worker.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== location.origin || /^\/(api|socket\.io)(\/|$)/.test(pathname)) return
  if (BUILD.files.includes(pathname)) event.respondWith(kept(pathname).then((file) => file ?? fetch(event.request)))
  else if (mode === 'navigate') event.respondWith(page(event.request))
})
