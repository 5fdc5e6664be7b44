// Aim: what a version of the bylaws changed is told, and nothing else. Method: two versions that differ in one period, as lines and as pieces.
import { describe, expect, it } from 'vitest'
import type { Bylaws } from '../../src/lib/api/types'
import { bylawsLines } from '../../src/lib/bylaws'
import { difference } from '../../src/lib/difference'
import presets from '../../src/lib/presets.json'

const version = (discussion: number): Bylaws => {
  const rule = Object.values(presets)[0] as unknown
  const kind = { rule, discussion_seconds: discussion, voting_seconds_min: 3600, voting_seconds_max: 86_400, close_when_all_voted: true }
  return { version: 1, adopted_at: '2026-11-26T00:00:00Z', record_hash: '0x', salt: '0x', sentences: { motion: 'More than half say yes.' }, sentences_zh: { motion: '过半赞成。' }, content: { kinds: { motion: kind }, admission: 'invitation' } } as unknown as Bylaws
}

describe('what bylaws changed', () => {
  const [before, after] = [bylawsLines(version(0)).join('\n'), bylawsLines(version(86_400)).join('\n')]
  it('is told where they differ', () => {
    const pieces = difference(before, after)
    // Blanks stay where the words around them change.
    const told = (kind: string) => pieces.filter((piece) => piece.kind === kind).map((piece) => piece.text).join('')
    expect(told('new')).toContain('1day')
    expect(told('gone')).not.toContain('half')
    expect(told('new')).not.toContain('half')
  })
  it('is nothing where they are the same', () => {
    expect(difference(before, before).every((piece) => piece.kind === 'same' || piece.text === '')).toBe(true)
  })
})
