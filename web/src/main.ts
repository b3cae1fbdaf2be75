import { createApp } from 'vue'
import App from './App.vue'
import { i18n, loadWords } from './i18n'
import { fetchAhead } from './later'
import { router } from './router'
import { start } from './state/core'
import { keepShell } from './state/install'
import './style.css'

start()
await loadWords()
createApp(App).use(i18n).use(router).mount('#app')

const RESTS_MS = 2000
setTimeout(() => {
  void fetchAhead()
  keepShell()
}, RESTS_MS)
