// A log for the mock, so that the portal's own check of a proof meets a real one. Each entry is published a little later.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { randomWord, typeHash } from './record.mjs'

const PUBLISH_MS = 2_500
const LOOK_MS = 100
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const bytes = (word) => Buffer.from(word.slice(2), 'hex')
const byte = (value) => Buffer.from([value])
const hex = (hash) => `0x${hash.toString('hex')}`
const leaf = (entry) => sha256(byte(0), byte(1), bytes(entry.type_hash), bytes(entry.record_hash))
/** The largest power of two smaller than a size. */
const split = (size) => 2 ** Math.floor(Math.log2(size - 1))
const root = (leaves) => (leaves.length === 1 ? leaves[0] : sha256(byte(1), root(leaves.slice(0, split(leaves.length))), root(leaves.slice(split(leaves.length)))))

/** The hashes beside the way from a leaf up to the root, innermost first. */
function path(leaves, index) {
  if (leaves.length === 1) return []
  const at = split(leaves.length)
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)]
  return index < at ? [...path(left, index), root(right)] : [...path(right, index - at), root(left)]
}

const pair = generateKeyPairSync('ed25519')
const keyBytes = Buffer.concat([byte(1), pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])

/** A log that began with two other records. */
export function makeLog(namespace) {
  const origin = `demo.example/log/${namespace.slice(2)}`
  const id = sha256(Buffer.from(`${origin}\n`), keyBytes).subarray(0, 4)
  const log_key = `${origin}+${id.toString('hex')}+${keyBytes.toString('base64')}`
  const entries = ['BylawsV1', 'ProposalV1'].map((name) => ({ type_hash: typeHash(name), record_hash: randomWord(), from: 0 }))

  function proof(record_hash) {
    const index = entries.findIndex((entry) => entry.record_hash === record_hash)
    if (index < 0) return null
    const published = entries.filter((entry) => entry.from <= Date.now())
    if (index >= published.length) return { state: 'pending' }
    const leaves = published.map(leaf)
    const text = `${origin}\n${leaves.length}\n${root(leaves).toString('base64')}\n`
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), pair.privateKey)]).toString('base64')
    const { type_hash } = entries[index]
    return { state: 'published', origin, log_key, type_hash, record_hash, index, size: leaves.length, inclusion: path(leaves, index).map(hex), checkpoint: `${text}\n\u2014 ${origin} ${signature}\n` }
  }

  return {
    log_key,
    append: (name, record_hash) => entries.push({ type_hash: typeHash(name), record_hash, from: Date.now() + PUBLISH_MS }),
    /** The answer about a record; null where nothing has this hash. Waits for a proof as long as the client prefers. */
    async standing(record_hash, prefer = '') {
      const until = Date.now() + 1_000 * Math.min(5, Number(/wait=(\d+)/.exec(prefer)?.[1] ?? 0))
      let answer = proof(record_hash)
      while (answer?.state === 'pending' && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        answer = proof(record_hash)
      }
      return answer
    },
  }
}
