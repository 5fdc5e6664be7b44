/** Money beside revenue: terms, documents, shares, bills, years, tax profiles. */
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, take } from '../client'
import type { BillBody, CreditNoteBody, IncomingPaymentBody, InvoiceBody, ShareMoveBody } from '../types'

const under = (coop: string, attempt: Attempt, content: unknown) => ({ ...of(coop), header: keyed(attempt, content) })

export const listMoneyTerms = (coop: string) => take(client.GET(`${V1}/coops/{coop}/money/terms`, { params: of(coop) }))

// Invoices, credit notes, receipts, payments.
export const listDocuments = (coop: string, open: boolean) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/invoices`, { params: { ...of(coop), query: { ...paged(cursor), open } } })))
export const previewInvoice = (coop: string, body: InvoiceBody) => take(client.POST(`${V1}/coops/{coop}/invoices/preview`, { params: of(coop), body }))
export const issueInvoice = (coop: string, attempt: Attempt, body: InvoiceBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/invoices`, { params: under(coop, attempt, body), body })))
export const previewCreditNote = (coop: string, document: string, body: CreditNoteBody) =>
  take(client.POST(`${V1}/coops/{coop}/invoices/{document}/credit-note/preview`, { params: { path: { coop, document } }, body }))
export const creditInvoice = (coop: string, document: string, attempt: Attempt, body: CreditNoteBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/invoices/{document}/credit-note`, { params: { path: { coop, document }, header: keyed(attempt, [document, body]) }, body })),
  )
type DuesBody = { period: string; issued_on: string }
export const previewDues = (coop: string, body: DuesBody) => take(client.POST(`${V1}/coops/{coop}/dues/preview`, { params: of(coop), body }))
export const chargeDues = (coop: string, attempt: Attempt, body: DuesBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/dues`, { params: under(coop, attempt, body), body })))
type UsageBody = { issued_on: string; vat: string | null }
export const previewUsage = (coop: string, body: UsageBody) => take(client.POST(`${V1}/coops/{coop}/usage-invoices/preview`, { params: of(coop), body }))
export const chargeUsage = (coop: string, attempt: Attempt, body: UsageBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/usage-invoices`, { params: under(coop, attempt, body), body })))
export const receiveFee = (coop: string, attempt: Attempt, body: { member: string; received_on: string; money: string }) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/entrance-fees`, { params: under(coop, attempt, body), body })))
export const previewPayment = (coop: string, body: IncomingPaymentBody) =>
  take(client.POST(`${V1}/coops/{coop}/incoming-payments/preview`, { params: of(coop), body }))
export const recordPayment = (coop: string, attempt: Attempt, body: IncomingPaymentBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/incoming-payments`, { params: under(coop, attempt, body), body })))

// Shares.
export const listShareMovements = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/shares`, { params: { ...of(coop), query: paged(cursor) } })))
export const previewShares = (coop: string, body: ShareMoveBody) => take(client.POST(`${V1}/coops/{coop}/shares/preview`, { params: of(coop), body }))
export const moveShares = (coop: string, attempt: Attempt, body: ShareMoveBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/shares`, { params: under(coop, attempt, body), body })))
const inYear = (coop: string, year: string) => ({ path: { coop, year } })
export const previewInterest = (coop: string, year: string) =>
  take(client.GET(`${V1}/coops/{coop}/shares/interest/{year}`, { params: inYear(coop, year) }))
export const creditInterest = (coop: string, year: string, attempt: Attempt) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/shares/interest/{year}`, { params: { ...inYear(coop, year), header: keyed(attempt, ['interest', year]) } })))

// Suppliers' bills.
export const listBills = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/bills`, { params: { ...of(coop), query: paged(cursor) } })))
export const prepareBill = (coop: string, attempt: Attempt, body: BillBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bills`, { params: under(coop, attempt, body), body })))
const ofBill = (coop: string, bill: string, attempt: Attempt, content: unknown) => ({ path: { coop, bill }, header: keyed(attempt, [bill, content]) })
export const approveBill = (coop: string, bill: string, attempt: Attempt, digest: string) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bills/{bill}/approvals`, { params: ofBill(coop, bill, attempt, digest), body: { digest } })))
export const payBill = (coop: string, bill: string, attempt: Attempt, body: { paid_on: string; money: string }) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bills/{bill}/payment`, { params: ofBill(coop, bill, attempt, body), body })))
export const cancelBill = (coop: string, bill: string, attempt: Attempt, reason: string) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bills/{bill}/cancellation`, { params: ofBill(coop, bill, attempt, reason), body: { reason } })))

// Years.
export const listYears = (coop: string) => take(client.GET(`${V1}/coops/{coop}/years`, { params: of(coop) }))
export const previewYear = (coop: string, year: string) => take(client.GET(`${V1}/coops/{coop}/years/{year}/closing`, { params: inYear(coop, year) }))
export const closeYear = (coop: string, year: string, attempt: Attempt, digest: string) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/years/{year}/closing`, { params: { ...inYear(coop, year), header: keyed(attempt, [year, digest]) }, body: { digest } })))
export const readOwnYear = (coop: string, year: string) => take(client.GET(`${V1}/coops/{coop}/years/{year}/summary`, { params: inYear(coop, year) }))

// Tax profiles.
export const listTaxProfiles = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/tax-profiles`, { params: { ...of(coop), query: paged(cursor) } })))
export const setTaxProfile = (coop: string, attempt: Attempt, body: { member: string; profile: string | null }) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/tax-profiles`, { params: under(coop, attempt, body), body })))
