// Aim: the portal's English sentence of a rule is the server's, word for word. Method: the sentences of the Rust tests, which are
// read from its source so that a change there fails here.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Rule } from '../../src/lib/api/types'
import { ruleSentence } from '../../src/lib/rule'
import en from '../../src/lib/text/en.json'
import { fill, type Key, type Values } from '../../src/lib/text/index.svelte'

const t = (key: Key, values: Values = {}) => fill(en[key], values)
const all = (share: number, whole: number) => ({ counts: 'all_ballots' as const, at_least: { base: 'roll' as const, share: { share, whole } } })
const rust = readFileSync(new URL('../../../governance/src/rule/sentence.rs', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ')

const cases: [string, Rule, string][] = [
  [
    'the founding motion',
    { quorum: all(1, 5), counting: { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } } },
    'At least 1/5 of the members on the roll must cast a ballot, blank ones and abstentions included; the motion passes if more than 1/2 of the yes and no ballots say yes, and fails otherwise.',
  ],
  [
    'two thirds of everyone',
    { quorum: { counts: 'yes_and_no', at_least: { base: 'roll', share: { share: 1, whole: 2 } } }, counting: { method: 'yes_no', majority: { base: 'roll', share: { share: 2, whole: 3 }, threshold: 'reached' } } },
    'At least 1/2 of the members on the roll must vote yes or no; the motion passes if at least 2/3 of everyone on the roll say yes, and fails otherwise.',
  ],
  ['the founding election', { quorum: null, counting: { method: 'scottish_stv', seats: 0, tie: 'lot' } }, 'There is no quorum; places are filled by the single transferable vote as in Scottish local elections; a tie that earlier stages do not settle is broken by lot.'],
  ['one place', { quorum: null, counting: { method: 'scottish_stv', seats: 1, tie: 'forbidden' } }, 'There is no quorum; one place is filled by the single transferable vote as in Scottish local elections; a tie that earlier stages do not settle leaves the election undecided.'],
  ['three places', { quorum: null, counting: { method: 'scottish_stv', seats: 3, tie: 'lot' } }, 'There is no quorum; 3 places are filled by the single transferable vote as in Scottish local elections; a tie that earlier stages do not settle is broken by lot.'],
]

describe('a rule as a sentence', () => {
  it.each(cases)('%s', (_name, rule, sentence) => expect(ruleSentence(rule, t)).toBe(sentence))

  it('uses the very phrases of the server', () => {
    const keys = Object.keys(en).filter((key) => /^rule\.(base|threshold|tie|no_quorum|seats\.(open|single))/.test(key)) as Key[]
    expect(keys.length).toBe(11)
    for (const key of keys) expect(rust, key).toContain(`"${en[key]}"`)
    expect(rust).toContain('"cast a ballot, blank ones and abstentions included"')
    expect(rust).toContain('by the single transferable vote as in Scottish local elections; {}')
  })
})
