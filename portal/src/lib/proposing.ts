/** From what was typed to what is proposed. */
import type { Bylaws, Proposal, ProposalBody, Rule } from './api/types'
import type { ProposalDraft } from './drafts'

/** The server takes no more candidates: more could not be read, let alone ranked. */
export const OPTIONS_MAX = 200

export const emptyDraft = (): ProposalDraft => ({ kind: 'motion', title: '', body: '', options: ['', ''], seats: '1' })

/** What stands in a proposal, to be changed. */
export const draftOf = (proposal: Proposal): ProposalDraft => ({
  kind: proposal.kind,
  title: proposal.title,
  body: proposal.body,
  options: proposal.options.length > 0 ? [...proposal.options] : ['', ''],
  seats: String(proposal.seats),
})

/** The kinds of decision on offer, motions first: they are what most proposals are. */
export const kindsOf = (bylaws: Bylaws): string[] =>
  Object.keys(bylaws.content.kinds).toSorted((left, right) => Number(right === 'motion') - Number(left === 'motion') || left.localeCompare(right))

const candidates = (draft: ProposalDraft): string[] => draft.options.map((option) => option.trim()).filter((option) => option !== '')
const seatsOf = (draft: ProposalDraft): number => (/^\d{1,3}$/.test(draft.seats.trim()) ? Number(draft.seats) : 0)

/** The rule of the bylaws for the kind chosen, with the places the draft asks for. */
export function ruleFor(bylaws: Bylaws, draft: ProposalDraft): Rule | null {
  const rule = bylaws.content.kinds[draft.kind]?.rule
  if (rule === undefined) return null
  const { counting } = rule
  return counting.method === 'scottish_stv' ? { ...rule, counting: { ...counting, seats: seatsOf(draft) } } : rule
}

export type Complaint = 'title' | 'candidates' | 'repeated' | 'seats'

/** What is wrong with a draft before it is sent, or null. */
export function complaint(draft: ProposalDraft, rule: Rule | null): Complaint | null {
  if (draft.title.trim() === '') return 'title'
  const counting = rule?.counting
  if (counting?.method !== 'scottish_stv') return null
  const names = candidates(draft)
  if (names.length < 2) return 'candidates'
  if (new Set(names).size !== names.length) return 'repeated'
  return counting.seats < 1 || counting.seats > names.length ? 'seats' : null
}

export function bodyOf(draft: ProposalDraft, rule: Rule | null): ProposalBody {
  const base = { kind: draft.kind, title: draft.title.trim(), body: draft.body.trim() }
  const counting = rule?.counting
  return counting?.method === 'scottish_stv' ? { ...base, options: candidates(draft), seats: counting.seats } : { ...base, options: [] }
}
