/** What was typed and not yet sent. Ballots stay in memory alone; a proposal's text survives a reload of the tab. */
import type { ActionDraft } from './actions'
import type { Tier } from './api/types'
import type { Draft } from './ballots/draft'
import { onSignOut } from './session.svelte'

/** A ballot being filled in. */
export interface BallotDraft {
  draft: Draft
  reason: string
}
const ballots = new Map<string, BallotDraft>()

export const ballotDraft = (proposal: string) => ballots.get(proposal)
export const keepBallotDraft = (proposal: string, kept: BallotDraft) => void ballots.set(proposal, kept)
export const dropBallotDraft = (proposal: string) => void ballots.delete(proposal)

export interface ProposalDraft {
  kind: string
  title: string
  body: string
  options: string[]
  seats: string
  /** What each option costs and what there is to spend; for a budget alone. */
  costs: string[]
  budget: string
  actions: ActionDraft[]
  /** How secret ballots shall be; empty for what the bylaws have first. */
  secrecy: Tier | ''
}
const place = (coop: string) => `rochdale.proposal.${coop}`

export function proposalDraft(coop: string): ProposalDraft | null {
  try {
    const text = sessionStorage.getItem(place(coop))
    // A tab that was open before an upgrade kept fewer fields.
    return text === null ? null : { kind: 'motion', title: '', body: '', options: ['', ''], seats: '1', costs: [], budget: '', actions: [], secrecy: '', ...(JSON.parse(text) as Partial<ProposalDraft>) }
  } catch {
    return null
  }
}

export function keepProposalDraft(coop: string, draft: ProposalDraft): void {
  try {
    sessionStorage.setItem(place(coop), JSON.stringify(draft))
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

export function dropProposalDraft(coop: string): void {
  try {
    sessionStorage.removeItem(place(coop))
  } catch {
    // Nothing was kept.
  }
}

// A shared computer does not show one person's unsent choice to the next.
onSignOut(() => {
  ballots.clear()
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith('rochdale.proposal.')) sessionStorage.removeItem(key)
  } catch {
    // Nothing was kept.
  }
})
