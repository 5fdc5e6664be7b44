/** Whether the log of a co-op holds a record, checked here by nothing but the record and the log's key. From record.md, section 11. */
import type { LogProof, ReceiptState } from '../api/types'
import { fromHex } from '../bytes'
import { openNote, readCheckpoint, readNoteKey } from './note'
import { entryOf, leadsToRoot, leafHash } from './tree'

/** What one knows by oneself, and not from the proof. */
export interface Known {
  /** The key of the log, as the co-op names it. */
  logKey: string
  namespace: string
  typeHash: string
  recordHash: string
}

/** Why an answer contradicts what the server said before; parts of message keys. */
export type Contradiction = 'unknown' | 'form' | 'record' | 'log' | 'checkpoint' | 'path'

/** Where a record stands, as far as this browser found out. */
export type Standing =
  | { kind: 'pending' }
  | { kind: 'proved'; index: number; size: number }
  | { kind: 'contradiction'; why: Contradiction }
  /** The server claims a proof, and this browser has no means to check it. */
  | { kind: 'unchecked' }

const WORD = /^0x[0-9a-f]{64}$/
const isPlace = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

function isProof(answer: Record<string, unknown>): boolean {
  const { origin, log_key, type_hash, record_hash, index, size, inclusion, checkpoint } = answer
  return (
    [origin, log_key, checkpoint].every((text) => typeof text === 'string') &&
    isPlace(index) &&
    isPlace(size) &&
    Array.isArray(inclusion) &&
    [type_hash, record_hash, ...inclusion].every((word) => typeof word === 'string' && WORD.test(word))
  )
}

async function contradictionIn(proof: LogProof, known: Known): Promise<Contradiction | null> {
  if (proof.record_hash !== known.recordHash || proof.type_hash !== known.typeHash) return 'record'
  const key = await readNoteKey(known.logKey)
  const isOfCoop = key?.name.endsWith(`/${known.namespace.slice(2)}`) === true
  if (key === null || !isOfCoop || proof.log_key !== known.logKey || proof.origin !== key.name) return 'log'
  const text = await openNote(proof.checkpoint, key)
  const checkpoint = text === null ? null : readCheckpoint(text, key.name)
  if (checkpoint === null || checkpoint.size !== proof.size) return 'checkpoint'
  const leaf = await leafHash(entryOf(fromHex(known.typeHash), fromHex(known.recordHash)))
  const leads = await leadsToRoot(leaf, proof.index, checkpoint.size, proof.inclusion.map(fromHex), checkpoint.root)
  return leads ? null : 'path'
}

/** Checks the server's answer about a record. */
export async function checkStanding(answer: ReceiptState, known: Known): Promise<Standing> {
  // The types say what the server should send; what it does send is looked at.
  const sent: unknown = answer
  if (typeof sent !== 'object' || sent === null) return { kind: 'contradiction', why: 'form' }
  if (answer.state === 'pending') return { kind: 'pending' }
  if (answer.state !== 'published' || !isProof({ ...sent })) return { kind: 'contradiction', why: 'form' }
  if (globalThis.crypto?.subtle === undefined) return { kind: 'unchecked' }
  try {
    const why = await contradictionIn(answer, known)
    return why === null ? { kind: 'proved', index: answer.index, size: answer.size } : { kind: 'contradiction', why }
  } catch {
    // Only a browser without Ed25519 gets here.
    return { kind: 'unchecked' }
  }
}
