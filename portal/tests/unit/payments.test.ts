// Aim: of a payment and a cycle is offered what the server would allow, and nothing to one person that takes two. Method: tables of cases.
import { describe, expect, it } from 'vitest'
import type { Member, PaymentEvidence, PaymentProgress, PaymentStanding } from '../../src/lib/api/types'
import { isOpen } from '../../src/lib/money'
import { endings, fingerprint, isCarried, mayJudge, takesEvidence } from '../../src/lib/payments'

const evidence = (over: object = {}) => ({ member: 'paid', stated_by: 'treasurer', verdict: null, ...over }) as unknown as PaymentEvidence
const member = (id: string, roles: string[] = ['auditor']) => ({ id, roles, status: 'active' }) as unknown as Member
const progress = (states: PaymentStanding[], over: object = {}) =>
  ({ sums: states.map((state) => ({ state, payments: 1, total: '1.00' })), issued_at: 'then', closed_at: null, reversed_at: null, ...over }) as unknown as PaymentProgress

describe('a payment', () => {
  const states: [PaymentStanding, boolean, boolean][] = [
    ['ready', false, true],
    ['by_hand', true, true],
    ['held', false, true],
    ['prepared', false, false],
    ['submitted', false, false],
    ['accepted', false, false],
    ['unknown', true, false],
    ['settled', false, false],
  ]
  it.each(states)('that is %s takes evidence: %s, is carried: %s', (state, takes, carried) => {
    expect([takesEvidence({ state }, [], 'paid'), isCarried({ state })]).toEqual([takes, carried])
  })
  it('takes no more evidence while some waits', () => {
    expect(takesEvidence({ state: 'by_hand' }, [evidence()], 'paid')).toBe(false)
    expect(takesEvidence({ state: 'by_hand' }, [evidence()], 'other')).toBe(true)
    expect(takesEvidence({ state: 'by_hand' }, [evidence({ verdict: 'wrong' })], 'paid')).toBe(true)
  })
})

describe('evidence', () => {
  it('is looked at by an office, and neither by who brought it nor by whom it pays', () => {
    const may = ['auditor', 'treasurer', 'paid'].map((id) => mayJudge(evidence(), member(id)))
    expect([...may, mayJudge(evidence(), member('other', [])), mayJudge(evidence({ verdict: 'right' }), member('auditor'))]).toEqual([true, false, false, false, false])
  })
  it('has the fingerprint that others compute', async () => {
    expect(await fingerprint(new Blob(['abc']))).toBe('0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('an invoice', () => {
  it.each([['0.00', false], ['0', false], ['0.000', false], ['0.010', true], ['10', true]])('of which %s is open may be paid: %s', (open, may) => {
    expect(isOpen({ open })).toBe(may)
  })
})

describe('a cycle', () => {
  it('is closed once everything is paid, and undone while nobody was asked to pay', () => {
    expect(endings(progress(['settled']))).toEqual({ close: true, reverse: false })
    expect(endings(progress(['settled', 'held']))).toEqual({ close: false, reverse: false })
    expect(endings(progress(['held', 'ready', 'by_hand']))).toEqual({ close: false, reverse: true })
    expect(endings(progress(['prepared']))).toEqual({ close: false, reverse: false })
    expect(endings(progress(['held'], { issued_at: null }))).toEqual({ close: false, reverse: true })
    expect(endings(progress(['settled'], { closed_at: 'then' }))).toEqual({ close: false, reverse: false })
    expect(endings(progress(['held'], { reversed_at: 'then' }))).toEqual({ close: false, reverse: false })
  })
})
