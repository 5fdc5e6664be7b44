/** Results prepared for pictures. Exact texts stay texts; numbers only draw. */
import type { Count, Counting, Method, Outcome } from './api/types'
import { serverSays } from './text/server.svelte'

/** What is won is named by what was asked: an answer, consent, people, options, projects. */
export type Sort = 'motion' | 'consent' | 'elected' | 'chosen' | 'funded'

export function sortOf(method: Method): Sort {
  switch (method) {
    case 'yes_no':
    case 'optimistic':
      return 'motion'
    case 'consent':
      return 'consent'
    case 'irv':
    case 'scottish_stv':
    case 'meek':
      return 'elected'
    case 'plurality':
    case 'approval':
    case 'score':
    case 'majority_judgment':
    case 'quadratic':
    case 'dots':
    case 'schulze':
    case 'copeland':
      return 'chosen'
    case 'budget':
      return 'funded'
  }
}

/** The heading of a verdict, as the end of its message key. */
export function verdictOf(outcome: Outcome, method: Method): `passed.${Sort}` | `rejected.${'motion' | 'consent' | 'nothing'}` | 'no_quorum' | 'tied' {
  const sort = sortOf(method)
  if (outcome === 'passed') return `passed.${sort}`
  if (outcome === 'rejected') return `rejected.${sort === 'motion' || sort === 'consent' ? sort : 'nothing'}`
  return outcome
}

export interface Bar {
  /** The option from 1. */
  option: number
  total: string
  /** The width in per cent of the highest. */
  width: number
  won: boolean
  /** The mean of those who scored it, where means decide; null where nobody did. */
  mean?: { value: number; scorers: string } | null
}

/** The last totals, those who won first in their order, the others by their totals. */
export function barsOf(count: Count, counting: Counting): Bar[] {
  const totals = count.stages.at(-1)?.totals ?? {}
  const options = Object.keys(totals).map(Number)
  const highest = Math.max(1, ...options.map((option) => Number(totals[String(option)])))
  const byMean = counting.method === 'score' && counting.unscored.as === 'no_opinion'
  const bars = options.map((option): Bar => {
    const total = totals[String(option)] ?? '0'
    const bar = { option, total, width: (Number(total) / highest) * 100, won: count.elected.includes(option) }
    return byMean ? { ...bar, mean: meanOf(count.grades?.[option - 1] ?? []) } : bar
  })
  const place = (bar: Bar) => (bar.won ? count.elected.indexOf(bar.option) : count.elected.length)
  const worth = (bar: Bar) => (byMean ? (bar.mean?.value ?? -1) : Number(bar.total))
  return bars.toSorted((left, right) => place(left) - place(right) || worth(right) - worth(left) || left.option - right.option)
}

function meanOf(row: readonly string[]): Bar['mean'] {
  const scorers = row.reduce((sum, weight) => sum + BigInt(weight), 0n)
  if (scorers === 0n) return null
  const sum = row.reduce((points, weight, score) => points + BigInt(weight) * BigInt(score), 0n)
  // Two decimals, cut off.
  return { value: Number((sum * 100n) / scorers) / 100, scorers: String(scorers) }
}

export interface GradeRow {
  option: number
  won: boolean
  /** The majority grade, from 0: the middle one, the lower of two. */
  majority: number
  /** From the worst on, the weight and its part in per cent. */
  parts: { grade: number; weight: string; part: number }[]
}

export function gradesOf(count: Count): GradeRow[] {
  const rows = (count.grades ?? []).map((weights, index): GradeRow => {
    const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n)
    let below = 0n
    let majority = 0
    for (const [grade, weight] of weights.entries()) {
      below += BigInt(weight)
      majority = grade
      if (below * 2n >= sum) break
    }
    const parts = weights.map((weight, grade) => ({ grade, weight, part: sum === 0n ? 0 : Number((BigInt(weight) * 10_000n) / sum) / 100 }))
    return { option: index + 1, won: count.elected.includes(index + 1), majority, parts }
  })
  const place = (row: GradeRow) => (row.won ? count.elected.indexOf(row.option) : count.elected.length)
  return rows.toSorted((left, right) => place(left) - place(right) || right.majority - left.majority || left.option - right.option)
}

export interface Project {
  option: number
  cost: number
  points: string
  /** Which purchase it was, from 1; null where it is not funded. */
  bought: number | null
}

/** The projects, the funded ones first in the order in which they were bought, with what is left. */
export function projectsOf(count: Count, costs: readonly number[], budget: number): { projects: Project[]; spent: number; left: number } {
  const totals = count.stages.at(-1)?.totals ?? {}
  const projects = costs.map((cost, index): Project => {
    const place = count.elected.indexOf(index + 1)
    return { option: index + 1, cost, points: totals[String(index + 1)] ?? '0', bought: place < 0 ? null : place + 1 }
  })
  const spent = projects.reduce((sum, project) => sum + (project.bought === null ? 0 : project.cost), 0)
  const order = (project: Project) => project.bought ?? costs.length + 1
  return {
    projects: projects.toSorted((left, right) => order(left) - order(right) || Number(right.points) - Number(left.points) || left.option - right.option),
    spent,
    left: budget - spent,
  }
}

export type Cell = { for: string; against: string; verdict: 'wins' | 'loses' | 'level' } | null

/** The table of pairs in the order of the ranking: how many prefer the row to the column, and whether that wins. */
export function pairsOf(count: Count): { order: number[]; rows: { option: number; cells: Cell[]; wins: number }[] } {
  const matrix = count.pairwise ?? []
  const ranked = (count.ranking ?? []).flat()
  const order = [...ranked, ...matrix.map((_, index) => index + 1).filter((option) => !ranked.includes(option))]
  const rows = order.map((option) => {
    const cells = order.map((other): Cell => {
      if (option === other) return null
      const [mine, theirs] = [matrix[option - 1]?.[other - 1] ?? '0', matrix[other - 1]?.[option - 1] ?? '0']
      const difference = BigInt(mine) - BigInt(theirs)
      return { for: mine, against: theirs, verdict: difference > 0n ? 'wins' : difference < 0n ? 'loses' : 'level' }
    })
    return { option, cells, wins: cells.filter((cell) => cell?.verdict === 'wins').length }
  })
  return { order, rows }
}

/** Numbers of candidates or projects as the server lists them: "3", "3 and 2", "3, 2 and 5". */
const NUMBERED = /\b(candidates?|projects?) (\d+(?:, \d+)*(?: and \d+)?)\b/gi
/** A name is written from its own side, whatever stands around it. */
const isolated = (name: string): string => `\u2068${name}\u2069`

/** A reason of a verdict in the language of the page, with names in the place of the numbers that the count goes by. */
export function reasonWords(reason: string, names: readonly string[]): string {
  // The names come in last, so that no name is taken for a word of the sentence.
  const marked = reason.replaceAll(NUMBERED, (_, noun: string, list: string) => `${noun} ${list.replaceAll(/\d+/g, '<$&>')}`)
  return serverSays(marked).replaceAll(/<(\d+)>/g, (_, candidate: string) => (names[Number(candidate) - 1] === undefined ? candidate : isolated(names[Number(candidate) - 1]!)))
}
