/** The books of a co-op: amounts that are exact, the sides of accounts, and a transaction as it is filled in. */
import type { Balance, Journal, JournalBody, LedgerAccount } from './api/types'
import { locale } from './text/index.svelte'
import { serverSays } from './text/server.svelte'

/** The kinds of account, in the order of a balance sheet and then of a result. */
export const ACCOUNT_KINDS = ['asset', 'liability', 'equity', 'income', 'expense'] as const
export type AccountKind = (typeof ACCOUNT_KINDS)[number]
const KIND_OF: Record<string, AccountKind> = { assets: 'asset', liabilities: 'liability', equity: 'equity', income: 'income', expenses: 'expense' }

/** What an account is, by the first part of its path. */
export const kindOf = (path: string): AccountKind => KIND_OF[path.split(':')[0] ?? ''] ?? 'asset'
/** Whether a balance of such an account usually is a credit, which stands with a minus in the books. */
export const isCreditKind = (kind: AccountKind): boolean => kind === 'liability' || kind === 'equity' || kind === 'income'

/** An amount: a whole number of 10^-places. */
export interface Amount {
  units: bigint
  places: number
}
const SHAPE = /^(-?)(\d{1,19})(?:[.,](\d{1,18}))?$/

/** Reads an amount exactly; null for anything else. */
export function readAmount(text: string): Amount | null {
  const [found, minus = '', whole = '', part = ''] = SHAPE.exec(text.trim()) ?? []
  if (found === undefined) return null
  const units = BigInt(whole + part)
  return { units: minus === '-' ? -units : units, places: part.length }
}

const raised = (amount: Amount, places: number): bigint => amount.units * 10n ** BigInt(places - amount.places)
export function add(one: Amount, other: Amount): Amount {
  const places = Math.max(one.places, other.places)
  return { units: raised(one, places) + raised(other, places), places }
}
export const NOTHING: Amount = { units: 0n, places: 0 }
export const negated = (amount: Amount): Amount => ({ units: -amount.units, places: amount.places })
export const isNothing = (amount: Amount): boolean => amount.units === 0n

/** An amount as the API writes it, with a point and no zeros at its end beyond these places. */
export function writeAmount({ units, places }: Amount, placesMin = 0): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  const [whole, part] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places).replace(/0+$/, '').padEnd(placesMin, '0')]
  return `${units < 0n ? '-' : ''}${whole}${part === '' ? '' : `.${part}`}`
}

/** An amount in the reader's own writing, with all its places and at least those in which the currency is paid. */
export function showAmount(amount: Amount, placesMin: number): string {
  const [whole = '0', part = ''] = writeAmount({ ...amount, units: amount.units < 0n ? -amount.units : amount.units }).split('.')
  const format = new Intl.NumberFormat(locale())
  const point = format.formatToParts(1.5).find((each) => each.type === 'decimal')?.value ?? '.'
  const places = part.padEnd(placesMin, '0')
  // A minus as wide as a digit, so that columns stand straight.
  return `${amount.units < 0n ? '\u2212' : ''}${format.format(BigInt(whole))}${places === '' ? '' : point + places}`
}

/** The decimal places in which a currency is paid, by its code; two where nobody knows it. */
export function paidPlaces(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  } catch {
    return 2
  }
}

/** The decimal places in which a currency is paid, by the accounts in it. */
export const placesOf = (accounts: readonly LedgerAccount[], currency: string): number => accounts.find((account) => account.currency === currency)?.minor_digits ?? 0

export interface Group {
  kind: AccountKind
  currency: string
  lines: { path: string; amount: Amount }[]
  total: Amount
}

/** Balances by kind and currency, as people read them: what is usually a credit without its minus. Accounts with nothing on them are left out. */
export function groupsOf(balances: readonly Balance[]): Group[] {
  const groups = new Map<string, Group>()
  for (const balance of balances) {
    const read = readAmount(balance.balance)
    if (read === null || isNothing(read)) continue
    const kind = kindOf(balance.account)
    const amount = isCreditKind(kind) ? negated(read) : read
    const name = `${balance.currency} ${kind}`
    const group = groups.get(name) ?? { kind, currency: balance.currency, lines: [], total: NOTHING }
    group.lines.push({ path: balance.account, amount })
    group.total = add(group.total, amount)
    groups.set(name, group)
  }
  const order = (kind: AccountKind) => ACCOUNT_KINDS.indexOf(kind)
  return [...groups.values()].toSorted((one, other) => one.currency.localeCompare(other.currency) || order(one.kind) - order(other.kind))
}

/** Whether debits and credits come to the same in each currency, added up here. */
export function isBalanced(balances: readonly Balance[]): boolean {
  const sums = new Map<string, Amount>()
  for (const balance of balances) {
    const read = readAmount(balance.balance)
    if (read === null) return false
    sums.set(balance.currency, add(sums.get(balance.currency) ?? NOTHING, read))
  }
  return [...sums.values()].every(isNothing)
}

/** A line as it is typed: one of both sides. */
export interface LineDraft {
  /** Path and currency, with a space between them; empty where none is chosen. */
  account: string
  debit: string
  credit: string
}
export interface JournalDraft {
  description: string
  day: string
  opening: boolean
  lines: LineDraft[]
}

export const emptyLine = (): LineDraft => ({ account: '', debit: '', credit: '' })
export const emptyJournal = (day: string): JournalDraft => ({ description: '', day, opening: false, lines: [emptyLine(), emptyLine()] })
const isBlank = (line: LineDraft): boolean => line.account === '' && line.debit.trim() === '' && line.credit.trim() === ''

/** The amount of a line: a debit above zero, a credit below; null where it is none, or both. */
export function amountOf(line: LineDraft): Amount | null {
  const [debit, credit] = [line.debit.trim(), line.credit.trim()]
  if ((debit === '') === (credit === '')) return null
  const amount = readAmount(debit === '' ? credit : debit)
  if (amount === null || amount.units <= 0n) return null
  return debit === '' ? negated(amount) : amount
}

/** What the lines come to in each currency; nothing in each is what is needed. */
export function differences(draft: JournalDraft): { currency: string; amount: Amount }[] {
  const sums = new Map<string, Amount>()
  for (const line of draft.lines) {
    const currency = line.account.split(' ')[1]
    const amount = amountOf(line)
    if (currency !== undefined && amount !== null) sums.set(currency, add(sums.get(currency) ?? NOTHING, amount))
  }
  return [...sums].map(([currency, amount]) => ({ currency, amount })).toSorted((one, other) => one.currency.localeCompare(other.currency))
}

/** What a transaction lacks before it can be previewed; with the number of the line, from 1. */
export type JournalComplaint = { wrong: 'description' | 'day' | 'lines' | 'balance' } | { wrong: 'account' | 'amount' | 'places'; line: number }

const LINES_MAX = 200

export function complaint(draft: JournalDraft, accounts: readonly LedgerAccount[]): JournalComplaint | null {
  if (draft.description.trim() === '') return { wrong: 'description' }
  if (!/^\d{4}-\d\d-\d\d$/.test(draft.day)) return { wrong: 'day' }
  for (const [index, line] of draft.lines.entries()) {
    if (isBlank(line)) continue
    if (line.account === '') return { wrong: 'account', line: index + 1 }
    const amount = amountOf(line)
    if (amount === null) return { wrong: 'amount', line: index + 1 }
    if (amount.places > placesOf(accounts, line.account.split(' ')[1] ?? '')) return { wrong: 'places', line: index + 1 }
  }
  const filled = draft.lines.filter((line) => !isBlank(line)).length
  if (filled < 2 || filled > LINES_MAX) return { wrong: 'lines' }
  return differences(draft).every(({ amount }) => isNothing(amount)) ? null : { wrong: 'balance' }
}

/** The transaction of a draft in which {@link complaint} finds nothing. */
export function bodyOf(draft: JournalDraft): JournalBody {
  const entries = draft.lines
    .filter((line) => !isBlank(line))
    .map((line) => {
      const [account = '', currency = ''] = line.account.split(' ')
      return { account, currency, amount: writeAmount(amountOf(line) ?? NOTHING) }
    })
  return { description: draft.description.trim(), effective_on: draft.day, opening: draft.opening, entries }
}

const BY_PEOPLE: readonly string[] = ['opening', 'manual', 'import', 'reversal']
/** What a transaction is about: the words of whoever posted it, or of the server, in the language of the page. */
export const described = ({ kind, description }: Pick<Journal, 'kind' | 'description'>): string => (BY_PEOPLE.includes(kind) ? description : serverSays(description))
