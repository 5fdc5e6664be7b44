// Aim: results are drawn as they were counted. Method: small counts whose pictures can be said beforehand, and sums that must hold.
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Count, Counting } from '../../src/lib/api/types'
import { flowOf, movesOf, NOBODY, orderOf } from '../../src/lib/flow'
import { barsOf, gradesOf, pairsOf, projectsOf, reasonWords, verdictOf } from '../../src/lib/results'
import { brief } from '../../src/lib/stages'
import { choose } from '../../src/lib/text/index.svelte'

// Choosing a language marks the document, which there is none of here.
vi.stubGlobal('document', { documentElement: {} })

const stage = (totals: Record<string, string>, over: Partial<Count['stages'][number]> = {}): Count['stages'][number] => ({ totals, transfer: null, elected: [], excluded: [], nontransferable: '0', ties: [], ...over })
const count = (over: Partial<Count>): Count => ({ method: 'irv', seats: 1, valid: '9', blank: '0', withdrawn: [], elected: [], stages: [], ties: [], ...over })

const runoff = count({
  elected: [1],
  stages: [
    stage({ '1': '4', '2': '3', '3': '2' }),
    stage({ '1': '5', '2': '3', '3': '0' }, { transfer: { from: 3, kind: 'exclusion', value: '1' }, excluded: [3], nontransferable: '1', elected: [1] }),
  ],
})

describe('the flow of a count', () => {
  it('puts the elected on top and who went first at the bottom', () => expect(orderOf(runoff)).toEqual([1, 2, 3]))

  it('keeps every vote from stage to stage', () => {
    const { ribbons, blocks } = flowOf(runoff)
    const sum = (values: { amount: number }[]) => values.reduce((total, each) => total + each.amount, 0)
    expect(sum(ribbons)).toBeCloseTo(9)
    expect(sum(ribbons.filter((each) => each.from === 3))).toBeCloseTo(2)
    expect(ribbons.filter((each) => each.from === 3).map((each) => [each.to, each.amount])).toEqual([[1, 1], [NOBODY, 1]])
    for (const at of [0, 1]) expect(blocks.filter((each) => each.stage === at).reduce((total, each) => total + each.total, 0)).toBe(9)
  })

  it('leaves room between all blocks of a stage', () => {
    const { blocks } = flowOf(runoff)
    for (const at of [0, 1]) {
      const column = blocks.filter((each) => each.stage === at)
      column.slice(1).forEach((block, index) => expect(block.y).toBeGreaterThan(column[index]!.y + column[index]!.height))
    }
  })

  it('divides losses in the proportion of the gains', () => {
    const moves = movesOf(new Map([[1, 10], [2, 0], [3, 0]]), new Map([[1, 4], [2, 4], [3, 2]]))
    expect(moves).toEqual([{ from: 1, to: 1, amount: 4 }, { from: 1, to: 2, amount: 4 }, { from: 1, to: 3, amount: 2 }])
  })

  it('draws a count without votes', () => expect(flowOf(count({ stages: [stage({ '1': '0', '2': '0' })] })).blocks).toEqual([]))
})

describe('totals', () => {
  it('show the chosen first in their order, then the others by what they got', () => {
    const counting: Counting = { method: 'dots', seats: 2, dots: 9, tie: 'lot' }
    const bars = barsOf(count({ elected: [3, 1], stages: [stage({ '1': '4', '2': '1', '3': '8', '4': '2' })] }), counting)
    expect(bars.map((bar) => [bar.option, bar.won, bar.width])).toEqual([[3, true, 100], [1, true, 50], [4, false, 25], [2, false, 12.5]])
  })

  it('are means where a missing score is no opinion', () => {
    const counting: Counting = { method: 'score', seats: 1, points_max: 2, unscored: { as: 'no_opinion', scorers: { share: 1, whole: 10 } }, tie: 'lot' }
    const bars = barsOf(count({ elected: [2], grades: [['1', '1', '1'], ['0', '0', '1'], ['0', '0', '0']], stages: [stage({ '1': '3', '2': '2', '3': '0' })] }), counting)
    expect(bars.map((bar) => [bar.option, bar.mean])).toEqual([[2, { value: 2, scorers: '1' }], [1, { value: 1, scorers: '3' }], [3, null]])
  })
})

describe('grades', () => {
  const cases: [string, string[], number][] = [
    ['the middle of an odd number', ['1', '0', '2'], 2],
    ['the lower of two in the middle', ['2', '0', '2'], 0],
    ['one grade for all', ['0', '5', '0'], 1],
    ['the lower middle between neighbours', ['1', '1', '2'], 1],
  ]
  it.each(cases)('have as majority grade %s', (_, row, majority) => expect(gradesOf(count({ grades: [row] }))[0]!.majority).toBe(majority))

  it('are parts of one whole', () => {
    const parts = gradesOf(count({ grades: [['1', '2', '1']] }))[0]!.parts
    expect(parts.map((part) => part.part)).toEqual([25, 50, 25])
  })
})

describe('a budget', () => {
  it('is what was bought in order, and what is left', () => {
    const result = projectsOf(count({ elected: [3, 1], stages: [stage({ '1': '4', '2': '9', '3': '6' })] }), [30, 80, 50], 100)
    expect([result.spent, result.left]).toEqual([80, 20])
    expect(result.projects.map((project) => [project.option, project.bought])).toEqual([[3, 1], [1, 2], [2, null]])
  })
})

describe('pairs', () => {
  it('stand in the order of the ranking, with who wins', () => {
    const { order, rows } = pairsOf(count({ pairwise: [['0', '2', '5'], ['7', '0', '5'], ['4', '5', '0']], ranking: [[2], [1, 3]] }))
    expect(order).toEqual([2, 1, 3])
    expect(rows[0]!.cells.map((cell) => cell?.verdict ?? null)).toEqual([null, 'wins', 'level'])
    expect(rows.map((row) => row.wins)).toEqual([1, 1, 0])
  })
})

describe('verdicts', () => {
  const cases: [Parameters<typeof verdictOf>, string][] = [
    [['passed', 'optimistic'], 'passed.motion'],
    [['rejected', 'consent'], 'rejected.consent'],
    [['rejected', 'copeland'], 'rejected.nothing'],
    [['passed', 'budget'], 'passed.funded'],
    [['passed', 'meek'], 'passed.elected'],
    [['tied', 'meek'], 'tied'],
  ]
  it.each(cases)('%j are told as %s', (given, wanted) => expect(verdictOf(...given)).toBe(wanted))

  it('cut decimals for the eye alone', () => expect(['565.00000', '3.98765', '3.5', '12'].map(brief)).toEqual(['565', '3.98', '3.5', '12']))
})

describe('the reasons of a verdict', () => {
  afterAll(() => choose('en'))
  const names = ['Ann', 'Ben and Co', 'candidates 1', '<1>']
  const cases: [string, string, string][] = [
    ['Of 9 valid ballots, after 1 stage: candidate 2 is elected to 1 place.', 'Of 9 valid ballots, after 1 stage: candidate [Ben and Co] is elected to 1 place.', '有效票 9 张，经过 1 个阶段：候选人 [Ben and Co] 当选，共 1 个席位。'],
    ['Of 9 valid ballots, after 2 stages: candidates 2, 3 and 1 are elected to 3 places.', 'Of 9 valid ballots, after 2 stages: candidates [Ben and Co], [candidates 1] and [Ann] are elected to 3 places.', '有效票 9 张，经过 2 个阶段：候选人 [Ben and Co]、[candidates 1]、[Ann] 当选，共 3 个席位。'],
    ['4 valid ballots spend 80 of 100 on projects 4 and 1.', '4 valid ballots spend 80 of 100 on projects [<1>] and [Ann].', '4 张有效票把 100 中的 80 用于项目 [<1>]、[Ann]。'],
    ['Candidates 1 and 9 tie at stage 2, no earlier stage settles it, and the rule forbids the lot: the election is undecided.', 'Candidates [Ann] and 9 tie at stage 2, no earlier stage settles it, and the rule forbids the lot: the election is undecided.', '候选人 [Ann]、9 在第 2 阶段平局，此前各阶段无法决定，且规则禁止抽签：选举未决。'],
  ]
  const told = (reason: string) => reasonWords(reason, names).replaceAll('\u2068', '[').replaceAll('\u2069', ']')

  it.each(cases)('name who stood: %s', async (reason, english, chinese) => {
    await choose('en')
    expect(told(reason)).toBe(english)
    await choose('zh-Hans')
    await vi.waitFor(() => expect(told(reason)).toBe(chinese))
  })
})
