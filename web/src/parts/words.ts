// How lengths, sizes and times are said, in the language that is loaded.
import { computed } from 'vue'
import { locale, t } from '@/i18n'
import { boxName } from '@/state/session'

/** "48 min", "5 h 12". */
export function length(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (ms < 60_000) return t('length.s', { s: Math.round(ms / 1000) })
  return minutes < 60 ? t('length.min', { min: minutes }) : t('length.h', { h: Math.floor(minutes / 60), min: String(minutes % 60).padStart(2, '0') })
}
export const tracks = (count: number, ms: number) => (count === 0 ? t('tracks', 0) : `${t('tracks', count)} · ${length(ms)}`)
export const number = (n: number, digits = 0) => new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }).format(n)
export function bytes(n: number): string {
  const [unit, size] = n >= 1e9 ? ['GB', 1e9] : n >= 1e6 ? ['MB', 1e6] : n >= 1e3 ? ['kB', 1e3] : ['B', 1]
  return `${number(n / Number(size), n / Number(size) < 10 ? 1 : 0)} ${unit}`
}
export function ago(epochMs: number): string {
  const seconds = (epochMs - Date.now()) / 1000
  const relative = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < 60) return t('justNow')
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour')
  if (size < 30 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day')
  return new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }).format(epochMs)
}
export const time = (epochMs: number) => new Intl.DateTimeFormat(locale.value, { timeStyle: 'medium' }).format(epochMs)
/** What the box is called. */
export const box = computed(() => boxName.value || t('boxName'))

/** "1:58:04", "0:09". */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${h > 0 ? `${h}:${String(m).padStart(2, '0')}` : m}:${String(s).padStart(2, '0')}`
}
