/** The trees of record.md, sections 5 and 12: OpenZeppelin's of leaves that are sorted, and the cover of a log. */
import { keccak256 } from 'ethers'
import { fromHex } from '../bytes'
import { node as logNode } from '../log/tree'
import { hashWords } from './hash'

const ZERO_WORD = `0x${'0'.repeat(64)}`

/** A leaf: hashed twice, so that no inner node can pass as one. */
export const leafOf = (words: readonly unknown[]): string => keccak256(hashWords(words))

const pair = (one: string, other: string): string => keccak256(one < other ? one + other.slice(2) : other + one.slice(2))

/** The tree as an array, its inner nodes still empty: the leaves stand sorted at its end, the smallest last. */
function heap(leaves: readonly string[]): string[] {
  const sorted = leaves.toSorted()
  const tree: string[] = Array.from({ length: 2 * sorted.length - 1 }, () => '')
  for (const [index, leaf] of sorted.entries()) tree[tree.length - 1 - index] = leaf
  return tree
}

/** The root over leaves in any order. */
export function rootOf(leaves: readonly string[]): string {
  if (leaves.length === 0) return ZERO_WORD
  const tree = heap(leaves)
  for (let index = leaves.length - 2; index >= 0; index -= 1) tree[index] = pair(tree[2 * index + 1] ?? '', tree[2 * index + 2] ?? '')
  return tree[0] ?? ZERO_WORD
}

/** Whether a root holds a leaf, by the siblings on its way. */
export function holdsLeaf(root: string, leaf: string, siblings: readonly string[]): boolean {
  return root !== ZERO_WORD && siblings.reduce(pair, leaf) === root
}

/** The same over many leaves, with pauses in which the page lives. */
export async function rootOfMany(leaves: readonly string[], pause: () => Promise<void>): Promise<string> {
  if (leaves.length === 0) return ZERO_WORD
  const tree = heap(leaves)
  for (let index = leaves.length - 2; index >= 0; index -= 1) {
    tree[index] = pair(tree[2 * index + 1] ?? '', tree[2 * index + 2] ?? '')
    await pause()
  }
  return tree[0] ?? ZERO_WORD
}

type Bytes = Uint8Array<ArrayBuffer>

export interface Claim {
  index: number
  leaf: Bytes
}

/** The root of the log that the claims and the cover lead to; null where they do not fit. Claims are in ascending order of their places. */
export async function coveredRoot(size: number, claims: readonly Claim[], cover: readonly string[]): Promise<Bytes | null> {
  if (size === 0 || claims.some((claim, index) => claim.index >= size || claim.index <= (claims[index - 1]?.index ?? -1))) return null
  let given = 0
  let failed = false
  // A step is a subtree still to be walked, or the joining of the two found last.
  const steps: ({ from: number; to: number; first: number; last: number } | 'join')[] = [{ from: 0, to: size, first: 0, last: claims.length }]
  const found: Bytes[] = []
  while (steps.length > 0 && !failed) {
    const step = steps.pop()!
    if (step === 'join') {
      const right = found.pop()!
      const left = found.pop()!
      found.push(await logNode(left, right))
      continue
    }
    const { from, to, first, last } = step
    if (first === last) {
      const hash = cover[given]
      given += 1
      if (hash === undefined) failed = true
      else found.push(fromHex(hash))
    } else if (to - from === 1) {
      found.push(claims[first]!.leaf)
    } else {
      let half = 1
      while (half * 2 < to - from) half *= 2
      const middle = from + half
      let split = first
      while (split < last && claims[split]!.index < middle) split += 1
      steps.push('join', { from: middle, to, first: split, last }, { from, to: middle, first, last: split })
    }
  }
  return failed || given !== cover.length ? null : (found[0] ?? null)
}
