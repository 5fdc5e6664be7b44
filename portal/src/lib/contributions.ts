/** Signing what one brought in: the record of a snapshot, rebuilt from what the page shows, and who signs it. */
import { listKeys } from './api/calls/coops'
import type { BallotBody, Contribution, Coop, Member } from './api/types'
import { signRecord, type Signer } from './ballot'
import { idWord } from './bytes'
import { delegationSigner } from './delegations'
import { t } from './text/index.svelte'

const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 86_400_000

/** The record of a snapshot, as ContributionsV1 has it; null for one of before there were records. */
export function contributionRecord(namespace: string, snapshot: Contribution) {
  if (snapshot.record_salt === null) return null
  return {
    ns: namespace,
    snapshot: idWord(snapshot.id),
    member: idWord(snapshot.submitted_by),
    metric: snapshot.metric,
    firstDay: dayNumber(snapshot.starts_on),
    lastDay: dayNumber(snapshot.ends_on),
    digest: snapshot.digest,
    challengeUntil: Math.floor(Date.parse(snapshot.challenge_until) / 1000),
    salt: snapshot.record_salt,
  }
}

/** Whether who brought a snapshot in signed it with a key of their own. */
export const signedBy = ({ signature }: Contribution, name: string): string => t(signature === null ? 'contributions.unsigned' : `contributions.signed.${signature.kind}`, { name })

/** Whether a member may sign a snapshot: who brought it in, once. */
export const maySign = (snapshot: Contribution, me: Pick<Member, 'id' | 'status'>): boolean =>
  snapshot.submitted_by === me.id && me.status === 'active' && snapshot.signature === null && snapshot.record_hash !== null

/** Who would sign it here: a key that is in use now, of this browser, a passkey or a wallet. */
export const contributionSigner = async (coop: string, me: string): Promise<Signer> => delegationSigner(me, (await listKeys(coop)).items)

/** Signs a snapshot, if its record is of exactly what the page shows. */
export async function signContribution(coop: Pick<Coop, 'namespace' | 'domain'>, snapshot: Contribution, signer: Signer): Promise<NonNullable<BallotBody['signature']>> {
  const { structHash } = await import('./record/hash')
  const record = contributionRecord(coop.namespace, snapshot)
  if (record === null || structHash('ContributionsV1', record) !== snapshot.record_hash) {
    throw new Error('The record of these figures says something else than this page; nothing was signed.')
  }
  const signature = await signRecord(signer, coop.domain, 'ContributionsV1', record)
  if (signature == null) throw new Error('There is no key here to sign with; nothing was sent.')
  return signature
}
