// The words. What the first screen says comes with it, a kilobyte a language; all else, of one language, once the page rests, with
// a page or dialog that is opened, or when one of its words is asked for.
//
// A text may hold parameters, "{name}", and forms by a count, "none | one | many" or "one | many", in which "{n}" is the count.
import { readonly, ref, shallowRef, watch } from 'vue'
import { type Locale, locale as wanted } from '@/state/session'
import de from './locales/de.first.json'
import en from './locales/en.first.json'

interface Tree {
  readonly [key: string]: string | Tree
}
const FIRST: Record<Locale, Tree> = { en, de }
const MORE: Record<Locale, () => Promise<{ default: Tree }>> = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json'),
}

const words = shallowRef(read(FIRST[wanted.value]))
const shown = ref(wanted.value)
let more: Promise<void> | null = null

/** The language that is shown. */
export const locale = readonly(shown)

/** The words of a key; empty while they are on their way. */
export function t(key: string, given: number | Readonly<Record<string, string | number>> = {}): string {
  const text = words.value.get(key)
  if (text === undefined) {
    void moreWords()
    return ''
  }
  const forms = text.split(' | ')
  const [count, params]: [number, Readonly<Record<string, string | number>>] = typeof given === 'number' ? [given, { n: given }] : [0, given]
  const form = forms.length === 3 ? Math.min(count, 2) : forms.length === 2 && count !== 1 ? 1 : 0
  return forms[form]!.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** All of them, not only those of the first screen. */
export function moreWords(): Promise<void> {
  return (more ??= load(wanted.value).catch(() => void (more = null))) // what cannot be had is asked for again
}

async function load(language: Locale): Promise<void> {
  const { default: tree } = await MORE[language]()
  if (language !== wanted.value) return // another was chosen meanwhile
  words.value = new Map([...read(FIRST[language]), ...read(tree)])
  shown.value = language
}

watch(wanted, () => {
  more = null
  void moreWords()
})
watch(shown, (language) => (document.documentElement.lang = language), { immediate: true })

function read(tree: Tree, at = '', into = new Map<string, string>()): Map<string, string> {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') into.set(at + key, value)
    else read(value, `${at}${key}.`, into)
  }
  return into
}
