/**
 * Record hashes of a bundle, many of them in little time: words laid end to end and hashed, without the checks of a general encoder. The
 * tests hold it to the published vectors and to the encoder of ethers. From record.md, sections 1 and 2.
 */
import { keccak256, toUtf8Bytes } from 'ethers'
import { fieldsOf, TYPE_STRINGS, type RecordType } from '../record/types'

/** The fields of a record as a bundle writes them: in snake case, the namespace by its name. */
export type RecordJson = Readonly<Record<string, unknown>>

/** Thrown where a value is not what its field holds. */
export class NotAWord extends Error {}

const ZERO = '0'.repeat(64)

/** A word as 64 hexadecimal digits. */
function word(value: unknown): string {
  if (typeof value === 'boolean') return value ? ZERO.slice(1) + '1' : ZERO
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value.toString(16).padStart(64, '0')
  if (typeof value === 'string') {
    if (/^0x[0-9a-f]{64}$/.test(value)) return value.slice(2)
    // Integers of 128 bits are texts of decimal digits; one text for each.
    if (/^(0|[1-9]\d{0,38})$/.test(value)) return BigInt(value).toString(16).padStart(64, '0')
  }
  throw new NotAWord(`${JSON.stringify(value)} is no word`)
}

/** The hash of words laid end to end. */
export const hashWords = (words: readonly unknown[]): string => keccak256(`0x${words.map(word).join('')}`)
export const hashText = (text: string): string => keccak256(toUtf8Bytes(text))
/** The hash of a list of texts. */
export const hashTexts = (texts: readonly string[]): string => hashWords(texts.map(hashText))

interface Shape {
  typeHash: string
  fields: { key: string; kind: string }[]
}
const shapes = new Map<RecordType, Shape>()

/** `proposalHash` as bundles call it. */
const snake = (name: string): string => (name === 'ns' ? 'namespace' : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

function shapeOf(type: RecordType): Shape {
  const known = shapes.get(type)
  if (known !== undefined) return known
  const shape = { typeHash: hashText(TYPE_STRINGS[type]), fields: fieldsOf(type).map(({ name, type: kind }) => ({ key: snake(name), kind })) }
  shapes.set(type, shape)
  return shape
}

export const typeHashOf = (type: RecordType): string => shapeOf(type).typeHash

function valueOf(kind: string, value: unknown): string {
  if (kind.endsWith('[]')) {
    if (!Array.isArray(value)) throw new NotAWord('expected a list')
    return hashWords(value).slice(2)
  }
  if (kind === 'string') {
    if (typeof value !== 'string') throw new NotAWord('expected a text')
    return hashText(value).slice(2)
  }
  return word(value)
}

/** The struct hash of a record. */
export function hashRecord(type: RecordType, record: RecordJson): string {
  const { typeHash, fields } = shapeOf(type)
  return keccak256(typeHash + fields.map(({ key, kind }) => valueOf(kind, record[key])).join(''))
}

/** What is signed. */
export const digestOf = (separator: string, structHash: string): string => keccak256(`0x1901${separator.slice(2)}${structHash.slice(2)}`)
