// Aim: about several proposals on one question each is offered what the server would take, and nothing else. Method: a table of states and people.
import { describe, expect, it } from 'vitest'
import type { Member, Proposal, QuestionProposal } from '../../src/lib/api/types'
import { isJoint, mayAdopt, mayJoin, mayPropose } from '../../src/lib/question'
import { offeredSteps } from '../../src/lib/steps'

const who = (id: string, over: Partial<Member> = {}) => ({ id, status: 'active', roles: [], ...over }) as Member
const steward = who('ada', { roles: ['steward'] })
const ben = who('ben')
const cleo = who('cleo')
const listed = (id: string, over: Partial<QuestionProposal> = {}): QuestionProposal => ({ id, title: id, state: 'discussion', author: { id: 'cleo', display_name: 'Cleo' }, is_alternative: id !== 'first', merged_into: null, place: null, end_reason: null, ...over })
const proposal = (over: Partial<Proposal> = {}, others: QuestionProposal[] = [listed('other')]) =>
  ({ id: 'first', state: 'discussion', author: { id: 'ben', display_name: 'Ben' }, stage: null, course: { opening: null }, opens_from: null, question: others.length === 0 ? null : { original: null, merged_into: null, proposals: [listed('first'), ...others] }, ...over }) as Proposal
const vote = proposal({ author: { id: 'ada', display_name: 'Ada' } }, [listed('a', { state: 'merged', merged_into: 'first', place: 1 }), listed('b', { state: 'merged', merged_into: 'first', place: 2 })])

describe('several proposals on one question', () => {
  it.each([
    ['its author adopts one that is discussed', proposal(), listed('other'), ben, true],
    ['and one that looks for sponsors', proposal(), listed('other', { state: 'admission' }), ben, true],
    ['nobody else does', proposal(), listed('other'), steward, false],
    ['nor of what is over', proposal(), listed('other', { state: 'withdrawn' }), ben, false],
    ['nor once voting opened', proposal({ state: 'open' }), listed('other'), ben, false],
    ['nor into a vote on several', vote, listed('other'), steward, false],
    ['nor while suspended', proposal(), listed('other'), who('ben', { status: 'suspended' }), false],
  ])('%s', (_, of, other, me, wanted) => expect(mayAdopt(of, other, me)).toBe(wanted))

  it.each([
    ['a steward puts them to one vote', proposal(), steward, true],
    ['nobody else does', proposal(), ben, false],
    ['nor where no other is discussed', proposal({}, [listed('other', { state: 'draft' })]), steward, false],
    ['nor of one alone', proposal({}, []), steward, false],
    ['nor again of a vote on several', vote, steward, false],
  ])('%s', (_, of, me, wanted) => expect(mayJoin(of, me)).toBe(wanted))

  it.each([
    ['whoever is active proposes something else', proposal({}, []), cleo, true],
    ['while it looks for sponsors, too', proposal({ state: 'admission' }, []), cleo, true],
    ['not to a draft', proposal({ state: 'draft' }, []), cleo, false],
    ['not once voting opened', proposal({ state: 'open' }, []), cleo, false],
    ['not to what a body has carried', proposal({ stage: { number: 2, of: 2, body: {}, former: 'x', next: null } } as Partial<Proposal>, []), cleo, false],
    ['not to a vote on several', vote, cleo, false],
    ['not while suspended', proposal({}, []), who('cleo', { status: 'suspended' }), false],
  ])('%s', (_, of, me, wanted) => expect(mayPropose(of, me)).toBe(wanted))

  it('nobody edits a vote on several', () => {
    expect(isJoint(vote)).toBe(true)
    expect(isJoint(proposal())).toBe(false)
    const names = (of: Proposal) => offeredSteps(of, steward).map((step) => step.name)
    expect(names(vote)).not.toContain('edit')
    expect(names(proposal())).toContain('edit')
  })
})
