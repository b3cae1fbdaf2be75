import { createRouter, createWebHistory } from 'vue-router'
import { later } from './later'
import Home from './pages/HomePage.vue'
import { link } from './state/core'
import { complain } from './state/notices'

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: '/', name: 'home', component: Home },
    { path: '/playlist/:id', name: 'playlist', component: later(() => import('./pages/PlaylistPage.vue')), props: true },
    { path: '/tags', name: 'tags', component: later(() => import('./pages/TagsPage.vue')) },
    { path: '/settings', name: 'settings', component: later(() => import('./pages/SettingsPage.vue')) },
    { path: '/system', name: 'system', component: later(() => import('./pages/SystemPage.vue')) },
    { path: '/cards', name: 'cards', component: later(() => import('./pages/CardsPage.vue')) },
    { path: '/bin', name: 'bin', component: later(() => import('./pages/BinPage.vue')) },
    { path: '/buttons', name: 'buttons', component: later(() => import('./pages/KeysPage.vue')) },
    { path: '/speakers', name: 'speakers', component: later(() => import('./pages/SpeakersPage.vue')) },
    { path: '/limits', name: 'limits', component: later(() => import('./pages/LimitsPage.vue')) },
    { path: '/stats', name: 'stats', component: later(() => import('./pages/StatsPage.vue')) },
    { path: '/youtube', name: 'youtube', component: later(() => import('./pages/YouTubePage.vue')) },
    { path: '/child', name: 'child', component: later(() => import('./pages/ChildPage.vue')), meta: { bare: true } },
    { path: '/welcome', name: 'welcome', component: later(() => import('./pages/WelcomePage.vue')), meta: { bare: true } },
    { path: '/:rest(.*)*', name: 'lost', component: later(() => import('./pages/LostPage.vue')) },
  ],
})

// A page's file that cannot be had: the box has another build since, which a load of that page brings; or it is away.
router.onError((error, to, from) => {
  if (link.value === 'up' && from.matched.length > 0) location.assign(to.fullPath)
  else complain(error)
})
