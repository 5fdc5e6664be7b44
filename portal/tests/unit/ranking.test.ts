// Aim: ranking by tap, by button and by drag comes to the same well-formed ballot, with equals and without. Method: a table of moves, and every move at random.
import { describe, expect, it } from 'vitest'
import { add, decodeGroups, encodeGroups, join, moveTo, ranked, remove, shift, unranked, type Groups } from '../../src/lib/ranking'

/** Groups with one option each. */
const alone = (...options: number[]): Groups => options.map((option) => [option])

describe('a ranking', () => {
  const cases: [string, Groups, Groups][] = [
    ['a new choice goes last', add(alone(2), 0), alone(2, 0)],
    ['a choice ranked already stays where it is', add(alone(2, 0), 2), alone(2, 0)],
    ['up exchanges with the one above', shift(alone(0, 1, 2), 2, -1), alone(0, 2, 1)],
    ['down exchanges with the one below', shift(alone(0, 1, 2), 0, 1), alone(1, 0, 2)],
    ['the first cannot go up', shift(alone(0, 1, 2), 0, -1), alone(0, 1, 2)],
    ['the last cannot go down', shift(alone(0, 1, 2), 2, 1), alone(0, 1, 2)],
    ['one not ranked cannot be moved', shift(alone(0, 1), 7, -1), alone(0, 1)],
    ['dragging to a place puts it there', moveTo(alone(0, 1, 2, 3), 0, 2), alone(1, 2, 0, 3)],
    ['dragging beyond the end means the end', moveTo(alone(0, 1, 2), 0, 9), alone(1, 2, 0)],
    ['dragging before the beginning means the beginning', moveTo(alone(0, 1, 2), 2, -4), alone(2, 0, 1)],
    ['dragging in one not ranked inserts it', moveTo(alone(0, 1), 5, 1), alone(0, 5, 1)],
    ['taking one out closes the gap', remove(alone(0, 1, 2), 1), alone(0, 2)],
    ['joining makes it equal to the one above', join(alone(0, 1, 2), 2), [[0], [1, 2]]],
    ['joining moves nobody else', join([[2], [0, 1]], 0), [[0, 2], [1]]],
    ['the first group has nothing above to join', join([[0, 1], [2]], 1), [[0, 1], [2]]],
    ['up steps out from among equals', shift([[3], [0, 1, 2]], 1, -1), [[3], [1], [0, 2]]],
    ['down steps out from among equals', shift([[0, 1], [2]], 0, 1), [[1], [0], [2]]],
    ['up exchanges with a whole group', shift([[0, 1], [2]], 2, -1), [[2], [0, 1]]],
    ['dragging between two equals joins them', moveTo([[0, 1], [2]], 2, 1), [[0, 1, 2]]],
    ['dragging before equals does not', moveTo([[0, 1], [2]], 2, 0), [[2], [0, 1]]],
    ['dragging behind equals does not', moveTo([[2], [0, 1]], 2, 2), [[0, 1], [2]]],
    ['taking out one of two equals leaves the other alone', remove([[0, 1]], 0), [[1]]],
  ]
  it.each(cases)('%s', (_name, got, wanted) => expect(got).toEqual(wanted))

  it('leaves the rest in the order of the ballot paper', () => expect(unranked([[3], [0]], 5)).toEqual([1, 2, 4]))

  it('is read back by its points and not by its order', () => {
    expect(decodeGroups([4, 0, 2], [3, 1, 2])).toEqual(alone(0, 2, 4))
    expect(decodeGroups([4, 0, 2], [2, 1, 1])).toEqual([[0, 2], [4]])
    expect(encodeGroups(decodeGroups([4, 0], [1, 2]))).toEqual({ options: [4, 0], points: [1, 2] })
  })

  it('never holds a candidate twice, never loses one, and never has a gap, whatever is done', () => {
    let groups: Groups = []
    let seed = 7
    const draw = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    for (let step = 0; step < 5_000; step += 1) {
      const option = draw(6)
      const next = [add(groups, option), remove(groups, option), shift(groups, option, draw(2) ? 1 : -1), moveTo(groups, option, draw(8) - 1), join(groups, option)]
      groups = next[draw(5)]!
      expect(new Set(ranked(groups)).size).toBe(ranked(groups).length)
      expect([...ranked(groups), ...unranked(groups, 6)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
      expect(groups.every((group) => group.length > 0)).toBe(true)
      const { points } = encodeGroups(groups)
      expect(points.every((rank, index) => rank === (points[index - 1] ?? 0) || rank === (points[index - 1] ?? 0) + 1)).toBe(true)
    }
  })
})
