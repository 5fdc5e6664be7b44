/** Counting again what can be counted by adding up. Other methods are left to the auditor's program, and the page says so. */
import type { RecordJson } from './hash'

export interface CountedChoice {
  options: readonly number[]
  points: readonly number[]
  weight: bigint
}

/** Methods whose totals are sums. */
const SUMS: readonly unknown[] = ['yes_no', 'optimistic', 'plurality', 'approval', 'score', 'dots', 'quadratic']
const MOTIONS: readonly unknown[] = ['yes_no', 'optimistic']

/** Whether this page adds up a count under this rule. Where no points are no opinion, a score is no sum. */
export const isSum = (rule: RecordJson): boolean => SUMS.includes(rule['method']) && !(rule['method'] === 'score' && Array.isArray(rule['parameters']) && rule['parameters'].length > 1)
export const isMotion = (rule: RecordJson): boolean => MOTIONS.includes(rule['method'])

/** What each answer or option comes to. */
export function totals(rule: RecordJson, options: number, choices: Iterable<CountedChoice>): bigint[] {
  const sums = Array.from({ length: isMotion(rule) ? 4 : options }, () => 0n)
  for (const { options: chosen, points, weight } of choices) {
    for (const [index, option] of chosen.entries()) {
      const each = isMotion(rule) ? 1n : BigInt(points[index] ?? 0)
      if (sums[option] !== undefined) sums[option] += each * weight
    }
  }
  return sums
}

const number = (rule: RecordJson, field: string): bigint => {
  const value = rule[field]
  return typeof value === 'number' || typeof value === 'string' ? BigInt(value) : 0n
}
const reached = (part: bigint, base: bigint, share: bigint, whole: bigint): boolean => part * whole >= base * share && base > 0n

/** The outcome of a motion by yes and no, from the record of its rule: 1 passed, 2 rejected, 3 no quorum. From rules.md. */
export function outcome(rule: RecordJson, conditions: readonly RecordJson[], counts: readonly bigint[], roll: bigint): number {
  const [yes = 0n, no = 0n, abstain = 0n, blank = 0n] = counts
  const all = yes + no + abstain + blank
  const [quorumShare, quorumWhole] = [number(rule, 'quorum_share'), number(rule, 'quorum_whole')]
  const part = [0n, all, yes + no, yes + no + abstain, yes + abstain, yes][Number(number(rule, 'quorum_counts'))] ?? 0n
  const isMet = [() => true, () => reached(part, roll, quorumShare, quorumWhole), () => part >= quorumShare, () => 4n * part * part >= 9n * roll && roll > 0n][Number(number(rule, 'quorum_base'))]
  if (isMet?.() !== true) return 3
  const base = [0n, yes + no, yes + no + abstain, all, roll][Number(number(rule, 'majority_base'))] ?? 0n
  const [share, whole] = [number(rule, 'majority_share'), number(rule, 'majority_whole')]
  const isCarried = rule['majority_strict'] === true ? yes * whole > base * share : reached(yes, base, share, whole)
  const hold = conditions.every((condition) => {
    const answer = counts[Number(number(condition, 'answer'))] ?? 0n
    const of = number(condition, 'base') === 1n ? all : roll
    const [bound, wanted, parts] = [number(condition, 'bound'), number(condition, 'share'), number(condition, 'whole')]
    return bound === 1n ? reached(answer, of, wanted, parts) : answer * parts <= of * wanted
  })
  return isCarried && yes >= number(rule, 'majority_min') && hold ? 1 : 2
}

/** Whether those chosen have at least as much as everybody else, and are as many as there are places, or all. */
export function areHighest(sums: readonly bigint[], elected: readonly number[], seats: number): boolean {
  const chosen = new Set(elected.map((candidate) => candidate - 1))
  if (chosen.size !== elected.length || elected.length > seats || elected.some((candidate) => sums[candidate - 1] === undefined)) return false
  const least = elected.reduce<bigint | null>((low, candidate) => (low === null || sums[candidate - 1]! < low ? sums[candidate - 1]! : low), null)
  return least === null || sums.every((sum, index) => chosen.has(index) || sum <= least)
}
