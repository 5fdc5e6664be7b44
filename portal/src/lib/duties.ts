/** What else waits for me beside votes, over my co-ops: money, figures, approvals, hearings, contests, and what is left of the shared tools. */
import { byUrgency, credits, leftOf } from './access'
import { readAllowance } from './api/calls/access'
import { listInState, readProposal } from './api/calls/decisions'
import { listContributions, listPayoutCycles, previewPayoutStep, readStatement } from './api/calls/revenue'
import { readReconciliation } from './api/calls/payments'
import type { AllowanceLine, Contribution, CoopSummary, PayoutCycleSummary, PayoutNext, PayoutStatement, Proposal, Reconciliation } from './api/types'
import { mayAnswer, mayReply } from './course'
import { figure, holdsOffice, isOwed } from './revenue'

/** `kind` is a part of a message key, `facts` what stands in the message. */
export interface Duty {
  kind: 'quota' | 'left' | 'pay' | 'figures' | 'dispute' | 'approval' | 'hearing' | 'contest' | 'bank'
  coop: CoopSummary
  href: string
  facts: Record<string, string | number>
  /** Until when, where there is an end. */
  until: string | null
}

/** What is looked at in one co-op at most, of each thing. */
const LOOKED_AT_MAX = 10
/** An allowance of which less than this part is left waits for somebody; of others it is told quietly what is left. */
const LOW = 5

export function quotaDuty(coop: CoopSummary, lines: readonly AllowanceLine[]): Duty[] {
  const line = byUrgency(lines)[0]
  const left = line === undefined ? null : leftOf(line)
  if (line === undefined || left === null) return []
  return [{ kind: left * LOW > line.cap ? 'left' : 'quota', coop, href: `/coops/${coop.id}/tools`, facts: { left: credits(left), cap: credits(line.cap) }, until: line.resets_at }]
}

export function figureDuties(coop: CoopSummary, contributions: readonly Contribution[]): Duty[] {
  const at = (each: Contribution) => `/coops/${coop.id}/revenue/contributions/${each.id}`
  const own = contributions.filter((each) => each.state === 'challengeable' && each.own !== null && coop.me.status === 'active')
  const disputed = coop.me.roles.length > 0 ? contributions.filter((each) => each.disputes_open > 0) : []
  return [
    ...own.map((each): Duty => ({ kind: 'figures', coop, href: at(each), facts: { metric: each.metric }, until: each.challenge_until })),
    ...disputed.map((each): Duty => ({ kind: 'dispute', coop, href: at(each), facts: { metric: each.metric }, until: null })),
  ]
}

export function payDuty(coop: CoopSummary, cycle: PayoutCycleSummary, statement: PayoutStatement): Duty[] {
  if (!/[1-9]/.test(statement.paid) || !isOwed(cycle) || statement.payment === 'settled') return []
  return [{ kind: 'pay', coop, href: `/coops/${coop.id}/revenue/payouts/${cycle.id}/statement`, facts: { amount: `${figure(statement.paid)} ${statement.currency}`, period: cycle.period }, until: null }]
}

export const approvalDuty = (coop: CoopSummary, cycle: PayoutCycleSummary, { approvers }: Pick<PayoutNext, 'approvers'>): Duty[] =>
  approvers.some(({ member }) => member === coop.me.id)
    ? [{ kind: 'approval', coop, href: `/coops/${coop.id}/revenue/payouts/${cycle.id}`, facts: { period: cycle.period }, until: null }]
    : []

/** That the books differ from the bank so that somebody who holds an office must look. */
export const bankDuties = (coop: CoopSummary, { alarms }: Pick<Reconciliation, 'alarms'>): Duty[] =>
  alarms.length === 0 ? [] : [{ kind: 'bank', coop, href: `/coops/${coop.id}/revenue/reconciliation`, facts: { count: alarms.reduce((sum, alarm) => sum + alarm.count, 0) }, until: null }]

export function courseDuties(coop: CoopSummary, proposal: Proposal): Duty[] {
  const href = `/coops/${coop.id}/proposals/${proposal.id}`
  const facts = { title: proposal.title }
  const notice = proposal.course.notices.find((each) => each.member === coop.me.id)
  return [
    ...(mayReply(proposal, coop.me) ? [{ kind: 'hearing', coop, href, facts, until: notice?.reply_until ?? null } satisfies Duty] : []),
    ...(proposal.course.contests.some((contest) => mayAnswer(contest, coop.me)) ? [{ kind: 'contest', coop, href, facts, until: null } satisfies Duty] : []),
  ]
}

async function ofMoney(coop: CoopSummary): Promise<Duty[]> {
  const [cycles, contributions] = await Promise.all([listPayoutCycles(coop.id), listContributions(coop.id)])
  const duties = figureDuties(coop, contributions.items)
  const newest = cycles.items.toSorted((one, other) => other.ends_on.localeCompare(one.ends_on))
  const last = newest.find(isOwed)
  if (last) duties.push(...payDuty(coop, last, await readStatement(coop.id, last.id)))
  const proposed = coop.me.roles.length > 0 ? newest.find((cycle) => cycle.state === 'proposed') : undefined
  if (proposed) duties.push(...approvalDuty(coop, proposed, await previewPayoutStep(coop.id, proposed.id)))
  return duties
}

async function ofCourse(coop: CoopSummary): Promise<Duty[]> {
  const states = coop.me.roles.includes('steward') ? (['discussion', 'queued', 'passed'] as const) : (['discussion'] as const)
  const lists = await Promise.all(states.map((state) => listInState(coop.id, state)))
  const looked = lists.flatMap(({ items }) => items.slice(0, LOOKED_AT_MAX))
  const proposals = await Promise.all(looked.map((each) => readProposal(coop.id, each.id)))
  return proposals.flatMap(({ data }) => courseDuties(coop, data))
}

const ofBank = async (coop: CoopSummary): Promise<Duty[]> => (holdsOffice(coop.me) ? bankDuties(coop, await readReconciliation(coop.id)) : [])

/** A part that cannot be read is left out: it stands on its own page, with what went wrong. */
const orNothing = (request: Promise<Duty[]>): Promise<Duty[]> => request.catch(() => [])

/** Those with an end come first, the nearest before. */
export async function dutiesIn(coops: readonly CoopSummary[]): Promise<Duty[]> {
  const each = await Promise.all(
    coops.flatMap((coop) => [orNothing(ofMoney(coop)), orNothing(ofCourse(coop)), orNothing(readAllowance(coop.id).then(({ limits }) => quotaDuty(coop, limits))), orNothing(ofBank(coop))]),
  )
  return each.flat().toSorted((one, other) => (one.until ?? '9').localeCompare(other.until ?? '9'))
}
