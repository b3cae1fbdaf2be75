import { createApp } from 'vue'
import App from './App.vue'
import { fetchAhead } from './later'
import { router } from './router'
import { start } from './state/core'
import { keepShell } from './state/install'
import './style.css'

start()
createApp(App).use(router).mount('#app')

const RESTS_MS = 2000
setTimeout(() => {
  void fetchAhead()
  keepShell()
}, RESTS_MS)
