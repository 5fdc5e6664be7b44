/** What may be done with a payment, and the fingerprint of a document. The server decides; this only offers what it would allow. */
import type { Member, Payment, PaymentEvidence, PaymentProgress, PaymentStanding } from './api/types'
import { toHex } from './bytes'
import { holdsOffice } from './revenue'

/** Of these, evidence says what became: what is paid by hand, and what the bank does not speak of. */
export const takesEvidence = (payment: Pick<Payment, 'state'>, waiting: readonly PaymentEvidence[], member: string): boolean =>
  (payment.state === 'by_hand' || payment.state === 'unknown') && !waiting.some((evidence) => evidence.verdict === null && evidence.member === member)
/** What nothing pays may be carried to the next cycle. */
const CARRIED: readonly PaymentStanding[] = ['ready', 'by_hand', 'held']
export const isCarried = (payment: Pick<Payment, 'state'>): boolean => CARRIED.includes(payment.state)
/** Who looks at evidence: an office, and neither who brought it nor whom it pays. */
export const mayJudge = (evidence: PaymentEvidence, me: Member): boolean => evidence.verdict === null && holdsOffice(me) && evidence.stated_by !== me.id && evidence.member !== me.id

/** How a cycle may end now: closed once everything is paid, undone while nothing is asked of anybody. */
export function endings(progress: PaymentProgress): { close: boolean; reverse: boolean } {
  const stands = (states: readonly PaymentStanding[]) => progress.sums.every((sum) => states.includes(sum.state))
  const isOver = progress.closed_at !== null || progress.reversed_at !== null
  return { close: !isOver && progress.issued_at !== null && stands(['settled']), reverse: !isOver && stands(CARRIED) }
}

/** SHA-256 of a document, which does not leave this machine. */
export const fingerprint = async (document: Blob): Promise<string> => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', await document.arrayBuffer())))
