/** Verifying a member's receipt file, from record.md, section 11: "Receipt files". */
import type { ReceiptState } from '../api/types'
import { fromHex } from '../bytes'
import { verify as verifySignature } from '../keys/browser'
import { checkStanding } from '../log/proof'
import { domainSeparator } from '../record/hash'
import type { RecordType } from '../record/types'
import { digestOf, hashRecord, hashText, NotAWord, typeHashOf, type RecordJson } from './hash'
import { keyLeaf, type RollKey } from './keys'
import { holdsLeaf, leafOf, rootOf } from './tree'

export const RECEIPT_CHECKS = ['ballot', 'roll', 'acknowledged', 'logged', 'counted'] as const
export type ReceiptCheck = (typeof RECEIPT_CHECKS)[number]
/** `pending`: the file was saved before there was a proof. */
export interface ReceiptFinding {
  check: ReceiptCheck
  state: 'holds' | 'broken' | 'pending'
}
export interface VerifiedReceipt {
  findings: ReceiptFinding[]
  recordHash: string
  keys: readonly { kind: string; public_key: string }[]
  serverKey: string
  logKey: string | null
}
/** The most bytes of a receipt file. */
export const RECEIPT_BYTES_MAX = 1024 * 1024

type Part = Readonly<Record<string, unknown>>
const part = (of: unknown, name: string): Part => {
  const value = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : null
  return typeof value === 'object' && value !== null ? (value as Part) : {}
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : [])

/** A receipt file; null for anything else. */
export function readReceipt(content: string): Part | null {
  try {
    const file = JSON.parse(content) as Part | null
    return typeof file === 'object' && file !== null && file['format'] === 'rochdale-receipt-1' ? file : null
  } catch {
    return null
  }
}

/** Whether the log holds a record, by the key that the file itself names. */
async function isLogged(log: Part, type: RecordType, recordHash: string, namespace: string): Promise<ReceiptFinding['state']> {
  const known = { logKey: text(log['log_key']), namespace, typeHash: typeHashOf(type), recordHash }
  const standing = await checkStanding(log as unknown as ReceiptState, known)
  return standing.kind === 'proved' ? 'holds' : standing.kind === 'pending' ? 'pending' : 'broken'
}

export async function verifyReceipt(file: Part): Promise<VerifiedReceipt> {
  const [proposal, ballot, roll, acknowledgement, log, result] = ['proposal', 'ballot', 'roll', 'acknowledgement', 'log', 'result'].map((name) => part(file, name)) as [Part, Part, Part, Part, Part, Part]
  const receipt = part(acknowledgement, 'receipt')
  const namespace = text(proposal['namespace'])
  const keys = Array.isArray(roll['keys']) ? (roll['keys'] as RollKey[]) : []
  const record = hash('BallotV1', ballot)
  const question = hash('ProposalV1', proposal)

  const works: Record<ReceiptCheck, () => Promise<ReceiptFinding['state'] | boolean> | boolean> = {
    ballot: () => record !== null && ballot['namespace'] === namespace && ballot['proposal'] === proposal['proposal'] && ballot['proposal_hash'] === question,
    roll: () => {
      const leaves = keys.map(keyLeaf)
      const leaf = leafOf([hashText('RollV1'), proposal['proposal'], roll['voter'], roll['weight'], rootOf(leaves)])
      return roll['voter'] === ballot['voter'] && holdsLeaf(text(proposal['roll']), leaf, words(roll['proof']))
    },
    acknowledged: async () => {
      const isOf = receipt['namespace'] === namespace && receipt['subject'] === proposal['proposal'] && receipt['record_hash'] === record && receipt['salt'] === ballot['salt']
      // A receipt is the server's word and is signed in the domain without a chain.
      const digest = digestOf(domainSeparator({ name: 'Rochdale', version: '1', salt: namespace }), hashRecord('ReceiptV1', receipt))
      const [key, signature] = [text(acknowledgement['server_key']), text(acknowledgement['receipt_signature'])]
      const isFormed = /^0x[0-9a-f]{64}$/.test(key) && /^0x[0-9a-f]{128}$/.test(signature)
      return isOf && isFormed && verifySignature(fromHex(key), fromHex(digest), fromHex(signature))
    },
    logged: () => isLogged(log, 'BallotV1', record ?? '', namespace),
    counted: async () => {
      if (result['state'] === 'pending') return 'pending'
      const tally = part(result, 'tally')
      const isOf = tally['namespace'] === namespace && tally['proposal'] === proposal['proposal'] && tally['proposal_hash'] === question && tally['roll'] === proposal['roll']
      const leaf = leafOf([hashText('BallotLeafV1'), proposal['proposal'], ballot['voter'], record, result['weight']])
      // Of a ballot that was superseded nothing is proved; its holder has the later one.
      const holds = isOf && result['state'] === 'counted' && holdsLeaf(text(tally['ballots']), leaf, words(result['proof']))
      return holds ? isLogged(part(result, 'log'), 'TallyV1', hashRecord('TallyV1', tally), namespace) : false
    },
  }
  const findings: ReceiptFinding[] = []
  for (const check of RECEIPT_CHECKS) {
    let state: ReceiptFinding['state'] | boolean
    try {
      state = await works[check]()
    } catch (caught) {
      // What is not of its form contradicts; a defect of this page does not.
      if (!(caught instanceof NotAWord) && !(caught instanceof TypeError)) throw caught
      state = false
    }
    findings.push({ check, state: state === true ? 'holds' : state === false ? 'broken' : state })
  }
  return { findings, recordHash: record ?? '', keys, serverKey: text(acknowledgement['server_key']), logKey: log['state'] === 'published' ? text(log['log_key']) : null }
}

function hash(type: RecordType, record: RecordJson): string | null {
  try {
    return hashRecord(type, record)
  } catch (caught) {
    if (caught instanceof NotAWord) return null
    throw caught
  }
}
