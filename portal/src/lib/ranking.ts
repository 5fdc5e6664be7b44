/**
 * The order of a ranked ballot: option numbers, the most preferred first. Every change gives a new list, so that a draft can be
 * kept, compared and undone.
 */
export type Ranking = readonly number[]

/** Puts an option last, unless it stands there already. */
export function add(ranking: Ranking, option: number): Ranking {
  return ranking.includes(option) ? ranking : [...ranking, option]
}

export function remove(ranking: Ranking, option: number): Ranking {
  return ranking.filter((entry) => entry !== option)
}

/** Moves an option to a place counted from 0; places beyond the ends mean the ends. An option not ranked yet is inserted. */
export function moveTo(ranking: Ranking, option: number, place: number): Ranking {
  const rest = remove(ranking, option)
  const at = Math.min(Math.max(place, 0), rest.length)
  return [...rest.slice(0, at), option, ...rest.slice(at)]
}

/** One place up (-1) or down (1); at the ends nothing changes. */
export function shift(ranking: Ranking, option: number, by: -1 | 1): Ranking {
  const from = ranking.indexOf(option)
  const to = from + by
  return from < 0 || to < 0 || to >= ranking.length ? ranking : moveTo(ranking, option, to)
}

/** What is left to rank, in the order of the ballot paper. */
export function unranked(ranking: Ranking, optionCount: number): number[] {
  return Array.from({ length: optionCount }, (_, option) => option).filter((option) => !ranking.includes(option))
}

/** A ranking as a ballot codes it: ranks 1, 2, 3 and so on. An empty one is a blank ballot. */
export function code(ranking: Ranking): { options: number[]; points: number[] } {
  return { options: [...ranking], points: ranking.map((_, index) => index + 1) }
}

/** Reads a ranking back from a ballot, by its points rather than by its order. */
export function decode(options: readonly number[], points: readonly number[]): Ranking {
  return options
    .map((option, index) => ({ option, rank: points[index] ?? 0 }))
    .sort((left, right) => left.rank - right.rank)
    .map((entry) => entry.option)
}

export const sameRanking = (left: Ranking, right: Ranking): boolean =>
  left.length === right.length && left.every((option, index) => option === right[index])
