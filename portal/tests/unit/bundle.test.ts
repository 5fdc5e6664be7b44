// Aim: a bundle that a server made holds, and whatever is changed in it is found by the check that it concerns. Method: two bundles of the
// demonstration, changed one thing at a time with the counts and hashes of their end made anew, so that no change is found by those alone.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hashRecord, NotAWord, type RecordJson } from '../../src/lib/bundle/hash'
import { areHighest, isSum, outcome, totals } from '../../src/lib/bundle/count'
import { NotABundle, SECTIONS } from '../../src/lib/bundle/read'
import { coveredRoot, holdsLeaf, leafOf, rootOf, rootOfMany } from '../../src/lib/bundle/tree'
import { Verification, type Check, type Verified } from '../../src/lib/bundle/verify'
import { fromHex, toHex } from '../../src/lib/bytes'
import { leafHash, node } from '../../src/lib/log/tree'
import { structHash } from '../../src/lib/record/hash'
import { fieldsOf, TYPE_STRINGS, type RecordType } from '../../src/lib/record/types'

type Line = Record<string, any>
const file = (name: string) => readFileSync(fileURLToPath(new URL(`../data/${name}.rochdale`, import.meta.url)))
/** A file as a browser has it. */
const blob = (bytes: Uint8Array | string) => new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)])
const linesOf = (name: string): Line[] => gunzipSync(file(name)).toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as Line)
const sha256 = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`

/** A bundle of these lines, its end made anew as whoever changes one would make it; the seal is as it was. */
function packed(lines: Line[]): Blob {
  const end = lines.find((line) => line['section'] === 'end')
  const body = lines.filter((line) => line !== end).map((line) => `${JSON.stringify(line)}\n`)
  if (end) {
    for (const section of SECTIONS.filter((name) => name in end['counts'])) {
      const own = body.filter((line) => line.startsWith(`{"section":"${section}"`))
      end['counts'][section] = own.length
      end['digests'][section] = sha256(own.join(''))
    }
    end['sha256'] = sha256(body.join(''))
    body.push(`${JSON.stringify(end)}\n`)
  }
  return blob(gzipSync(body.join('')))
}
const brokenIn = (verified: Verified): Check[] => verified.findings.filter(({ state }) => state === 'broken').map(({ check }) => check)

describe('a bundle as a server made it', () => {
  it.each(['motion', 'approval'])('holds (%s)', async (name) => {
    const verified = await Verification.of(blob(file(name)))
    expect(verified.findings.map(({ check, state }) => `${check} ${state}`)).toEqual(['whole holds', 'seal holds', 'question holds', 'roll holds', 'ballots holds', 'signatures holds', 'tally holds', 'recount holds', 'log holds', 'anchors absent'])
    expect(verified).toMatchObject({ counted: 3, roll: 3, signed: 0, outcome: 'passed' })
  })
  it('is added up again', async () => {
    expect((await Verification.of(blob(file('motion')))).totals).toEqual([{ name: 'yes', total: '2' }, { name: 'no', total: '1' }, { name: 'abstain', total: '0' }, { name: 'blank', total: '0' }])
    expect((await Verification.of(blob(file('approval')))).totals?.map(({ total }) => total)).toEqual(['1', '3', '0'])
  })
  it('tells how far it is', async () => {
    const parts: number[] = []
    await Verification.of(blob(file('motion')), (part) => parts.push(part))
    expect(parts.at(-1)).toBe(1)
  })
})

describe('what is changed in a bundle is found', () => {
  const of = (lines: Line[], section: string, index = 0): Line => lines.filter((line) => line['section'] === section)[index]!
  const other = `0x${'12'.repeat(32)}`
  const cases: [string, string, (lines: Line[]) => Line[] | void, Check[]][] = [
    ['a choice', 'motion', (lines) => void (of(lines, 'ballot', 2)['record'].options = [0]), ['seal', 'signatures', 'tally', 'recount', 'log']],
    ['the last ballot is left out', 'motion', (lines) => lines.filter((line) => line !== of(lines, 'ballot', 2)), ['seal', 'tally', 'recount', 'log']],
    ['the first ballot twice', 'motion', (lines) => lines.flatMap((line) => (line === of(lines, 'ballot') ? [line, line] : [line])), ['seal', 'ballots', 'tally', 'recount', 'log']],
    ['a reason', 'motion', (lines) => void (of(lines, 'ballot')['reason'] = 'I was told to.'), ['seal', 'ballots']],
    ['a ballot that does not count', 'motion', (lines) => void (of(lines, 'ballot')['counted'] = false), ['seal', 'ballots', 'tally', 'recount']],
    ['somebody else’s signature', 'motion', (lines) => void (of(lines, 'ballot')['signature'] = of(lines, 'ballot', 1)['signature']), ['seal', 'signatures']],
    ['a key that the roll does not hold', 'motion', (lines) => void Object.assign(of(lines, 'ballot'), { kind: 'ed25519' }), ['seal', 'signatures', 'tally']],
    ['a wallet that the roll does not hold', 'motion', (lines) => void Object.assign(of(lines, 'ballot'), { kind: 'wallet', public_key: `0x${'11'.repeat(20)}` }), ['seal', 'signatures', 'tally']],
    ['the title', 'motion', (lines) => void (of(lines, 'proposal')['title'] = 'Shall we not?'), ['seal', 'question']],
    ['an option', 'approval', (lines) => void (of(lines, 'proposal')['options'][1] = 'D'), ['seal', 'question']],
    ['the rule', 'motion', (lines) => void (of(lines, 'rule')['record'].majority_strict = false), ['seal', 'question']],
    ['the secret of the lot', 'motion', (lines) => void (of(lines, 'lot')['lot_secret'] = other), ['seal', 'question']],
    ['a weight on the roll', 'motion', (lines) => void (of(lines, 'roll')['weight'] = '2'), ['seal', 'roll', 'tally', 'recount']],
    ['somebody is taken off the roll', 'motion', (lines) => lines.filter((line) => line !== of(lines, 'roll')), ['seal', 'roll', 'ballots', 'tally', 'recount']],
    ['a key on the roll', 'motion', (lines) => void of(lines, 'roll')['keys'].push({ kind: 'ed25519', public_key: other, registered_sequence: 3 }), ['seal', 'roll']],
    ['a number of the tally', 'motion', (lines) => void (of(lines, 'tally')['record'].counts = ['1', '2', '0', '0']), ['seal', 'recount', 'log']],
    ['the outcome', 'motion', (lines) => void Object.assign(of(lines, 'tally'), { outcome: 'rejected', record: { ...of(lines, 'tally')['record'], outcome: 2 } }), ['seal', 'recount', 'log']],
    ['who was chosen', 'approval', (lines) => void (of(lines, 'tally')['count'].elected = [1]), ['seal', 'recount']],
    ['two places in the log', 'motion', (lines) => void ([of(lines, 'ballot')['log_index'], of(lines, 'ballot', 1)['log_index']] = [15, 14]), ['seal', 'log']],
    ['a ballot after the close', 'motion', (lines) => void (of(lines, 'ballot')['log_index'] = 21), ['seal', 'log']],
    ['a fact of an event', 'motion', (lines) => void (of(lines, 'event', 3)['facts'][2] = other), ['seal', 'log']],
    ['the cover', 'motion', (lines) => void (of(lines, 'cover')['hashes'][0] = other), ['seal', 'log']],
    ['a hash more in the cover', 'motion', (lines) => void of(lines, 'cover')['hashes'].push(other), ['seal', 'log']],
    ['the checkpoint', 'motion', (lines) => void (of(lines, 'checkpoint')['note'] = (of(lines, 'checkpoint')['note'] as string).replace('\n24\n', '\n25\n')), ['seal', 'log']],
    ['the key of the log', 'motion', (lines) => void (of(lines, 'header')['log'].origin = 'elsewhere/log'), ['seal', 'log']],
    ['the key of the server', 'motion', (lines) => void (of(lines, 'header')['server_key'] = `0x${'22'.repeat(32)}`), ['seal', 'signatures']],
    ['an anchor that is none', 'motion', (lines) => lines.flatMap((line) => (line['section'] === 'checkpoint' ? [{ section: 'anchor', seq: 1, size: 2, root: other, prev: other, link: other, chain_id: 31337, contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3', proofs: [] }, line] : [line])), ['seal', 'anchors']],
    ['a number that is none', 'motion', (lines) => void (of(lines, 'ballot')['record'].revision = 1.5), ['seal', 'ballots', 'signatures', 'tally', 'log']],
  ]
  it.each(cases)('%s', async (_, name, change, wanted) => {
    const lines = linesOf(name)
    const verified = await Verification.of(packed(change(lines) ?? lines))
    expect(brokenIn(verified)).toEqual(wanted)
  })

  // The cover would tell as well; the order in the log is told first, with the line.
  const orders: [string, (lines: Line[]) => Line, number][] = [
    ['a ballot after the close', (lines) => of(lines, 'ballot'), 21],
    ['a ballot before the question', (lines) => of(lines, 'ballot'), 3],
  ]
  it.each(orders)('and %s is named by its line', async (_, pick, place) => {
    const lines = linesOf('motion')
    const late = pick(lines)
    late['log_index'] = place
    const verified = await Verification.of(packed(lines))
    expect(verified.findings.find(({ check }) => check === 'log')).toEqual({ check: 'log', state: 'broken', line: lines.indexOf(late) + 1 })
  })

  it('and a byte, where nobody makes the end anew', async () => {
    const text = gunzipSync(file('motion')).toString('utf8').replace('"Because."', '"Becauze."')
    expect(brokenIn(await Verification.of(blob(gzipSync(text))))).toContain('whole')
  })
  it('and a log that is not there', async () => {
    const lines = linesOf('motion').filter((line) => line['section'] !== 'checkpoint' && line['section'] !== 'cover')
    expect((await Verification.of(packed(lines))).findings.find(({ check }) => check === 'log')?.state).toBe('absent')
  })
})

describe('what is no bundle', () => {
  const cases: [string, Blob, string][] = [
    ['anything', blob('hello'), 'gzip'],
    ['one that was cut', blob(file('motion').subarray(0, 3000)), 'gzip'],
    ['nothing', blob(gzipSync('')), 'end'],
    ['no JSON', blob(gzipSync('{"section":\n')), 'json'],
    ['a line without an end', blob(gzipSync('{"section":"header"}')), 'json'],
    ['a list', blob(gzipSync('[]\n')), 'section'],
    ['null', blob(gzipSync('null\n')), 'section'],
    ['another section', blob(gzipSync('{"section":"secret"}\n')), 'section'],
    ['another order', blob(gzipSync('{"section":"tally"}\n{"section":"roll"}\n')), 'order'],
    ['no end', packed(linesOf('motion').filter((line) => line['section'] !== 'end')), 'end'],
  ]
  it.each(cases)('%s', async (_, of, why) => {
    const caught = await Verification.of(of).then(() => null, (error: unknown) => error)
    expect(caught).toBeInstanceOf(NotABundle)
    expect((caught as NotABundle).why).toBe(why)
  })
})

describe('hashes of records', () => {
  const value = (kind: string): string | number | boolean | number[] => (kind.endsWith('[]') ? [] : kind === 'string' ? 'text 你好' : kind === 'bool' ? true : kind === 'bytes32' ? `0x${'ab'.repeat(32)}` : 7)
  const key = (name: string) => (name === 'ns' ? 'namespace' : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  it.each(Object.keys(TYPE_STRINGS) as RecordType[])('agree with those of ethers (%s)', (type) => {
    const fields = fieldsOf(type)
    const json: RecordJson = Object.fromEntries(fields.map(({ name, type: kind }) => [key(name), value(kind)]))
    expect(hashRecord(type, json)).toBe(structHash(type, Object.fromEntries(fields.map(({ name, type: kind }) => [name, value(kind)]))))
  })
  it.each([undefined, null, -1, 1.5, 2 ** 60, '0xAB', '01', '1e3', {}, []])('take no %j for a word', (wrong) => {
    expect(() => hashRecord('ConditionV1', { answer: wrong, bound: 1, base: 1, share: 1, whole: 1 })).toThrow(NotAWord)
  })
})

describe('trees', () => {
  interface Tree {
    name: string
    root: string
    leaves: { words: string[]; hash: string; proof: string[] }[]
  }
  const { trees } = JSON.parse(readFileSync(new URL('../../../governance/testdata/merkle.json', import.meta.url), 'utf8')) as { trees: Tree[] }
  it.each(trees)('are those of the published vectors ($name)', async ({ root, leaves }) => {
    expect(rootOf(leaves.map(({ words }) => leafOf(words)))).toBe(root)
    expect(await rootOfMany(leaves.map(({ hash }) => hash), () => Promise.resolve())).toBe(root)
    for (const { words, hash, proof } of leaves) {
      expect(leafOf(words)).toBe(hash)
      expect(holdsLeaf(root, hash, proof)).toBe(true)
      expect(holdsLeaf(root, hash, [...proof, hash])).toBe(false)
    }
  })
  it('of nothing hold nothing', () => expect(holdsLeaf(`0x${'0'.repeat(64)}`, `0x${'0'.repeat(64)}`, [])).toBe(false))

  it('of a log are covered by what is missing, for every choice of places', async () => {
    for (let size = 1; size <= 7; size += 1) {
      const leaves = await Promise.all(Array.from({ length: size }, (_, index) => leafHash(Uint8Array.of(index))))
      const rootOver = async (from: number, to: number): Promise<Uint8Array<ArrayBuffer>> => {
        if (to - from === 1) return leaves[from]!
        let half = 1
        while (half * 2 < to - from) half *= 2
        return node(await rootOver(from, from + half), await rootOver(from + half, to))
      }
      const coverOf = async (from: number, to: number, places: number): Promise<string[]> => {
        const inside = Array.from({ length: to - from }, (_, index) => (places >> (from + index)) & 1).some((bit) => bit === 1)
        if (!inside) return [toHex(await rootOver(from, to))]
        if (to - from === 1) return []
        let half = 1
        while (half * 2 < to - from) half *= 2
        return [...(await coverOf(from, from + half, places)), ...(await coverOf(from + half, to, places))]
      }
      for (let places = 1; places < 2 ** size; places += 1) {
        const claims = leaves.map((leaf, index) => ({ index, leaf })).filter(({ index }) => ((places >> index) & 1) === 1)
        const cover = await coverOf(0, size, places)
        const found = await coveredRoot(size, claims, cover)
        expect(toHex(found!)).toBe(toHex(await rootOver(0, size)))
        expect(await coveredRoot(size, claims, [...cover, cover[0] ?? toHex(leaves[0]!)])).toBeNull()
      }
    }
    expect(await coveredRoot(2, [{ index: 2, leaf: fromHex(`0x${'00'.repeat(32)}`) }], [])).toBeNull()
    expect(await coveredRoot(0, [], [])).toBeNull()
  })
})

describe('counting again', () => {
  const rule = (over: object): RecordJson => ({ method: 'yes_no', parameters: [], quorum_counts: 0, quorum_base: 0, quorum_share: 0, quorum_whole: 0, majority_base: 1, majority_share: 1, majority_whole: 2, majority_strict: true, majority_min: 0, ...over })
  const counts = (yes: number, no: number, abstain = 0, blank = 0) => [yes, no, abstain, blank].map(BigInt)
  const cases: [string, RecordJson, bigint[], number, RecordJson[], number][] = [
    ['more than half', rule({}), counts(2, 1), 9, [], 1],
    ['half is not more than half', rule({}), counts(2, 2), 9, [], 2],
    ['half is at least half', rule({ majority_strict: false }), counts(2, 2), 9, [], 1],
    ['nobody says yes or no', rule({ majority_strict: false }), counts(0, 0, 3), 9, [], 2],
    ['a fifth of the roll take part', rule({ quorum_counts: 1, quorum_base: 1, quorum_share: 1, quorum_whole: 5 }), counts(1, 0, 1), 10, [], 1],
    ['one fewer does not', rule({ quorum_counts: 1, quorum_base: 1, quorum_share: 1, quorum_whole: 5 }), counts(1, 0), 10, [], 3],
    ['abstentions do not help a quorum of yes and no', rule({ quorum_counts: 2, quorum_base: 2, quorum_share: 2 }), counts(1, 0, 9), 10, [], 3],
    ['one and a half times the root', rule({ quorum_counts: 1, quorum_base: 3 }), counts(15, 0), 100, [], 1],
    ['one below it', rule({ quorum_counts: 1, quorum_base: 3 }), counts(14, 0), 100, [], 3],
    ['of the roll', rule({ majority_base: 4 }), counts(5, 0), 10, [], 2],
    ['too few in favour', rule({ majority_min: 3 }), counts(2, 0), 10, [], 2],
    ['a condition that is not met', rule({}), counts(3, 1), 10, [{ answer: 1, bound: 2, base: 1, share: 1, whole: 5 }], 2],
    ['a condition that is met', rule({}), counts(4, 1), 10, [{ answer: 1, bound: 2, base: 1, share: 1, whole: 5 }], 1],
  ]
  it.each(cases)('%s', (_, of, sums, roll, conditions, wanted) => expect(outcome(of, conditions, sums, BigInt(roll))).toBe(wanted))
  it('adds up points with their weights', () => {
    const choices = [{ options: [0, 2], points: [3, 1], weight: 2n }, { options: [2], points: [5], weight: 1n }, { options: [], points: [], weight: 9n }]
    expect(totals(rule({ method: 'score', parameters: [5] }), 3, choices)).toEqual([6n, 0n, 7n])
    expect(isSum(rule({ method: 'score', parameters: [5, 1, 2] }))).toBe(false)
    expect(isSum(rule({ method: 'meek' }))).toBe(false)
  })
  it('knows who has most', () => {
    expect(areHighest([3n, 5n, 5n], [2], 1)).toBe(true)
    expect(areHighest([3n, 5n, 5n], [1], 1)).toBe(false)
    expect(areHighest([3n, 5n], [2, 2], 2)).toBe(false)
    expect(areHighest([3n, 5n], [2, 1], 1)).toBe(false)
    expect(areHighest([3n, 5n], [3], 1)).toBe(false)
  })
})
