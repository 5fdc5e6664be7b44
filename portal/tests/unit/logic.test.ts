// Aim: the small decisions of the pages. Method: tables of cases through the functions that make them.
import { describe, expect, it } from 'vitest'
import { offeredActs } from '../../src/lib/acts'
import { anchorStage } from '../../src/lib/anchors'
import { Attempt } from '../../src/lib/api/attempt'
import { asProblem, Problem } from '../../src/lib/api/problem'
import type { Count, Member, Proposal, VotingKey } from '../../src/lib/api/types'
import { chooseSigner, keysOnRoll } from '../../src/lib/ballot'
import { fromHex, idWord, toHex } from '../../src/lib/bytes'
import { transactionPage } from '../../src/lib/explorers'
import { fitting } from '../../src/lib/fitting'
import { coopOfInvitation } from '../../src/lib/invitation'
import type { StoredKey } from '../../src/lib/keys/store'
import { signInMessage } from '../../src/lib/keys/wallet'
import { complaint, emptyDraft } from '../../src/lib/proposing'
import { match, safeReturn } from '../../src/lib/router.svelte'
import { slugOf } from '../../src/lib/slug'
import { pictureOf, trim } from '../../src/lib/stages'
import { closingRange, offeredSteps } from '../../src/lib/steps'

describe('addresses', () => {
  const ours = 'https://vote.example.org'
  const cases: [string | null, string][] = [
    ['/coops/1?a=b', '/coops/1?a=b'],
    [null, '/'],
    ['https://evil.example', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/\t/evil.example', '/'],
  ]
  it.each(cases)('a way back to %s leads to %s', (target, wanted) => {
    const got = safeReturn(target, ours)
    expect(new URL(got, ours).origin).toBe(ours)
    expect(got).toBe(wanted)
  })

  it('fit patterns part by part', () => {
    expect(match('/coops/:coop/members', '/coops/7/members/')).toEqual({ coop: '7' })
    expect(match('/coops/:coop', '/coops/7/members')).toBeNull()
    expect(match('/coops/:coop', '/coops/%E0%A4%A')).toBeNull()
  })

  it('of invitations name their co-op', () => {
    const bytes = [...fromHex('0x0192f0c12a3b7c4d8e5f60718293a4b5'), ...Array.from({ length: 48 }, () => 9)]
    const token = `rdi_${btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
    expect(coopOfInvitation(token)).toBe('0192f0c1-2a3b-7c4d-8e5f-60718293a4b5')
    for (const wrong of [null, '', 'rdi_', 'rdl_AAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'rdi_<script>AAAAAAAAAAAAAAAAAAAA']) expect(coopOfInvitation(wrong)).toBeNull()
  })
})

describe('a line of parts', () => {
  const cases: [string, number[], number, number, number[]][] = [
    ['stands whole where there is room', [50, 50, 50], 150, 0, [0, 1, 2]],
    ['gathers the last where there is none for all', [50, 50, 50], 149, 0, [0]],
    ['keeps room for what gathers the others', [50, 50, 50, 50], 190, 0, [0, 1]],
    ['shows the open one, wherever it is', [50, 50, 50, 50], 190, 3, [0, 3]],
    ['shows none besides, where there is room for it alone', [50, 50, 50, 50], 110, 2, [2]],
    ['passes over none to show a shorter one', [50, 90, 10, 10], 120, 0, [0]],
    ['needs no open one', [50, 50, 50, 50], 190, -1, [0, 1]],
    ['is empty where nothing is', [], 100, -1, []],
  ]
  it.each(cases)('%s', (_, widths, room, open, expected) => expect(fitting(widths, room, 60, open)).toEqual(expected))
})

describe('the page about a transaction', () => {
  const hash = `0x${'ab'.repeat(32)}`
  const cases: [string | null | undefined, string, string | null][] = [
    ['https://explorer.example/tx/{tx}', hash, `https://explorer.example/tx/${hash}`],
    ['https://explorer.example/?t={tx}#logs', hash, `https://explorer.example/?t=${hash}#logs`],
    [null, hash, null],
    [undefined, hash, null],
    ['javascript:alert("{tx}")', hash, null],
    ['https://explorer.example/tx/{tx}', '0x12', null],
    ['https://explorer.example/tx/{tx}', `${hash}?x`, null],
  ]
  it.each(cases)('of %s and %s', (explorer, transaction, page) => expect(transactionPage(explorer, transaction)).toBe(page))
})

describe('repeated requests', () => {
  it('keep their key while the content is the same, and get a new one when it changes or has worked', () => {
    const attempt = new Attempt()
    const first = attempt.keyFor({ title: 'a' })
    expect(attempt.keyFor({ title: 'a' })).toBe(first)
    const second = attempt.keyFor({ title: 'b' })
    expect(second).not.toBe(first)
    attempt.done()
    expect(attempt.keyFor({ title: 'b' })).not.toBe(second)
  })
})

describe('problems', () => {
  it('are read from whatever the server sends', () => {
    const problem = Problem.read(409, { type: '/problems/revision-conflict', title: 'T', detail: 'D', field: 'revision', instance: 'x' })
    expect([problem.slug, problem.message, problem.field, problem.page]).toEqual(['revision-conflict', 'D', 'revision', '/problems/revision-conflict'])
    expect(Problem.read(502, '<html>').slug).toBe('http-502')
    expect(Problem.read(500, null).page).toBeNull()
    expect(Problem.read(400, { type: 'https://evil.example/problems/x' }).page).toBeNull()
    expect(asProblem(new Error('boom')).message).toBe('boom')
  })
})

describe('who signs', () => {
  const key = (over: Partial<VotingKey>): VotingKey => ({ id: '1', kind: 'ed25519', public_key: '0xaa', salt: '', proof: 'signature', registered_sequence: 1, registered_at: '2026-01-01T00:00:00.5Z', ended_at: null, ...over })
  const opened = '2026-01-02T00:00:00Z'
  const stored = { publicKey: '0xaa' } as StoredKey

  it('only keys registered before opening, and not taken back by then, are on the roll', () => {
    const keys = [key({ id: 'before' }), key({ id: 'after', registered_at: '2026-01-02T00:00:00.2Z' }), key({ id: 'ended', ended_at: '2026-01-01T12:00:00Z' }), key({ id: 'ended_later', ended_at: '2026-01-03T00:00:00Z' })]
    expect(keysOnRoll(keys, opened).map(({ id }) => id)).toEqual(['before', 'ended_later'])
    expect(keysOnRoll(keys, null)).toEqual([])
  })

  it('is the key of this browser, else a passkey, else a wallet, else nobody with the reason', () => {
    const wallet = key({ kind: 'wallet', public_key: '0xbb' })
    const passkey = key({ kind: 'passkey', public_key: '0xcc' })
    const mine = { id: '1', name: 'Laptop', credential: '0x01', public_key: '0xcc', created_at: '', last_used_at: null }
    const nothing = { wallet: false, passkeys: [] }
    const means = { wallet: true, passkeys: [mine] }
    expect(chooseSigner([wallet, passkey], undefined, means)).toEqual({ kind: 'passkey', key: mine })
    expect(chooseSigner([passkey], undefined, nothing)).toEqual({ kind: 'session', why: 'key_elsewhere' })
    expect(chooseSigner([key({})], stored, means)).toEqual({ kind: 'ed25519', key: stored })
    expect(chooseSigner([wallet], stored, means)).toEqual({ kind: 'wallet', address: '0xbb' })
    expect(chooseSigner([wallet], undefined, nothing)).toEqual({ kind: 'session', why: 'key_elsewhere' })
    expect(chooseSigner([], stored, nothing)).toEqual({ kind: 'session', why: 'key_too_late' })
    expect(chooseSigner([], undefined, means)).toEqual({ kind: 'session', why: 'no_key' })
  })

  it('a wallet is asked by a message of EIP-4361', () => {
    const text = signInMessage({ domain: 'vote.example.org', address: '0xAb', statement: 'Register.', uri: 'https://vote.example.org', chainId: 1, nonce: 'n0nce678', issuedAt: '2026-01-01T00:00:00Z', expiresAt: null, resources: ['urn:rochdale:voting-key:a'] })
    expect(text).toBe('vote.example.org wants you to sign in with your Ethereum account:\n0xAb\n\nRegister.\n\nURI: https://vote.example.org\nVersion: 1\nChain ID: 1\nNonce: n0nce678\nIssued At: 2026-01-01T00:00:00Z\nResources:\n- urn:rochdale:voting-key:a')
  })
})

describe('next steps', () => {
  const me = (over: Partial<Member>): Member => ({ id: 'me', display_name: '', class: 'worker', status: 'active', roles: [], joined_at: '', version: 1, ...over })
  const proposal = (over: Partial<Proposal>) => ({ state: 'draft', author: { id: 'me', display_name: '' }, course: { opening: null }, opens_from: null, closes_at: '2026-01-02T00:00:00Z', turnout: { cast: 1, of: 2 }, close_when_all_voted: false, ...over }) as Proposal
  const names = (over: Partial<Proposal>, who: Partial<Member>) => offeredSteps(proposal(over), me(who)).map(({ name }) => name)

  it('are offered to those who may take them', () => {
    expect(names({}, {})).toEqual(['discuss', 'edit', 'withdraw'])
    expect(names({}, { id: 'other' })).toEqual([])
    expect(names({}, { id: 'other', roles: ['steward'] })).toEqual(['discuss', 'edit', 'cancel'])
    expect(names({ state: 'discussion' }, { id: 'other', roles: ['steward'] })).toEqual(['open', 'schedule', 'edit', 'cancel'])
    expect(names({ state: 'open' }, {})).toEqual(['close'])
    expect(names({ state: 'open' }, { id: 'other' })).toEqual([])
    expect(names({ state: 'open' }, { roles: ['steward'] })).toEqual(['close', 'cancel'])
    expect(names({ state: 'passed' }, { roles: ['steward'] })).toEqual([])
    expect(names({}, { status: 'suspended' })).toEqual([])
  })

  it('say from when, and closing early only where the bylaws and the turnout allow it', () => {
    const close = (over: Partial<Proposal>) => offeredSteps(proposal({ state: 'open', ...over }), me({ roles: ['steward'] }))[0]?.from
    expect(close({})).toBe(Date.parse('2026-01-02T00:00:00Z'))
    expect(close({ close_when_all_voted: true })).toBe(Date.parse('2026-01-02T00:00:00Z'))
    expect(close({ close_when_all_voted: true, turnout: { cast: 2, of: 2 } })).toBeNull()
  })

  it('suggest an end of voting that the bylaws allow', () => {
    for (const [min, max] of [[1, 60], [86_400, 30 * 86_400], [10 * 86_400, 20 * 86_400], [3_600, 7_200]] as const) {
      const range = closingRange(proposal({ voting_seconds_min: min, voting_seconds_max: max }), 1_000_000)
      expect(range.min).toBeLessThanOrEqual(range.suggested)
      expect(range.suggested).toBeLessThanOrEqual(range.max)
      expect(range.suggested % 60_000).toBe(0)
    }
  })
})

describe('acts on a membership', () => {
  const person = (over: Partial<Member>): Member => ({ id: 'other', display_name: '', class: 'worker', status: 'active', roles: [], joined_at: '', version: 1, ...over })
  const names = (member: Partial<Member>, me: Partial<Member>) => offeredActs(person(member), person({ id: 'me', ...me })).map((act) => ('role' in act ? `${act.name} ${act.role}` : act.name))
  it('are offered to oneself and to stewards, and never on one that ended', () => {
    expect(names({ id: 'me' }, {})).toEqual(['rename', 'leave'])
    expect(names({}, {})).toEqual([])
    expect(names({ roles: ['auditor'] }, { roles: ['steward'] })).toEqual(['grant steward', 'grant treasurer', 'end auditor', 'suspend', 'expel'])
    expect(names({ status: 'suspended' }, { roles: ['steward'] })).toEqual(['reinstate', 'expel'])
    expect(names({ status: 'left' }, { roles: ['steward'] })).toEqual([])
    expect(names({ id: 'me', status: 'suspended' }, { status: 'suspended' })).toEqual(['leave'])
  })
})

describe('a new proposal', () => {
  const rule = { counting: { method: 'scottish_stv' as const, seats: 2, tie: 'lot' as const }, quorum: null, conditions: [], ballots_final: false, early: false, late_quorum_seconds: 0, notice_seconds: 0 }
  const draft = (over: object) => ({ ...emptyDraft(), title: 'T', ...over })
  it('is looked at before it is sent', () => {
    expect(complaint(draft({ title: ' ' }), null)).toBe('title')
    expect(complaint(draft({ options: ['A', ' '] }), rule)).toBe('candidates')
    expect(complaint(draft({ options: ['A', 'A '] }), rule)).toBe('repeated')
    expect(complaint(draft({ options: ['A', 'B'] }), { ...rule, counting: { ...rule.counting, seats: 3 } })).toBe('seats')
    expect(complaint(draft({ options: ['A', 'B'] }), rule)).toBeNull()
  })
})

describe('the picture of a stage', () => {
  const count: Count = {
    method: 'scottish-stv', seats: 1, quota: '3', valid: '5', blank: '0', withdrawn: [], elected: [1], ties: [],
    stages: [
      { totals: { '1': '2.00000', '2': '2.00000', '10': '1.00000' }, transfer: null, elected: [], excluded: [], nontransferable: '0.00000', ties: [] },
      { totals: { '1': '3.00000', '2': '2.00000', '10': '0.00000' }, transfer: { from: 10, kind: 'exclusion', value: '1.00000' }, elected: [1], excluded: [10], nontransferable: '0.00000', ties: [] },
    ],
  }
  it('shows what was there, what came, and what became of each, in the order of the ballot paper', () => {
    const { rows, quota } = pictureOf(count, 1)
    expect(rows.map(({ candidate, fate }) => [candidate, fate])).toEqual([[1, 'elected'], [2, 'continuing'], [10, 'excluded']])
    expect(rows[0]!.before + rows[0]!.gained).toBeCloseTo(quota!.at)
    expect(rows[2]!.lost).toBe(true)
    expect(pictureOf(count, 7).rows).toEqual([])
  })
  it('leaves exact totals exact', () => expect([trim('565.00000'), trim('3.44444'), trim('6.11110'), trim('7')]).toEqual(['565', '3.44444', '6.11110', '7']))
})

describe('small things', () => {
  it('bytes have one text', () => {
    expect(toHex(fromHex('0x00ff'))).toBe('0x00ff')
    expect(() => fromHex('0xFF')).toThrow()
    expect(idWord('0192f0c1-2a3b-7c4d-8e5f-60718293a4b5')).toBe(`0x${'0'.repeat(32)}0192f0c12a3b7c4d8e5f60718293a4b5`)
  })
  it('short names fit addresses', () => expect(['Café Zürich 12', '12 Monkeys!', '合作社'].map(slugOf)).toEqual(['cafe-zurich-12', 'monkeys', '']))
  it('anchors stand in four words', () => expect(['sealed', 'broadcast', 'mined', 'final', 'halted'].map(anchorStage)).toEqual(['preparing', 'sent', 'sent', 'final', 'halted']))
})
