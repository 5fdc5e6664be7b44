/**
 * Types of the API that its description leaves at "string" or "object": they are those of `governance`, whose JSON is part of the
 * contract. scripts/schema.mjs puts them in their places.
 */
export type Method = 'yes_no' | 'scottish_stv'
export type State =
  | 'draft'
  | 'discussion'
  | 'open'
  | 'closed'
  | 'passed'
  | 'rejected'
  | 'no_quorum'
  | 'tied'
  | 'withdrawn'
  | 'cancelled'
export type Outcome = 'passed' | 'rejected' | 'no_quorum' | 'tied'
export type SignatureKind = 'wallet' | 'ed25519' | 'session'
export type KeyKind = 'wallet' | 'ed25519'
export type InvitationState = 'open' | 'used' | 'revoked' | 'expired'
export type ApplicationStatus = 'pending' | 'admitted' | 'declined'

export interface Ratio {
  share: number
  whole: number
}
export interface Quorum {
  counts: 'all_ballots' | 'yes_and_no' | 'yes_no_and_abstain' | 'yes_and_abstain' | 'yes'
  at_least: { base: 'roll'; share: Ratio } | { base: 'constant'; votes: number } | { base: 'square_root' }
}
export interface Majority {
  base: 'yes_and_no' | 'yes_no_and_abstain' | 'all_ballots' | 'roll'
  share: Ratio
  threshold: 'exceeded' | 'reached'
}
export type Counting =
  | { method: 'yes_no'; majority: Majority }
  | { method: 'scottish_stv'; seats: number; tie: 'lot' | 'forbidden' }
export interface Rule {
  counting: Counting
  quorum: Quorum | null
}

export interface KindBylaws {
  rule: Rule
  discussion_seconds: number
  voting_seconds_min: number
  voting_seconds_max: number
  close_when_all_voted: boolean
}
export interface BylawsContent {
  kinds: Record<string, KindBylaws>
  admission: 'invitation' | 'application'
}

/** ReceiptV1 as JSON. */
export interface ReceiptRecord {
  namespace: string
  subject: string
  record_hash: string
  sequence: number
  at: number
  salt: string
}

/** A count by the single transferable vote, as `rochdale-audit count --json` prints it. Candidates are numbered from 1. */
export interface Count {
  method: 'scottish-stv'
  seats: number
  quota: string
  valid: string
  blank: string
  withdrawn: number[]
  elected: number[]
  stages: Stage[]
  ties: Tie[]
}
export interface Stage {
  totals: Record<string, string>
  transfer: { from: number; kind: 'surplus' | 'exclusion'; value: string } | null
  elected: number[]
  excluded: number[]
  nontransferable: string
  ties: Tie[]
}
export interface Tie {
  stage: number
  candidates: number[]
  rule: 'lookback' | 'lot'
  chosen: number
  lot: string | null
}
