/** What a person may do before and after a vote. The server decides; this only keeps from offering what it would refuse. */
import type { Member, Proposal } from './api/types'

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
