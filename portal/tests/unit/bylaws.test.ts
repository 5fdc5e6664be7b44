// Aim: what a version of the bylaws changed is told, and nothing else. Method: two versions that differ in one period, as lines and as pieces.
import { describe, expect, it } from 'vitest'
import type { Bylaws, BylawsContent } from '../../src/lib/api/types'
import { bylawsLines, isSame } from '../../src/lib/bylaws'
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
  const joint = { counting: { method: 'schulze' } }
  it.each<[string, object, string]>([
    ['the time for objections', { objection_seconds: 7200 }, 'Time for objections, hours: 2'],
    ['the time to contest', { contest_seconds: 3600 }, 'Time to contest a result, hours: 1'],
    ['the time to reply', { reply_seconds: 86_400 }, 'Time to reply before an expulsion, hours (0: expels nobody): 24'],
    ['the wait before execution', { timelock_seconds: 3600 }, 'Wait before execution, hours: 1'],
    ['the time for execution', { execution_seconds: 3600 }, 'Executed within, hours: 1'],
    ['sponsors', { sponsors: 3 }, 'Sponsors needed: 3'],
    ['objectors', { objectors: 2 }, 'Objections that stop it: 2'],
    ['bodies before the members', { stages: [{ who: { body: 'members' }, rule: { counting: { method: 'yes_no' } } }] }, 'Body 1: '],
    ['proposals on one question', { alternatives: joint }, 'Several proposals on one question: '],
    ['the least group', { privacy: { tiers: ['pseudonymous'], group_min: 9, small_group: 'refuse' } }, 'fewer than 9'],
  ])('tells of %s of a kind', (_, over, line) => {
    const one = version(0)
    const other = version(0)
    Object.assign(other.content.kinds['motion'] as object, over)
    expect(bylawsLines(one).join('\n')).not.toContain(line)
    expect(bylawsLines(other).join('\n')).toContain(line)
    expect(isSame(one.content, other.content)).toBe(false)
  })
  it('tells of the days after which somebody looks at the bank', () => {
    const other = version(0)
    other.content.reconciliation = { unmatched_days: 7, unknown_days: 5 }
    expect(bylawsLines(version(0)).join('\n')).not.toContain('more than 7 days')
    expect(bylawsLines(other).join('\n')).toContain('more than 7 days')
  })
  it('knows the same content in whichever order it is written', () => {
    const written = { kinds: { a: { rule: [{ one: 1, two: 2 }] } }, admission: 'invitation' }
    const content = (value: unknown) => value as BylawsContent
    expect(isSame(content(written), content({ admission: 'invitation', kinds: { a: { rule: [{ two: 2, one: 1 }] } } }))).toBe(true)
    expect(isSame(content(written), content({ admission: 'invitation', kinds: { a: { rule: [{ two: 1, one: 2 }] } } }))).toBe(false)
  })
  it('is nothing where they are the same', () => {
    expect(difference(before, before).every((piece) => piece.kind === 'same' || piece.text === '')).toBe(true)
  })
})
