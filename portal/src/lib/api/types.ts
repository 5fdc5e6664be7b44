/**
 * The interface of the server as this portal uses it, in the shape that openapi-typescript writes, so that the generated
 * `schema.ts` can take the place of this file: only `paths` and the named types below are imported elsewhere.
 */
import type { SigningDomain } from '$lib/record/hash'

export type Uuid = string
export type Word = string
export type Instant = string

export type Class = 'worker' | 'user' | 'supporter' | 'observer'
export type Status = 'active' | 'suspended' | 'left' | 'expelled'
export type Role = 'steward' | 'treasurer' | 'auditor'
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

export interface Account {
  id: Uuid
  email: string
  display_name: string
  is_confirmed: boolean
  created_at: Instant
}
export interface Session {
  access_token: string
  token_type: string
  expires_in: number
  account: Account
}
export interface SessionEntry {
  id: Uuid
  created_at: Instant
  last_refreshed_at: Instant
  expires_at: Instant
  is_current: boolean
}
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface Ratio {
  share: number
  whole: number
}
export interface Quorum {
  counts: 'all_ballots' | 'yes_and_no'
  share: Ratio
}
export type Rule =
  | {
      method: 'yes_no'
      quorum: Quorum
      majority: {
        base: 'yes_and_no' | 'yes_no_and_abstain' | 'all_ballots' | 'roll'
        share: Ratio
        threshold: 'exceeded' | 'reached'
      }
    }
  | { method: 'scottish_stv'; quorum: Quorum; seats: number; tie: 'lot' | 'forbidden' }
export interface KindBylaws {
  rule: Rule
  discussion_seconds: number
  voting_seconds_min: number
  voting_seconds_max: number
  close_when_all_voted: boolean
}
export interface Bylaws {
  version: number
  adopted_at: Instant
  salt: Word
  record_hash: Word
  sentences: Record<string, string>
  content: { kinds: Record<string, KindBylaws>; admission: 'invitation' | 'application' }
}

export interface CoopSummary {
  id: Uuid
  slug: string
  name: string
  me: Member
}
export interface Coop extends CoopSummary {
  namespace: Word
  domain: SigningDomain
  registrar: string | null
  server_key: string
  bylaws_version: number
  created_at: Instant
  counts: { active: number; voting: number; suspended: number }
}
export interface Member {
  id: Uuid
  display_name: string
  class: Class
  status: Status
  roles: Role[]
  joined_at: Instant
  version: number
}
export interface VotingKey {
  id: Uuid
  kind: 'wallet' | 'ed25519'
  public_key: string
  salt: Word
  proof: string
  registered_sequence: number
  registered_at: Instant
  ended_at: Instant | null
}

/** The server's acknowledgement of a stored ballot. */
export interface Receipt {
  record_hash: Word
  sequence: number
  at: Instant
  revision: number
  signature_kind: SignatureKind
  receipt: { namespace: Word; subject: Word; record_hash: Word; sequence: number; at: number; salt: Word }
  receipt_signature: string
  server_key: string
}
/** A ballot of one's own with its receipt. */
export interface MyBallot extends Receipt {
  options: number[]
  points: number[]
  reason: string | null
  salt: Word
  public_key: string
  signature: string
}
export interface Signing {
  domain: SigningDomain
  namespace: Word
  proposal: Word
  proposal_hash: Word
  voter: Word
  next_revision: number
}
export interface ProposalSummary {
  id: Uuid
  kind: string
  title: string
  state: State
  author: { id: Uuid; display_name: string }
  created_at: Instant
  opens_at: Instant | null
  closes_at: Instant | null
  method: 'yes_no' | 'scottish_stv'
}
export interface Turnout {
  cast: number
  of: number
}
export interface Proposal extends ProposalSummary {
  bylaws_version: number
  body: string
  options: string[]
  seats: number
  rule: Rule
  rule_sentence: string
  version: number
  discussed_at: Instant | null
  opens_from: Instant | null
  voting_seconds_min: number
  voting_seconds_max: number
  close_when_all_voted: boolean
  closed_at: Instant | null
  ended_by: Uuid | null
  end_reason: string | null
  secrecy: string
  roll: { root: Word; count: number; weight: number } | null
  turnout: Turnout | null
  record_hash: Word | null
  is_on_roll: boolean
  signing: Signing | null
  my_ballot: MyBallot | null
}

export interface Stage {
  totals: Record<string, string>
  transfer: { from: number; kind: 'surplus' | 'exclusion'; value: string } | null
  elected: number[]
  excluded: number[]
  nontransferable: string
  ties?: unknown[]
}
export interface Tie {
  stage: number
  candidates: number[]
  rule: 'lookback' | 'lot'
  chosen: number
  lot: string | null
}
export interface Count {
  method: string
  seats: number
  quota: string
  valid: string
  blank: string
  withdrawn: number[]
  elected: number[]
  stages: Stage[]
  ties: Tie[]
}
export interface MotionCounts {
  yes: number
  no: number
  abstain: number
  blank: number
}
export interface Lot {
  secret: Word
  beacon: Word
  beacon_block_number: number | null
  beacon_timestamp: number | null
  lot: Word
}
export interface Tally {
  proposal: Uuid
  method: 'yes_no' | 'scottish_stv'
  outcome: Outcome
  reasons: string[]
  turnout: Turnout
  motion: MotionCounts | null
  elected: { candidate: number; name: string }[]
  election: Count | null
  lot: Lot | null
  signed_ballots: number
  attested_ballots: number
  record: Record<string, unknown>
  record_hash: Word
  record_sequence: number
  published_at: Instant
}
export interface AnchorEntry {
  seq: number
  size: number
  prev: Word
  root: Word
  link: Word
  chain_id: number
  contract: string
  namespace: Word
  state: string
  block: { number: number; hash: Word } | null
  halt_reason: string | null
}
export interface RecordEntry {
  sequence: number
  kind: string
  subject: Word
  record_hash: Word
  at: Instant
}
export interface Invitation {
  id: Uuid
  email: string
  class: Class
  created_at: Instant
  expires_at: Instant
  state: 'open' | 'used' | 'revoked' | 'expired'
}
export interface Application {
  id: Uuid
  display_name: string
  statement: string
  status: 'pending' | 'admitted' | 'declined'
  created_at: Instant
}
export interface DirectoryEntry {
  id: Uuid
  slug: string
  name: string
  admission: 'invitation' | 'application'
}
