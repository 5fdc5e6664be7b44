/** Revenue: rules in words and as drafts, how a payout cycle goes on, and the account of a statement. */
import type { CycleState, LegalFinding, Member, PayoutCycle, PayoutNext, PayoutStatement, RevenueRuleData, RevenueRuleVersion, RuleWords } from './api/types'
import { add, negated, NOTHING, readAmount, showAmount, writeAmount } from './books'
import type { NameOf } from './actions'
import { dateTime } from './format'
import { count, number, t } from './text/index.svelte'
import { given, inLanguage, serverSays } from './text/server.svelte'

/** An amount or a weight of the server in the reader's own writing, with just the places that the server wrote. */
export function figure(text: string): string {
  const read = readAmount(text)
  return read === null ? text : showAmount(read, read.places)
}
export const money = (text: string, currency: string): string => `${figure(text)} ${currency}`

type Sentences = Pick<RuleWords, 'sentences' | 'sentences_zh'>
/** What every rule knows is named in words; what a co-op named itself stays as it named it. */
const inWords = (sentence: string): string =>
  sentence
    .replaceAll(/\b(pool:revenue|members:active)\b/g, (_, name: 'pool:revenue' | 'members:active') => t(`rule.known.${name}`))
    // Between Chinese and a name stands a space, between Chinese and Chinese none.
    .replaceAll(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')
export const sentencesOf = (words: Sentences): string[] => (given(words.sentences, words.sentences_zh) ?? words.sentences.map(serverSays)).map(inWords)
/** A sentence of a rule in the language of the page. */
export const ruleSentence = (english: string, chinese: string): string => inWords(inLanguage(english, chinese))
export const findingLine = ({ standing, clause, text }: Pick<LegalFinding, 'standing' | 'clause' | 'text'>): string => t('revenue.finding', { standing: t(`revenue.standing.${standing}`), clause, text: serverSays(text) })

/** The longest rule that is read here, in characters; the server has a bound of its own. */
const RULE_CHARACTERS_MAX = 100_000
/** A rule as it is typed; null where it is no JSON object. The server says what is wrong with what it holds. */
export function readRule(text: string): RevenueRuleData | null {
  if (text.length > RULE_CHARACTERS_MAX) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RevenueRuleData) : null
  } catch {
    return null
  }
}
export const writeRule = (rule: RevenueRuleData): string => JSON.stringify(rule, null, 2)
/** The same rule as the one that follows the newest version. */
export const following = (rule: RevenueRuleData, version: number, supersedes: string): RevenueRuleData => ({ ...rule, version, supersedes })
export const NO_RULE = `0x${'00'.repeat(32)}`
/** A rule to begin with: a tenth to the legal reserve, the rest in equal parts to the active members. */
export const exampleRule = (): RevenueRuleData => ({
  version: 1,
  supersedes: NO_RULE,
  currency: 'EUR',
  effective_from: 0,
  steps: [
    { id: 'legal', does: { op: 'percent', share: { share: 1, whole: 10 }, to: 'reserve:legal' } },
    { id: 'all', does: { op: 'per_capita', to: 'members:active' } },
  ],
  payout: { decimals: 2, min: '1.00', rails: ['sepa', 'manual'] },
})
/** A draft that follows the newest version, which is the first of the list; the example where there is none. */
export function draftAfter(versions: readonly RevenueRuleVersion[]): RevenueRuleData {
  const newest = versions.toSorted((one, other) => other.version - one.version)[0]
  return newest === undefined ? exampleRule() : following(newest.rule, newest.version + 1, newest.hash)
}

/** The states that a cycle goes through, each once. */
export const CYCLE_STATES = ['open', 'frozen', 'computed', 'verified', 'proposed', 'approved', 'posted'] as const
export type CycleStep = (typeof CYCLE_STATES)[number]
export type CycleAct = 'freezing' | 'computation' | 'verification' | 'proposal' | 'posting'

/** How far a cycle came; for a cancelled one by what it holds. */
export function reached(cycle: PayoutCycle): CycleStep {
  if (cycle.state !== 'cancelled') return cycle.state
  if (cycle.approvals_needed !== null) return cycle.approvals.length >= cycle.approvals_needed ? 'approved' : 'proposed'
  if (cycle.verified_at !== null) return 'verified'
  if (cycle.digest !== null) return 'computed'
  return cycle.revenue === null ? 'open' : 'frozen'
}
export const isDone = (cycle: PayoutCycle, step: CycleStep): boolean => CYCLE_STATES.indexOf(step) <= CYCLE_STATES.indexOf(reached(cycle))
/** The state that comes next; null at the end. */
export const nextState = (cycle: PayoutCycle): CycleStep | null => (cycle.state === 'cancelled' ? null : (CYCLE_STATES[CYCLE_STATES.indexOf(cycle.state) + 1] ?? null))
const ACT_OF: Record<CycleStep, CycleAct | null> = { open: null, frozen: 'freezing', computed: 'computation', verified: 'verification', proposed: 'proposal', approved: null, posted: 'posting' }
/** What the treasurer does next; null where others act, or nobody. */
export function nextAct(state: CycleState): CycleAct | null {
  if (state === 'cancelled') return null
  const next = CYCLE_STATES[CYCLE_STATES.indexOf(state) + 1]
  return next === undefined ? null : ACT_OF[next]
}
/** Whether members wait for what a posted cycle owes them. */
export const isOwed = ({ stage }: Pick<PayoutCycle, 'stage'>): boolean => stage === 'posted' || stage === 'issuing' || stage === 'reconciling'
export const isUnderWay = (state: CycleState): boolean => state !== 'posted' && state !== 'cancelled'

export const holdsOffice = (member: Member): boolean => member.status === 'active' && member.roles.length > 0
/** Why somebody does not approve a cycle; null who may. Who brought about a figure of it is known to the server alone. */
export function approvalBar(cycle: PayoutCycle, member: Member, { approvers }: Pick<PayoutNext, 'approvers'>): 'state' | 'office' | 'prepared' | 'given' | null {
  if (cycle.state !== 'proposed') return 'state'
  if (approvers.some((one) => one.member === member.id)) return null
  if (!holdsOffice(member)) return 'office'
  return cycle.approvals.some((approval) => approval.member === member.id) ? 'given' : 'prepared'
}
/** Whether people who approve have to do with the next step. */
export const isAboutApproval = ({ stage }: Pick<PayoutNext, 'stage'>): boolean => stage === 'computed' || stage === 'verified' || stage === 'proposed' || stage === 'approved'
/** Whether fewer people may approve a cycle than it still needs. */
export const lacksApprovers = ({ stage, approvals_needed, approvals_given, approvers }: Pick<PayoutNext, 'stage' | 'approvals_needed' | 'approvals_given' | 'approvers'>): boolean =>
  isAboutApproval({ stage }) && approvals_given + approvers.length < (approvals_needed ?? 0)

/** The plain account of what a step did, in a sentence. */
export function accountOf(cycle: PayoutCycle, step: CycleStep, nameOf: NameOf): string {
  const { sums, currency, steps } = cycle
  const amounts = sums === null ? '' : count('cycle.did.computed', sums.payments, { accrued: money(sums.accrued, currency), paid: money(sums.paid, currency), withheld: money(sums.withheld, currency) })
  switch (step) {
    case 'open':
      return t('cycle.did.open', { name: nameOf(cycle.opened_by), when: dateTime(cycle.opened_at), version: number(cycle.rule_version) })
    case 'frozen':
      return count('cycle.did.frozen', cycle.members ?? 0, { amount: money(cycle.revenue ?? '0', currency) })
    case 'computed':
      return amounts
    case 'verified':
      return cycle.verified_at === null ? '' : count('cycle.did.verified', steps.length, { alike: number(steps.filter((each) => each.is_verified).length), when: dateTime(cycle.verified_at) })
    case 'proposed':
      return count('cycle.did.proposed', cycle.approvals_needed ?? 0, { name: cycle.proposed_by === null ? '' : nameOf(cycle.proposed_by) })
    case 'approved':
      return t('cycle.did.approved', { given: number(cycle.approvals.length), needed: number(cycle.approvals_needed ?? 0) })
    case 'posted':
      return cycle.posted_at === null ? '' : `${t('cycle.did.posted', { when: dateTime(cycle.posted_at) })}${t('sentence.join')}${amounts}`
  }
}

/** Whether nothing is lost: what was carried and what the rule gave is withheld, paid, given to a fund or carried on. */
export function isWhole(statement: PayoutStatement): boolean {
  const amounts = (texts: string[]) => texts.map((text) => readAmount(text) ?? NOTHING).reduce(add, NOTHING)
  const given = amounts([statement.before, statement.accrued])
  const gone = amounts([statement.withheld, statement.paid, statement.dormant, statement.carried])
  const steps = amounts(statement.lines.map((line) => line.amount))
  return writeAmount(add(given, negated(gone))) === '0' && writeAmount(add(steps, negated(readAmount(statement.accrued) ?? NOTHING))) === '0'
}
