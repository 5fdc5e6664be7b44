/** Decision rules as a form: a rule of each method to begin with, and which numbers it has. docs/rules.md says what they mean. */
import type { Counting, Quorum, Rule } from './api/types'

export type Method = Counting['method']
export const METHODS: readonly Method[] = ['yes_no', 'consent', 'optimistic', 'plurality', 'approval', 'score', 'majority_judgment', 'quadratic', 'dots', 'budget', 'irv', 'scottish_stv', 'meek', 'schulze', 'copeland']
/** Methods whose result is yes or no: those that stages may have. */
export const MOTIONS: readonly Method[] = ['yes_no', 'consent', 'optimistic']

const EMPTY: Record<Method, Counting> = {
  yes_no: { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded', min_yes: 0 } },
  consent: { method: 'consent', standing_max: 0 },
  optimistic: { method: 'optimistic', against: { share: 1, whole: 5 } },
  plurality: { method: 'plurality', seats: 0, tie: 'lot' },
  approval: { method: 'approval', seats: 0, choices_max: 0, tie: 'lot' },
  score: { method: 'score', seats: 0, points_max: 5, unscored: { as: 'zero' }, tie: 'lot' },
  majority_judgment: { method: 'majority_judgment', seats: 0, grades: 6, tie: 'lot' },
  quadratic: { method: 'quadratic', seats: 0, credits: 100, tie: 'lot' },
  dots: { method: 'dots', seats: 0, dots: 10, tie: 'lot' },
  budget: { method: 'budget', spending: 'equal_shares', ballots: { form: 'choices', choices_max: 0 }, budget: 0, costs: [], tie: 'lot' },
  irv: { method: 'irv', tie: 'lot' },
  scottish_stv: { method: 'scottish_stv', seats: 0, tie: 'lot' },
  meek: { method: 'meek', seats: 0, tie: 'lot' },
  schulze: { method: 'schulze', seats: 0, tie: 'lot', default_option: null },
  copeland: { method: 'copeland', seats: 0, tie: 'lot', default_option: null },
}
/** A way to count of this method to begin with. */
export const counting = (method: Method): Counting => structuredClone(EMPTY[method])

/** The whole numbers of a method, with the least and the greatest that the form offers. */
export const NUMBERS = { choices_max: [0, 200], points_max: [1, 1000], grades: [2, 10], credits: [1, 1_000_000], dots: [1, 1_000_000], standing_max: [0, 1000] } as const
export type NumberField = keyof typeof NUMBERS
export const numbersOf = (way: Counting): NumberField[] => (Object.keys(NUMBERS) as NumberField[]).filter((field) => field in way)

export type QuorumForm = 'none' | Quorum['at_least']['base']
export function quorum(form: QuorumForm, before: Quorum | null): Quorum | null {
  const counts = before?.counts ?? 'all_ballots'
  if (form === 'roll') return { counts, at_least: { base: 'roll', share: { share: 1, whole: 5 } } }
  if (form === 'constant') return { counts, at_least: { base: 'constant', votes: 5 } }
  return form === 'square_root' ? { counts, at_least: { base: 'square_root' } } : null
}

/** What only motions have is taken away from a rule that is none any more. */
export function withMethod(rule: Rule, method: Method): Rule {
  const isMotion = method === 'yes_no'
  return {
    ...rule,
    counting: counting(method),
    conditions: isMotion ? rule.conditions : [],
    early: isMotion && rule.early,
    quorum: rule.quorum === null || isMotion ? rule.quorum : { ...rule.quorum, counts: 'all_ballots' },
  }
}
