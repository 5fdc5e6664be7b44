/** A ballot in words, line by line, for the look before casting, for receipts and for reports. */
import type { Counting } from '../api/types'
import { count, number, t } from '../text/index.svelte'
import { decode } from './draft'
import { CONSENT_ANSWERS, formOf, MOTION_ANSWERS, type BallotForm } from './form'
import { gradeName } from './grades'

/** The options of a ranking: "nothing changes" stands after the last where it is ranked too. */
export const rankedNames = (form: BallotForm, names: readonly string[]): readonly string[] =>
  form.form === 'ranks' && form.withDefault ? [...names, t('choice.nothing_changes')] : names

export type Words =
  | { kind: 'answer'; answer: (typeof MOTION_ANSWERS)[number] | (typeof CONSENT_ANSWERS)[number] }
  | { kind: 'blank' }
  /** The groups of a ranking by name. */
  | { kind: 'ranks'; groups: string[][] }
  /** What each option is given; without a value the option is only named. */
  | { kind: 'points'; lines: { name: string; value: string | null }[] }

export function wordsOf(counting: Counting, names: readonly string[], coded: { options: readonly number[]; points: readonly number[] }): Words {
  const form = formOf(counting)
  if (form.form === 'motion') return { kind: 'answer', answer: MOTION_ANSWERS[coded.options[0] ?? 3] ?? 'blank' }
  if (form.form === 'consent') return { kind: 'answer', answer: CONSENT_ANSWERS[coded.options[0] ?? 1] ?? 'stand_aside' }
  if (coded.options.length === 0) return { kind: 'blank' }
  const draft = decode(form, names.length, coded)
  if (draft.kind === 'ranks') {
    const all = rankedNames(form, names)
    return { kind: 'ranks', groups: draft.groups.map((group) => group.map((option) => all[option] ?? '')) }
  }
  const points = draft.kind === 'points' ? draft.points : []
  const lines = points.flatMap((value, option) => (value === null ? [] : [{ name: names[option] ?? '', value: valueOf(form, value) }]))
  return { kind: 'points', lines }
}

function valueOf(form: BallotForm, value: number): string | null {
  switch (form.form) {
    case 'choices':
    case 'motion':
    case 'consent':
    case 'ranks':
      return null
    case 'grades':
      return gradeName(value, form.grades)
    case 'points':
      return t('points.of', { points: number(value), most: number(form.most) })
    case 'credits':
      return count('spend.votes', value)
    case 'dots':
      return count('spend.dots', value)
  }
}
