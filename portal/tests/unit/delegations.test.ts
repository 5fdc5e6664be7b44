// Aim: a delegation is recorded as the specification has it, and proxies are shared out without anybody counted twice. Method: the record's fields by
// scope against their hashes, and every resizing at random.
import { describe, expect, it } from 'vitest'
import type { Delegation, DelegationScope, ProposalSummary } from '../../src/lib/api/types'
import { delegable, delegationRecord, nextRevision, resized, scopeFrom, scopeText, unassigned } from '../../src/lib/delegations'
import { structHash, textHash, ZERO_WORD } from '../../src/lib/record/hash'

const ID = '0192f0c1-2a3b-7c4d-8e5f-60718293a4b5'
const WORD = `0x${'0'.repeat(32)}${ID.replaceAll('-', '')}`
const scopes: [string, DelegationScope, number, string][] = [
  ['coop', { reach: 'coop' }, 1, ZERO_WORD],
  ['kind:motion', { reach: 'kind', name: 'motion' }, 2, textHash('motion')],
  [`proposal:${ID}`, { reach: 'proposal', id: ID }, 3, WORD],
]

describe('a scope', () => {
  it.each(scopes)('%s is one text, there and back', (text, scope) => {
    expect(scopeText(scope)).toBe(text)
    expect(scopeFrom(text)).toEqual(scope)
  })

  it.each(scopes)('%s has its number and its word in the record', async (_, scope, kind, word) => {
    const record = await delegationRecord({ namespace: WORD }, ID, { scope, trustee: null, validUntil: '2027-01-01T00:00:00Z', revision: 2 }, WORD)
    expect(record).toEqual({ ns: WORD, truster: WORD, trustee: ZERO_WORD, scopeKind: kind, scope: word, validUntil: 1_798_761_600, revision: 2, salt: WORD })
    expect(structHash('DelegationV1', record)).toMatch(/^0x[0-9a-f]{64}$/)
  })

  it('taken back holds until no time at all', async () => {
    const record = await delegationRecord({ namespace: WORD }, ID, { scope: { reach: 'coop' }, trustee: null, validUntil: null, revision: 3 }, WORD)
    expect([record.trustee, record.validUntil]).toEqual([ZERO_WORD, 0])
  })

  it('goes on with its revisions, each scope for itself', () => {
    const given = [{ scope: { reach: 'coop' }, revision: 4 }, { scope: { reach: 'kind', name: 'motion' }, revision: 1 }] as Delegation[]
    expect(scopes.map(([, scope]) => nextRevision(given, scope))).toEqual([5, 2, 1])
  })
})

describe('what can be delegated', () => {
  it('is what is before the members and not yet closed', () => {
    const states = ['draft', 'admission', 'discussion', 'open', 'closed', 'passed', 'withdrawn'] as const
    expect(delegable(states.map((state) => ({ state }) as ProposalSummary)).map((each) => each.state)).toEqual(['admission', 'discussion', 'open'])
  })
})

describe('the bench', () => {
  const held = Array.from({ length: 100 }, (_, index) => `m${index}`)

  it('votes 70 yes and 30 no', () => {
    const shares: { members: readonly string[] }[] = [{ members: [] }, { members: [] }]
    shares[0] = { members: resized(held, shares, 0, 70) }
    shares[1] = { members: resized(held, shares, 1, 30) }
    expect([shares[0].members.length, shares[1].members.length, unassigned(held, shares).length]).toEqual([70, 30, 0])
  })

  it('gives nobody twice and nobody away, whatever numbers are asked for', () => {
    const shares: { members: readonly string[] }[] = [{ members: [] }, { members: [] }, { members: [] }]
    let seed = 5
    const draw = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    for (let step = 0; step < 2_000; step += 1) {
      const index = draw(3)
      const size = draw(140) - 10
      shares[index] = { members: resized(held, shares, index, size) }
      const all = shares.flatMap((share) => share.members)
      expect(new Set(all).size).toBe(all.length)
      expect(all.length + unassigned(held, shares).length).toBe(held.length)
      expect(shares[index].members.length).toBeLessThanOrEqual(Math.max(0, size))
    }
  })
})
