/** The hashes of a published log, made of its tiles, and what they prove of two checkpoints. Written from record.md, section 11. */
import type { Checkpoint } from './note'
import { node, sameBytes, sha256 } from './tree'

type Bytes = Uint8Array<ArrayBuffer>

/** A tile holds this many hashes, and a hash of one level is the root over this many of the level below. */
const WIDTH = 256
const HASH_BYTES = 32
/** Half of a tile at most is asked for at once: 2^7 of its hashes. */
const BITS = 8

/** `N` in groups of three digits, all but the last with an `x` before them. */
function nameOf(number: number): string {
  const digits = String(number)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  return groups.map((group, index) => (index + 1 < groups.length ? `x${group}` : group)).join('/')
}

/** Where a tile of a log of this size lies. */
export function tilePath(level: number, number: number, size: number): string {
  const width = Math.min(WIDTH, Math.floor(size / WIDTH ** level) - number * WIDTH)
  return `tile/${level}/${nameOf(number)}${width < WIDTH ? `.p/${width}` : ''}`
}

/** Reads the hashes of a log of one size; each tile is asked for once. */
export class Tiles {
  readonly size: number
  readonly #read: (path: string) => Promise<Bytes>
  readonly #tiles = new Map<string, Promise<Bytes>>()

  constructor(size: number, read: (path: string) => Promise<Bytes>) {
    this.size = size
    this.#read = read
  }

  async #hash(level: number, index: number): Promise<Bytes> {
    const path = tilePath(level, Math.floor(index / WIDTH), this.size)
    const tile = this.#tiles.get(path) ?? this.#read(path)
    this.#tiles.set(path, tile)
    const at = (index % WIDTH) * HASH_BYTES
    const hash = (await tile).slice(at, at + HASH_BYTES)
    if (hash.length !== HASH_BYTES) throw new Error(`The tile ${path} is too short.`)
    return hash
  }

  /** The root over `2^height` leaves from `start` on, a multiple of that. */
  async #whole(start: number, height: number): Promise<Bytes> {
    const level = Math.floor(height / BITS)
    const first = start / WIDTH ** level
    let hashes = await Promise.all(Array.from({ length: 2 ** (height % BITS) }, (_, index) => this.#hash(level, first + index)))
    while (hashes.length > 1) hashes = await Promise.all(hashes.filter((_, index) => index % 2 === 0).map((left, index) => node(left, hashes[2 * index + 1]!)))
    return hashes[0]!
  }

  /** The root over the leaves from `start` up to `end`; `start` is a multiple of the largest power of two that fits between. */
  async root(start: number, end: number): Promise<Bytes> {
    if (start === end) return sha256()
    const parts: Bytes[] = []
    for (let at = start; at < end; ) {
      const height = Math.floor(Math.log2(end - at))
      parts.push(await this.#whole(at, height))
      at += 2 ** height
    }
    let root = parts.pop()!
    for (const left of parts.toReversed()) root = await node(left, root)
    return root
  }

  /** The hashes by which the tree of this size is shown to continue the one of `older` leaves, outermost last. */
  async continuation(older: number): Promise<Bytes[]> {
    if (older === 0 || older >= this.size) return []
    const found: Bytes[] = []
    let [start, end, isWhole] = [0, this.size, true]
    while (older < end) {
      const half = 2 ** Math.floor(Math.log2(end - start - 1))
      if (older <= start + half) {
        found.push(await this.root(start + half, end))
        end = start + half
      } else {
        found.push(await this.root(start, start + half))
        start += half
        isWhole = false
      }
    }
    if (!isWhole) found.push(await this.root(start, end))
    return found.toReversed()
  }
}

const isOdd = (number: number) => number % 2 === 1
const half = (number: number) => Math.floor(number / 2)

/** Whether the newer checkpoint continues the older one, by the hashes of {@link Tiles.continuation}, whoever gave them. */
export async function continues(older: Checkpoint, newer: Checkpoint, path: readonly Bytes[]): Promise<boolean> {
  if (older.size > newer.size) return false
  if (older.size === newer.size) return path.length === 0 && sameBytes(older.root, newer.root)
  if (older.size === 0) return path.length === 0 && sameBytes(older.root, await sha256())
  const isPower = Number.isInteger(Math.log2(older.size)) && 2 ** Math.log2(older.size) === older.size
  const [first, ...rest] = isPower ? [older.root, ...path] : path
  if (first === undefined) return false
  let [at, last] = [older.size - 1, newer.size - 1]
  while (isOdd(at)) [at, last] = [half(at), half(last)]
  let [before, after] = [first, first]
  for (const beside of rest) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      ;[before, after] = [await node(beside, before), await node(beside, after)]
      while (!isOdd(at) && at > 0) [at, last] = [half(at), half(last)]
    } else {
      after = await node(after, beside)
    }
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && sameBytes(before, older.root) && sameBytes(after, newer.root)
}
