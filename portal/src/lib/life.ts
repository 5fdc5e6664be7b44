/** The way of a proposal as steps: what is behind, where it stands, and what would still come. */
import type { Proposal } from './api/types'

export const STEPS = ['draft', 'admission', 'discussion', 'open', 'decided', 'objection', 'queued', 'executed'] as const
export type LifeStepName = (typeof STEPS)[number]
export interface LifeStep {
  name: LifeStepName
  /** When it began, or is to begin; null where nobody knows. */
  at: string | null
  place: 'done' | 'here' | 'ahead'
  /** It ends here without going on: withdrawn, stopped, or failed. */
  ends: boolean
}

/** Where a proposal stands. What ended on the way stands as far as it had come. */
function hereOf(proposal: Proposal): LifeStepName {
  switch (proposal.state) {
    case 'draft':
    case 'admission':
    case 'discussion':
    case 'open':
      return proposal.state
    case 'closed':
    case 'passed':
    case 'no_quorum':
    case 'tied':
      return 'decided'
    case 'rejected':
      return proposal.course.objection_until !== null ? 'objection' : 'decided'
    case 'objection':
    case 'queued':
    case 'executed':
      return proposal.state
    case 'execution_failed':
    case 'expired':
      return 'executed'
    case 'merged':
    case 'withdrawn':
    case 'cancelled':
      return proposal.opens_at ? 'open' : proposal.discussed_at ? 'discussion' : 'draft'
  }
}

const ENDINGS: readonly Proposal['state'][] = ['rejected', 'no_quorum', 'tied', 'execution_failed', 'expired', 'merged', 'withdrawn', 'cancelled']

export function lifeOf(proposal: Proposal): LifeStep[] {
  const { course } = proposal
  const here = hereOf(proposal)
  const over = ENDINGS.includes(proposal.state) && proposal.state !== 'execution_failed'
  const at: Record<LifeStepName, string | null> = {
    draft: proposal.created_at,
    admission: null,
    discussion: proposal.discussed_at,
    open: proposal.opens_at,
    decided: proposal.closed_at ?? proposal.closes_at,
    objection: course.objection_until,
    queued: course.execute_after,
    executed: course.executed_at,
  }
  const asked: Record<LifeStepName, boolean> = {
    draft: true,
    admission: course.sponsors_needed > 0,
    discussion: true,
    open: true,
    decided: true,
    objection: course.objectors_needed > 0,
    queued: course.actions.length > 0 && course.timelock_seconds > 0,
    executed: course.actions.length > 0,
  }
  const index = STEPS.indexOf(here)
  return STEPS.filter((name) => name === here || (asked[name] && (!over || STEPS.indexOf(name) < index))).map((name) => {
    const place = STEPS.indexOf(name) < index ? 'done' : name === here ? 'here' : 'ahead'
    return { name, at: at[name], place, ends: place === 'here' && ENDINGS.includes(proposal.state) }
  })
}
