/** A ballot as it is being filled in, and its coding: what goes into the record, and back. */
import type { Coded } from '../ballot'
import { encodeGroups, decodeGroups, type Groups } from '../ranking'
import { OBJECTION, type BallotForm } from './form'

/** What was chosen so far. */
export type Draft =
  | { kind: 'answer'; answer: number | null }
  /** For each option what it is given; null is nothing said. */
  | { kind: 'points'; points: readonly (number | null)[] }
  | { kind: 'ranks'; groups: Groups }

export function emptyDraft(form: BallotForm, options: number): Draft {
  switch (form.form) {
    case 'motion':
    case 'consent':
      return { kind: 'answer', answer: null }
    case 'choices':
    case 'points':
    case 'grades':
    case 'credits':
    case 'dots':
      return { kind: 'points', points: Array.from({ length: options }, () => null) }
    case 'ranks':
      return { kind: 'ranks', groups: [] }
  }
}

/** Reads a ballot that was cast. */
export function decode(form: BallotForm, options: number, coded: { options: readonly number[]; points: readonly number[] }): Draft {
  const empty = emptyDraft(form, options)
  switch (empty.kind) {
    case 'answer':
      return { kind: 'answer', answer: coded.options[0] ?? null }
    case 'points': {
      const given = new Map(coded.options.map((option, index) => [option, coded.points[index] ?? 0]))
      return { kind: 'points', points: empty.points.map((_, option) => given.get(option) ?? null) }
    }
    case 'ranks':
      return { kind: 'ranks', groups: decodeGroups(coded.options, coded.points) }
  }
}

/** Whether a value must be said even where it is 0: a grade and a score may mean something at their lowest. */
const saysZero = (form: BallotForm): boolean => form.form === 'grades' || form.form === 'points'

/** The ballot as its record codes it, or null where nothing was answered yet. Whether it may be cast says {@link complaint}. */
export function encode(form: BallotForm, draft: Draft): Coded | null {
  switch (draft.kind) {
    case 'answer':
      return draft.answer === null ? null : { options: [draft.answer], points: [1] }
    case 'points': {
      const given = draft.points
        .map((points, option) => ({ option, points }))
        .filter((each): each is { option: number; points: number } => each.points !== null && (each.points > 0 || saysZero(form)))
      return { options: given.map((each) => each.option), points: given.map((each) => each.points) }
    }
    case 'ranks':
      return encodeGroups(draft.groups)
  }
}

const sum = (values: readonly (number | null)[], of: (value: number) => number): number => values.reduce<number>((total, value) => total + of(value ?? 0), 0)
/** What votes cost together: the sum of their squares. */
export const creditCost = (votes: readonly (number | null)[]): number => sum(votes, (value) => value * value)
export const total = (values: readonly (number | null)[]): number => sum(values, (value) => value)
export const chosen = (values: readonly (number | null)[]): number => sum(values, (value) => (value > 0 ? 1 : 0))

/** Why a ballot cannot be cast as it is, with the numbers of the sentence that says what to do. */
export type Complaint =
  | { wrong: 'unanswered' }
  | { wrong: 'objection' }
  | { wrong: 'choices'; over: number }
  | { wrong: 'points'; most: number }
  | { wrong: 'credits'; over: number }
  | { wrong: 'dots'; over: number }

const isWhole = (value: number | null): boolean => value === null || (Number.isSafeInteger(value) && value >= 0)

export function complaint(form: BallotForm, draft: Draft, reason: string): Complaint | null {
  if (draft.kind === 'answer') {
    if (draft.answer === null) return { wrong: 'unanswered' }
    // The server would take it; but an objection that says nothing helps nobody to mend what is wrong.
    return form.form === 'consent' && draft.answer === OBJECTION && reason.trim() === '' ? { wrong: 'objection' } : null
  }
  if (draft.kind === 'ranks') return null
  const { points } = draft
  const outside = (most: number) => points.some((value) => !isWhole(value) || (value ?? 0) > most)
  switch (form.form) {
    case 'choices':
      return form.most > 0 && chosen(points) > form.most ? { wrong: 'choices', over: chosen(points) - form.most } : null
    case 'points':
      return outside(form.most) ? { wrong: 'points', most: form.most } : null
    case 'grades':
      return outside(form.grades - 1) ? { wrong: 'points', most: form.grades - 1 } : null
    case 'credits':
      if (outside(form.credits)) return { wrong: 'points', most: Math.floor(Math.sqrt(form.credits)) }
      return creditCost(points) > form.credits ? { wrong: 'credits', over: creditCost(points) - form.credits } : null
    case 'dots':
      if (outside(Number.MAX_SAFE_INTEGER)) return { wrong: 'points', most: form.dots }
      return total(points) > form.dots ? { wrong: 'dots', over: total(points) - form.dots } : null
    case 'motion':
    case 'consent':
    case 'ranks':
      return null
  }
}

/** Whether a ballot says nothing; but for answers it may be cast all the same. */
export const isBlank = (coded: Coded): boolean => coded.options.length === 0
