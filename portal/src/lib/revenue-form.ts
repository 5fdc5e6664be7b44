/** Revenue rules as a form: which fields each operation has, and steps to begin with. docs/revenue.md says what they mean. */
import type { Ratio, RevenueRuleData } from './api/types'

export const OPERATIONS = ['fixed', 'percent', 'reserve', 'capital_interest', 'split', 'per_capita', 'patronage', 'transfer', 'sink'] as const
export type Operation = (typeof OPERATIONS)[number]
export const PERIODS = ['month', 'quarter', 'half_year', 'year'] as const
export const PROFILES = ['FR-SCIC', 'IT-COOP', 'CH-GENO', 'US-T'] as const
export const RAILS = ['sepa', 'evm', 'manual'] as const

export interface Weighted {
  weight: number
  to?: string
  metric?: string
}
/** What a step does; which of the fields are there depends on the operation. */
export interface Does {
  op: Operation
  amount?: string
  to?: string
  shortfall?: 'partial' | 'refuse'
  share?: Ratio
  annual?: Ratio
  period?: (typeof PERIODS)[number]
  parts?: Weighted[]
  weights?: Weighted[]
  floor?: string | null
  cap?: { of: 'amount'; amount: string } | { of: 'pool'; share: Ratio } | null
  excess?: 'redistribute' | 'stay'
  until?: { reaches: 'amount'; amount: string } | { reaches: 'balance'; share: Ratio; of: string } | null
}
export interface Step {
  id: string
  from?: string
  does: Does
}
export interface RevenueForm {
  currency: string
  effective_from: number
  profile?: string | null
  steps: Step[]
  payout: { decimals: number; min: string; rails: string[]; [more: string]: unknown }
  [more: string]: unknown
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isStep = (value: unknown): boolean => isObject(value) && typeof value.id === 'string' && isObject(value.does) && OPERATIONS.some((op) => op === (value.does as { op?: unknown }).op)

/** A rule as a form; null where it holds something that the form does not know, so that nothing of it is lost. */
export function formOf(rule: RevenueRuleData | null): RevenueForm | null {
  if (rule === null || typeof rule.currency !== 'string' || typeof rule.effective_from !== 'number') return null
  if (!Array.isArray(rule.steps) || !rule.steps.every(isStep) || !isObject(rule.payout) || !Array.isArray(rule.payout.rails)) return null
  return structuredClone(rule) as unknown as RevenueForm
}

const TENTH: Ratio = { share: 1, whole: 10 }
const EMPTY: Record<Operation, Omit<Does, 'op'>> = {
  fixed: { amount: '100.00', to: 'fund:tools', shortfall: 'partial' },
  percent: { share: TENTH, to: 'fund:common' },
  reserve: { share: TENTH, to: 'reserve:legal' },
  capital_interest: { annual: { share: 3, whole: 100 }, period: 'quarter', to: 'members:shareholders' },
  split: { parts: [{ to: 'pool:one', weight: 1 }, { to: 'pool:other', weight: 1 }] },
  per_capita: { to: 'members:active' },
  patronage: { to: 'members:active', weights: [{ metric: 'hours', weight: 1 }] },
  transfer: { to: 'fund:common' },
  sink: {},
}
/** A step of this operation to begin with. */
export const doing = (op: Operation): Does => structuredClone({ op, ...EMPTY[op] })
/** An id that no other step has. */
export function freshId(steps: readonly Step[]): string {
  let number = steps.length + 1
  while (steps.some((step) => step.id === `step_${number}`)) number += 1
  return `step_${number}`
}
