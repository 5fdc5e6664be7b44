// Aim: a ballot bears the voter that its tier asks for and no other, and what a tier hides is told. Method: tables through the functions
// that decide it; the published vectors of a ballot are in hash.test.ts.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bylaws, MyBallot, Proposal, Tier } from '../../src/lib/api/types'
import { checkReceipt, prepare, type Signer } from '../../src/lib/ballot'
import { idWord } from '../../src/lib/bytes'
import { countedBallots } from '../../src/lib/counted'
import { exposure, mayBear, rememberVoter, tierFor, tiersOf, uuidOf, voterInReceipt, voterOf } from '../../src/lib/secrecy'

const MEMBER = '0192f0c1-2a3b-7c4d-8e5f-60718293a4b5'
const PSEUDONYM = '7d444840-9dc0-4bd1-b245-5ffdce74fad2'
const ID = '0192f0c1-2a3b-7c4d-8e5f-60718293a4b6'
const WORD = `0x${'ab'.repeat(32)}`
const signing = (voter: string) => ({ domain: { name: 'Rochdale', version: '1', chain_id: null, verifying_contract: null, salt: WORD }, namespace: WORD, proposal: idWord(ID), proposal_hash: WORD, voter, next_revision: 1 })
const proposal = (secrecy: Tier, voter: string | null, id = ID) => ({ id, secrecy, record_hash: WORD, signing: voter === null ? null : { ...signing(voter), proposal: idWord(id) } }) as unknown as Proposal
const nobody = () => Promise.reject(new Error('nothing should have been asked'))

describe('the voter of a ballot', () => {
  const cases: [string, Tier, string, boolean][] = [
    ['the member, openly', 'open', idWord(MEMBER), true],
    ['the member, sealed', 'sealed', idWord(MEMBER), true],
    ['a pseudonym', 'pseudonymous', idWord(PSEUDONYM), true],
    ['somebody else, openly', 'open', idWord(PSEUDONYM), false],
    ['somebody else, sealed', 'sealed', idWord(PSEUDONYM), false],
    ['the member where it should be a pseudonym', 'pseudonymous', idWord(MEMBER), false],
    ['another identifier that carries a time', 'pseudonymous', idWord('0192f0c1-2a3b-7c4d-8e5f-000000000000'), false],
    ['something that is no identifier', 'pseudonymous', WORD, false],
  ]
  it.each(cases)('%s', (_, tier, voter, wanted) => expect(mayBear(tier, voter, MEMBER)).toBe(wanted))

  it('is not taken from a server that asks for another', async () => {
    const session: Signer = { kind: 'session', why: 'no_key' }
    await expect(prepare(proposal('open', idWord(PSEUDONYM)), MEMBER, { options: [0], points: [1] }, '', session)).rejects.toThrow('somebody else')
    await expect(prepare(proposal('pseudonymous', idWord(MEMBER)), MEMBER, { options: [0], points: [1] }, '', { kind: 'pseudonym' })).rejects.toThrow('somebody else')
  })

  it('is not signed by a key under a pseudonym, nor without one in its place', async () => {
    const key = { kind: 'wallet', address: '0x00' } as const
    await expect(prepare(proposal('pseudonymous', idWord(PSEUDONYM)), MEMBER, { options: [0], points: [1] }, '', key)).rejects.toThrow('somebody else')
    await expect(prepare(proposal('sealed', idWord(MEMBER)), MEMBER, { options: [0], points: [1] }, '', { kind: 'pseudonym' })).rejects.toThrow('somebody else')
  })

  it('stands in the hash, so that a receipt under another name is found out', async () => {
    const about = proposal('pseudonymous', idWord(PSEUDONYM))
    const { body, recordHash } = await prepare(about, MEMBER, { options: [1], points: [1] }, 'Because.', { kind: 'pseudonym' })
    expect(body.signature).toBeNull()
    const receipt = { namespace: WORD, subject: idWord(ID), record_hash: recordHash, sequence: 1, at: 1, salt: WORD }
    const ballot = { ...body, reason: body.reason ?? null, record_hash: recordHash, receipt, receipt_signature: '0x00', server_key: '0x00' } as unknown as MyBallot
    const place = { domain: signing('').domain, namespace: WORD, server_key: '0x00' }
    expect((await checkReceipt(place, about, idWord(PSEUDONYM), ballot)).recordMatches).toBe(true)
    expect((await checkReceipt(place, about, idWord(MEMBER), ballot)).recordMatches).toBe(false)
  })
})

describe('a pseudonym', () => {
  const receipt = JSON.stringify({ ballot: { voter: idWord(PSEUDONYM) } })
  it('is the member where ballots are named, and nobody is asked', async () => {
    expect(await voterOf(proposal('sealed', null), MEMBER, nobody)).toBe(idWord(MEMBER))
  })
  it('is told while voting is open, and read from the receipt file after that', async () => {
    expect(await voterOf(proposal('pseudonymous', idWord(PSEUDONYM)), MEMBER, nobody)).toBe(idWord(PSEUDONYM))
    expect(await voterOf(proposal('pseudonymous', null), MEMBER, () => Promise.resolve(receipt))).toBe(idWord(PSEUDONYM))
  })
  it('stays what it was told first', async () => {
    const id = '0192f0c1-2a3b-7c4d-8e5f-60718293a4b7'
    rememberVoter(proposal('pseudonymous', idWord(PSEUDONYM), id))
    expect(await voterOf(proposal('pseudonymous', null, id), MEMBER, nobody)).toBe(idWord(PSEUDONYM))
  })
  it('is an identifier that one can read', () => {
    expect(uuidOf(idWord(PSEUDONYM))).toBe(PSEUDONYM)
    for (const wrong of ['{}', 'null', JSON.stringify({ ballot: { voter: idWord(MEMBER) } })]) expect(() => voterInReceipt(wrong)).toThrow()
  })
})

describe('what bylaws allow', () => {
  const bylaws = (privacy: unknown) => ({ content: { kinds: { motion: { privacy } } } }) as unknown as Bylaws
  const cases: [string, unknown, Tier | '', readonly Tier[], Tier][] = [
    ['nothing said', undefined, '', ['open'], 'open'],
    ['nothing chosen', { tiers: ['sealed', 'open'] }, '', ['sealed', 'open'], 'sealed'],
    ['one of them chosen', { tiers: ['sealed', 'open'] }, 'open', ['sealed', 'open'], 'open'],
    ['one chosen that is not allowed any more', { tiers: ['sealed'] }, 'pseudonymous', ['sealed'], 'sealed'],
  ]
  it.each(cases)('%s', (_, privacy, chosen, tiers, tier) => {
    expect(tiersOf(bylaws(privacy), 'motion')).toEqual(tiers)
    expect(tierFor(bylaws(privacy), 'motion', chosen)).toBe(tier)
  })
})

describe('what a small group gives away', () => {
  // The sentences stand in the server's source; whoever changes them there finds out here.
  const source = readFileSync(new URL('../../../governance/src/secrecy/mod.rs', import.meta.url), 'utf8')
  const sentences = [...source.matchAll(/#\[error\("([^"]*\{(?:members|ballots)\}[^"]*)"\)\]/g)].map((found) => found[1]!.replaceAll(/\{\w+\}/g, '3'))
  it('is told in the words of the page, each sentence of the server', () => {
    expect(sentences).toHaveLength(4)
    for (const sentence of sentences) expect(exposure(sentence), sentence).toMatch(/^(Only|All) 3 /)
    expect(exposure('something new')).toBe('something new')
  })
})

describe('the table of ballots', () => {
  const row = { sequence: 4, member: 'b', display_name: 'Ben', revision: 1, is_counted: true, options: [0], points: [1], reason: null, signature_kind: 'session', record_hash: '0x01', cast_at: '' }
  it('shows those that count, by name, or by pseudonym where there is none', () => {
    const text = JSON.stringify([row, { ...row, member: 'a', display_name: 'Ada' }, { ...row, is_counted: false }, { ...row, member: '0c', display_name: null }, null, { sequence: 'x' }])
    expect(countedBallots(text).map(({ name, voter }) => name ?? voter)).toEqual(['0c', 'Ada', 'Ben'])
    expect(() => countedBallots('{}')).toThrow()
  })
})
