// Aim: amounts stay exact, and a transaction is looked at before anything is sent. Method: tables of cases.
import { describe, expect, it } from 'vitest'
import type { Balance, LedgerAccount } from '../../src/lib/api/types'
import { add, amountOf, bodyOf, complaint, differences, emptyJournal, emptyLine, groupsOf, isBalanced, kindOf, paidPlaces, readAmount, showAmount, writeAmount, type JournalComplaint, type JournalDraft, type LineDraft } from '../../src/lib/books'

const account = (path: string, currency: string, minor_digits: number) => ({ id: path, path, currency, minor_digits, exponent: 8, kind: kindOf(path) }) as LedgerAccount
const ACCOUNTS = [account('assets:bank:main', 'EUR', 2), account('income:sales', 'EUR', 2), account('assets:cash', 'JPY', 0), account('equity:opening', 'JPY', 0)]

describe('amounts', () => {
  const cases: [string, string | null][] = [
    ['12.50', '12.5'], ['12,5', '12.5'], ['-0.00000001', '-0.00000001'], ['0', '0'], ['-0', '0'], ['007', '7'], ['9999999999999999999.99', '9999999999999999999.99'],
    ['', null], ['1.', null], ['.5', null], ['1e3', null], ['1 000', null], ['--1', null], ['１', null],
  ]
  it.each(cases)('%j is %s', (text, wanted) => {
    const read = readAmount(text)
    expect(read === null ? null : writeAmount(read)).toBe(wanted)
  })
  it('add up where numbers of the browser would not', () => {
    expect(writeAmount(add(readAmount('0.1')!, readAmount('0.2')!))).toBe('0.3')
    expect(['EUR', 'JPY', 'KWD', 'no code'].map((currency) => writeAmount(readAmount('11.9')!, paidPlaces(currency)))).toEqual(['11.90', '11.9', '11.900', '11.90'])
    expect(writeAmount(add(readAmount('9007199254740993')!, readAmount('0.01')!))).toBe('9007199254740993.01')
  })
  it('are shown with the places in which they are paid, and all that there are', () => {
    expect([['1234.5', 2], ['-0.5', 2], ['1000', 0], ['0.00000001', 2]].map(([text, places]) => showAmount(readAmount(text as string)!, places as number))).toEqual(['1,234.50', '\u22120.50', '1,000', '0.00000001'])
  })
})

describe('balances', () => {
  const balance = (path: string, currency: string, amount: string) => ({ ledger_account: path, account: path, currency, balance: amount }) as Balance
  const all = [balance('income:sales', 'EUR', '-12.5'), balance('assets:cash', 'EUR', '0'), balance('assets:bank:main', 'EUR', '10'), balance('expenses:rent', 'EUR', '2.5'), balance('assets:cash', 'JPY', '7'), balance('equity:opening', 'JPY', '-7')]
  it('stand by currency and kind, without the minus that a credit has', () => {
    expect(groupsOf(all).map(({ currency, kind, lines, total }) => [currency, kind, lines.length, writeAmount(total)])).toEqual([
      ['EUR', 'asset', 1, '10'], ['EUR', 'income', 1, '12.5'], ['EUR', 'expense', 1, '2.5'], ['JPY', 'asset', 1, '7'], ['JPY', 'equity', 1, '7'],
    ])
  })
  it('are checked in the page, each currency by itself', () => {
    expect(isBalanced(all)).toBe(true)
    expect(isBalanced([...all, balance('assets:cash', 'EUR', '0.00000001')])).toBe(false)
    expect(isBalanced([balance('assets:cash', 'EUR', '7'), balance('assets:cash', 'JPY', '-7')])).toBe(false)
    expect(isBalanced([balance('assets:cash', 'EUR', 'seven')])).toBe(false)
  })
})

describe('a transaction', () => {
  const line = (path: string, debit: string, credit = '', currency = 'EUR'): LineDraft => ({ account: path === '' ? '' : `${path} ${currency}`, debit, credit })
  const sale = [line('assets:bank:main', '12,50'), line('income:sales', '', '12.50'), emptyLine()]
  const draft = (over: Partial<JournalDraft>): JournalDraft => ({ ...emptyJournal('2026-03-01'), description: ' Three hours ', lines: sale, ...over })

  it('is sent as it was looked at, without blank lines', () => {
    expect(complaint(draft({}), ACCOUNTS)).toBeNull()
    expect(bodyOf(draft({}))).toEqual({
      description: 'Three hours', effective_on: '2026-03-01', opening: false,
      entries: [{ account: 'assets:bank:main', currency: 'EUR', amount: '12.5' }, { account: 'income:sales', currency: 'EUR', amount: '-12.5' }],
    })
  })
  const wrongs: [string, Partial<JournalDraft>, JournalComplaint][] = [
    ['says nothing', { description: ' ' }, { wrong: 'description' }],
    ['has no day', { day: '' }, { wrong: 'day' }],
    ['has one line', { lines: [sale[0]!] }, { wrong: 'lines' }],
    ['is off by a cent', { lines: [line('assets:bank:main', '12.51'), sale[1]!] }, { wrong: 'balance' }],
    ['comes to zero across currencies alone', { lines: [line('assets:bank:main', '7'), line('equity:opening', '', '7', 'JPY')] }, { wrong: 'balance' }],
    ['names no account', { lines: [line('', '1'), sale[1]!] }, { wrong: 'account', line: 1 }],
    ['has both sides in a line', { lines: [sale[0]!, line('income:sales', '1', '1')] }, { wrong: 'amount', line: 2 }],
    ['has an amount below zero', { lines: [sale[0]!, line('income:sales', '-1')] }, { wrong: 'amount', line: 2 }],
    ['has half a yen', { lines: [line('assets:cash', '1.5', '', 'JPY'), line('equity:opening', '', '1.5', 'JPY')] }, { wrong: 'places', line: 1 }],
  ]
  it.each(wrongs)('is not sent where it %s', (_, over, wanted) => expect(complaint(draft(over), ACCOUNTS)).toEqual(wanted))
  it('tells by how much each currency is off as it is typed', () => {
    const lines = [line('assets:bank:main', '3'), line('income:sales', '', '1'), line('assets:cash', '5', '', 'JPY'), line('', '9')]
    expect(differences(draft({ lines })).map(({ currency, amount }) => [currency, writeAmount(amount)])).toEqual([['EUR', '2'], ['JPY', '5']])
    expect(amountOf(line('assets:cash', '', ''))).toBeNull()
  })
})
