// Aim: ranking by tap, by button and by drag comes to the same well-formed ballot. Method: a table of moves, and every move at random.
import { describe, expect, it } from 'vitest'
import { add, code, decode, moveTo, remove, sameRanking, shift, unranked } from '../../src/lib/ranking'

describe('a ranking', () => {
  const cases: [string, readonly number[], readonly number[]][] = [
    ['a new choice goes last', add([2], 0), [2, 0]],
    ['a choice ranked already stays where it is', add([2, 0], 2), [2, 0]],
    ['up exchanges with the one above', shift([0, 1, 2], 2, -1), [0, 2, 1]],
    ['down exchanges with the one below', shift([0, 1, 2], 0, 1), [1, 0, 2]],
    ['the first cannot go up', shift([0, 1, 2], 0, -1), [0, 1, 2]],
    ['the last cannot go down', shift([0, 1, 2], 2, 1), [0, 1, 2]],
    ['one not ranked cannot be moved', shift([0, 1], 7, -1), [0, 1]],
    ['dragging to a place puts it there', moveTo([0, 1, 2, 3], 0, 2), [1, 2, 0, 3]],
    ['dragging beyond the end means the end', moveTo([0, 1, 2], 0, 9), [1, 2, 0]],
    ['dragging before the beginning means the beginning', moveTo([0, 1, 2], 2, -4), [2, 0, 1]],
    ['dragging in one not ranked inserts it', moveTo([0, 1], 5, 1), [0, 5, 1]],
    ['taking one out closes the gap', remove([0, 1, 2], 1), [0, 2]],
  ]
  it.each(cases)('%s', (_name, got, wanted) => expect(got).toEqual(wanted))

  it('leaves the rest in the order of the ballot paper', () => expect(unranked([3, 0], 5)).toEqual([1, 2, 4]))

  it('is coded with ranks from 1 without gaps, and an empty one is blank', () => {
    expect(code([4, 0, 2])).toEqual({ options: [4, 0, 2], points: [1, 2, 3] })
    expect(code([])).toEqual({ options: [], points: [] })
  })

  it('is read back by its points', () => {
    expect(decode([4, 0, 2], [3, 1, 2])).toEqual([0, 2, 4])
    expect(sameRanking(decode([4, 0], [1, 2]), [4, 0])).toBe(true)
  })

  it('never holds a candidate twice and never loses one, whatever is done', () => {
    let ranking: readonly number[] = []
    let seed = 7
    const draw = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    for (let step = 0; step < 5_000; step += 1) {
      const option = draw(6)
      const next = [add(ranking, option), remove(ranking, option), shift(ranking, option, draw(2) ? 1 : -1), moveTo(ranking, option, draw(8) - 1)]
      ranking = next[draw(4)]!
      expect(new Set(ranking).size).toBe(ranking.length)
      expect([...ranking, ...unranked(ranking, 6)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
    }
  })
})
