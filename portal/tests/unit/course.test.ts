// Aim: what comes before and after a vote is offered and told as it stands. Method: tables over the states; proposals as forms send them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { actionSentence, amendment, changeSentences, complaintOf, draftOfAction, emptyAction, namesFrom, plannedOf, withNames, type ActionDraft } from '../../src/lib/actions'
import type { Action, Bylaws, Member, Proposal, State } from '../../src/lib/api/types'
import { mayAnswer, mayContest, mayExecuteAgain, mayObject, mayReply, maySponsor, openingOf } from '../../src/lib/course'
import { lifeOf } from '../../src/lib/life'
import { closingRange, offeredSteps, openingRange } from '../../src/lib/steps'
import presets from '../../src/lib/presets.json'
import { bodyOf, complaint, draftOf, emptyDraft, knowsActions, ruleFor } from '../../src/lib/proposing'

const COURSE: Proposal['course'] = {
  actions: [], attempts: [], contest_until: null, contests: [], execute_after: null, executed_at: null, expires_at: null, notices: [],
  objection_until: null, opening: null,
  objections: [], objectors_needed: 0, sponsors: [], sponsors_needed: 0, timelock_seconds: 0,
}
const grant: Action = { action: 'grant_role', version: 1, member: 'm1', role: 'treasurer', reason: 'Elected.' }
const planned = { act: grant, option: null, sentence: 'In English.' }
type Planned = Proposal['course']['actions'][number]
const proposal = (state: State, course: Partial<Proposal['course']> = {}, over: Partial<Proposal> = {}): Proposal =>
  ({ state, author: { id: 'author', display_name: 'A' }, is_on_roll: true, created_at: 't0', discussed_at: 't1', opens_at: 't2', closed_at: 't3', course: { ...COURSE, ...course }, ...over }) as Proposal
const me = (over: Partial<Member> = {}): Member => ({ id: 'me', status: 'active', roles: [], ...over }) as Member

describe('the way of a proposal', () => {
  const told = (of: Proposal) => lifeOf(of).map(({ name, place, ends }) => `${name} ${place}${ends ? '!' : ''}`)
  const all = { sponsors_needed: 2, objectors_needed: 1, actions: [planned], timelock_seconds: 60 }
  const cases: [string, Proposal, string[]][] = [
    ['a plain draft', proposal('draft'), ['draft here', 'discussion ahead', 'open ahead', 'decided ahead']],
    ['everything still to come', proposal('admission', all), ['draft done', 'admission here', 'discussion ahead', 'open ahead', 'decided ahead', 'objection ahead', 'queued ahead', 'executed ahead']],
    ['a rejected one that goes no further', proposal('rejected', all), ['draft done', 'admission done', 'discussion done', 'open done', 'decided here!']],
    ['one that objections stopped', proposal('rejected', { ...all, objection_until: 't4' }), ['draft done', 'admission done', 'discussion done', 'open done', 'decided done', 'objection here!']],
    ['one that waits', proposal('queued', all), ['draft done', 'admission done', 'discussion done', 'open done', 'decided done', 'objection done', 'queued here', 'executed ahead']],
    ['one that failed', proposal('execution_failed', { actions: [planned] }), ['draft done', 'discussion done', 'open done', 'decided done', 'executed here!']],
    ['one that was withdrawn in discussion', proposal('withdrawn', {}, { opens_at: null }), ['draft done', 'discussion here!']],
    ['one that is done', proposal('executed', { actions: [planned] }), ['draft done', 'discussion done', 'open done', 'decided done', 'executed here']],
  ]
  it.each(cases)('shows %s', (_, of, wanted) => expect(told(of)).toEqual(wanted))
})

describe('what members may do', () => {
  const later = Date.parse('2026-01-02T00:00:00Z')
  const window = { objectors_needed: 2, objection_until: '2026-01-02T00:00:00Z' }
  const voice = { member: 'me', display_name: 'Me', reason: null }
  const cases: [string, boolean, boolean][] = [
    ['another member sponsors', maySponsor(proposal('admission'), me()), true],
    ['the author does not', maySponsor(proposal('admission'), me({ id: 'author' })), false],
    ['nobody sponsors twice', maySponsor(proposal('admission', { sponsors: [voice] }), me()), false],
    ['nobody sponsors a draft', maySponsor(proposal('draft'), me()), false],
    ['the suspended do not', maySponsor(proposal('admission'), me({ status: 'suspended' })), false],
    ['who is on the roll objects in time', mayObject(proposal('objection', window), me(), later - 1), true],
    ['nobody objects when the time is over', mayObject(proposal('objection', window), me(), later), false],
    ['nobody else objects', mayObject(proposal('objection', window, { is_on_roll: false }), me(), later - 1), false],
    ['nobody objects twice', mayObject(proposal('objection', { ...window, objections: [voice] }), me(), later - 1), false],
    ['a steward tries again', mayExecuteAgain(proposal('execution_failed'), me({ roles: ['steward'] })), true],
    ['others do not', mayExecuteAgain(proposal('execution_failed'), me({ roles: ['auditor'] })), false],
    ['nobody executes what waits', mayExecuteAgain(proposal('queued'), me({ roles: ['steward'] })), false],
  ]
  it.each(cases)('%s', (_, got, wanted) => expect(got).toBe(wanted))

  const time = { contest_until: '2026-01-02T00:00:00Z' }
  const contest = { member: 'other', display_name: 'O', is_appeal: false, reason: 'r', at: 't', verdict: null, verdict_reason: null, decided_by: null, decided_at: null }
  const expulsion = { ...time, actions: [{ act: { action: 'expel', version: 1, member: 'me', reason: 'x' }, option: null, sentence: '' } as Planned] }
  const suspended = me({ status: 'suspended' })
  const contests: [string, boolean, boolean][] = [
    ['who could vote contests a result in time', mayContest(proposal('passed', time), me(), later - 1), true],
    ['also one that was not carried', mayContest(proposal('no_quorum', time), me(), later - 1), true],
    ['nobody contests too late', mayContest(proposal('passed', time), me(), later), false],
    ['nobody contests what is done', mayContest(proposal('executed', time), me(), later - 1), false],
    ['nobody contests where the bylaws give no time', mayContest(proposal('passed'), me(), later - 1), false],
    ['nobody contests twice', mayContest(proposal('passed', { ...time, contests: [{ ...contest, member: 'me' }] }), me(), later - 1), false],
    ['nobody contests what is set aside', mayContest(proposal('rejected', { ...time, contests: [{ ...contest, verdict: 'upheld' }] }), me(), later - 1), false],
    ['who is not on the roll does not', mayContest(proposal('passed', time, { is_on_roll: false }), me(), later - 1), false],
    ['the suspended do not', mayContest(proposal('passed', time), suspended, later - 1), false],
    ['whom it would expel appeals even while suspended', mayContest(proposal('queued', expulsion, { is_on_roll: false }), suspended, later - 1), true],
    ['a steward answers', mayAnswer(contest, me({ roles: ['steward'] })), true],
    ['others do not answer', mayAnswer(contest, me({ roles: ['auditor'] })), false],
    ['nobody answers the own contest', mayAnswer({ ...contest, member: 'me' }, me({ roles: ['steward'] })), false],
    ['nobody answers twice', mayAnswer({ ...contest, verdict: 'dismissed' }, me({ roles: ['steward'] })), false],
  ]
  it.each(contests)('%s', (_, got, wanted) => expect(got).toBe(wanted))

  const notice = { member: 'me', display_name: 'Me', grounds: 'g', given_at: 't', reply_until: 't', reply: null, replied_at: null }
  const replies: [string, boolean, boolean][] = [
    ['whom it would expel replies', mayReply(proposal('discussion', { notices: [notice] }), suspended), true],
    ['also while sponsors are looked for', mayReply(proposal('admission', { notices: [notice] }), me()), true],
    ['nobody replies twice', mayReply(proposal('discussion', { notices: [{ ...notice, replied_at: 't' }] }), me()), false],
    ['nobody replies once voting is open', mayReply(proposal('open', { notices: [notice] }), me()), false],
    ['nobody else replies', mayReply(proposal('discussion', { notices: [notice] }), me({ id: 'else' })), false],
  ]
  it.each(replies)('%s', (_, got, wanted) => expect(got).toBe(wanted))
})

describe('an opening that is set for later', () => {
  const opening = (outcome: string): Partial<Proposal['course']> => ({ opening: { opens_at: 'o', closes_at: 'c', outcome, reason: null, scheduled_at: 's', scheduled_by: 'm', ended_at: null, ended_by: null } as Proposal['course']['opening'] })
  const cases: [string, Proposal, string | null][] = [
    ['waits', proposal('discussion', opening('waiting')), 'waiting'],
    ['came to nothing', proposal('discussion', opening('refused')), 'refused'],
    ['took place', proposal('open', opening('opened')), null],
    ['ended with its proposal', proposal('withdrawn', opening('ended')), null],
    ['was refused before a steward opened voting', proposal('open', opening('refused')), null],
    ['was never set', proposal('discussion'), null],
  ]
  it.each(cases)('%s', (_, of, wanted) => expect(openingOf(of)?.outcome ?? null).toBe(wanted))

  const offered = (of: Proposal, who: Member) => offeredSteps(of, who).map(({ name }) => name).filter((name) => name.endsWith('schedule'))
  it('is set by stewards, and taken back while it waits', () => {
    const steward = me({ roles: ['steward'] })
    expect(offered(proposal('discussion'), steward)).toEqual(['schedule'])
    expect(offered(proposal('discussion', opening('waiting')), steward)).toEqual(['schedule', 'unschedule'])
    expect(offered(proposal('discussion', opening('waiting')), me({ id: 'author' }))).toEqual([])
    expect(offered(proposal('passed', opening('waiting')), steward)).toEqual([])
  })

  it('lies after the discussion, and voting lasts from there', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    const of = proposal('discussion', {}, { opens_from: '2026-01-05T00:00:00Z', voting_seconds_min: 3600, voting_seconds_max: 7200 })
    const { min, max, suggested } = openingRange(of, now)
    expect(min).toBe(Date.parse('2026-01-05T00:00:00Z'))
    expect(suggested).toBe(min)
    expect(max - now).toBe(366 * 86_400_000)
    expect(closingRange(of, min).min).toBe(min + 3_660_000)
  })
})

describe('actions', () => {
  const fill = (over: Partial<ActionDraft>): ActionDraft => ({ ...emptyAction(over.kind ?? 'grant_role'), ...over })
  const cases: [string, ActionDraft, string | null][] = [
    ['a member', fill({ reason: 'x' }), 'member'],
    ['a reason', fill({ member: 'm1', reason: ' ' }), 'reason'],
    ['nothing more', fill({ member: 'm1', reason: 'x' }), null],
    ['an applicant', fill({ kind: 'admit' }), 'application'],
    ['a member for each option', fill({ kind: 'seat_winners', candidates: ['m1', ''] }), 'candidates'],
    ['each member once', fill({ kind: 'seat_winners', candidates: ['m1', 'm1'] }), 'candidates'],
    ['no more members than options', fill({ kind: 'seat_winners', candidates: ['m1', 'm2', 'm3'] }), null],
    ['bylaws', fill({ kind: 'amend_bylaws' }), 'bylaws'],
  ]
  it.each(cases)('need %s', (_, draft, wanted) => expect(complaintOf(draft, 2)).toBe(wanted))

  it('are sent as the server reads them, and read back', () => {
    const draft = fill({ member: 'm1', reason: ' Elected. ', option: '1' })
    expect(plannedOf(draft, 2)).toEqual({ option: 1, act: grant })
    expect(draftOfAction({ option: 1, act: grant })).toEqual({ ...draft, reason: 'Elected.' })
    expect(plannedOf(fill({ kind: 'seat_winners', candidates: ['m1', 'm2', 'm3'], option: '1' }), 2)).toEqual({ act: { action: 'seat_winners', version: 1, role: 'treasurer', candidates: ['m1', 'm2'] } })
  })

  it('of a kind that is not known stay as they are', () => {
    const strange = { ...planned, act: { action: 'set_quota', version: 1 } as unknown as Action }
    expect(knowsActions(proposal('draft', { actions: [strange] }))).toBe(false)
    expect(actionSentence(strange.act, (id) => id, 'Told by the server.')).toBe('Told by the server.')
  })

  it('are told with the names of people', () => {
    const nameOf = namesFrom([{ id: 'm1', display_name: 'Amina' }])
    expect(actionSentence(grant, nameOf, '')).toBe('Amina becomes Treasurer. Reason: Elected.')
    expect(changeSentences({ change: 'status_changed', member: 'm1', from: 'active', to: 'suspended', roles_ended: ['auditor'], reason: 'x' }, nameOf)).toEqual(['Amina: from Active to Suspended.', 'Amina is Auditor no more.'])
    expect(changeSentences({ change: 'role_contested', role: 'treasurer', holders: ['0192f0c1-2a3b'], candidates: ['m1'] }, nameOf)[1]).toContain('0192f0c1…')
    const id = '01a215bd-a148-7336-91dd-2fa81f456be8'
    expect(withNames(`member ${id} is suspended`, namesFrom([{ id, display_name: 'Dora' }]))).toBe('member Dora is suspended')
    expect(withNames(`member ${id} is suspended`, nameOf)).toContain(id)
  })
})

describe('a proposal as it is sent', () => {
  const bylaws = (counting: object) => ({ version: 3, content: { kinds: { it: { rule: { counting } } }, admission: 'invitation' } }) as unknown as Bylaws
  const filled = { ...emptyDraft(), kind: 'it', title: ' T ', options: ['A', '', ' B '], costs: ['10', '', '20'], budget: '25', seats: '2' }
  const lot = { tie: 'lot' }
  const cases: [string, object, object][] = [
    ['a motion has no options', { method: 'optimistic', against: { share: 1, whole: 2 } }, { options: [] }],
    ['an approval has options and places', { method: 'approval', seats: 0, choices_max: 0, ...lot }, { options: ['A', 'B'], seats: 2 }],
    ['one chair has no places to say', { method: 'irv', ...lot }, { options: ['A', 'B'] }],
    ['a budget has costs beside the names', { method: 'budget', spending: 'greedy', ballots: { form: 'choices', choices_max: 0 }, budget: 0, costs: [], ...lot }, { options: ['A', 'B'], costs: [10, 20], budget: 25 }],
  ]
  it.each(cases)('%s', (_, counting, wanted) => {
    const rule = ruleFor(bylaws(counting), filled)
    expect(complaint(filled, rule)).toBeNull()
    expect(bodyOf(filled, bylaws(counting))).toEqual({ kind: 'it', title: 'T', body: '', actions: [], ...wanted })
  })

  const budget = { method: 'budget', spending: 'greedy', ballots: { form: 'choices', choices_max: 0 }, budget: 0, costs: [], ...lot }
  const wrongs: [string, object, Partial<typeof filled>, string][] = [
    ['a cost is missing', budget, { costs: ['10'] }, 'costs'],
    ['a cost is half', budget, { costs: ['10', '', '1.5'] }, 'costs'],
    ['there is nothing to spend', budget, { budget: '' }, 'budget'],
    ['there is one option', { method: 'irv', ...lot }, { options: ['A'] }, 'candidates'],
    ['two are alike', { method: 'dots', seats: 0, dots: 5, ...lot }, { options: ['A', ' A'] }, 'repeated'],
    ['there are more places than options', { method: 'dots', seats: 0, dots: 5, ...lot }, { seats: '3' }, 'seats'],
    ['an action lacks its member', { method: 'irv', ...lot }, { actions: [emptyAction('expel')] } as never, 'actions'],
  ]
  it.each(wrongs)('is not where %s', (_, counting, over, wanted) => {
    const draft = { ...filled, ...over }
    expect(complaint(draft, ruleFor(bylaws(counting), draft))).toBe(wanted)
  })

  it('holds what stands in it when it is changed', () => {
    const of = proposal('draft', { actions: [planned] }, { kind: 'it', title: 'T', body: 'B', options: ['A', 'B'], seats: 1, rule: { counting: { ...budget, costs: [10, 20], budget: 25 } } } as never)
    expect(draftOf(of)).toMatchObject({ options: ['A', 'B'], costs: ['10', '20'], budget: '25', actions: [{ kind: 'grant_role', member: 'm1' }] })
  })

  it('amends the bylaws in force and no others', () => {
    const inForce = bylaws({ method: 'irv', tie: 'lot' })
    const draft = amendment(inForce)
    expect(draft.replaces).toBe(3)
    draft.bylaws!.admission = 'application'
    expect(inForce.content.admission).toBe('invitation')
  })
})

describe('the presets of rules', () => {
  it("are governance's, with its sentences", () => {
    const vectors = JSON.parse(readFileSync(new URL('../../../governance/testdata/rules.json', import.meta.url), 'utf8')) as { name: string; rule: unknown; en: string; 'zh-Hans': string }[]
    expect(presets.length).toBeGreaterThan(20)
    for (const preset of presets) {
      const { name, rule, en, 'zh-Hans': chinese } = vectors.find((each) => each.name === preset.name)!
      expect({ name, rule, en, 'zh-Hans': chinese }).toEqual(preset)
    }
  })
})
