/** What the home page shows: what waits for me, where else I may act, my co-ops, and their other open votes. */
import { listCoops } from './api/calls/coops'
import { listInState, readProposal } from './api/calls/decisions'
import { readInbox } from './api/calls/discussion'
import type { CoopSummary, InboxItem, ProposalSummary } from './api/types'
import { mayObject, maySponsor } from './course'

/** Mine to cast, cast already, or not mine: I am not on the roll. */
export type Need = 'vote' | 'voted' | 'watch'
export interface OpenVote {
  coop: { id: string; name: string }
  proposal: ProposalSummary
  need: Need
}

/** Of so many other open votes it is looked up why they do not wait for me; more are not shown. */
const LOOKED_UP_MAX = 30

async function needOf(coop: CoopSummary, proposal: ProposalSummary): Promise<OpenVote> {
  const { data } = await readProposal(coop.id, proposal.id)
  return { coop, proposal, need: data.my_ballot ? 'voted' : 'watch' }
}

export interface Home {
  coops: CoopSummary[]
  waiting: OpenVote[]
  /** What looks for sponsors or is open to objection, where I may still speak. */
  acts: { coop: CoopSummary; proposal: ProposalSummary }[]
  others: OpenVote[]
}

export async function whatNeedsMe(): Promise<Home> {
  const [inbox, mine] = await Promise.all([readInbox(), listCoops()])
  const coops = mine.items.filter((coop) => coop.me.status === 'active' || coop.me.status === 'suspended')
  const of = (state: 'open' | 'admission' | 'objection') => Promise.all(coops.map(async (coop) => ({ coop, items: (await listInState(coop.id, state)).items })))
  const [lists, admissions, objections] = await Promise.all([of('open'), of('admission'), of('objection')])
  const rest = notWaiting(lists.flatMap(({ coop, items }) => items.map((proposal) => ({ coop, proposal }))), inbox.items)
  const others = await Promise.all(rest.slice(0, LOOKED_UP_MAX).map(({ coop, proposal }) => needOf(coop, proposal)))
  const acts = await actsOn([...admissions, ...objections].flatMap(({ coop, items }) => items.map((proposal) => ({ coop, proposal }))), Date.now())
  return { coops, acts, waiting: inbox.items.map(({ coop, proposal }) => ({ coop, proposal, need: 'vote' as const })), others }
}

/** Of these, where the member may sponsor or object now. */
async function actsOn(all: Home['acts'], now: number): Promise<Home['acts']> {
  const looked = await Promise.all(all.slice(0, LOOKED_UP_MAX).map(async (each) => ({ each, proposal: (await readProposal(each.coop.id, each.proposal.id)).data })))
  return looked.filter(({ each, proposal }) => maySponsor(proposal, each.coop.me) || mayObject(proposal, each.coop.me, now)).map(({ each }) => each)
}

/** The open votes that are not in the inbox, the nearest deadline first. */
export function notWaiting<Vote extends { proposal: ProposalSummary }>(open: Vote[], inbox: InboxItem[]): Vote[] {
  const waiting = new Set(inbox.map((item) => item.proposal.id))
  const ends = (vote: Vote) => vote.proposal.closes_at ?? ''
  return open.filter((vote) => !waiting.has(vote.proposal.id)).toSorted((left, right) => ends(left).localeCompare(ends(right)))
}
