/** Letting another member vote where oneself does not: scopes, the record, and who signs it. */
import type { Coop, Delegation, DelegationBody, DelegationScope, ProposalSummary, VotingKey } from './api/types'
import { chooseSigner, meansFor, signRecord, type Coded, type Signer } from './ballot'
import { idWord, randomWord } from './bytes'
import { readKey } from './keys/store'

/** A scope as one text, for forms and for finding the delegation of a scope. */
export function scopeText(scope: DelegationScope): string {
  switch (scope.reach) {
    case 'coop':
      return 'coop'
    case 'kind':
      return `kind:${scope.name}`
    case 'proposal':
      return `proposal:${scope.id}`
  }
}

export function scopeFrom(text: string): DelegationScope {
  if (text.startsWith('kind:')) return { reach: 'kind', name: text.slice('kind:'.length) }
  if (text.startsWith('proposal:')) return { reach: 'proposal', id: text.slice('proposal:'.length) }
  return { reach: 'coop' }
}

/** The next revision of a scope: revisions go on after a delegation is over or taken back. */
export const nextRevision = (given: readonly Delegation[], scope: DelegationScope): number =>
  (given.find((each) => scopeText(each.scope) === scopeText(scope))?.revision ?? 0) + 1

const SCOPE_CODES = { coop: 1, kind: 2, proposal: 3 } as const

/** The key of this browser, a passkey or the wallet, where it is in use now; else the server attests. */
export async function delegationSigner(member: string, keys: readonly VotingKey[]): Promise<Signer> {
  const stored = await readKey(member).catch(() => undefined)
  const current = keys.filter((key) => key.ended_at === null)
  return chooseSigner(current, stored, await meansFor(current))
}

export interface Wish {
  scope: DelegationScope
  /** Who is trusted; null says that nobody is. */
  trustee: string | null
  /** Until when, as an instant; null takes back what was given in the scope. */
  validUntil: string | null
  revision: number
}

/** The record of a delegation, as DelegationV1 has it. */
export async function delegationRecord(coop: Pick<Coop, 'namespace'>, truster: string, wish: Wish, salt: string) {
  const { textHash, ZERO_WORD } = await import('./record/hash')
  const { scope } = wish
  return {
    ns: coop.namespace,
    truster: idWord(truster),
    trustee: wish.trustee === null ? ZERO_WORD : idWord(wish.trustee),
    scopeKind: SCOPE_CODES[scope.reach],
    scope: scope.reach === 'coop' ? ZERO_WORD : scope.reach === 'kind' ? textHash(scope.name) : idWord(scope.id),
    validUntil: wish.validUntil === null ? 0 : Math.floor(new Date(wish.validUntil).getTime() / 1000),
    revision: wish.revision,
    salt,
  }
}

/** Builds and signs a delegation. */
export async function prepareDelegation(coop: Coop, wish: Wish, signer: Signer): Promise<DelegationBody> {
  const salt = randomWord()
  const record = await delegationRecord(coop, coop.me.id, wish, salt)
  const signature = await signRecord(signer, coop.domain, 'DelegationV1', record)
  return { scope: wish.scope, trustee: wish.trustee, valid_until: wish.validUntil, revision: wish.revision, salt, signature }
}

/** The proposals that can still be delegated: those before the members and not yet closed. */
export const delegable = (proposals: readonly ProposalSummary[]): ProposalSummary[] =>
  proposals.filter((proposal) => proposal.state === 'admission' || proposal.state === 'discussion' || proposal.state === 'open')

/** One choice for some of the members whose proxies one holds. */
export interface Share {
  members: readonly string[]
  coded: Coded | null
}
/** Members nobody votes for yet in these shares, in their order. */
export function unassigned(held: readonly string[], shares: readonly { members: readonly string[] }[]): string[] {
  const taken = new Set(shares.flatMap((share) => share.members))
  return held.filter((member) => !taken.has(member))
}
/** A share with so many members: it gives the last ones up, or takes the next that are free. */
export function resized(held: readonly string[], shares: readonly { members: readonly string[] }[], index: number, size: number): string[] {
  const now = shares[index]?.members ?? []
  return size <= now.length ? now.slice(0, Math.max(0, size)) : [...now, ...unassigned(held, shares).slice(0, size - now.length)]
}
