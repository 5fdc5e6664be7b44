/**
 * Texts of the portal. English is the source and always there; another language is one more file, loaded when it is chosen.
 * A message may hold `{name}` places; a message that counts has one form per plural category of the language
 * (`key.one`, `key.other`), chosen by Intl.PluralRules.
 */
import en from './en.json'

export type Key = keyof typeof en
type PluralBase<K> = K extends `${infer Base}.other` ? Base : never
export type PluralKey = PluralBase<Key>
export type Values = Record<string, string | number>
type Table = Partial<Record<string, string>>

export const LANGUAGES = { en: 'English', 'zh-Hans': '简体中文' } as const
export type Language = keyof typeof LANGUAGES

const STORED = 'rochdale.language'
const tables: Partial<Record<Language, Table>> = { en }
const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ default: Table }>> = {
  'zh-Hans': () => import('./zh-Hans.json'),
}

const current = $state<{ language: Language; table: Table }>({ language: 'en', table: en })

export function language(): Language {
  return current.language
}

/** The reader's own region where it speaks the language of the page: 25 November is written one way in Leeds, another in Boston. */
export function locale(): string {
  const base = current.language.split('-')[0] ?? current.language
  const regional = typeof navigator === 'undefined' ? undefined : navigator.languages.find((tag) => tag.split('-')[0] === base)
  return regional ?? current.language
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
  const table = tables[wanted] ?? (wanted === 'en' ? en : (await loaders[wanted]()).default)
  tables[wanted] = table
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
  if (stored !== null && Object.hasOwn(LANGUAGES, stored)) return stored as Language
  for (const tag of wanted) {
    if (/^zh\b(?!.*\b(Hant|TW|HK|MO)\b)/i.test(tag)) return 'zh-Hans'
    if (/^en\b/i.test(tag)) return 'en'
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
