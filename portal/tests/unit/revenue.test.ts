// Aim: tables are refused row by row as the server refuses them, a cycle goes on one step at a time and is approved by others than who prepared
// it, and a statement that loses a unit is seen. Method: tables of cases; the header and the example are those of docs/revenue.md and payouts.md.
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { changeSentences, complaintOf, draftOfAction, emptyAction, plannedOf } from '../../src/lib/actions'
import type { Action, Contribution, CycleState, Member, Method, PayoutCycle, PayoutNext, PayoutStatement, RevenueRuleVersion } from '../../src/lib/api/types'
import { contributionRecord, maySign, signContribution, signedBy } from '../../src/lib/contributions'
import { kindName } from '../../src/lib/kinds'
import { structHash } from '../../src/lib/record/hash'
import { accountOf, approvalBar, CYCLE_STATES, draftAfter, exampleRule, figure, following, isAboutApproval, isDone, isUnderWay, isWhole, lacksApprovers, nextAct, nextState, NO_RULE, reached, readRule, ruleSentence, sentencesOf, writeRule, type CycleStep } from '../../src/lib/revenue'
import { hasWrong, readCells, readContributions, readIncome, withRow, type RowComplaint, type TableComplaint } from '../../src/lib/tables'
import { choose } from '../../src/lib/text/index.svelte'

// Choosing a language marks the document, which there is none of here.
vi.stubGlobal('document', { documentElement: {} })

describe('a table of income', () => {
  const HEADER = 'date,amount,reference,description\n'
  const rows: [string, RowComplaint | null][] = [
    ['2026-07-01,100.00,inv-1,Sales', null],
    ['2026-07-01,-0.50,inv-1/fix,"Correction, of ""inv-1"""', null],
    ['2026-07-01,1.000,inv-1,Sales', null],
    ['2026-07-01,1.005,inv-1,Sales', 'places'],
    ['2026-13-01,1,inv-1,Sales', 'date'],
    ['2026-02-30,1,inv-1,Sales', 'date'],
    ['1.7.2026,1,inv-1,Sales', 'date'],
    ['2026-07-01,one,inv-1,Sales', 'amount'],
    ['2026-07-01,"1,50",inv-1,Sales', 'amount'],
    ['2026-07-01,0.00,inv-1,Sales', 'nothing'],
    ['2026-07-01,1,,Sales', 'reference'],
    ['2026-07-01,1,inv 1,Sales', 'reference'],
    ['2026-07-01,1,inv-1,', 'description'],
    ['2026-07-01,1,inv-1', 'columns'],
    ['2026-07-01,1,inv-1,Sales,July', 'columns'],
    ['', 'columns'],
  ]
  it.each(rows)('%j: %s', (line, wrong) => {
    const read = readIncome(`${HEADER}${line}\n2026-07-02,7,last,Sales\n`, 2)
    expect(read.rows.map((row) => row.wrong)).toEqual([wrong, null])
    expect(read.rows.map((row) => row.row)).toEqual([2, 3])
    expect(hasWrong(read)).toBe(wrong !== null)
  })
  it('tells every row that is wrong, and a reference that comes again', () => {
    const read = readIncome(`${HEADER}2026-07-01,1,a,Sales\nx,1,b,Sales\n2026-07-01,1,a,Sales\n`, 2)
    expect(read.rows.map((row) => row.wrong)).toEqual([null, 'date', 'repeated'])
  })
  const wholes: [string, TableComplaint | null][] = [['', 'empty'], [HEADER, 'empty'], ['date;amount', 'header'], [HEADER + '2026-07-01,1,a,b\n'.repeat(1001), 'long'], [`\ufeff${HEADER.trim()}\r\n2026-07-01,1,a,b\r\n`, null]]
  it.each(wholes)('%# as a whole: %s', (text, wrong) => expect(readIncome(text, 2).wrong).toBe(wrong))
  it('is added to by hand as it is read again', () => {
    const text = withRow(withRow('', 'a,b', ['one', 'two, "three"']), 'a,b', ['new\nline', ''])
    expect(readCells(text)).toEqual([['a', 'b'], ['one', 'two, "three"'], ['new line', '']])
  })
})

describe('a table of contributions', () => {
  const ana = '0197a000-0000-7000-8000-00000000000a'
  const cases: [string, RowComplaint | null][] = [[`${ana},40`, null], [`${ana.toUpperCase()},0`, null], ['somebody,4', 'member'], [`${ana},4.5`, 'count'], [`${ana},-1`, 'count'], [`${ana},`, 'count'], [ana, 'columns']]
  it.each(cases)('%j: %s', (line, wrong) => expect(readContributions(`member,count\n${line}\n`, [{ id: ana }]).rows[0]?.wrong).toBe(wrong))
  it('has a member once', () => expect(readContributions(`member,count\n${ana},1\n${ana},1\n`, [{ id: ana }]).rows[1]?.wrong).toBe('repeated'))
})

describe('a snapshot of contributions', () => {
  const word = (digit: string) => `0x${digit.repeat(64)}`
  const snapshot = {
    id: '0197a000-0000-7000-8000-000000000001',
    metric: 'hours',
    starts_on: '2026-07-01',
    ends_on: '2026-09-30',
    digest: word('1'),
    submitted_by: '0197a000-0000-7000-8000-00000000000a',
    challenge_until: '2026-10-08T12:00:00Z',
    record_salt: word('2'),
    record_hash: null as string | null,
    signature: null,
  } as Contribution
  const place = { namespace: word('3'), domain: { name: 'Rochdale', version: '1', chain_id: null, verifying_contract: null, salt: word('3') } }
  const record = contributionRecord(place.namespace, snapshot)!
  const recorded = { ...snapshot, record_hash: structHash('ContributionsV1', record) }
  const me = { id: snapshot.submitted_by, status: 'active' } as Member
  it('is the record that the co-op hashed', () => {
    expect([record.firstDay, record.lastDay, record.challengeUntil]).toEqual([20_635, 20_726, 1_791_460_800])
    expect(contributionRecord(place.namespace, { ...snapshot, record_salt: null })).toBeNull()
  })
  it('is signed by who brought it in, once', () => {
    expect(maySign(recorded, me)).toBe(true)
    expect(maySign(recorded, { ...me, id: snapshot.id })).toBe(false)
    expect(maySign(recorded, { ...me, status: 'suspended' })).toBe(false)
    expect(maySign(snapshot, me)).toBe(false)
    const signature = { kind: 'wallet', public_key: '0x', signature: '0x', signed_at: '2026-10-02T00:00:00Z' } as const
    expect(maySign({ ...recorded, signature }, me)).toBe(false)
    expect([signedBy(recorded, 'Ada'), signedBy({ ...recorded, signature }, 'Ada')]).toEqual(['No key of Ada signed it.', 'Ada signed it with a wallet.'])
  })
  it('is not signed where its record says something else', async () => {
    const signer = { kind: 'session', why: 'no_key' } as const
    await expect(signContribution(place, { ...recorded, challenge_until: '2026-10-09T12:00:00Z' }, signer)).rejects.toThrow('nothing was signed')
    await expect(signContribution(place, recorded, signer)).rejects.toThrow('no key here')
  })
})

describe('a rule', () => {
  const cases: [string, boolean][] = [['{"version": 1}', true], ['[]', false], ['null', false], ['"x"', false], ['{', false], ['', false], [`{"a":"${'x'.repeat(100_000)}"}`, false]]
  it.each(cases)('%#: is read or not', (text, isRule) => expect(readRule(text) !== null).toBe(isRule))
  it('is kept as it is written', () => {
    const scic = JSON.parse(readFileSync(new URL('../../../governance/testdata/revenue/scic.json', import.meta.url), 'utf8')) as Record<string, unknown>
    expect(readRule(writeRule(scic))).toEqual(scic)
  })
  it('follows the newest version by number and by hash', () => {
    const version = (number: number) => ({ version: number, hash: `0x${number}`, rule: { currency: 'EUR', version: number, supersedes: 'x' } }) as unknown as RevenueRuleVersion
    expect(draftAfter([version(1), version(2)])).toEqual({ currency: 'EUR', version: 3, supersedes: '0x2' })
    expect(draftAfter([])).toEqual(exampleRule())
    expect(exampleRule()).toMatchObject({ version: 1, supersedes: NO_RULE })
    expect(following({ a: 1 }, 4, '0x')).toEqual({ a: 1, version: 4, supersedes: '0x' })
  })
  it('goes into the action of a proposal and comes back', () => {
    const draft = { ...emptyAction('adopt_revenue_rule'), revenue: '{"version": 1' }
    expect(complaintOf(draft, 0)).toBe('rule')
    draft.revenue = '{"version": 1, "currency": "EUR"}'
    expect(complaintOf(draft, 0)).toBeNull()
    const act: Action = { action: 'adopt_revenue_rule', version: 1, rule: { version: 1, currency: 'EUR' } }
    expect(plannedOf(draft, 0)).toEqual({ act })
    expect(draftOfAction({ act })?.revenue).toBe(writeRule(act.rule))
  })
  it('names in words what every rule knows, and leaves what a co-op named itself', async () => {
    const words = { sentences: ['Everything in pool:revenue goes to pool:revenue_two and members:active.'], sentences_zh: ['pool:revenue 中的全部金额归 members:active。'] }
    expect(sentencesOf(words)).toEqual(['Everything in the revenue pool goes to pool:revenue_two and the active members.'])
    await choose('zh-Hans')
    expect([...sentencesOf(words), ruleSentence('', '从 pool:revenue')]).toEqual(['收入池中的全部金额归全体有效成员。', '从收入池'])
    await choose('en')
  })
  it('is told in the language of the page, with what the law says', async () => {
    const reading = { sentences: ['All share.'], sentences_zh: ['共享。'], findings: [{ clause: 'reserves', standing: 'breached' as const, source: 'law', steps: [], text: 'a step gives to a fund' }] }
    const told = () => changeSentences({ change: 'revenue_rule_adopted', version: 2, hash: '0x', currency: 'EUR', effective_from: 0, reading }, (id) => id)
    expect(told().slice(1)).toEqual(['All share.', 'Breached: reserves. a step gives to a fund'])
    await choose('zh-Hans')
    await vi.waitFor(() => expect(told().slice(1)).toEqual(['共享。', '违反：reserves。有步骤向基金拨款']))
    await choose('en')
  })
})

const member = (id: string, roles: Member['roles'], status: Member['status'] = 'active') => ({ id, roles, status, display_name: id }) as Member
const cycle = (over: Partial<PayoutCycle>): PayoutCycle => ({ state: 'proposed', opened_by: 'opener', proposed_by: 'proposer', snapshots: ['s1'], approvals: [], approvals_needed: 1, digest: '0x', verified_at: 'then', revenue: '1', ...over }) as PayoutCycle

describe('a cycle', () => {
  it('goes one step at a time, and its steps are the states of payouts.md', () => {
    const book = readFileSync(new URL('../../../docs/payouts.md', import.meta.url), 'utf8')
    expect(book).toContain(`\`${CYCLE_STATES.join(' → ')}\``)
    expect(CYCLE_STATES.map((state) => nextState(cycle({ state })))).toEqual(['frozen', 'computed', 'verified', 'proposed', 'approved', 'posted', null])
    expect(([...CYCLE_STATES, 'cancelled'] as CycleState[]).map(nextAct)).toEqual(['freezing', 'computation', 'verification', 'proposal', null, 'posting', null, null])
    expect(([...CYCLE_STATES, 'cancelled'] as CycleState[]).map(isUnderWay)).toEqual([true, true, true, true, true, true, false, false])
    expect(CYCLE_STATES.map((step) => isDone(cycle({ state: 'computed' }), step))).toEqual([true, true, true, false, false, false, false])
  })
  const cancelled: [string, Partial<PayoutCycle>][] = [
    ['open', { approvals_needed: null, verified_at: null, digest: null, revenue: null }],
    ['frozen', { approvals_needed: null, verified_at: null, digest: null }],
    ['computed', { approvals_needed: null, verified_at: null }],
    ['verified', { approvals_needed: null }],
    ['proposed', {}],
    ['approved', { approvals: [{ member: 'm', approved_at: 'then' }] }],
  ]
  it.each(cancelled)('that was cancelled when it was %s says so, and offers nothing', (step, over) => {
    const shown = cycle({ ...over, state: 'cancelled' })
    expect(reached(shown)).toBe(step)
    expect(nextState(shown)).toBeNull()
  })
  const approvers = [{ member: 'auditor', name: 'Dan' }]
  const bars: [string, Partial<PayoutCycle>, Member, ReturnType<typeof approvalBar>][] = [
    ['whom the server names may', {}, member('auditor', ['auditor']), null],
    ['nobody before it is proposed', { state: 'verified' }, member('auditor', ['auditor']), 'state'],
    ['nobody after it is approved', { state: 'approved' }, member('auditor', ['auditor']), 'state'],
    ['nobody without an office', {}, member('somebody', []), 'office'],
    ['nobody who is suspended', {}, member('other', ['auditor'], 'suspended'), 'office'],
    ['not who brought it about', {}, member('opener', ['treasurer', 'auditor']), 'prepared'],
    ['nobody twice', { approvals: [{ member: 'other', approved_at: 'then' }] }, member('other', ['auditor']), 'given'],
  ]
  it.each(bars)('is approved by others: %s', (_, over, who, bar) => expect(approvalBar(cycle(over), who, { approvers })).toBe(bar))
  const few: [string, number, number, number, boolean][] = [
    ['computed', 2, 0, 1, true],
    ['computed', 2, 0, 2, false],
    ['proposed', 2, 1, 0, true],
    ['proposed', 2, 1, 1, false],
    // Who approved it may no more, and nobody has to.
    ['approved', 2, 2, 0, false],
    ['posted', 2, 2, 0, false],
  ]
  it.each(few)('that is %s and needs %d approvals, with %d given and %d to come, says whether people are missing', (stage, approvals_needed, approvals_given, left, lacks) => {
    const next = { stage, approvals_needed, approvals_given, approvers: Array.from({ length: left }, (_, place) => ({ member: `${place}`, name: 'Somebody' })) } as PayoutNext
    expect(lacksApprovers(next)).toBe(lacks)
    expect(isAboutApproval(next)).toBe(stage !== 'posted')
  })
  const sums = { accrued: '900.03', paid: '900.00', withheld: '0.03', dormant: '0.00', payments: 3 }
  const accounts: [CycleStep, Partial<PayoutCycle>, string][] = [
    ['open', { opened_at: '2026-11-27T01:00:00Z', rule_version: 2 }, 'opener opened it on'],
    ['frozen', { members: 1, revenue: '5.00' }, '5.00 EUR for 1 member.'],
    ['computed', { sums }, 'Members get 900.03 EUR: 3 payments of 900.00 EUR together, 0.03 EUR withheld'],
    ['verified', { verified_at: '2026-11-27T01:00:00Z', steps: [{ is_verified: true }, { is_verified: false }] as PayoutCycle['steps'] }, 'the same for 1 of 2 steps'],
    ['proposed', { approvals_needed: 2 }, 'proposer put it before the approvers; 2 approvals are needed.'],
    ['approved', { approvals_needed: 2, approvals: [{ member: 'm', approved_at: 'then' }] }, 'Approvals: 1 of 2.'],
    ['posted', { posted_at: '2026-11-27T01:00:00Z', sums }, 'as one transaction. Members get 900.03 EUR'],
  ]
  it.each(accounts)('gives a plain account of being %s', (step, over, sentence) => expect(accountOf(cycle({ currency: 'EUR', sums: null, steps: [], ...over }), step, (id) => id)).toContain(sentence))
})

describe('a statement', () => {
  const statement = (over: Partial<PayoutStatement>) => ({ before: '-0.003', accrued: '10.00500000', withheld: '1.00', paid: '9.00', dormant: '0', carried: '0.002', lines: [{ amount: '10' }, { amount: '0.005' }], ...over }) as PayoutStatement
  const cases: [string, Partial<PayoutStatement>, boolean][] = [
    ['whole', {}, true],
    ['short by a unit', { carried: '0.00199999' }, false],
    ['of other steps', { lines: [] }, false],
    ['what was owed stays owed', { before: '-20', withheld: '0', paid: '0', carried: '-9.995' }, true],
  ]
  it.each(cases)('%s', (_, over, whole) => expect(isWhole(statement(over))).toBe(whole))
  it('shows figures with the places that the server wrote', () => expect(['1000.00', '3.33333334', '-0.5', 'x'].map(figure)).toEqual(['1,000.00', '3.33333334', '\u22120.5', 'x']))
})

describe('kinds of decision that are called as a method', () => {
  it('have its name in both languages', async () => {
    const cases: [Method, string, string][] = [['meek', "Election (Meek's method)", '选举（米克法）'], ['majority_judgment', 'Majority judgment', '多数判断制']]
    for (const [kind, en] of cases) expect(kindName(kind)).toBe(en)
    await choose('zh-Hans')
    for (const [kind, , zh] of cases) expect(kindName(kind)).toBe(zh)
    await choose('en')
    expect([kindName('house_rules'), kindName('toString')]).toEqual(['house rules', 'toString'])
  })
})
