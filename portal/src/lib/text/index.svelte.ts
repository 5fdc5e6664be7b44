/**
 * Texts of the portal. English is the source and always there; another language is one file in `languages/`, named by its tag, which is
 * found there and loaded when it is chosen: nothing else names a language. A message may hold `{name}` places; a message that counts has
 * one form per plural category of the language (`key.one`, `key.other`), chosen by Intl.PluralRules.
 */
import en from './en.json'

export type Key = keyof typeof en
type PluralBase<K> = K extends `${infer Base}.other` ? Base : never
export type PluralKey = PluralBase<Key>
export type Values = Record<string, string | number>
type Table = Partial<Record<string, string>>

/** A tag of BCP 47 that says language and script, or language alone. */
export type Language = string

const loaders = import.meta.glob<Table>('./languages/*.json', { query: '?section=portal', import: 'default' })
const pathOf = (language: Language): string => `./languages/${language}.json`

/** English, and each language that there is a file of. */
export const LANGUAGES: readonly Language[] = ['en', ...Object.keys(loaders).map((path) => path.replaceAll(/^.*\/|\.json$/g, ''))]
/** The name of a language in that language. */
export const ownName = (language: Language): string => new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language

const STORED = 'rochdale.language'
const tables = new Map<Language, Table>([['en', en]])

const current = $state<{ language: Language; table: Table }>({ language: 'en', table: en })

export function language(): Language {
  return current.language
}

/** Asked for every date and number of a list. */
const known = new Map<string, string>()

/** Language and script: `zh-TW` is written in other characters than `zh-Hans`, and `zh-SG` in the same. Empty for what is no tag. */
function written(tag: string): string {
  const before = known.get(tag)
  if (before !== undefined) return before
  let found = ''
  try {
    const { language, script } = new Intl.Locale(tag).maximize()
    found = `${language}-${script}`
  } catch {
    // A browser may ask for anything, as `*`.
  }
  known.set(tag, found)
  return found
}

/** The reader's own region where it writes the language of the page: 25 November is written one way in Leeds, another in Boston. */
export function locale(): string {
  const wanted = written(current.language)
  return (typeof navigator === 'undefined' ? undefined : navigator.languages.find((tag) => written(tag) === wanted)) ?? current.language
}

/** Fills the places of a message. Values are inserted as text and never read as markup. */
export function fill(message: string, values: Values): string {
  return message.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name]
    return value === undefined ? place : typeof value === 'number' ? number(value) : value
  })
}

export function t(key: Key, values: Values = {}): string {
  return fill(current.table[key] ?? en[key], values)
}

/** A message that counts; `{count}` is filled with the number, unless it comes written already. */
export function count(key: PluralKey, amount: number, values: Values = {}): string {
  const form = new Intl.PluralRules(current.language).select(amount)
  const table: Table = current.table
  const message = table[`${key}.${form}`] ?? table[`${key}.other`] ?? (en as Table)[`${key}.other`] ?? key
  return fill(message, { count: amount, ...values })
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

export async function choose(wanted: Language): Promise<void> {
  const table = tables.get(wanted) ?? (await loaders[pathOf(wanted)]!())
  tables.set(wanted, table)
  current.language = wanted
  current.table = table
  document.documentElement.lang = wanted
  try {
    localStorage.setItem(STORED, wanted)
  } catch {
    // Storage may be forbidden; the choice then lasts for this page.
  }
}

/** The language a person chose here before, else the first of the browser's that is known. */
export function preferred(stored: string | null, wanted: readonly string[]): Language {
  if (stored !== null && LANGUAGES.includes(stored)) return stored
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language === tag) ?? LANGUAGES.find((language) => written(language) === written(tag))
    if (found !== undefined) return found
  }
  return 'en'
}

export async function startText(): Promise<void> {
  let stored: string | null = null
  try {
    stored = localStorage.getItem(STORED)
  } catch {
    stored = null
  }
  const wanted = preferred(stored, navigator.languages)
  if (wanted !== 'en') await choose(wanted).catch(() => undefined)
}
