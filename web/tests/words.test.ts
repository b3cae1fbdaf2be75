// Every word that the pages use is there, in every language, and none that nobody uses; those of the first screen apart.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

type Words = { [key: string]: string | Words }
const flat = (words: Words, at = ''): [string, string][] =>
  Object.entries(words).flatMap(([key, value]): [string, string][] => (typeof value === 'string' ? [[`${at}${key}`, value]] : flat(value, `${at}${key}.`)))
const src = join(import.meta.dirname, '../src')
const text = (name: string) => readFileSync(join(src, name), 'utf8')
const words = (name: string) => new Map(flat(JSON.parse(text(`locales/${name}.json`)) as Words))
const files = readdirSync(src, { recursive: true }).map(String).filter((each) => /\.(ts|vue)$/.test(each))
const source = files.map(text).join('\n')
const languages = [...new Set(readdirSync(join(src, 'locales')).map((each) => each.split('.')[0]!))]
const [first, more] = [words('en.first'), words('en')]
const all = new Map([...first, ...more])

test('all languages have the same words', () => {
  expect(languages.length).toBeGreaterThan(1)
  for (const name of languages) {
    expect([...words(`${name}.first`).keys()].sort(), name).toEqual([...first.keys()].sort())
    expect([...words(name).keys()].sort(), name).toEqual([...more.keys()].sort())
  }
})

test('all languages have the same parameters and forms', () => {
  const shape = (text = '') => ({ parameters: [...new Set(text.match(/\{\w+\}/g))].sort(), forms: text.split('|').length })
  for (const name of languages) {
    const theirs = new Map([...words(`${name}.first`), ...words(name)])
    for (const [key, text] of all) expect(shape(theirs.get(key)), `${name}: ${key}`).toEqual(shape(text))
  }
})

test('every key that is written out exists', () => {
  const used = [...source.matchAll(/(?:\bt\(|key: )(?:[^'`)\n]*\? )?'([\w.-]+)'(?: : '([\w.-]+)')?/g)].flatMap((found) => [found[1], found[2]]).filter((each) => each !== undefined)
  expect(used.length).toBeGreaterThan(150)
  for (const key of used) expect(all.has(key), key).toBe(true)
})

test('every service of the box that System shows has a name, and every state', () => {
  const python = ['box.py', 'rest.py', 'nurseries/limits.py'].map((name) => readFileSync(join(src, '../../tomb', name), 'utf8')).join()
  const services = [...python.matchAll(/(?:supervise|supervise_from_afar|board\.note)\("(\w+)"/g)].map((found) => found[1]!)
  expect(services).toEqual(expect.arrayContaining(['clock', 'keys', 'speakers']))
  for (const name of services) expect(all.has(`part.${name}`), name).toBe(true)
  const states = /const STATES = new Set\(\[(.*)\]\)/.exec(source)![1]!
  for (const key of all.keys()) if (key.startsWith('partIs.')) expect(states).toContain(`'${key.slice('partIs.'.length)}'`)
})

test('every word is used', () => {
  const made = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map((found) => found[1]!)
  const unused = [...all.keys()].filter((key) => !source.includes(`'${key}'`) && !made.some((start) => key.startsWith(start)))
  expect(unused).toEqual([])
})

/** What the page loads before it shows anything. */
function loadedFirst(name = 'main.ts', found = new Set<string>()): Set<string> {
  if (found.has(name)) return found
  found.add(name)
  for (const [, from] of text(name).matchAll(/^import (?!type )(?:[^'\n]*? from )?'((?:@|\.{1,2})\/[^'?]+)'/gm)) {
    const path = normalize(from!.startsWith('@/') ? from!.slice(2) : join(dirname(name), from!))
    const file = [path, `${path}.ts`].find((each) => /\.(ts|vue)$/.test(each) && existsSync(join(src, each)))
    if (file !== undefined) loadedFirst(file, found)
  }
  return found
}

test('what the first screen says is loaded before it, and nothing else is', () => {
  const said = [...loadedFirst()].map(text).flatMap((each) => [...each.matchAll(/\bt\(((?:[^()`']|'[^']*'|`[^`]*`|\([^()]*\))*)\)/g)].map((found) => found[1]!))
  const keys = new Set(said.flatMap((call) => [...call.matchAll(/'([\w.-]+)'/g)].map((found) => found[1]!)).filter((key) => all.has(key)))
  for (const start of said.flatMap((call) => [...call.matchAll(/`([\w.]+\.)\$\{/g)].map((found) => found[1]!)))
    for (const key of all.keys()) if (key.startsWith(start)) keys.add(key)
  expect([...first.keys()].sort()).toEqual([...keys].sort())
})
