/** Secrecy tiers: in whose name a ballot stands, what others learn and when, and what a small group gives away. */
import type { Bylaws, Proposal, Tier } from './api/types'
import { idWord } from './bytes'
import { count, number } from './text/index.svelte'
import { serverSays } from './text/server.svelte'

/** The tiers that bylaws allow a kind of decision; the first is that of a proposal that chooses none. */
export function tiersOf(bylaws: Bylaws, kind: string): readonly Tier[] {
  const tiers = bylaws.content.kinds[kind]?.privacy?.tiers
  return tiers === undefined || tiers.length === 0 ? ['open'] : tiers
}

/** The tier that a draft has: what was chosen, where the bylaws allow it, else their first. */
export function tierFor(bylaws: Bylaws, kind: string, chosen: Tier | ''): Tier {
  const tiers = tiersOf(bylaws, kind)
  return tiers.find((tier) => tier === chosen) ?? tiers[0] ?? 'open'
}

/** Whether ballots stand under names made for one proposal: then no key signs and nobody votes for another. */
export const hidesNames = (tier: Tier): boolean => tier === 'pseudonymous'

const WORD_OF_ID = /^0x0{32}[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/

/**
 * Whether a ballot may bear this voter. Where ballots are named it is the member and nobody else. Under pseudonyms it is a random
 * identifier (RFC 9562, version 4) and never the member: a server that asks for the member there would publish the name.
 */
export function mayBear(tier: Tier, voter: string, member: string): boolean {
  return hidesNames(tier) ? voter !== idWord(member) && WORD_OF_ID.test(voter) : voter === idWord(member)
}

/** The pseudonyms that this page was told while voting was open. Another one later would be a contradiction. */
const told = new Map<string, string>()

/** Remembers the pseudonym of an open proposal as long as the page stands. */
export function rememberVoter(proposal: Proposal): void {
  if (proposal.signing !== null && hidesNames(proposal.secrecy) && !told.has(proposal.id)) told.set(proposal.id, proposal.signing.voter)
}

/**
 * The word that stands as the voter in my ballot. A pseudonym is told while voting is open; after that it stands in the receipt file of
 * the ballot, which `fetch` brings. The hash of the ballot binds it, so a wrong one is found out.
 */
export async function voterOf(proposal: Proposal, member: string, fetch: () => Promise<string>): Promise<string> {
  if (!hidesNames(proposal.secrecy)) return idWord(member)
  return told.get(proposal.id) ?? proposal.signing?.voter ?? voterInReceipt(await fetch())
}

/** The voter of the ballot in a receipt file. */
export function voterInReceipt(text: string): string {
  const file = JSON.parse(text) as { ballot?: { voter?: unknown } } | null
  const voter = file?.ballot?.voter
  if (typeof voter !== 'string' || !WORD_OF_ID.test(voter)) throw new Error('The receipt names no pseudonym.')
  return voter
}

/** A word as the identifier that stands behind it. */
export function uuidOf(word: string): string {
  const digits = word.slice(-32)
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}

// The server's sentences, as governance/src/secrecy writes them.
const EXPOSURES = [
  [/^only (\d+) members may vote, so pseudonyms hide little$/, 'roll'],
  [/^only (\d+) ballots were cast, so whoever knows who voted can guess whose they are$/, 'ballots'],
  [/^only (\d+) ballots have the weight (\d+), which tells whose they are$/, 'weight'],
  [/^all (\d+) ballots say the same, so it is known of everybody who voted$/, 'unanimous'],
] as const

/** What is given away, in the language of the page; a sentence that is not known here as the server wrote it. */
export function exposure(sentence: string): string {
  for (const [pattern, name] of EXPOSURES) {
    const found = pattern.exec(sentence)
    if (found === null) continue
    const amount = Number(found[1])
    return name === 'weight' ? count('secrecy.exposure.weight', amount, { weight: number(Number(found[2])) }) : count(`secrecy.exposure.${name}`, amount)
  }
  return serverSays(sentence)
}
