// Aim: the home page names what waits for me, and nothing that is somebody else's. Method: each kind of duty from its facts, with one of
// them changed.
import { describe, expect, it } from 'vitest'
import type { AllowanceLine, Contribution, CoopSummary, PayoutCycleSummary, PayoutStatement, Proposal } from '../../src/lib/api/types'
import { approvalDuty, bankDuties, courseDuties, figureDuties, payDuty, quotaDuty } from '../../src/lib/duties'

const me = { id: 'me', status: 'active', roles: [] as string[], class: 'worker', display_name: 'Ada' }
const coop = (over: object = {}) => ({ id: 'c', name: 'Co-op', slug: 'c', me: { ...me, ...over } }) as unknown as CoopSummary
const line = (spent: number, held = 0) => ({ cap: 100, spent, held, limit: 'member', period: 'day', resets_at: '2026-01-02T00:00:00Z' }) as unknown as AllowanceLine
const figures = (over: object) => ({ id: 'f', metric: 'hours', state: 'challengeable', own: 3, disputes_open: 0, challenge_until: '2026-01-03T00:00:00Z', ...over }) as unknown as Contribution
const proposal = (course: object) => ({ id: 'p', title: 'T', state: 'discussion', author: { id: 'x' }, course: { notices: [], contests: [], actions: [], ...course } }) as unknown as Proposal

describe('what waits for me', () => {
  it('is an allowance of which less than a fifth is left; what is left of another is told quietly', () => {
    expect(quotaDuty(coop(), [line(79)])[0]).toMatchObject({ kind: 'left', href: '/coops/c/tools' })
    expect(quotaDuty(coop(), [line(80)])[0]?.kind).toBe('quota')
    expect(quotaDuty(coop(), [{ ...line(0), spent: null }])).toEqual([])
    expect(quotaDuty(coop(), [line(70, 15), line(0)])[0]).toMatchObject({ kind: 'quota', until: '2026-01-02T00:00:00Z' })
    expect(quotaDuty(coop(), [])).toEqual([])
  })
  it('are my own figures while I may dispute them, and disputes for those who hold an office', () => {
    expect(figureDuties(coop(), [figures({})]).map(({ kind }) => kind)).toEqual(['figures'])
    expect(figureDuties(coop({ status: 'suspended' }), [figures({})])).toEqual([])
    expect(figureDuties(coop(), [figures({ own: null }), figures({ state: 'usable' }), figures({ state: 'disputed', disputes_open: 1 })])).toEqual([])
    expect(figureDuties(coop({ roles: ['auditor'] }), [figures({ state: 'disputed', disputes_open: 1 })]).map(({ kind }) => kind)).toEqual(['dispute'])
  })
  it('is what I was given in the last cycle, where it is anything', () => {
    const cycle = { id: 'y', period: '2026-Q1', state: 'posted', stage: 'issuing' } as unknown as PayoutCycleSummary
    const paid = (amount: string, payment = 'ready') => ({ paid: amount, currency: 'EUR', payment }) as unknown as PayoutStatement
    expect(payDuty(coop(), cycle, paid('0.00'))).toEqual([])
    expect(payDuty(coop(), cycle, paid('12.30'))[0]?.facts).toEqual({ amount: '12.30 EUR', period: '2026-Q1' })
    for (const stage of ['closed', 'undone', 'approved'] as const) expect(payDuty(coop(), { ...cycle, stage }, paid('12.30')), stage).toEqual([])
    expect(payDuty(coop(), cycle, paid('12.30', 'settled'))).toEqual([])
  })
  it('is to look at the bank where the books differ from it', () => {
    expect(bankDuties(coop(), { alarms: [] })).toEqual([])
    const alarms = [{ kind: 'unmatched' as const, count: 2, oldest_days: 12 }, { kind: 'gap' as const, count: 1, oldest_days: null }]
    expect(bankDuties(coop(), { alarms })[0]).toMatchObject({ kind: 'bank', href: '/coops/c/revenue/reconciliation', facts: { count: 3 } })
  })
  it('is a hearing of mine, and a contest for a steward, not those of others', () => {
    const notice = (over: object) => ({ notices: [{ member: 'me', replied_at: null, reply_until: '2026-01-01T00:00:00Z', ...over }] })
    expect(courseDuties(coop(), proposal({}))).toEqual([])
    expect(courseDuties(coop(), proposal(notice({})))).toEqual([{ kind: 'hearing', coop: coop(), href: '/coops/c/proposals/p', facts: { title: 'T' }, until: '2026-01-01T00:00:00Z' }])
    expect(courseDuties(coop({ status: 'suspended' }), proposal(notice({})))).toHaveLength(1)
    expect(courseDuties(coop(), proposal(notice({ member: 'other' })))).toEqual([])
    expect(courseDuties(coop(), proposal(notice({ replied_at: '2026-01-01T00:00:00Z' })))).toEqual([])
    const contest = (over: object) => ({ contests: [{ member: 'other', verdict: null, ...over }] })
    const kinds = (roles: string[], over: object) => courseDuties(coop({ roles }), proposal(contest(over))).map(({ kind }) => kind)
    expect(kinds(['steward'], {})).toEqual(['contest'])
    expect([kinds([], {}), kinds(['steward'], { member: 'me' }), kinds(['steward'], { verdict: 'upheld' })]).toEqual([[], [], []])
  })
  it('is to approve a cycle where the server names me among those who may', () => {
    const cycle = { id: 'y', period: '2026-Q1' } as unknown as PayoutCycleSummary
    const named = (...members: string[]) => approvalDuty(coop({ roles: ['treasurer'] }), cycle, { approvers: members.map((member) => ({ member, name: 'Somebody' })) })
    expect(named('other', 'me')).toMatchObject([{ kind: 'approval', href: '/coops/c/revenue/payouts/y', facts: { period: '2026-Q1' } }])
    expect([named('other'), named()]).toEqual([[], []])
  })
})
