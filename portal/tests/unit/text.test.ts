// Aim: every language has every text, every text is used, every use has a text. Method: the tables against each other and against
// the source, where a message is named by a literal or by the literal beginning of a template.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import en from '../../src/lib/text/en.json'
import zhHans from '../../src/lib/text/zh-Hans.json'
import { fill, preferred } from '../../src/lib/text/index.svelte'

const tables: Record<string, Record<string, string>> = { en, 'zh-Hans': zhHans }
const source = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|ts)$/.test(name))
const code = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n')
const PLURAL = /\.(zero|one|two|few|many|other)$/
const base = (key: string) => key.replace(PLURAL, '')
const isPlural = (key: string, table: Record<string, string>) => PLURAL.test(key) && `${base(key)}.other` in table
const places = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted()

describe('the message tables', () => {
  it.each(Object.keys(tables))('%s has exactly the messages of English', (language) => {
    const table = tables[language]!
    const names = (of: Record<string, string>) => [...new Set(Object.keys(of).map((key) => (isPlural(key, of) ? base(key) : key)))].toSorted()
    expect(names(table)).toEqual(names(en))
  })

  it.each(Object.keys(tables))('%s has exactly the plural forms of its language', (language) => {
    const table = tables[language]!
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted()
    const bases = new Set(Object.keys(table).filter((key) => isPlural(key, table)).map(base))
    for (const name of bases) {
      const got = Object.keys(table).filter((key) => isPlural(key, table) && base(key) === name).map((key) => key.split('.').pop())
      expect(got.toSorted(), name).toEqual(wanted)
    }
  })

  it.each(Object.keys(tables))('%s has the same places in each message, and no empty one', (language) => {
    for (const [key, message] of Object.entries(tables[language]!)) {
      const english = (en as Record<string, string>)[key] ?? ''
      if (isPlural(key, en)) continue
      expect(places(message), key).toEqual(places(english))
      if (key !== 'span.join') expect(message.trim(), key).not.toBe('')
    }
  })

  it.each(['en', 'zh-Hans'])('give each key once in %s', (language) => {
    const file = readFileSync(join(source, 'lib', 'text', `${language}.json`), 'utf8')
    const keys = [...file.matchAll(/^ {2}"([^"]+)":/gm)].map((match) => match[1])
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
  })

  it('are all used', () => {
    const beginnings = [...code.matchAll(/`([a-z_]+\.[a-z_.]*)\$\{/g)].map((match) => match[1]!)
    const unused = Object.keys(en).filter((key) => {
      const name = isPlural(key, en) ? base(key) : key
      return !code.includes(`'${name}'`) && !beginnings.some((beginning) => name.startsWith(beginning))
    })
    expect(unused).toEqual([])
  })
})

describe('messages', () => {
  it('insert values as text', () => {
    expect(fill('{name} is {place}', { name: '<b>{place}</b>', place: 3 })).toBe('<b>{place}</b> is 3')
    expect(fill('{missing} stays', {})).toBe('{missing} stays')
  })

  const cases: [string | null, string[], string][] = [
    [null, ['de-DE', 'en-GB'], 'en'],
    [null, ['zh-CN'], 'zh-Hans'],
    [null, ['zh-Hant-TW', 'en'], 'en'],
    ['zh-Hans', ['en'], 'zh-Hans'],
    ['xx', ['fr'], 'en'],
    ['toString', ['fr'], 'en'],
  ]
  it.each(cases)('stored %s, wanted %j: %s', (stored, wanted, language) => expect(preferred(stored, wanted)).toBe(language))
})
