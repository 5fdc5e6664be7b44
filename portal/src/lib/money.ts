/** Money beside revenue: what forms begin with, and what may be chosen in them. */
import type { MoneyDocument, MoneyTerms } from './api/types'

/** The day in UTC, as the API writes it. */
export const today = (): string => new Date().toISOString().slice(0, 10)

/** Whether something of an invoice is still to be paid, whatever places its currency has. */
export const isOpen = (document: Pick<MoneyDocument, 'open'>): boolean => /[1-9]/.test(document.open)

/** The names of the rates of VAT that invoices may name. */
export function ratesOf(terms: MoneyTerms): string[] {
  const rates = (terms.terms as { vat?: { name?: unknown }[] }).vat
  return Array.isArray(rates) ? rates.map((rate) => String(rate.name ?? '')).filter((name) => name !== '') : []
}

/** The entrance fee of the terms; null where there is none. */
export function feeOf(terms: MoneyTerms): string | null {
  const fee = (terms.terms as { entrance_fee?: unknown }).entrance_fee
  return typeof fee === 'string' ? fee : null
}

/** The currency of the terms. */
export const currencyOf = (terms: MoneyTerms): string => String((terms.terms as { currency?: unknown }).currency ?? '')

/** The moves of shares, in the order in which they come. */
export const SHARE_MOVES = ['subscribed', 'paid', 'waived', 'withdrawn', 'refunded'] as const

/** Whether a move of shares moves money. */
export const movesMoney = (kind: string): boolean => kind === 'paid' || kind === 'refunded'
