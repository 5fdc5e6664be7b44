/** From what was typed to what is proposed. */
import { complaintOf, draftOfAction, plannedOf } from './actions'
import type { Bylaws, Counting, Proposal, ProposalBody, Rule } from './api/types'
import type { ProposalDraft } from './drafts'
import type { Part } from './merge'
import { sortOf } from './results'
import { tierFor, tiersOf } from './secrecy'
import { t } from './text/index.svelte'

/** The server takes no more candidates: more could not be read, let alone ranked. */
export const OPTIONS_MAX = 200

export const emptyDraft = (): ProposalDraft => ({ kind: 'motion', title: '', body: '', options: ['', ''], seats: '1', costs: [], budget: '', actions: [], secrecy: '' })

/** What stands in a proposal, to be changed. Actions of a kind that is not known here are left as they are, and so all of them. */
export function draftOf(proposal: Proposal): ProposalDraft {
  const { counting } = proposal.rule
  const money = counting.method === 'budget' ? counting : null
  const actions = proposal.course.actions.map(draftOfAction)
  return {
    kind: proposal.kind,
    title: proposal.title,
    body: proposal.body,
    options: proposal.options.length > 0 ? [...proposal.options] : ['', ''],
    seats: String(proposal.seats),
    costs: money === null ? [] : money.costs.map(String),
    budget: money === null ? '' : String(money.budget),
    actions: actions.filter((action) => action !== null),
    secrecy: proposal.secrecy,
  }
}

/** Whether every action of a proposal can be changed in this portal. */
export const knowsActions = (proposal: Proposal): boolean => proposal.course.actions.every((action) => draftOfAction(action) !== null)

/** The kinds of decision on offer, motions first: they are what most proposals are. */
export const kindsOf = (bylaws: Bylaws): string[] =>
  Object.keys(bylaws.content.kinds).toSorted((left, right) => Number(right === 'motion') - Number(left === 'motion') || left.localeCompare(right))

/** What a method asks of its author besides the texts. */
export interface Asks {
  options: boolean
  seats: boolean
  money: boolean
  /** What an option is called. */
  noun: 'candidate' | 'option' | 'project'
}
export function asksOf(counting: Counting): Asks {
  const sort = sortOf(counting.method)
  const options = sort !== 'motion' && sort !== 'consent'
  return { options, seats: options && 'seats' in counting, money: counting.method === 'budget', noun: sort === 'elected' ? 'candidate' : sort === 'funded' ? 'project' : 'option' }
}

/** The options that have a name, with what they cost. */
const named = (draft: ProposalDraft): { name: string; cost: number }[] =>
  draft.options.map((option, index) => ({ name: option.trim(), cost: whole(draft.costs[index] ?? '') })).filter((option) => option.name !== '')
export const optionNames = (draft: ProposalDraft): string[] => named(draft).map((option) => option.name)
/** A whole number as people type it; 0 where it is none. */
const whole = (text: string | number): number => (/^\d{1,15}$/.test(String(text).trim()) ? Number(text) : 0)
const SEATS_MAX = 999
const seatsOf = (draft: ProposalDraft): number => (whole(draft.seats) <= SEATS_MAX ? whole(draft.seats) : 0)

/** The rule of the bylaws for the kind chosen, with the places the draft asks for. */
export function ruleFor(bylaws: Bylaws, draft: ProposalDraft): Rule | null {
  const rule = bylaws.content.kinds[draft.kind]?.rule
  if (rule === undefined) return null
  const { counting } = rule
  return asksOf(counting).seats && 'seats' in counting ? { ...rule, counting: { ...counting, seats: seatsOf(draft) } } : rule
}

export type Complaint = 'title' | 'candidates' | 'options' | 'repeated' | 'seats' | 'costs' | 'budget' | 'actions'

/** What is wrong with a draft before it is sent, or null. */
export function complaint(draft: ProposalDraft, rule: Rule | null): Complaint | null {
  if (draft.title.trim() === '') return 'title'
  const counting = rule?.counting
  const asks = counting === undefined ? null : asksOf(counting)
  const options = asks?.options ? named(draft) : []
  if (asks?.options) {
    if (options.length < 2) return asks.noun === 'candidate' ? 'candidates' : 'options'
    if (new Set(options.map((option) => option.name)).size !== options.length) return 'repeated'
    if (counting !== undefined && 'seats' in counting && (counting.seats < 1 || counting.seats > options.length)) return 'seats'
    if (asks.money && options.some((option) => option.cost < 1)) return 'costs'
    if (asks.money && whole(draft.budget) < 1) return 'budget'
  }
  return draft.actions.some((action) => complaintOf(action, options.length) !== null) ? 'actions' : null
}

export function bodyOf(draft: ProposalDraft, bylaws: Bylaws): ProposalBody {
  const rule = ruleFor(bylaws, draft)
  const asks = rule === null ? null : asksOf(rule.counting)
  const options = asks?.options ? named(draft) : []
  return {
    kind: draft.kind,
    title: draft.title.trim(),
    body: draft.body.trim(),
    options: options.map((option) => option.name),
    ...(asks?.seats ? { seats: seatsOf(draft) } : {}),
    ...(asks?.money ? { costs: options.map((option) => option.cost), budget: whole(draft.budget) } : {}),
    // Where there is nothing to choose, nothing is said.
    ...(tiersOf(bylaws, draft.kind).length > 1 ? { secrecy: tierFor(bylaws, draft.kind, draft.secrecy) } : {}),
    actions: draft.actions.map((action) => plannedOf(action, options.length)),
  }
}

/** The parts of a proposal that two people may change at once; `does` says in words what the actions somebody else saved would do. */
export function partsOf(bylaws: Bylaws, kind: string, does: string): Part<ProposalDraft>[] {
  const counting = bylaws.content.kinds[kind]?.rule.counting
  const noun = counting === undefined ? 'option' : asksOf(counting).noun
  const lines = ({ options, costs }: ProposalDraft) =>
    options.map((option, index) => (costs[index] ? `${option}: ${costs[index]}` : option)).filter((line) => line.trim() !== '').join('\n')
  return [
    { name: t('new.subject'), is: ({ title }) => title, take: (to, { title }) => (to.title = title) },
    { name: t('new.text'), is: ({ body }) => body, take: (to, { body }) => (to.body = body) },
    { name: t(`new.${noun}s`), is: lines, take: (to, { options, costs }) => Object.assign(to, { options: [...options], costs: [...costs] }) },
    { name: noun === 'candidate' ? t('new.seats') : t('new.places'), is: ({ seats }) => String(seats), take: (to, { seats }) => (to.seats = seats) },
    { name: t('new.budget'), is: ({ budget }) => String(budget), take: (to, { budget }) => (to.budget = budget) },
    { name: t('actions.title'), is: ({ actions }) => JSON.stringify(actions), reads: () => does, take: (to, { actions }) => (to.actions = [...actions]) },
    { name: t('secrecy.choose'), is: ({ secrecy }) => secrecy, reads: ({ secrecy }) => (secrecy === '' ? '' : t(`secrecy.name.${secrecy}`)), take: (to, { secrecy }) => (to.secrecy = secrecy) },
  ]
}
