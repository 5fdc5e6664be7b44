// Aim: a checkpoint that somebody kept is found in the published log, whatever the sizes, and a log that was changed is found out. Method:
// logs of many sizes are cut into tiles by the definition; the roots are computed by the definition too, and each answer is compared.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { continues, tilePath, Tiles } from '../../src/lib/log/tiles'

type Bytes = Uint8Array<ArrayBuffer>
const hash = (...parts: Uint8Array[]): Bytes => {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return new Uint8Array(digest.digest())
}
const node = (left: Bytes, right: Bytes) => hash(Uint8Array.of(1), left, right)
const leaf = (number: number) => hash(Uint8Array.of(0), new TextEncoder().encode(String(number)))

/** The root by the definition; what was computed is kept. */
function rooting(leaves: readonly Bytes[]) {
  const known = new Map<string, Bytes>()
  const root = (from: number, to: number): Bytes => {
    const name = `${from} ${to}`
    const before = known.get(name)
    if (before !== undefined) return before
    const half = 2 ** Math.floor(Math.log2(to - from - 1))
    const made = to === from ? hash() : to - from === 1 ? leaves[from]! : node(root(from, from + half), root(from + half, to))
    known.set(name, made)
    return made
  }
  return root
}

/** A published log of these leaves: its tiles by their paths, those alone that a log of this size has. */
function publish(leaves: readonly Bytes[]) {
  const files = new Map<string, Bytes>()
  const root = rooting(leaves)
  for (let level = 0; 256 ** level <= leaves.length; level += 1) {
    const span = 256 ** level
    const count = Math.floor(leaves.length / span)
    for (let number = 0; number * 256 < count; number += 1) {
      const hashes = Array.from({ length: Math.min(256, count - number * 256) }, (_, index) => root((number * 256 + index) * span, (number * 256 + index + 1) * span))
      files.set(tilePath(level, number, leaves.length), Uint8Array.from(hashes.flatMap((each) => [...each])))
    }
  }
  const read = async (path: string) => {
    const file = files.get(path)
    if (file === undefined) throw new Error(`no ${path}`)
    return file
  }
  return { tiles: new Tiles(leaves.length, read), at: (size: number) => ({ size, root: root(0, size) }), files }
}

const LEAVES = Array.from({ length: 66_000 }, (_, number) => leaf(number))
const SIZES = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 1000]

describe('the files of a log', () => {
  const cases: [number, number, number, string][] = [
    [0, 0, 1, 'tile/0/000.p/1'],
    [0, 0, 256, 'tile/0/000'],
    [0, 1, 300, 'tile/0/001.p/44'],
    [1, 0, 65_536, 'tile/1/000'],
    [2, 0, 66_000, 'tile/2/000.p/1'],
    [0, 1000, 10 ** 9, 'tile/0/x001/000'],
    [0, 1_234_067, 10 ** 9, 'tile/0/x001/x234/067'],
  ]
  it.each(cases)('level %i, number %i of a log of %i: %s', (level, number, size, path) => expect(tilePath(level, number, size)).toBe(path))
})

describe('a checkpoint that was kept', () => {
  it.each([...SIZES, 66_000])('is continued by the log of size %i, whatever its own', async (size) => {
    const log = publish(LEAVES.slice(0, size))
    for (const older of [...SIZES, 65_535, 65_537].filter((each) => each <= size)) {
      const path = await log.tiles.continuation(older)
      expect(await continues(log.at(older), log.at(size), path), `${older} in ${size}`).toBe(true)
    }
  })

  it('is not continued by a log in which an old entry is another', async () => {
    const kept = publish(LEAVES.slice(0, 300)).at(300)
    for (const changed of [0, 255, 256, 299]) {
      const log = publish(LEAVES.slice(0, 1000).with(changed, leaf(-1)))
      expect(await continues(kept, log.at(1000), await log.tiles.continuation(300)), String(changed)).toBe(false)
    }
    const log = publish(LEAVES.slice(0, 1000).with(300, leaf(-1)))
    expect(await continues(kept, log.at(1000), await log.tiles.continuation(300))).toBe(true)
  })

  it('is not continued by a smaller log, nor by another of its size', async () => {
    const [small, large] = [publish(LEAVES.slice(0, 8)), publish(LEAVES.slice(0, 9))]
    expect(await continues(large.at(9), small.at(8), await small.tiles.continuation(9))).toBe(false)
    expect(await continues({ size: 8, root: leaf(1) }, small.at(8), [])).toBe(false)
  })

  it('is believed by no hash that was changed, left out or added', async () => {
    const log = publish(LEAVES.slice(0, 513))
    for (const older of [1, 3, 256, 500, 512]) {
      const path = await log.tiles.continuation(older)
      const wrong = [...path.keys()].flatMap((at) => [path.with(at, leaf(-1)), path.toSpliced(at, 1), path.toSpliced(at, 0, leaf(-1))])
      for (const each of [...wrong, [...path, leaf(-1)]]) expect(await continues(log.at(older), log.at(513), each)).toBe(false)
    }
  })

  it('cannot be looked up where a tile is too short', async () => {
    const log = publish(LEAVES.slice(0, 300))
    for (const [path, file] of log.files) log.files.set(path, file.slice(0, 31))
    await expect(log.tiles.continuation(299)).rejects.toThrow('too short')
  })
})
