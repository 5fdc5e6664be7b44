/** Making a ballot: its record, who signs it, and the check of the receipt that comes back. */
import { listPasskeys } from './api/calls/identity'
import type { BallotBody, MyBallot, Passkey, Proposal, VotingKey } from './api/types'
import { idWord, randomWord } from './bytes'
import { signDigest, verifyDigest } from './keys/browser'
import { hasPasskeys } from './keys/passkey'
import { readKey, type StoredKey } from './keys/store'
import { hasWallet } from './keys/wallet'
import type { SigningDomain } from './record/hash'
import type { RecordType, RecordValue } from './record/types'
import { hidesNames, mayBear } from './secrecy'

/** A choice as ballots code it. */
export interface Coded {
  options: number[]
  points: number[]
}

/** Who signs, and where nobody does, why; the reasons are parts of message keys. */
export type Signer =
  | { kind: 'ed25519'; key: StoredKey }
  | { kind: 'wallet'; address: string }
  | { kind: 'passkey'; key: Passkey }
  | { kind: 'session'; why: 'no_key' | 'key_elsewhere' | 'key_too_late' }
  /** A key is a name too, so nobody signs under a pseudonym. */
  | { kind: 'pseudonym' }

/**
 * The keys that stand on the roll of a proposal: registered before it opened and not taken back by then. Opening is known to
 * the second, so a key of that very second is left out; the ballot is then attested, which is never refused.
 */
export function keysOnRoll(keys: readonly VotingKey[], opensAt: string | null): VotingKey[] {
  if (opensAt === null) return []
  const opened = new Date(opensAt).getTime()
  return keys.filter(
    (key) =>
      new Date(key.registered_at).getTime() < opened &&
      (key.ended_at === null || new Date(key.ended_at).getTime() > opened),
  )
}

/** What this browser can sign with beside its own key. */
export interface Means {
  wallet: boolean
  /** The passkeys of the account, where the browser has any. */
  passkeys: readonly Passkey[]
}

/** Which key, if any, signs: that of this browser first, which asks nobody; then a passkey, then a wallet. */
export function chooseSigner(roll: readonly VotingKey[], stored: StoredKey | undefined, means: Means): Signer {
  if (stored && roll.some((key) => key.kind === 'ed25519' && key.public_key === stored.publicKey)) {
    return { kind: 'ed25519', key: stored }
  }
  const passkey = means.passkeys.find((each) => roll.some((key) => key.kind === 'passkey' && key.public_key === each.public_key))
  if (passkey !== undefined) return { kind: 'passkey', key: passkey }
  const address = roll.find((key) => key.kind === 'wallet')?.public_key
  if (address !== undefined && means.wallet) return { kind: 'wallet', address }
  if (stored) return { kind: 'session', why: 'key_too_late' }
  return { kind: 'session', why: roll.length > 0 ? 'key_elsewhere' : 'no_key' }
}

/** The passkeys are read only where one could sign. */
export async function meansFor(keys: readonly VotingKey[]): Promise<Means> {
  const may = hasPasskeys() && keys.some((key) => key.kind === 'passkey')
  return { wallet: hasWallet(), passkeys: may ? (await listPasskeys().catch(() => ({ items: [] }))).items : [] }
}

export async function findSigner(proposal: Proposal, member: string, keys: readonly VotingKey[]): Promise<Signer> {
  if (hidesNames(proposal.secrecy)) return { kind: 'pseudonym' }
  const stored = await readKey(member).catch(() => undefined)
  const roll = keysOnRoll(keys, proposal.opens_at)
  return chooseSigner(roll, stored, await meansFor(roll))
}

/** A ballot ready to go, kept so that a retry sends the very same one. */
export interface Prepared {
  body: BallotBody
  recordHash: string
}

interface BallotFields extends Coded {
  proposal: string
  /** The member or the pseudonym, as a word. */
  voter: string
  namespace: string
  proposalHash: string
  revision: number
  reason: string | null
  salt: string
}

async function recordOf(fields: BallotFields) {
  const { textHash, ZERO_WORD } = await import('./record/hash')
  return {
    ns: fields.namespace,
    proposal: idWord(fields.proposal),
    proposalHash: fields.proposalHash,
    voter: fields.voter,
    revision: fields.revision,
    options: fields.options,
    points: fields.points,
    reason: fields.reason === null ? ZERO_WORD : textHash(fields.reason),
    salt: fields.salt,
  }
}

/** The signature of a record by whoever signs; null where nobody does. */
export async function signRecord(signer: Signer, domain: SigningDomain, type: RecordType, record: RecordValue): Promise<BallotBody['signature']> {
  const { digest, walletPayload } = await import('./record/hash')
  switch (signer.kind) {
    case 'ed25519':
      return { kind: 'ed25519', public_key: signer.key.publicKey, signature: await signDigest(signer.key.privateKey, digest(domain, type, record)) }
    case 'passkey': {
      const { signByPasskey } = await import('./keys/passkey')
      return { kind: 'passkey', public_key: signer.key.public_key, signature: await signByPasskey(signer.key.credential, digest(domain, type, record)) }
    }
    case 'wallet': {
      const { signTyped } = await import('./keys/wallet')
      return { kind: 'wallet', public_key: signer.address, signature: await signTyped(signer.address, domain.chain_id ?? null, walletPayload(domain, type, record)) }
    }
    case 'session':
    case 'pseudonym':
      return null
  }
}

/** Builds and signs a ballot for exactly the text, roll and revision that the page shows. */
export async function prepare(proposal: Proposal, member: string, coded: Coded, reason: string, signer: Signer): Promise<Prepared> {
  const signing = proposal.signing
  if (signing === null) throw new Error('Voting is not open to you now.')
  if (!mayBear(proposal.secrecy, signing.voter, member) || signing.proposal !== idWord(proposal.id)) {
    throw new Error('The server asks for a ballot of somebody else, or of something else; nothing was sent.')
  }
  if (hidesNames(proposal.secrecy) !== (signer.kind === 'pseudonym')) throw new Error('This page would sign as somebody else; nothing was sent.')
  const { structHash } = await import('./record/hash')
  const text = reason.trim() === '' ? null : reason.trim()
  const salt = randomWord()
  const record = await recordOf({
    ...coded,
    proposal: proposal.id,
    voter: signing.voter,
    namespace: signing.namespace,
    proposalHash: signing.proposal_hash,
    revision: signing.next_revision,
    reason: text,
    salt,
  })
  const signature = await signRecord(signer, signing.domain, 'BallotV1', record)
  const body = { revision: signing.next_revision, ...coded, reason: text, salt, signature }
  return { body, recordHash: structHash('BallotV1', record) }
}

/** What this browser could check about a ballot and its receipt by itself; null where it cannot tell. */
export interface ReceiptCheck {
  /** The hash the server acknowledges is that of this very ballot. */
  recordMatches: boolean
  /** The server's signature over the receipt holds, and is by the key this co-op names. */
  signatureHolds: boolean | null
}

export async function checkReceipt(
  place: { domain: SigningDomain; namespace: string; server_key: string },
  proposal: Proposal,
  voter: string,
  ballot: MyBallot,
): Promise<ReceiptCheck> {
  const { digest, structHash } = await import('./record/hash')
  const record = await recordOf({
    options: ballot.options,
    points: ballot.points,
    proposal: proposal.id,
    voter,
    namespace: place.namespace,
    proposalHash: proposal.record_hash ?? '',
    revision: ballot.revision,
    reason: ballot.reason,
    salt: ballot.salt,
  })
  const hash = structHash('BallotV1', record)
  const recordMatches = hash === ballot.record_hash && hash === ballot.receipt.record_hash
  const { namespace, subject, record_hash, sequence, at, salt } = ballot.receipt
  // Receipts are signed in the domain without a chain: a server acknowledges, it does not anchor.
  const domain = { ...place.domain, chain_id: null, verifying_contract: null }
  const signed = digest(domain, 'ReceiptV1', { ns: namespace, subject, recordHash: record_hash, sequence, at, salt })
  try {
    const holds = await verifyDigest(ballot.server_key, signed, ballot.receipt_signature)
    return { recordMatches, signatureHolds: holds && ballot.server_key === place.server_key && subject === idWord(proposal.id) }
  } catch {
    // A browser without Ed25519 cannot tell.
    return { recordMatches, signatureHolds: null }
  }
}
