/** A bundle as bytes, and as lines by their sections. From record.md, section 12. */
import { toHex } from '../bytes'

/** The sections in their order. */
export const SECTIONS = ['header', 'rule', 'proposal', 'roll', 'event', 'ballot', 'delegation', 'proxy', 'lot', 'tally', 'anchor', 'checkpoint', 'cover', 'end'] as const
export type Section = (typeof SECTIONS)[number]
/** Those that are named at the end only where they have lines. */
export const OPTIONAL: readonly Section[] = ['delegation', 'proxy']
/** The most bytes that are unpacked, so that a small file cannot fill the memory. */
export const BYTES_MAX = 256 * 1024 * 1024
const LINE_MAX = 4 * 1024 * 1024

export type Line = Readonly<Record<string, unknown>>
export interface Bundle {
  /** The lines of each section, each with its number in the file, from 1. */
  lines: Record<Section, { number: number; line: Line }[]>
  /** SHA-256 of the lines of each section. */
  digests: Record<Section, string>
  /** SHA-256 of all bytes before the last line. */
  sha256: string
}

/** Why a file is no bundle; a part of a message key. */
export type Unreadable = 'gzip' | 'large' | 'json' | 'section' | 'order' | 'end'
export class NotABundle extends Error {
  readonly why: Unreadable
  readonly number: number

  constructor(why: Unreadable, number = 0) {
    super(`line ${number}: ${why}`)
    this.name = 'NotABundle'
    this.why = why
    this.number = number
  }
}

async function unpack(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    let result: ReadableStreamReadResult<Uint8Array>
    try {
      result = await reader.read()
    } catch {
      throw new NotABundle('gzip')
    }
    if (result.done) break
    length += result.value.length
    if (length > BYTES_MAX) {
      await reader.cancel()
      throw new NotABundle('large')
    }
    pieces.push(result.value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))

/** Unpacks and reads a bundle; `pause` lets the page live in between. */
export async function readBundle(file: Blob, pause: () => Promise<void>): Promise<Bundle> {
  const bytes = await unpack(file)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const lines = Object.fromEntries(SECTIONS.map((section) => [section, []])) as unknown as Bundle['lines']
  const ends = new Map<Section, { from: number; to: number }>()
  let [from, number, place] = [0, 0, 0]
  while (from < bytes.length) {
    number += 1
    const feed = bytes.indexOf(0x0a, from)
    if (feed < 0 || feed - from > LINE_MAX) throw new NotABundle('json', number)
    let line: Line
    try {
      line = JSON.parse(decoder.decode(bytes.subarray(from, feed))) as Line
    } catch {
      throw new NotABundle('json', number)
    }
    const section = SECTIONS.indexOf(line?.['section'] as Section)
    if (section < 0) throw new NotABundle('section', number)
    if (section < place) throw new NotABundle('order', number)
    place = section
    const name = SECTIONS[section]!
    lines[name].push({ number, line })
    const known = ends.get(name)
    ends.set(name, { from: known?.from ?? from, to: feed + 1 })
    from = feed + 1
    if (number % 500 === 0) await pause()
  }
  const end = ends.get('end')
  if (end === undefined || lines.end.length !== 1) throw new NotABundle('end', number)
  const digests = {} as Bundle['digests']
  for (const name of SECTIONS) {
    const place = ends.get(name)
    digests[name] = await digest(place === undefined ? new Uint8Array() : bytes.slice(place.from, place.to))
  }
  return { lines, digests, sha256: await digest(bytes.slice(0, end.from)) }
}
