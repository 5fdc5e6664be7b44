/** What the home page shows: the co-ops of the account, and their open votes, what waits for me first. */
import { listCoops, listOpen, readProposal } from './api/calls'
import type { CoopSummary, ProposalSummary } from './api/types'

/** Mine to cast, cast already, or not mine: I am not on the roll. */
export type Need = 'vote' | 'voted' | 'watch'
export interface OpenVote {
  coop: CoopSummary
  proposal: ProposalSummary
  need: Need
}

/** Of so many open votes it is looked up whether they wait for me; past that they are shown without. */
const LOOKED_UP_MAX = 30

async function needOf(coop: CoopSummary, proposal: ProposalSummary): Promise<OpenVote> {
  const { data } = await readProposal(coop.id, proposal.id)
  return { coop, proposal, need: data.my_ballot ? 'voted' : data.is_on_roll ? 'vote' : 'watch' }
}

export async function whatNeedsMe(): Promise<{ coops: CoopSummary[]; open: OpenVote[] }> {
  const coops = (await listCoops()).items.filter((coop) => coop.me.status === 'active' || coop.me.status === 'suspended')
  const lists = await Promise.all(coops.map(async (coop) => ({ coop, items: (await listOpen(coop.id)).items })))
  const open = lists.flatMap(({ coop, items }) => items.map((proposal) => ({ coop, proposal, need: 'vote' as Need })))
  const near = open.toSorted(byNeed).slice(0, LOOKED_UP_MAX)
  const looked = await Promise.all(near.map(({ coop, proposal }) => needOf(coop, proposal)))
  return { coops, open: looked.toSorted(byNeed) }
}

const RANK: Readonly<Record<Need, number>> = { vote: 0, voted: 1, watch: 2 }

/** What waits for me first, then the earlier deadline. */
export function byNeed(left: OpenVote, right: OpenVote): number {
  return RANK[left.need] - RANK[right.need] || (left.proposal.closes_at ?? '').localeCompare(right.proposal.closes_at ?? '')
}
