/**
 * The order of a ranked ballot: groups of option numbers, the most preferred first; whoever stands in one group is equally preferred.
 * Every change gives a new list, so that a draft can be kept, compared and undone.
 */
export type Group = readonly number[]
export type Groups = readonly Group[]

export const ranked = (groups: Groups): number[] => groups.flat()
const groupOf = (groups: Groups, option: number): number => groups.findIndex((group) => group.includes(option))
const without = (groups: Groups, option: number): Groups => groups.map((group) => group.filter((each) => each !== option)).filter((group) => group.length > 0)
const inserted = (groups: Groups, at: number, group: Group): Groups => [...groups.slice(0, at), group, ...groups.slice(at)]
const ascending = (group: Group): Group => [...group].sort((left, right) => left - right)

/** Puts an option last, on its own, unless it stands there already. */
export function add(groups: Groups, option: number): Groups {
  return groupOf(groups, option) >= 0 ? groups : [...groups, [option]]
}

export const remove = without

/**
 * One place up (-1) or down (1). From among equals an option steps out to its own place beside them; one that stands alone changes
 * places with the group next to it. At the ends nothing changes.
 */
export function shift(groups: Groups, option: number, by: -1 | 1): Groups {
  const from = groupOf(groups, option)
  const group = groups[from]
  if (group === undefined) return groups
  if (group.length > 1) {
    const rest = groups.map((each, index) => (index === from ? each.filter((other) => other !== option) : each))
    return inserted(rest, by === -1 ? from : from + 1, [option])
  }
  const to = from + by
  return to < 0 || to >= groups.length ? groups : inserted(without(groups, option), to, group)
}

/** Makes an option equal to the group above it. */
export function join(groups: Groups, option: number): Groups {
  const from = groupOf(groups, option)
  if (from <= 0) return groups
  const joined = groups.map((group, index) => (index === from - 1 ? ascending([...group, option]) : index === from ? group.filter((each) => each !== option) : group))
  return joined.filter((group) => group.length > 0)
}

/**
 * Moves an option among the rows as they are shown, to a place counted from 0 without itself; places beyond the ends mean the ends.
 * Between two equals it joins them. An option not ranked yet is inserted.
 */
export function moveTo(groups: Groups, option: number, place: number): Groups {
  const rest = without(groups, option)
  let rows = Math.max(place, 0)
  for (const [index, group] of rest.entries()) {
    if (rows === 0) return inserted(rest, index, [option])
    if (rows < group.length) return rest.map((each, at) => (at === index ? ascending([...each, option]) : each))
    rows -= group.length
  }
  return [...rest, [option]]
}

/** What is left to rank, in the order of the ballot paper. */
export function unranked(groups: Groups, optionCount: number): number[] {
  const known = new Set(ranked(groups))
  return Array.from({ length: optionCount }, (_, option) => option).filter((option) => !known.has(option))
}

/** A ranking as a ballot codes it: ranks 1, 2, 3 and so on, equals with the same. An empty one is a blank ballot. */
export function encodeGroups(groups: Groups): { options: number[]; points: number[] } {
  return { options: ranked(groups), points: groups.flatMap((group, index) => group.map(() => index + 1)) }
}

/** Reads a ranking back from a ballot, by its points rather than by its order. */
export function decodeGroups(options: readonly number[], points: readonly number[]): Groups {
  const byRank = new Map<number, number[]>()
  options.forEach((option, index) => {
    const rank = points[index] ?? 0
    byRank.set(rank, [...(byRank.get(rank) ?? []), option])
  })
  return [...byRank].sort(([left], [right]) => left - right).map(([, group]) => ascending(group))
}
