/** Payments: where members are paid, files for the bank and its answers, evidence, the end of a cycle. */
import { V1, all, keyed, of, once, paged, within } from '../asking'
import type { Attempt } from '../attempt'
import { client, download, take } from '../client'
import { Problem } from '../problem'
import type { BankAccountBody, DistributorBody, EvidenceBody, Payee, PayeeBody, PaymentFileBody } from '../types'

/** Where the member wants to be paid; null where the member did not say. */
export const readPayee = async (coop: string): Promise<Payee | null> => {
  try {
    return await take(client.GET(`${V1}/coops/{coop}/payee`, { params: of(coop) }))
  } catch (caught) {
    if (caught instanceof Problem && caught.status === 404) return null
    throw caught
  }
}
export const setPayee = (coop: string, attempt: Attempt, body: PayeeBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payee`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
/** What the member may claim on a chain. */
export const readClaims = (coop: string) => take(client.GET(`${V1}/coops/{coop}/claims`, { params: of(coop) }))
export const listPayees = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/payees`, { params: { ...of(coop), query: paged(cursor) } })))
export const confirmPayee = (coop: string, member: string, attempt: Attempt, version: number) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payees/{member}/confirmation`, {
        params: { path: { coop, member }, header: keyed(attempt, ['payee', member, version]) },
        body: { version },
      }),
    ),
  )

export const listBankAccounts = (coop: string) => take(client.GET(`${V1}/coops/{coop}/bank-accounts`, { params: of(coop) }))
export const addBankAccount = (coop: string, attempt: Attempt, body: BankAccountBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bank-accounts`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
export const addDistributor = (coop: string, attempt: Attempt, body: DistributorBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/distributors`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
export const listDistributors = (coop: string) => take(client.GET(`${V1}/coops/{coop}/distributors`, { params: of(coop) }))
export const readReconciliation = (coop: string) => take(client.GET(`${V1}/coops/{coop}/reconciliation`, { params: of(coop) }))

export const readPayments = (coop: string, cycle: string) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/issue`, { params: within(coop, cycle) }))
export const issuePayments = (coop: string, cycle: string, attempt: Attempt) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/issue`, { params: { ...within(coop, cycle), header: keyed(attempt, ['issue', cycle]) } })))
export const listPayments = (coop: string, cycle: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/payments`, { params: { ...within(coop, cycle), query: paged(cursor) } })))

export const listPaymentFiles = (coop: string, cycle: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/files`, { params: { ...within(coop, cycle), query: paged(cursor) } })))
export const preparePaymentFile = (coop: string, cycle: string, attempt: Attempt, body: PaymentFileBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/files`, { params: { ...within(coop, cycle), header: keyed(attempt, ['file', cycle, body]) }, body })))
export const releasePaymentFile = (coop: string, cycle: string, file: string, attempt: Attempt, digest: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/files/{file}/release`, {
        params: { path: { coop, cycle, file }, header: keyed(attempt, ['release', file, digest]) },
        body: { digest },
      }),
    ),
  )
export const withdrawPaymentFile = (coop: string, cycle: string, file: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/files/{file}/withdrawal`, {
        params: { path: { coop, cycle, file }, header: keyed(attempt, ['withdrawal', file, reason]) },
        body: { reason },
      }),
    ),
  )
export const downloadPaymentFile = (coop: string, cycle: string, file: string) => download(`${V1}/coops/${coop}/payouts/${cycle}/files/${file}/transfers.xml`)
export const downloadClaims = (coop: string, cycle: string, file: string) => download(`${V1}/coops/${coop}/payouts/${cycle}/files/${file}/claims.txt`)
export const previewBankFile = (coop: string, file: string) => take(client.POST(`${V1}/coops/{coop}/bank-files/preview`, { params: of(coop), body: { file } }))
export const importBankFile = (coop: string, attempt: Attempt, file: string) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/bank-files`, { params: { ...of(coop), header: keyed(attempt, file) }, body: { file } })))

export const listEvidence = (coop: string, cycle: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/evidence`, { params: { ...within(coop, cycle), query: paged(cursor) } })))
export const statePayment = (coop: string, cycle: string, member: string, attempt: Attempt, body: EvidenceBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/payments/{member}/evidence`, {
        params: { path: { coop, cycle, member }, header: keyed(attempt, ['evidence', cycle, member, body]) },
        body,
      }),
    ),
  )
export const judgeEvidence = (coop: string, cycle: string, evidence: string, attempt: Attempt, is_right: boolean) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/evidence/{evidence}/verdict`, {
        params: { path: { coop, cycle, evidence }, header: keyed(attempt, ['verdict', evidence, is_right]) },
        body: { is_right },
      }),
    ),
  )
export const carryPayment = (coop: string, cycle: string, member: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/payments/{member}/carry`, {
        params: { path: { coop, cycle, member }, header: keyed(attempt, ['carry', cycle, member, reason]) },
        body: { reason },
      }),
    ),
  )
export const closePayments = (coop: string, cycle: string, attempt: Attempt) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/closing`, { params: { ...within(coop, cycle), header: keyed(attempt, ['closing', cycle]) } })))
export const withdrawEnding = (coop: string, cycle: string, attempt: Attempt) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/ending/withdrawal`, { params: { ...within(coop, cycle), header: keyed(attempt, ['ending', cycle]) } })))
export const reverseCycle = (coop: string, cycle: string, attempt: Attempt, reason: string | null) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/reversal`, { params: { ...within(coop, cycle), header: keyed(attempt, ['reversal', cycle, reason ?? '']) }, body: { reason } })),
  )
