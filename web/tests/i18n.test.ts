import { afterEach, beforeEach, expect, test, vi } from 'vitest'

vi.mock('../src/locales/en.first.json', () => ({ default: { tracks: 'none | 1 track | {n} tracks', hello: 'Hello {name}, {other}' } }))
vi.mock('../src/locales/en.json', () => ({ default: { files: 'One file | {n} files', deep: { er: 'down' } } }))
vi.mock('../src/locales/de.first.json', () => ({ default: { hello: 'Hallo {name}' } }))
vi.mock('../src/locales/de.json', () => ({ default: { deep: { er: 'unten' } } }))
vi.mock('@/state/session', async () => ({ locale: (await import('vue')).ref('en') }))

let words: typeof import('@/i18n')
beforeEach(async () => {
  vi.resetModules()
  vi.stubGlobal('document', { documentElement: { lang: '' }, createElement: () => ({}) })
  words = await import('@/i18n')
})
afterEach(() => vi.unstubAllGlobals())

test('a parameter stands where its name does; one that is not given leaves its name', () => {
  expect(words.t('hello', { name: 'Tilda' })).toBe('Hello Tilda, {other}')
})

test('a count chooses the form', async () => {
  await words.moreWords()
  expect([0, 1, 2, 31].map((n) => words.t('tracks', n))).toEqual(['none', '1 track', '2 tracks', '31 tracks'])
  expect([0, 1, 2].map((n) => words.t('files', n))).toEqual(['0 files', 'One file', '2 files'])
})

test('a word that is not here yet is empty, and comes', async () => {
  expect(words.t('deep.er')).toBe('')
  await vi.waitFor(() => expect(words.t('deep.er')).toBe('down'))
})

test('another language takes the place of all words, and the page says which one it is in', async () => {
  await words.moreWords()
  const { locale: now } = await import('@/state/session')
  now.value = 'de'
  await vi.waitFor(() => expect([words.t('hello', { name: 'Tilda' }), words.t('deep.er')]).toEqual(['Hallo Tilda', 'unten']))
  expect(words.t('tracks', 1)).toBe('') // it has no such word: never one of the other language
  expect([words.locale.value, document.documentElement.lang]).toEqual(['de', 'de'])
})
