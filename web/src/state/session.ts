// What belongs to this phone (theme, language, sorting), and the parents' settings.
import { computed, ref, shallowRef, watch } from 'vue'
import { api, newId, peek, read, Refused } from '@/wire/http'
import type { Settings } from '@/wire/types'
import { listen, whenUp } from './core'
import * as commands from './commands'
import { begin, confirm, type Layers, layers, settle, shown } from './optimistic'
import { lock, locked } from './pin'

function kept<T extends string>(key: string, choices: readonly T[], otherwise: T) {
  const stored = remember(`tomb.${key}`)
  const chosen = ref(choices.includes(stored as T) ? (stored as T) : otherwise)
  watch(chosen, (value) => remember(`tomb.${key}`, value as string))
  return chosen
}

/** What the browser keeps for us, where it does; for this tab alone if `inTab`. */
export function remember(key: string, value?: string, { inTab = false } = {}): string | null {
  try {
    const kept = inTab ? sessionStorage : localStorage
    if (value === undefined) return kept.getItem(key)
    kept.setItem(key, value)
  } catch {
    // private windows may refuse: then it is forgotten with the page
  }
  return null
}

export const THEMES = ['system', 'light', 'dark'] as const
export const theme = kept('theme', THEMES, 'system')
export const LOCALES = ['en', 'de'] as const
export const LOCALE_NAMES = { en: 'English', de: 'Deutsch' } as const
export type Locale = (typeof LOCALES)[number]
export const locale = kept<Locale>('locale', LOCALES, (navigator.languages ?? []).map((each) => each.slice(0, 2)).find((each): each is Locale => LOCALES.includes(each as Locale)) ?? 'en')
export const SORTS = ['recent', 'title', 'newest'] as const
export const sort = kept('sort', SORTS, 'recent')

const dark = window.matchMedia('(prefers-color-scheme: dark)')
function applyTheme(): void {
  const isDark = theme.value === 'dark' || (theme.value === 'system' && dark.matches)
  document.documentElement.classList.add('chosen')
  document.documentElement.classList.toggle('dark', isDark)
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', isDark ? '#1b1a20' : '#fbf8f2')
}
watch(theme, applyTheme, { immediate: true })
dark.addEventListener('change', applyTheme)

// --- settings --------------------------------------------------------------------------------------------------------

const held = shallowRef<Layers<Settings | null>>(layers<Settings | null>(null))
export const settings = computed(() => shown(held.value))
function heard(now: Settings | null): void {
  if (now === null) return
  locked.value = false // whoever may read them may read all
  held.value = confirm(held.value, () => now)
  boxName.value = now.box_name
}

/** What parents call the box, "" for nothing. Told at each connection, so that a child's page knows it too. */
export const boxName = ref(remember('tomb.box') ?? '')
watch(boxName, (name) => remember('tomb.box', name))
listen(({ name, data }) => name === 'connection_status' && (boxName.value = data.box_name))

/**
 * Reads the settings; with a PIN set and none given this asks for it. So it is what opens a page for parents: that one
 * asks, and all else that the page shows is looked at without asking.
 */
export async function loadSettings(): Promise<void> {
  heard(await read((signal) => api.GET('/api/settings', { signal })))
}

/** Shown at once, sent one after the other: of two changes of one thing the later one stays. */
let changed: Promise<unknown> = Promise.resolve()
export async function changeSettings({ pin, ...fields }: Parameters<typeof commands.changeSettings>[0]): Promise<boolean> {
  const op = newId()
  held.value = begin(held.value, op, (now) => now && { ...now, ...fields })
  const answer = changed.then(() => commands.changeSettings(pin === undefined ? fields : { ...fields, pin }))
  changed = answer
  const after = await answer
  heard(after)
  held.value = settle(held.value, op)
  return after !== null
}

// --- what the PIN keeps ----------------------------------------------------------------------------------------------

/** Whether the child's page may be left: without a PIN always, else it is asked for each time. */
export async function mayLeaveChild(): Promise<boolean> {
  if (settings.value?.pin_set === true) await lock()
  try {
    await loadSettings()
    return true
  } catch (error) {
    return !(error instanceof Refused)
  }
}

/** The ceiling of the volume, for the wall on its slider; without one while the PIN keeps the settings. */
export const ceiling = computed(() => settings.value?.volume_ceiling ?? 100)
/** As `loadSettings`, for what the page wants to know by itself. */
export const peekSettings = async () => heard(await peek((signal) => api.GET('/api/settings', { signal })))
whenUp(peekSettings)

// --- the first run ---------------------------------------------------------------------------------------------------

// Whether a parent was welcomed is the box's to know, so that it happens once, whatever phone comes next.
const welcomed = ref(false)
export const firstRun = computed(() => settings.value?.first_run === true && !welcomed.value)
void peekSettings() // beside the connection, not after it: else the playlists would be seen for a moment

export async function endWelcome(): Promise<void> {
  welcomed.value = true // here in any case; where the box does not hear it, it is asked again another day
  await changeSettings({ welcomed: true })
}
