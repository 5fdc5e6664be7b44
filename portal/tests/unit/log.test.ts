// Aim: the browser believes a proof that the log holds a ballot if it is one, and no other. Method: the worked log that Rust is tested
// with too, every one-bit change of its proofs, and trees of other sizes by the definition.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../src/lib/api/problem'
import type { Coop, LogProof, MyBallot, Proposal, ReceiptState } from '../../src/lib/api/types'
import { fromHex, toHex } from '../../src/lib/bytes'
import { verify } from '../../src/lib/keys/browser'
import { receiptFile } from '../../src/lib/log/file'
import { follow, TRIES } from '../../src/lib/log/following'
import { openNote, readCheckpoint, readNoteKey } from '../../src/lib/log/note'
import { checkStanding, type Contradiction, type Known } from '../../src/lib/log/proof'
import { entryOf, leadsToRoot, leafHash } from '../../src/lib/log/tree'

interface Vectors {
  namespace: string
  origin: string
  key: { publicKey: string; id: string; text: string }
  entries: { type: string; typeHash: string; structHash: string; entry: string; leafHash: string }[]
  checkpoints: { size: number; root: string; note: string }[]
  inclusion: { index: number; size: number; proof: string[] }[]
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('../../../governance/testdata/log.json', import.meta.url), 'utf8'))
const { namespace, origin, key } = vectors
const knownOf = (index: number): Known => ({ logKey: key.text, namespace, typeHash: vectors.entries[index]!.typeHash, recordHash: vectors.entries[index]!.structHash })
type Published = LogProof & { state: 'published' }
const proofs = vectors.inclusion.map(({ index, size, proof }): Published => {
  const { typeHash, structHash } = vectors.entries[index]!
  return { state: 'published', origin, log_key: key.text, type_hash: typeHash, record_hash: structHash, index, size, inclusion: proof, checkpoint: vectors.checkpoints[size]!.note }
})
const ballot = proofs[2]!
const why = async (answer: unknown, known = knownOf(2)) => {
  const standing = await checkStanding(answer as ReceiptState, known)
  return standing.kind === 'contradiction' ? standing.why : standing.kind
}

describe('the worked log', () => {
  it.each(vectors.entries)('hashes its $type', async ({ typeHash, structHash, entry, leafHash: leaf }) => {
    const made = entryOf(fromHex(typeHash), fromHex(structHash))
    expect(toHex(made)).toBe(entry)
    expect(toHex(await leafHash(made))).toBe(leaf)
  })

  it('has a key that is read, and its id is computed', async () => {
    const read = (await readNoteKey(key.text))!
    expect([read.name, toHex(read.id), toHex(read.publicKey)]).toEqual([origin, `0x${key.id}`, key.publicKey])
  })

  it.each(vectors.checkpoints)('has a checkpoint of size $size that is signed', async ({ size, root, note }) => {
    const text = await openNote(note, (await readNoteKey(key.text))!)
    const checkpoint = readCheckpoint(text!, origin)!
    expect([checkpoint.size, toHex(checkpoint.root)]).toEqual([size, root])
  })

  it.each(proofs)('holds entry $index, proved', async (proof) => {
    expect(await checkStanding(proof, knownOf(proof.index))).toEqual({ kind: 'proved', index: proof.index, size: 3 })
  })

  it('says what is not proved yet', async () => expect(await why({ state: 'pending' })).toBe('pending'))
})

/** Every text or word that differs from this one in one bit. */
function* bitFlips(text: string): Generator<string> {
  if (/^0x([0-9a-f]{2})+$/.test(text)) {
    for (let bit = 0; bit < (text.length - 2) * 4; bit += 1) {
      const bytes = fromHex(text)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      yield toHex(bytes)
    }
  } else {
    for (let bit = 0; bit < text.length * 8; bit += 1) yield text.slice(0, bit >> 3) + String.fromCharCode(text.charCodeAt(bit >> 3) ^ (1 << (bit & 7))) + text.slice((bit >> 3) + 1)
  }
}

describe('a change of one bit is refused', () => {
  const fields = ['origin', 'log_key', 'type_hash', 'record_hash', 'checkpoint'] as const
  it.each(fields)('in %s', async (field) => {
    const believed: string[] = []
    let tried = 0
    for (const changed of bitFlips(ballot[field])) {
      tried += 1
      const found = await why({ ...ballot, [field]: changed })
      if (found === 'proved' || found === 'pending' || found === 'unchecked') believed.push(changed)
    }
    expect(tried).toBeGreaterThan(200)
    expect(believed).toEqual([])
  })

  it('in each hash of the path', async () => {
    for (const proof of proofs) {
      for (const [place, hash] of proof.inclusion.entries()) {
        for (const changed of bitFlips(hash)) {
          const inclusion = proof.inclusion.with(place, changed)
          expect(await why({ ...proof, inclusion }, knownOf(proof.index))).toBe('path')
        }
      }
    }
  })

  it('in the place and the size', async () => {
    for (let bit = 0; bit < 31; bit += 1) {
      expect(await why({ ...ballot, index: ballot.index ^ (1 << bit) })).toBe('path')
      expect(await why({ ...ballot, size: ballot.size ^ (1 << bit) })).toBe('checkpoint')
    }
  })

  it('in what one knows by oneself', async () => {
    for (const field of ['logKey', 'namespace', 'typeHash', 'recordHash'] as const) {
      for (const changed of bitFlips(knownOf(2)[field])) expect(['log', 'record']).toContain(await why(ballot, { ...knownOf(2), [field]: changed }))
    }
  })
})

describe('what is no proof', () => {
  const [older, newer] = [vectors.checkpoints[2]!.note, vectors.checkpoints[3]!.note]
  const cases: [string, unknown, Contradiction][] = [
    ['nothing', null, 'form'],
    ['a text', 'published', 'form'],
    ['another state', { state: 'proved' }, 'form'],
    ['a claim without a proof', { state: 'published' }, 'form'],
    ['a path that is a text', { ...ballot, inclusion: ballot.inclusion[0] }, 'form'],
    ['a hash with capital digits', { ...ballot, inclusion: [ballot.inclusion[0]!.toUpperCase().replace('0X', '0x')] }, 'form'],
    ['a hash that is cut', { ...ballot, inclusion: [ballot.inclusion[0]!.slice(0, -2)] }, 'form'],
    ['a place that is no whole number', { ...ballot, index: 1.5 }, 'form'],
    ['a place before the first', { ...ballot, index: -1 }, 'form'],
    ['a place beyond what is exact', { ...ballot, index: 2 ** 53 }, 'form'],
    ['the proof of another record', proofs[1], 'record'],
    ['a checkpoint of another size', { ...ballot, checkpoint: older }, 'checkpoint'],
    ['a checkpoint without a signature', { ...ballot, checkpoint: newer.split('\u2014')[0] }, 'checkpoint'],
    ['a checkpoint that lacks its last line feed', { ...ballot, checkpoint: newer.slice(0, -1) }, 'checkpoint'],
    ['a note longer than 128 KiB', { ...ballot, checkpoint: newer + `\u2014 else ${'AAAA'.repeat(33_000)}\n` }, 'checkpoint'],
    ['more than 64 signatures', { ...ballot, checkpoint: newer + '\u2014 else AAAAAAAA\n'.repeat(64) }, 'checkpoint'],
    ['a line that is no signature', { ...ballot, checkpoint: `${newer}else\n` }, 'checkpoint'],
    ['a good and a bad signature of the key', { ...ballot, checkpoint: newer + older.slice(older.indexOf('\u2014')) }, 'checkpoint'],
    ['a path that is too short', { ...ballot, inclusion: [] }, 'path'],
    ['a path that is too long', { ...ballot, inclusion: [...ballot.inclusion, ...ballot.inclusion] }, 'path'],
  ]
  it.each(cases)('%s', async (_name, answer, wanted) => expect(await why(answer)).toBe(wanted))

  it('a signature of somebody else beside that of the key does not matter', async () => {
    expect(await why({ ...ballot, checkpoint: `${newer}\u2014 witness.example AAAAAAAA\n` })).toBe('proved')
  })

  const texts: [string, string][] = [
    ['another origin', `other\n3\n${'A'.repeat(43)}=\n`],
    ['a size with a leading zero', `${origin}\n03\n${'A'.repeat(43)}=\n`],
    ['a root that is cut', `${origin}\n3\n${'A'.repeat(40)}\n`],
    ['a root spelled otherwise', `${origin}\n3\n${'A'.repeat(42)}B=\n`],
    ['a fourth line', `${origin}\n3\n${'A'.repeat(43)}=\nmore\n`],
  ]
  it.each(texts)('a checkpoint with %s', (_name, text) => expect(readCheckpoint(text, origin)).toBeNull())
})

describe('trees', () => {
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  const split = (size: number) => 2 ** Math.floor(Math.log2(size - 1))
  const root = (leaves: Buffer[]): Buffer => (leaves.length === 1 ? leaves[0]! : sha256(Buffer.of(1), root(leaves.slice(0, split(leaves.length))), root(leaves.slice(split(leaves.length)))))
  const path = (leaves: Buffer[], index: number): Buffer[] => {
    if (leaves.length === 1) return []
    const [left, right] = [leaves.slice(0, split(leaves.length)), leaves.slice(split(leaves.length))]
    return index < left.length ? [...path(left, index), root(right)] : [...path(right, index - left.length), root(left)]
  }

  it('of every size to 40 lead from every leaf to the root, and from no other place', async () => {
    const all = Array.from({ length: 40 }, (_, index) => sha256(Buffer.of(index)))
    for (let size = 1; size <= all.length; size += 1) {
      const leaves = all.slice(0, size)
      for (const [index, leaf] of leaves.entries()) {
        const beside = path(leaves, index)
        expect(await leadsToRoot(leaf, index, size, beside, root(leaves)), `${index} of ${size}`).toBe(true)
        expect(await leadsToRoot(leaf, (index + 1) % size, size, beside, root(leaves)), `${index} of ${size}, elsewhere`).toBe(size === 1)
        expect(await leadsToRoot(leaf, index + size, size, beside, root(leaves))).toBe(false)
      }
    }
  })

  it('are no smaller and no larger than the checkpoint says', async () => {
    const [one, two] = [sha256(Buffer.of(1)), sha256(Buffer.of(2))]
    const both = root([one, two])
    expect(await leadsToRoot(one, 0, 2, [two], both)).toBe(true)
    expect(await leadsToRoot(one, 0, 3, [two], both)).toBe(false)
    expect(await leadsToRoot(two, 0, 1, [one], both)).toBe(false)
  })
})

describe('Ed25519, strictly', () => {
  const message = Uint8Array.from([1, 2, 3])
  const pair = generateKeyPairSync('ed25519')
  const publicKey = Uint8Array.from(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const signature = Uint8Array.from(sign(null, message, pair.privateKey))
  const L = 2n ** 252n + 27742317777372353535851937790883648493n
  /** Adds the order of the group to the number of a signature, which changes nothing for whoever reduces it first. */
  const otherSpelling = () => {
    const number = signature.slice(32).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n) + L
    return Uint8Array.from([...signature.slice(0, 32), ...Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n))])
  }
  const identity = Uint8Array.from([1, ...Array<number>(31).fill(0)])

  const cases: [string, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, boolean][] = [
    ['a signature', publicKey, signature, true],
    ['another spelling of it', publicKey, otherSpelling(), false],
    ['a key of small order, which signs everything', identity, Uint8Array.from([...identity, ...Array<number>(32).fill(0)]), false],
    ['a key that is too short', publicKey.slice(1), signature, false],
    ['a signature that is too short', publicKey, signature.slice(1), false],
    ['a key beyond the field', new Uint8Array(32).fill(0xff), signature, false],
    ['a key that is no point', Uint8Array.from([2, ...Array<number>(31).fill(0)]), signature, false],
  ]
  it.each(cases)('%s', async (_name, by, signed, wanted) => expect(await verify(by, message, signed)).toBe(wanted))
})

describe('following a ballot', () => {
  const pending: ReceiptState = { state: 'pending' }
  const run = async (answers: (ReceiptState | Problem)[], signal = new AbortController().signal) => {
    let asked = 0
    const ask = () => {
      const answer = answers[Math.min(asked, answers.length - 1)]!
      asked += 1
      return answer instanceof Problem ? Promise.reject(answer) : Promise.resolve(answer)
    }
    const followed = await follow(ask, knownOf(2), signal, () => Promise.resolve())
    return { asked, ...followed }
  }

  it('asks until it is proved', async () => expect(await run([pending, pending, ballot])).toEqual({ asked: 3, answer: ballot, standing: { kind: 'proved', index: 2, size: 3 } }))
  it('asks a few times and no more', async () => expect(await run([pending])).toEqual({ asked: TRIES, answer: pending, standing: { kind: 'pending' } }))
  it('asks no more when the page is left', async () => expect((await run([pending], AbortSignal.abort())).asked).toBe(1))
  it('takes "never heard of it" for a contradiction', async () => {
    const unknown = Problem.read(404, { type: '/problems/not-found' })
    expect(await run([pending, unknown])).toEqual({ asked: 2, answer: null, standing: { kind: 'contradiction', why: 'unknown' } })
  })
  it.each([Problem.offline(), Problem.read(502, null), Problem.read(404, null)])('makes no verdict of a failure ($slug)', async (problem) => {
    await expect(run([problem])).rejects.toBe(problem)
  })
})

describe('the file', () => {
  const coop = { id: 'c', name: 'n', namespace, domain: {}, server_key: '0x01', log_key: key.text } as Coop
  const proposal = { id: 'p', title: 't', record_hash: '0x02' } as Proposal
  const mine = { record_hash: ballot.record_hash, sequence: 7, receipt: {}, receipt_signature: '0x03', salt: '0x04', options: [0], points: [1] } as unknown as MyBallot

  it('has at its top what the server said of the log, so that rochdale-audit receipt reads it', () => {
    expect(receiptFile(coop, proposal, 'm', mine, ballot)).toMatchObject(ballot)
    expect(receiptFile(coop, proposal, 'm', mine, { state: 'pending' })).toMatchObject({ state: 'pending' })
    expect(receiptFile(coop, proposal, 'm', mine, null)).not.toHaveProperty('state')
  })

  it('keeps the ballot, its salt and the acknowledgement, whatever the server sends', () => {
    const hostile = { ...ballot, ballot: 'another', acknowledgement: null, coop: {} }
    const file = receiptFile(coop, proposal, 'm', mine, hostile)
    expect(file.ballot).toMatchObject({ voter: 'm', salt: '0x04', options: [0], points: [1] })
    expect(file.acknowledgement).toMatchObject({ record_hash: ballot.record_hash, sequence: 7, receipt_signature: '0x03' })
    expect(file.coop).toMatchObject({ log_key: key.text })
  })
})
