/** The tree of a log: SHA-256 as in RFC 6962. Written from record.md, section 11. */
type Bytes = Uint8Array<ArrayBuffer>

const LEAF = 0x00
const NODE = 0x01
const ENTRY_VERSION = 0x01

export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
}

/** The 65 bytes that stand in the log for a record. */
export function entryOf(typeHash: Uint8Array, structHash: Uint8Array): Bytes {
  return Uint8Array.from([ENTRY_VERSION, ...typeHash, ...structHash])
}

export const leafHash = (entry: Uint8Array) => sha256(Uint8Array.of(LEAF), entry)
export const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(NODE), left, right)

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

const half = (number: number) => Math.floor(number / 2)
const isOdd = (number: number) => number % 2 === 1

/** Whether a leaf stands at a place of the tree with this size and root, by the hashes beside its way up, innermost first. */
export async function leadsToRoot(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[], root: Uint8Array): Promise<boolean> {
  if (index >= size) return false
  let [at, last, hash] = [index, size - 1, leaf]
  for (const beside of path) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      hash = await node(beside, hash)
      while (!isOdd(at) && at > 0) [at, last] = [half(at), half(last)]
    } else {
      hash = await node(hash, beside)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && sameBytes(hash, root)
}
