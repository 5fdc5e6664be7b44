/** The table of every ballot of a counted proposal, as the server exports it. */
import type { SignatureKind } from './api/types'

export interface CountedBallot {
  sequence: number
  /** The member, or the pseudonym. */
  voter: string
  /** How the member is called; null under a pseudonym. */
  name: string | null
  options: number[]
  points: number[]
  reason: string | null
  signed: SignatureKind
  recordHash: string
}

interface Row {
  sequence: number
  member: string
  display_name: string | null
  is_counted: boolean
  options: number[]
  points: number[]
  reason: string | null
  signature_kind: string
  record_hash: string
}

const isRow = (row: Partial<Row> | null): row is Row =>
  typeof row === 'object' && row !== null && typeof row.sequence === 'number' && typeof row.member === 'string' && Array.isArray(row.options) && Array.isArray(row.points) && typeof row.record_hash === 'string'

/** The ballots that count, by name where they have one, else in the order of their pseudonyms. */
export function countedBallots(text: string): CountedBallot[] {
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw new Error('The table of ballots has another form than this page knows.')
  const ballots = (rows as (Partial<Row> | null)[]).filter(isRow).filter((row) => row.is_counted)
  return ballots
    .map((row) => ({
      sequence: row.sequence,
      voter: row.member,
      name: row.display_name ?? null,
      options: row.options,
      points: row.points,
      reason: row.reason ?? null,
      signed: row.signature_kind as SignatureKind,
      recordHash: row.record_hash,
    }))
    .toSorted((left, right) => (left.name ?? left.voter).localeCompare(right.name ?? right.voter))
}
