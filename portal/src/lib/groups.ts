/** Proposals in the order in which members look for them. */
import type { ProposalSummary, State } from './api/types'

const GROUPS = [
  { name: 'open', states: ['open'] },
  { name: 'discussion', states: ['admission', 'discussion'] },
  { name: 'draft', states: ['draft'] },
  { name: 'counting', states: ['closed'] },
  { name: 'decided', states: ['objection', 'queued', 'execution_failed', 'passed', 'executed', 'expired', 'rejected', 'no_quorum', 'tied'] },
  { name: 'ended', states: ['merged', 'withdrawn', 'cancelled'] },
] as const satisfies readonly { name: string; states: readonly State[] }[]
/** States of what somebody may still act on. */
export const UNDER_WAY: readonly State[] = GROUPS.slice(0, 4).flatMap(({ states }) => [...states])
export const isUnderWay = (state: State): boolean => UNDER_WAY.includes(state)
export type GroupName = (typeof GROUPS)[number]['name']

export function groupProposals(items: readonly ProposalSummary[]): { name: GroupName; items: ProposalSummary[] }[] {
  return GROUPS.map(({ name, states }) => ({
    name,
    items: items.filter((item) => (states as readonly State[]).includes(item.state)),
  }))
    .filter((group) => group.items.length > 0)
    .map((group) =>
      group.name === 'open'
        ? { ...group, items: group.items.toSorted((a, b) => (a.closes_at ?? '').localeCompare(b.closes_at ?? '')) }
        : group,
    )
}
