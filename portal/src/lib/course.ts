/** What a person may do before and after a vote. The server decides; this only keeps from offering what it would refuse. */
import type { Contest, Member, Proposal, ScheduledOpening, State } from './api/types'

const isActive = (me: Member) => me.status === 'active'
const spoke = (voices: readonly { member: string }[], me: Member) => voices.some((voice) => voice.member === me.id)

/** Other members than the author sponsor, once each. */
export const maySponsor = (proposal: Proposal, me: Member): boolean =>
  isActive(me) && proposal.state === 'admission' && proposal.author.id !== me.id && !spoke(proposal.course.sponsors, me)

/** Who is on the roll objects, once, while the window is open. */
export const mayObject = (proposal: Proposal, me: Member, now: number): boolean =>
  isActive(me) &&
  proposal.state === 'objection' &&
  proposal.is_on_roll &&
  proposal.course.objection_until !== null &&
  new Date(proposal.course.objection_until).getTime() > now &&
  !spoke(proposal.course.objections, me)

export const mayExecuteAgain = (proposal: Proposal, me: Member): boolean => isActive(me) && proposal.state === 'execution_failed' && me.roles.includes('steward')

/** Before the roll is frozen: while a reply is read, and an opening may be set. */
export const isBeforeVoting = (proposal: Proposal): boolean => ['draft', 'admission', 'discussion'].includes(proposal.state)

export type OpeningOutcome = 'waiting' | 'cancelled' | 'edited' | 'refused'
const OUTCOMES: readonly string[] = ['waiting', 'cancelled', 'edited', 'refused'] satisfies OpeningOutcome[]

/** The scheduled opening while it says something: of one that took place, or ended with its proposal, the page tells otherwise. */
export function openingOf(proposal: Proposal): { opening: ScheduledOpening; outcome: OpeningOutcome } | null {
  const { opening } = proposal.course
  if (!opening || !isBeforeVoting(proposal) || !OUTCOMES.includes(opening.outcome)) return null
  return { opening, outcome: opening.outcome as OpeningOutcome }
}

export const opensByItself = (proposal: Proposal): boolean => openingOf(proposal)?.outcome === 'waiting'

export const wouldExpel = (proposal: Proposal, member: Member): boolean =>
  proposal.course.actions.some(({ act }) => act.action === 'expel' && act.member === member.id)

/** Whom it would expel replies once to each notice, before voting opens, suspended or not. */
export const mayReply = (proposal: Proposal, me: Member): boolean =>
  (proposal.state === 'admission' || proposal.state === 'discussion') &&
  proposal.course.notices.some((notice) => notice.member === me.id && notice.replied_at === null)

const CONTESTABLE: readonly State[] = ['passed', 'objection', 'queued', 'execution_failed', 'rejected', 'no_quorum', 'tied']

/** Whether a steward upheld a contest: nothing follows from the result, and there is nothing left to contest. */
export const isSetAside = (proposal: Proposal): boolean => proposal.course.contests.some((contest) => contest.verdict === 'upheld')

/** Who could vote on it, and whom it would expel, contests a result once and in time, unless what was carried is done. */
export const mayContest = (proposal: Proposal, me: Member, now: number): boolean =>
  CONTESTABLE.includes(proposal.state) &&
  proposal.course.contest_until !== null &&
  new Date(proposal.course.contest_until).getTime() > now &&
  (wouldExpel(proposal, me) || (isActive(me) && proposal.is_on_roll)) &&
  !spoke(proposal.course.contests, me) &&
  !isSetAside(proposal)

/** A steward answers, but never the own contest. */
export const mayAnswer = (contest: Contest, me: Member): boolean =>
  isActive(me) && me.roles.includes('steward') && contest.member !== me.id && contest.verdict === null
