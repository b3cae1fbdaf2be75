// The words, one language loaded at a time, compiled when the page is built.
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { type Locale, locale } from '@/state/session'

const loaders: Record<Locale, () => Promise<{ default: object }>> = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json'),
}

export const i18n = createI18n({ legacy: false, locale: locale.value, fallbackLocale: locale.value, messages: {}, warnHtmlMessage: false, missingWarn: import.meta.env.DEV, fallbackWarn: false })

async function use(name: Locale): Promise<void> {
  const { default: messages } = await loaders[name]()
  i18n.global.setLocaleMessage(name, messages)
  i18n.global.locale.value = name as never
  document.documentElement.lang = name
}

export async function loadWords(): Promise<void> {
  await use(locale.value)
  watch(locale, (name) => void use(name))
}
