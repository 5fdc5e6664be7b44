/** Objections in a vote by consent: which steps a person may take about one. The server decides; this only keeps from offering what it would refuse. */
import type { ConsentObjection, Member, Proposal } from './api/types'
import { hidesNames } from './secrecy'

export const OBJECTION_STATES = ['raised', 'accepted', 'dismissed', 'withdrawn', 'standing'] as const
export type ObjectionState = (typeof OBJECTION_STATES)[number]
export type ObjectionStep = 'accept' | 'dismiss' | 'appeal' | 'leave_standing' | 'withdraw'
type Party = 'objector' | 'steward' | 'member'

/** What follows from each state, and by whom (docs/counting.md). */
const STEPS: Record<ObjectionState, readonly [ObjectionStep, readonly Party[]][]> = {
  raised: [['accept', ['steward']], ['dismiss', ['steward']], ['withdraw', ['objector']]],
  accepted: [['leave_standing', ['steward']], ['withdraw', ['objector']]],
  dismissed: [['appeal', ['steward', 'member']], ['withdraw', ['objector']]],
  standing: [['withdraw', ['objector']]],
  withdrawn: [],
}

/** The state as this portal knows it; null for one that it does not know. */
export const stateOf = (objection: ConsentObjection): ObjectionState | null => OBJECTION_STATES.find((state) => state === objection.state) ?? null

/** Where names are hidden, the own objection is known by the own ballot alone. */
export const isOwn = (proposal: Proposal, objection: ConsentObjection, me: Member): boolean =>
  objection.member === null ? objection.ballot === proposal.my_ballot?.record_hash : objection.member === me.id

function partyOf(proposal: Proposal, objection: ConsentObjection, me: Member): Party | null {
  if (me.status !== 'active') return null
  if (isOwn(proposal, objection, me)) return 'objector'
  if (me.roles.includes('steward')) return 'steward'
  return proposal.is_on_roll ? 'member' : null
}

/** The steps that this member may take about an objection while voting is open. */
export function offeredAbout(proposal: Proposal, objection: ConsentObjection, me: Member, now: number): ObjectionStep[] {
  const state = stateOf(objection)
  const party = partyOf(proposal, objection, me)
  if (proposal.state !== 'open' || state === null || party === null) return []
  if (proposal.closes_at !== null && new Date(proposal.closes_at).getTime() <= now) return []
  // Under pseudonyms a withdrawal would tell whose the objection is; another ballot takes it away.
  const appealed = objection.steps.some((taken) => taken.step === 'appeal' && taken.by === me.id)
  const open = STEPS[state].filter(([step]) => (step !== 'withdraw' || !hidesNames(proposal.secrecy)) && (step !== 'appeal' || !appealed))
  return open.filter(([, parties]) => parties.includes(party)).map(([step]) => step)
}

/** Members must read why somebody's objection, or a steward's dismissal of it, is set aside. */
export const needsReason = (step: ObjectionStep): boolean => step === 'dismiss' || step === 'appeal'

/** Whether the page may ask for the objections: sealed ballots are told with the count alone. */
export const tellsObjections = (proposal: Proposal, isCounted: boolean): boolean =>
  proposal.method === 'consent' && proposal.opens_at !== null && (proposal.secrecy !== 'sealed' || isCounted)
