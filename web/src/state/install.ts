// What browsers add where the page comes over HTTPS: a shell that is there without the box, and a place among the phone's apps.
import { shallowRef } from 'vue'

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>
}

/** The browser's own question whether to install the page; null while it would not ask it. */
const question = shallowRef<InstallPrompt | null>(null)
export { question as installQuestion }

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault() // it is asked from the settings, not out of the blue
  question.value = event as InstallPrompt
})
window.addEventListener('appinstalled', () => (question.value = null))

export function install(): void {
  void question.value?.prompt()
  question.value = null // it may be asked once
}

export function keepShell(): void {
  if (!import.meta.env.PROD || location.protocol !== 'https:' || !('serviceWorker' in navigator)) return
  // Browsers refuse it behind a certificate that somebody had to wave through: then there is no shell, as over HTTP.
  void navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined)
}
