/** The receipt as a file: what anyone needs who is to check it. */
import type { Coop, MyBallot, Proposal, ReceiptState } from '../api/types'

/**
 * What the server said about the log lies at the top, so that the file is one that `rochdale-audit receipt` reads; the ballot with
 * its salt and the acknowledgement lie in members of their own, which no answer of the server can take the place of. `voter` is the member's identifier, or
 * the pseudonym.
 */
export function receiptFile(coop: Coop, proposal: Proposal, voter: string, ballot: MyBallot, answer: ReceiptState | null) {
  const { record_hash, sequence, at, signature_kind, receipt, receipt_signature, server_key, ...cast } = ballot
  return {
    ...answer,
    acknowledgement: { record_hash, sequence, at, signature_kind, receipt, receipt_signature, server_key },
    ballot: { voter, ...cast },
    proposal: { id: proposal.id, title: proposal.title, record_hash: proposal.record_hash },
    coop: { id: coop.id, name: coop.name, namespace: coop.namespace, domain: coop.domain, server_key: coop.server_key, log_key: coop.log_key },
  }
}
