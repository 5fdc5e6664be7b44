/** Tables that a treasurer or a steward brings in, as text with commas: read in the page, so that every row that is wrong is shown at once with its reason. */
import type { Member } from './api/types'
import { readAmount } from './books'
import { CLASSES } from './classes'

export const INCOME_HEADER = 'date,amount,reference,description'
export const CONTRIBUTIONS_HEADER = 'member,count'
export const MEMBERS_HEADER = 'name,class,key'
/** The server takes no more rows. */
export const ROWS_MAX = 1000

/** Cells by rows. A cell with commas or quotes stands in quotes (RFC 4180), and none holds a line end: the server reads line by line too. */
export function readCells(text: string): string[][] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop()
  return lines.map((line) => [...line.trimEnd().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''))
}

/** A row; cells with commas or quotes stand in quotes. */
export const writeRow = (fields: readonly string[]): string => fields.map((field) => field.replaceAll(/\s+/g, ' ').trim()).map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
/** One more row of a table. */
export function withRow(table: string, header: string, fields: readonly string[]): string {
  const before = table.trim() === '' ? header : table.replace(/\s+$/, '')
  return `${before}\n${writeRow(fields)}\n`
}

/** What is wrong with a row, in words of the language files. */
export type RowComplaint = 'columns' | 'date' | 'amount' | 'places' | 'nothing' | 'reference' | 'description' | 'repeated' | 'member' | 'count' | 'name' | 'class' | 'key'
export interface Row {
  /** As a spreadsheet counts: the header is row 1. */
  row: number
  fields: string[]
  wrong: RowComplaint | null
}
export type TableComplaint = 'header' | 'empty' | 'long'

function read(text: string, header: string, complain: (fields: string[]) => RowComplaint | null, keyOf: (fields: string[]) => string): { rows: Row[]; wrong: TableComplaint | null } {
  const [first, ...rest] = readCells(text)
  if (first?.join(',') !== header) return { rows: [], wrong: text.trim() === '' ? 'empty' : 'header' }
  const seen = new Set<string>()
  const width = header.split(',').length
  const rows = rest.map((fields, index): Row => {
    const wrong = fields.length === width ? complain(fields) : 'columns'
    const key = keyOf(fields)
    const isAgain = wrong === null && seen.has(key)
    seen.add(key)
    return { row: index + 2, fields, wrong: isAgain ? 'repeated' : wrong }
  })
  return { rows, wrong: rows.length === 0 ? 'empty' : rows.length > ROWS_MAX ? 'long' : null }
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

/** A table of income in a currency with so many decimal places. */
export function readIncome(text: string, places: number) {
  const complain = ([day = '', amount = '', reference = '', description = '']: string[]): RowComplaint | null => {
    if (!isDay(day)) return 'date'
    const value = amount.includes(',') || amount.trim() !== amount ? null : readAmount(amount)
    if (value === null) return 'amount'
    if (value.units === 0n) return 'nothing'
    if (value.places > places && value.units % 10n ** BigInt(value.places - places) !== 0n) return 'places'
    if (!/^[A-Za-z0-9._:/-]{1,80}$/.test(reference)) return 'reference'
    return description.trim() === '' || [...description].length > 500 ? 'description' : null
  }
  return read(text, INCOME_HEADER, complain, (fields) => fields[2] ?? '')
}

/** A table of contributions of members. */
export function readContributions(text: string, members: readonly Pick<Member, 'id'>[]) {
  const known = new Set(members.map(({ id }) => id))
  const complain = ([member = '', count = '']: string[]): RowComplaint | null => {
    if (!known.has(member.trim().toLowerCase())) return 'member'
    return /^\d{1,18}$/.test(count.trim()) ? null : 'count'
  }
  return read(text, CONTRIBUTIONS_HEADER, complain, (fields) => (fields[0] ?? '').trim().toLowerCase())
}
/** The longest name of a member, in characters. */
const NAME_MAX = 120
/** What a public key is by its length: the address of a wallet, or an Ed25519 key; null where it is neither. */
export function keyKind(key: string): 'wallet' | 'ed25519' | null {
  const [, digits] = /^0x((?:[0-9a-f]{40}|[0-9a-f]{64}))$/i.exec(key.trim()) ?? []
  return digits === undefined ? null : digits.length === 40 ? 'wallet' : 'ed25519'
}
/** A table of people who become members by their keys. */
export function readNewMembers(text: string) {
  const complain = ([name = '', group = '', key = '']: string[]): RowComplaint | null => {
    if (name.trim() === '' || [...name.trim()].length > NAME_MAX) return 'name'
    if (!CLASSES.some((each) => each === group.trim())) return 'class'
    return keyKind(key) === null ? 'key' : null
  }
  return read(text, MEMBERS_HEADER, complain, (fields) => (fields[2] ?? '').trim().toLowerCase())
}
export const hasWrong = (read: { rows: readonly Row[]; wrong: TableComplaint | null }): boolean => read.wrong !== null || read.rows.some((row) => row.wrong !== null)
