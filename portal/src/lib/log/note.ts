/** Signed notes and the checkpoints in them. Written from record.md, section 11. */
import { verify } from '../keys/browser'
import { sameBytes, sha256 } from './tree'

type Bytes = Uint8Array<ArrayBuffer>

/** A key that signs notes, under its name. */
export interface NoteKey {
  name: string
  id: Bytes
  publicKey: Bytes
}
/** What a log signs: how many entries it has, and the root over them. */
export interface Checkpoint {
  size: number
  root: Bytes
}

const ED25519 = 0x01
const LINE_FEED = 0x0a
const ID_BYTES = 4
const HASH_BYTES = 32
const NAME_BYTES_MAX = 255
const NOTE_BYTES_MAX = 128 * 1024
const SIGNATURES_MAX = 64
const NOT_IN_NAMES = /[\p{White_Space}\p{Cc}+]/u
// Control characters below 0x20, but for the line feed.
const NOT_IN_TEXTS = /[\x00-\x09\x0b-\x1f]/
const encoder = new TextEncoder()

/** The bytes of a text in base64; null where an encoder would have spelled them otherwise. */
function fromBase64(text: string): Bytes | null {
  try {
    const binary = atob(text)
    return btoa(binary) === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : null
  } catch {
    return null
  }
}

function isName(name: string): boolean {
  return name !== '' && encoder.encode(name).length <= NAME_BYTES_MAX && !NOT_IN_NAMES.test(name)
}


/** Reads `<name>+<id>+<key>`; null for anything else, an id of another key too. */
export async function readNoteKey(text: string): Promise<NoteKey | null> {
  const [, name = '', digits = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const key = fromBase64(base64)
  if (!isName(name) || key?.length !== 1 + HASH_BYTES || key[0] !== ED25519) return null
  const id = (await sha256(encoder.encode(name), Uint8Array.of(LINE_FEED), key)).slice(0, ID_BYTES)
  const isOfKey = digits === [...id].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return isOfKey ? { name, id, publicKey: key.slice(1) } : null
}

interface Signature {
  name: string
  id: Bytes
  signature: Bytes
}

function readSignature(line: string): Signature | null {
  const [, name = '', base64 = ''] = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  const bytes = fromBase64(base64)
  if (!isName(name) || bytes === null || bytes.length <= ID_BYTES) return null
  return { name, id: bytes.slice(0, ID_BYTES), signature: bytes.slice(ID_BYTES) }
}

/** The text of a note that the key signed; null for any other. Throws where the browser cannot check signatures. */
export async function openNote(note: string, key: NoteKey): Promise<string | null> {
  if (encoder.encode(note).length > NOTE_BYTES_MAX || NOT_IN_TEXTS.test(note)) return null
  const blank = note.lastIndexOf('\n\n')
  if (blank < 0 || !note.endsWith('\n')) return null
  const text = note.slice(0, blank + 1)
  const lines = note.slice(blank + 2, -1).split('\n')
  if (lines.length > SIGNATURES_MAX) return null
  const signatures = lines.map(readSignature)
  let found = false
  for (const signature of signatures) {
    if (signature === null) return null
    if (signature.name !== key.name || !sameBytes(signature.id, key.id)) continue
    if (!(await verify(key.publicKey, encoder.encode(text), signature.signature))) return null
    found = true
  }
  return found ? text : null
}

/** Reads the text of a checkpoint of the log with this origin; null for any other text. */
export function readCheckpoint(text: string, origin: string): Checkpoint | null {
  const lines = text.split('\n')
  const [first, digits = '', base64 = '', end] = lines
  if (lines.length !== 4 || end !== '' || first !== origin || !/^(0|[1-9][0-9]*)$/.test(digits)) return null
  const [size, root] = [Number(digits), fromBase64(base64)]
  // Larger numbers are not exact here. No log gets there.
  return Number.isSafeInteger(size) && root?.length === HASH_BYTES ? { size, root } : null
}
