/**
 * Which steps a person may take with a proposal now. The server decides; this only keeps from offering what it would refuse,
 * and says from when on a step is possible.
 */
import type { Member, Proposal } from './api/types'
import { opensByItself } from './course'
import { isJoint } from './question'

export type StepName = 'edit' | 'discuss' | 'open' | 'schedule' | 'unschedule' | 'close' | 'withdraw' | 'cancel'

export interface OfferedStep {
  name: StepName
  /** The moment from which the step is possible, in milliseconds; null: at once. */
  from: number | null
}

const time = (instant: string | null): number => (instant === null ? 0 : new Date(instant).getTime())

export function offeredSteps(proposal: Proposal, me: Member): OfferedStep[] {
  if (me.status !== 'active') return []
  const author = proposal.author.id === me.id
  const steward = me.roles.includes('steward')
  const steps: OfferedStep[] = []
  const offer = (name: StepName, from: number | null = null) => steps.push({ name, from })
  switch (proposal.state) {
    case 'draft':
      if (author || steward) offer('discuss')
      if (author || steward) offer('edit')
      if (author) offer('withdraw')
      if (steward) offer('cancel')
      break
    case 'admission':
      if (author) offer('withdraw')
      if (steward) offer('cancel')
      break
    case 'discussion':
      if (steward) offer('open', time(proposal.opens_from))
      if (steward) offer('schedule')
      if (steward && opensByItself(proposal)) offer('unschedule')
      // What a body before has carried is edited no more.
      if ((author || steward) && (proposal.stage?.number ?? 1) === 1 && !isJoint(proposal)) offer('edit')
      if (author) offer('withdraw')
      if (steward) offer('cancel')
      break
    case 'open': {
      const everyone = proposal.turnout !== null && proposal.turnout.cast >= proposal.turnout.of
      if (author || steward) offer('close', proposal.close_when_all_voted && everyone ? null : time(proposal.closes_at))
      if (steward) offer('cancel')
      break
    }
    case 'closed':
    case 'passed':
    case 'objection':
    case 'queued':
    case 'executed':
    case 'execution_failed':
    case 'expired':
    case 'rejected':
    case 'no_quorum':
    case 'tied':
    case 'merged':
    case 'withdrawn':
    case 'cancelled':
      break
  }
  return steps
}

/** The ends of voting that the bylaws allow, and a good one to begin with, in milliseconds, on whole minutes. */
export function closingRange(proposal: Proposal, now: number): { min: number; max: number; suggested: number } {
  const minute = 60_000
  const up = (moment: number) => Math.ceil(moment / minute) * minute
  // One more minute: the server measures from the moment the request arrives.
  const min = up(now + proposal.voting_seconds_min * 1000) + minute
  const max = Math.max(min, Math.floor((now + proposal.voting_seconds_max * 1000) / minute) * minute)
  const week = up(now + 7 * 86_400_000)
  return { min, max, suggested: Math.min(Math.max(week, min), max) }
}

/** The furthest that an opening may lie ahead, in milliseconds: 366 days, as the server holds it. */
const AHEAD_MAX = 366 * 86_400_000

/** When voting may be set to open, and a good time to begin with, in milliseconds, on whole minutes. */
export function openingRange(proposal: Proposal, now: number): { min: number; max: number; suggested: number } {
  const minute = 60_000
  const min = Math.ceil(Math.max(now + minute, time(proposal.opens_from)) / minute) * minute
  const max = Math.max(min, Math.floor((now + AHEAD_MAX) / minute) * minute)
  return { min, max, suggested: Math.min(Math.max(min, Math.ceil((now + 86_400_000) / minute) * minute), max) }
}
