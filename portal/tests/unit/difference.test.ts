// Aim: what members see as changed is what changed, and putting the pieces together gives both texts. Method: small cases by hand, and
// random texts from a seed.
import { describe, expect, it } from 'vitest'
import { difference, type Piece } from '../../src/lib/difference'

const sides = (pieces: readonly Piece[]) => [
  pieces.filter((piece) => piece.kind !== 'new').map((piece) => piece.text).join(''),
  pieces.filter((piece) => piece.kind !== 'gone').map((piece) => piece.text).join(''),
]
const short = (pieces: readonly Piece[]) => pieces.map(({ kind, text }) => ({ same: '=', gone: '-', new: '+' })[kind] + text)

describe('what differs', () => {
  it.each([
    ['nothing', 'We buy a loom.', 'We buy a loom.', ['=We buy a loom.']],
    ['a word', 'We buy a loom.', 'We buy two loom.', ['=We buy ', '-a', '+two', '= loom.']],
    ['the end', 'We buy', 'We buy wool', ['=We buy', '+ wool']],
    ['the beginning', 'So we buy', 'we buy', ['-So ', '=we buy']],
    ['everything', 'loom', 'wool', ['-loom', '+wool']],
    ['from nothing', '', 'wool', ['+wool']],
    ['a character of Chinese', '买一台织机', '买两台织机', ['=买', '-一', '+两', '=台织机']],
  ])('is shown of %s', (_, before, after, expected) => {
    expect(short(difference(before, after))).toEqual(expected)
  })

  it('gives both texts back', () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
    const text = () => Array.from({ length: random(40) }, () => ['a', 'b', 'c', ' ', '\n', '织'][random(6)]).join('')
    for (let round = 0; round < 500; round += 1) {
      const [before, after] = [text(), text()]
      expect(sides(difference(before, after))).toEqual([before, after])
    }
  })

  it('is found of long texts in a moment, too', () => {
    const long = (word: string) => Array.from({ length: 5_000 }, (_, index) => `${word}${index} `).join('')
    const [before, after] = [long('a'), long('b')]
    expect(sides(difference(before, after))).toEqual([before, after])
  })
})
