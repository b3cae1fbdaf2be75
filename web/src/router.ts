import { createRouter, createWebHistory } from 'vue-router'
import Home from './pages/HomePage.vue'

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: '/', name: 'home', component: Home },
    { path: '/playlist/:id', name: 'playlist', component: () => import('./pages/PlaylistPage.vue'), props: true },
    { path: '/tags', name: 'tags', component: () => import('./pages/TagsPage.vue') },
    { path: '/settings', name: 'settings', component: () => import('./pages/SettingsPage.vue') },
    { path: '/system', name: 'system', component: () => import('./pages/SystemPage.vue') },
    { path: '/cards', name: 'cards', component: () => import('./pages/CardsPage.vue') },
    { path: '/bin', name: 'bin', component: () => import('./pages/BinPage.vue') },
    { path: '/child', name: 'child', component: () => import('./pages/ChildPage.vue'), meta: { bare: true } },
    { path: '/welcome', name: 'welcome', component: () => import('./pages/WelcomePage.vue'), meta: { bare: true } },
    { path: '/:rest(.*)*', name: 'lost', component: () => import('./pages/LostPage.vue') },
  ],
})
