// Aim: a page says which body votes. Method: a table of the bodies that bylaws can name.
import { describe, expect, it } from 'vitest'
import type { Member, Proposal, StageBody } from '../../src/lib/api/types'
import { bodyName } from '../../src/lib/bodies'
import { offeredSteps } from '../../src/lib/steps'

describe('the body of a stage', () => {
  const cases: [object, string][] = [
    [{ body: 'members' }, 'all members who vote'],
    [{ body: 'class', class: 'worker' }, 'the members of the class “Worker”'],
    [{ body: 'office', role: 'auditor' }, 'the members who hold the office “Auditor”'],
    [{ body: 'office', role: 'gardener' }, 'the members who hold the office “gardener”'],
    [{ body: 'elders' }, 'elders'],
  ]
  it.each(cases)('%j', (body, wanted) => expect(bodyName(body as StageBody)).toBe(wanted))
})

describe('the text of a later stage', () => {
  const me = { id: 'me', status: 'active', roles: [] } as unknown as Member
  const edits = (stage: Proposal['stage']) =>
    offeredSteps({ state: 'discussion', author: { id: 'me' }, course: { opening: null }, stage, opens_from: null } as unknown as Proposal, me).some(({ name }) => name === 'edit')
  const stage = (number: number) => ({ number, of: 2, body: {}, former: null, next: null }) as Proposal['stage']
  it('is edited no more, since the body before has carried it', () => expect([edits(null), edits(stage(1)), edits(stage(2))]).toEqual([true, true, false]))
})
