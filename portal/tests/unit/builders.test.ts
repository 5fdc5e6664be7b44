// Aim: what the forms build is what the server takes, and what they do not know of a rule is never lost. Method: the rules of the
// server's own test data and presets go into the forms and out again.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Rule } from '../../src/lib/api/types'
import presets from '../../src/lib/presets.json'
import { readRatio, writeRatio } from '../../src/lib/ratios'
import { doing, formOf, freshId, OPERATIONS } from '../../src/lib/revenue-form'
import { counting, METHODS, numbersOf, NUMBERS, quorum, withMethod } from '../../src/lib/rules-form'

describe('shares', () => {
  it.each([
    ['50', { share: 50, whole: 100 }, '50 %'],
    ['57,5 %', { share: 575, whole: 1000 }, '57.5 %'],
    ['1/3', { share: 1, whole: 3 }, '1/3'],
    [' 2 / 4 ', { share: 2, whole: 4 }, '50 %'],
    ['0.000001', { share: 1, whole: 100_000_000 }, '0.000001 %'],
    ['100', { share: 100, whole: 100 }, '100 %'],
    ['0', { share: 0, whole: 100 }, '0 %'],
  ])('%s is read and written exactly', (text, ratio, shown) => {
    expect(readRatio(text)).toEqual(ratio)
    expect(writeRatio(ratio)).toBe(shown)
    const again = readRatio(shown)!
    expect(again.share * ratio.whole).toBe(ratio.share * again.whole)
  })
  it.each(['', 'half', '101', '4/3', '1/0', '-1', '1e2', '1/', '１', '<b>'])('%s is none', (text) => expect(readRatio(text)).toBeNull())
})

describe('revenue rules', () => {
  const whole = JSON.parse(readFileSync(new URL('../../../governance/testdata/revenue/scic.json', import.meta.url), 'utf8')) as Record<string, unknown>
  it('go into the form and out again as they were, with what the form does not show', () => {
    expect(formOf(whole)).toEqual(whole)
  })
  it('are left as data where the form does not know them', () => {
    expect(formOf({ ...whole, steps: [{ id: 'x', does: { op: 'gamble' } }] })).toBeNull()
    expect(formOf({ ...whole, currency: 7 })).toBeNull()
    expect(formOf({})).toBeNull()
    expect(formOf(null)).toBeNull()
  })
  it('have a step of each operation, whose id is new', () => {
    const steps = OPERATIONS.map((op, index) => ({ id: `step_${index + 2}`, does: doing(op) }))
    expect(steps.map((step) => step.id)).not.toContain(freshId(steps))
    doing('split').parts!.push({ to: 'pool:more', weight: 1 })
    expect(doing('split').parts).toHaveLength(2)
  })
})

describe('decision rules', () => {
  it('have a way to count for each method, with numbers within their bounds', () => {
    for (const method of METHODS) {
      const way = counting(method)
      expect(way.method).toBe(method)
      for (const field of numbersOf(way)) {
        const [least, most] = NUMBERS[field]
        const number = (way as unknown as Record<string, number>)[field]!
        expect(number >= least && number <= most, `${method} ${field}`).toBe(true)
      }
    }
  })
  it('know every method of the presets', () => {
    for (const preset of presets) expect(METHODS).toContain(preset.rule.counting.method)
  })
  it('keep nothing that only motions have when they become elections', () => {
    const motion: Rule = { counting: counting('yes_no'), quorum: { counts: 'yes', at_least: { base: 'constant', votes: 3 } }, conditions: [{ answer: 'no', bound: 'no_more_than', share: { share: 1, whole: 4 }, of: 'eligible' }], ballots_final: true, early: true, late_quorum_seconds: 0, notice_seconds: 0 }
    const election = withMethod(motion, 'irv')
    expect(election).toMatchObject({ conditions: [], early: false, quorum: { counts: 'all_ballots', at_least: { base: 'constant', votes: 3 } } })
    expect(quorum('none', motion.quorum)).toBeNull()
    expect(quorum('square_root', motion.quorum)).toEqual({ counts: 'yes', at_least: { base: 'square_root' } })
  })
})
