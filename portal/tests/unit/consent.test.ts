// Aim: about an objection in a vote by consent each is offered the steps that are theirs, and no others. Method: a table of states and people.
import { describe, expect, it } from 'vitest'
import type { ConsentObjection, Member, Proposal } from '../../src/lib/api/types'
import { needsReason, offeredAbout, tellsObjections, type ObjectionStep } from '../../src/lib/consent'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const open = { state: 'open', method: 'consent', secrecy: 'open', opens_at: 't', closes_at: '2026-01-02T00:00:00Z', is_on_roll: true, my_ballot: null } as Proposal
const objection = (state: string, over: Partial<ConsentObjection> = {}): ConsentObjection => ({ ballot: '0x1', blocks: true, display_name: 'Ben', member: 'ben', raised_at: 't', reason: 'r', state, steps: [], ...over })
const who = (id: string, over: Partial<Member> = {}) => ({ id, status: 'active', roles: [], ...over }) as Member
const steward = who('ada', { roles: ['steward'] })
const ben = who('ben')
const cleo = who('cleo')
const veiled = { ...open, secrecy: 'pseudonymous', my_ballot: { record_hash: '0x1' } } as Proposal
const nameless = { member: null, display_name: null }

describe('steps about an objection', () => {
  const cases: [string, Proposal, ConsentObjection, Member, ObjectionStep[]][] = [
    ['a steward judges what was raised', open, objection('raised'), steward, ['accept', 'dismiss']],
    ['a steward never judges the own one', open, objection('raised'), who('ben', { roles: ['steward'] }), ['withdraw']],
    ['other members judge nothing', open, objection('raised'), cleo, []],
    ['whoever raised it withdraws it', open, objection('raised'), ben, ['withdraw']],
    ['a steward leaves a valid one standing', open, objection('accepted'), steward, ['leave_standing']],
    ['another member appeals against a dismissal', open, objection('dismissed'), cleo, ['appeal']],
    ['nobody appeals twice, where more than one have to', open, objection('dismissed', { steps: [{ step: 'appeal', state: 'dismissed', by: 'cleo', display_name: 'Cleo', reason: 'r', at: 't' }] }), cleo, []],
    ['a steward may appeal too', open, objection('dismissed'), steward, ['appeal']],
    ['whoever raised it does not appeal', open, objection('dismissed'), ben, ['withdraw']],
    ['who is not on the roll does not appeal', { ...open, is_on_roll: false }, objection('dismissed'), cleo, []],
    ['the suspended do nothing', open, objection('raised'), who('ben', { status: 'suspended' }), []],
    ['nothing follows a withdrawal', open, objection('withdrawn'), steward, []],
    ['one that stands is withdrawn alone', open, objection('standing'), steward, []],
    ['nothing is done once the time is over', { ...open, closes_at: '2026-01-01T00:00:00Z' }, objection('raised'), steward, []],
    ['nothing is done about a counted vote', { ...open, state: 'rejected' }, objection('raised'), steward, []],
    ['nothing is offered about a state that is not known', open, objection('integrated'), steward, []],
    ['under a pseudonym nobody withdraws', veiled, objection('raised', nameless), ben, []],
    ['under a pseudonym a steward judges others', veiled, objection('raised', { ...nameless, ballot: '0x2' }), steward, ['accept', 'dismiss']],
    ['under a pseudonym a steward does not judge the own one', veiled, objection('raised', nameless), steward, []],
  ]
  it.each(cases)('%s', (_, proposal, of, me, wanted) => expect(offeredAbout(proposal, of, me, NOW)).toEqual(wanted))

  it('need a reason where they set aside what somebody said', () => {
    expect((['accept', 'dismiss', 'appeal', 'leave_standing', 'withdraw'] as const).filter(needsReason)).toEqual(['dismiss', 'appeal'])
  })
})

describe('objections', () => {
  const cases: [string, Proposal, boolean, boolean][] = [
    ['are told while voting is open', open, false, true],
    ['are not there before', { ...open, state: 'discussion', opens_at: null }, false, false],
    ['belong to consent alone', { ...open, method: 'yes_no' }, false, false],
    ['are sealed with the ballots', { ...open, secrecy: 'sealed' }, false, false],
    ['are told with the count of sealed ballots', { ...open, secrecy: 'sealed', state: 'passed' }, true, true],
  ]
  it.each(cases)('%s', (_, proposal, counted, wanted) => expect(tellsObjections(proposal, counted)).toBe(wanted))
})
