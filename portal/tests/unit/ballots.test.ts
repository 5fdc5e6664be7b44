// Aim: what a form makes of a choice is the ballot that governance reads, and what the rule would refuse is not offered to be cast.
// Method: the table of governance/testdata/ballot_forms.json, which the Rust tests read too; then the words of ballots.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Counting } from '../../src/lib/api/types'
import { complaint, creditCost, decode, emptyDraft, encode, type Draft } from '../../src/lib/ballots/draft'
import { formOf } from '../../src/lib/ballots/form'
import { gradeName } from '../../src/lib/ballots/grades'
import { wordsOf } from '../../src/lib/ballots/words'

interface Case {
  name: string
  counting: Counting
  options: number
  draft: Draft
  ballot: { options: number[]; points: number[] }
  accepted: boolean
}
const file = new URL('../../../governance/testdata/ballot_forms.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }

/** Whether every rank of the draft may stand where it does: the form offers no other moves, so no complaint is needed. */
const offered = ({ counting, options, draft }: Case): boolean => {
  const form = formOf(counting)
  if (draft.kind !== 'ranks' || form.form !== 'ranks') return true
  const highest = options + (form.withDefault ? 1 : 0)
  return draft.groups.every((group) => (form.equal || group.length === 1) && group.every((option) => option < highest))
}

describe('a ballot form', () => {
  it.each(cases.map((each) => [each.name, each] as const))('codes %s as its record does', (_, { counting, draft, ballot }) => {
    expect(encode(formOf(counting), draft)).toEqual(ballot)
  })

  it.each(cases.map((each) => [each.name, each] as const))('lets %s be cast exactly where the rule takes it', (_, each) => {
    const casts = offered(each) && complaint(formOf(each.counting), each.draft, 'a reason') === null
    expect(casts).toBe(each.accepted)
  })

  it.each(cases.map((each) => [each.name, each] as const))('reads back %s', (_, { counting, options, ballot }) => {
    const form = formOf(counting)
    expect(encode(form, decode(form, options, ballot))).toEqual(ballot)
  })

  it('wants an answer to a motion, and the words of an objection', () => {
    const motion = formOf({ method: 'optimistic', against: { share: 1, whole: 10 } })
    expect(encode(motion, emptyDraft(motion, 0))).toBeNull()
    expect(complaint(motion, emptyDraft(motion, 0), '')).toEqual({ wrong: 'unanswered' })
    const consent = formOf({ method: 'consent', standing_max: 0 })
    expect(complaint(consent, { kind: 'answer', answer: 2 }, '  ')).toEqual({ wrong: 'objection' })
    expect(complaint(consent, { kind: 'answer', answer: 0 }, '')).toBeNull()
  })

  const spoiled: [string, number][] = [
    ['half a vote', 0.5],
    ['less than nothing', -1],
    ['no number', Number.NaN],
    ['more than numbers hold', 2 ** 60],
  ]
  it.each(spoiled)('does not take %s', (_, value) => {
    const forms = [formOf({ method: 'quadratic', seats: 1, credits: 100, tie: 'lot' }), formOf({ method: 'dots', seats: 1, dots: 10, tie: 'lot' })]
    for (const form of forms) expect(complaint(form, { kind: 'points', points: [value, null] }, '')).not.toBeNull()
  })

  it('counts the credits by squares', () => expect(creditCost([4, null, 3])).toBe(25))
})

describe('a ballot in words', () => {
  const names = ['Amina', 'Bruno', 'Chen']
  it('names grades, the same for everybody', () => {
    expect(gradeName(0, 7)).toBe('Reject')
    expect(gradeName(4, 5)).toBe('Excellent')
    expect(gradeName(8, 10)).toBe('Grade 9 of 10')
  })

  const counting = (index: number) => cases[index]!.counting
  const cases_: [string, Counting, { options: number[]; points: number[] }, unknown][] = [
    ['a motion', counting(0), { options: [2], points: [1] }, { kind: 'answer', answer: 'abstain' }],
    ['an objection', counting(4), { options: [2], points: [1] }, { kind: 'answer', answer: 'objection' }],
    ['a blank ballot', counting(5), { options: [], points: [] }, { kind: 'blank' }],
    ['votes', counting(15), { options: [2, 0], points: [1, 4] }, { kind: 'points', lines: [{ name: 'Amina', value: '4 votes' }, { name: 'Chen', value: '1 vote' }] }],
    ['"nothing changes"', counting(27), { options: [1, 3, 0, 2], points: [1, 2, 3, 3] }, { kind: 'ranks', groups: [['Bruno'], ['Nothing changes'], ['Amina', 'Chen']] }],
  ]
  it.each(cases_)('tells %s', (_, rule, coded, wanted) => expect(wordsOf(rule, names, coded)).toEqual(wanted))
})
