// Aim: every language has every text, every text is used, every use has a text. Method: the tables against each other and against
// the source, where a message is named by a literal or by the literal beginning of a template; and the markup, which holds no words.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import en from '../../src/lib/text/en.json'
import { fill, preferred } from '../../src/lib/text/index.svelte'
import { LANGUAGES } from './languages'

const tables: Record<string, Record<string, string>> = { en, ...Object.fromEntries(Object.entries(LANGUAGES).map(([tag, { portal }]) => [tag, portal])) }
const source = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|ts)$/.test(name))
const code = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n')
const PLURAL = /\.(zero|one|two|few|many|other)$/
const base = (key: string) => key.replace(PLURAL, '')
const isPlural = (key: string, table: Record<string, string>) => PLURAL.test(key) && `${base(key)}.other` in table
const places = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted()
/** What ends in an s behind a place without being counted. */
const VERBS = new Set(['as', 'becomes', 'comes', 'gets', 'is', 'pays', 'settles', 'stands', 'takes', 'waits', 'was'])
/** What is called alike in every language. */
const NAMES = new Set(['Rochdale', 'llama.cpp', 'vLLM', 'CSV', 'JSON', 'pool:revenue'])
/** What stands between words or sentences: in some languages nothing. */
const JOINS = new Set(['span.join', 'sentence.join'])
const SPOKEN = new Set(['action', 'alt', 'aria-label', 'hint', 'label', 'lead', 'placeholder', 'title'])

/** The words that stand in the markup of a component, outside code; a message put in their place would be translated. */
function wordsIn(markup: string): string[] {
  const words: string[] = []
  const waiting: unknown[] = [parse(markup, { modern: true }).fragment]
  while (waiting.length > 0) {
    const node = waiting.pop() as { type?: string; name?: string; data?: string; value?: unknown } | null
    if (node === null || typeof node !== 'object' || node.name === 'code') continue
    if (node.type === 'Attribute' && !SPOKEN.has(node.name ?? '')) continue
    if (node.type === 'Text' && /\p{Letter}{2}/u.test(node.data ?? '') && !NAMES.has(node.data!.trim())) words.push(node.data!.trim())
    waiting.push(...Object.entries(node).flatMap(([key, part]) => (key === 'metadata' ? [] : [part])))
  }
  return words
}

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
      if (!JOINS.has(key)) expect(message.trim(), key).not.toBe('')
    }
  })

  it.each(['en.json', ...Object.keys(LANGUAGES).map((tag) => `languages/${tag}.json`)])('give each key once in %s', (name) => {
    const file = readFileSync(join(source, 'lib', 'text', name), 'utf8')
    for (const section of file.split(/^ {2}"\w+": \{$/m)) {
      const keys = [...section.matchAll(/^ +("(?:[^"\\]|\\.)+"):/gm)].map((match) => match[1]!)
      expect(new Set(keys).size, keys.find((key, at) => keys.indexOf(key) !== at)).toBe(keys.length)
    }
  })

  // A count would read "1 ballots": it has plural forms, or stands behind its noun ("Ballots: 1").
  it('count nothing without plural forms', () => {
    const counting = Object.entries(en).filter(([key, message]) => !isPlural(key, en) && [...message.matchAll(/\{(\w+)\} ([a-z]+s)\b/g)].some((match) => !VERBS.has(match[2]!) && match[1] !== 'name'))
    expect(counting).toEqual([])
  })

  it('hold every word of every page', () => {
    const markup = files.filter((name) => name.endsWith('.svelte')).map((name) => readFileSync(join(source, name), 'utf8'))
    expect(markup.flatMap(wordsIn)).toEqual([])
    expect(wordsIn('<p title="Closed">{x} Open <code>set_model</code></p>')).toEqual(['Open', 'Closed'])
  })

  it('are all used', () => {
    const beginnings = [...code.matchAll(/`([a-z_]+\.[a-z_.]*)\$\{/g)].map((match) => match[1]!)
    const literals = new Set([...code.matchAll(/'([\w.]+)'/g)].map((match) => match[1]!))
    const unused = Object.keys(en).filter((key) => {
      const name = isPlural(key, en) ? base(key) : key
      return !literals.has(name) && !beginnings.some((beginning) => name.startsWith(beginning))
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
    [null, ['zh-TW', '*', 'zh-SG'], 'zh-Hans'],
    [null, ['zh-HK'], 'en'],
    ['zh-Hans', ['en'], 'zh-Hans'],
    ['xx', ['fr'], 'en'],
    ['toString', ['fr'], 'en'],
  ]
  it.each(cases)('stored %s, wanted %j: %s', (stored, wanted, language) => expect(preferred(stored, wanted)).toBe(language))
})
