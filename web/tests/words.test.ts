// Every word that the pages use is there, in every language, and none that nobody uses.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Words = { [key: string]: string | Words }
const flat = (words: Words, at = ''): string[] =>
  Object.entries(words).flatMap(([key, value]) => (typeof value === 'string' ? [`${at}${key}`] : flat(value, `${at}${key}.`)))
const words = (name: string) => JSON.parse(readFileSync(new URL(`../src/locales/${name}`, import.meta.url), 'utf8')) as Words
const src = new URL('../src/', import.meta.url)
const files = readdirSync(src, { recursive: true }).map(String)
const names = files.filter((each) => each.endsWith('.json')).map((each) => each.split('/').at(-1)!)
const source = files.filter((each) => /\.(ts|vue)$/.test(each)).map((each) => readFileSync(new URL(each, src), 'utf8')).join('\n')
const at = (tree: Words, key: string) => key.split('.').reduce<string | Words | undefined>((held, part) => (typeof held === 'object' ? held[part] : undefined), tree)

test('all languages have the same words', () => {
  for (const name of names) expect(flat(words(name)).sort(), name).toEqual(flat(words('en.json')).sort())
})

test('all languages have the same parameters and forms', () => {
  const shape = (text: unknown) => ({ parameters: [...new Set(String(text).match(/\{\w+\}/g))].sort(), forms: String(text).split('|').length })
  for (const name of names)
    for (const key of flat(words('en.json'))) expect(shape(at(words(name), key)), `${name}: ${key}`).toEqual(shape(at(words('en.json'), key)))
})

test('every key that is written out exists', () => {
  const used = [...source.matchAll(/(?:\bt\(|key: )(?:[^'`)\n]*\? )?'([\w.-]+)'(?: : '([\w.-]+)')?/g)].flatMap((found) => [found[1], found[2]]).filter((each) => each !== undefined)
  expect(used.length).toBeGreaterThan(150)
  for (const key of used) expect(typeof at(words('en.json'), key), key).toBe('string')
})

test('every service of the box that System shows has a name', () => {
  const box = readFileSync(new URL('../../tomb/box.py', import.meta.url), 'utf8')
  const services = [...box.matchAll(/supervise\("(\w+)"/g)].map((found) => found[1]!)
  expect(services.length).toBeGreaterThan(3)
  const shown = /const PARTS = new Set\(\[(.*)\]\)/.exec(source)![1]!
  for (const name of services) {
    expect(typeof at(words('en.json'), `part.${name}`), name).toBe('string')
    expect(shown, name).toContain(`'${name}'`)
  }
})

test('every word is used', () => {
  const made = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map((found) => found[1]!)
  const unused = flat(words('en.json')).filter((key) => !source.includes(`'${key}'`) && !made.some((start) => key.startsWith(start)))
  expect(unused).toEqual([])
})
