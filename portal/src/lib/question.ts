/** Several proposals on one question: what a person may do about them. The server decides; this only keeps from offering what it would refuse. */
import type { Member, Proposal, QuestionProposal, State } from './api/types'

const SHOWN: readonly State[] = ['admission', 'discussion']

/** Whether it puts several proposals to one vote. */
export const isJoint = (proposal: Proposal): boolean => proposal.question?.proposals.some((each) => each.place !== null && each.merged_into === proposal.id) ?? false

/** The others on its question, in the order in which they were begun. */
export const othersOf = (proposal: Proposal): QuestionProposal[] => proposal.question?.proposals.filter((each) => each.id !== proposal.id) ?? []

/** Whoever is active proposes something else, as long as the text may change. */
export const mayPropose = (proposal: Proposal, me: Member): boolean =>
  me.status === 'active' && SHOWN.includes(proposal.state) && (proposal.stage?.number ?? 1) === 1 && !isJoint(proposal)

/** The author takes over what another one says, as long as both are before the members. */
export const mayAdopt = (proposal: Proposal, other: QuestionProposal, me: Member): boolean =>
  me.status === 'active' && proposal.author.id === me.id && proposal.state === 'discussion' && SHOWN.includes(other.state) && !isJoint(proposal)

/** A steward puts those to one vote that are discussed. */
export const mayJoin = (proposal: Proposal, me: Member): boolean =>
  me.status === 'active' && me.roles.includes('steward') && proposal.state === 'discussion' && othersOf(proposal).some((other) => other.state === 'discussion') && !isJoint(proposal)
