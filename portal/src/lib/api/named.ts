/**
 * Types of the API that its description leaves at "string" or "object": they are those of `governance`, whose JSON is part of the
 * contract. scripts/schema.mjs puts them in their places.
 */
export type Method = Rule['counting']['method']
export type State =
  | 'draft'
  | 'admission'
  | 'discussion'
  | 'open'
  | 'closed'
  | 'passed'
  | 'objection'
  | 'queued'
  | 'executed'
  | 'execution_failed'
  | 'expired'
  | 'rejected'
  | 'no_quorum'
  | 'tied'
  | 'merged'
  | 'withdrawn'
  | 'cancelled'
export type Outcome = 'passed' | 'rejected' | 'no_quorum' | 'tied'
export type Tier = 'open' | 'pseudonymous' | 'sealed'
export type SignatureKind = 'wallet' | 'passkey' | 'ed25519' | 'session'
export type KeyKind = 'wallet' | 'passkey' | 'ed25519'
export type InvitationState = 'open' | 'used' | 'revoked' | 'expired'
export type ApplicationStatus = 'pending' | 'admitted' | 'declined'

export interface Ratio {
  share: number
  whole: number
}
export interface Quorum {
  counts: 'all_ballots' | 'yes_and_no' | 'yes_no_and_abstain' | 'yes_and_abstain' | 'yes'
  at_least: Needed
}
export interface Majority {
  base: 'yes_and_no' | 'yes_no_and_abstain' | 'all_ballots' | 'roll'
  share: Ratio
  threshold: 'exceeded' | 'reached'
  min_yes: number
}
export type OnTie = 'lot' | 'forbidden'
export type Needed = { base: 'roll'; share: Ratio } | { base: 'constant'; votes: number } | { base: 'square_root' }
interface DefaultOption {
  share: Ratio
  at_least: Needed | null
}
export type Counting =
  | { method: 'yes_no'; majority: Majority }
  | { method: 'plurality'; seats: number; tie: OnTie }
  | { method: 'approval'; seats: number; choices_max: number; tie: OnTie }
  | { method: 'score'; seats: number; points_max: number; unscored: { as: 'zero' } | { as: 'no_opinion'; scorers: Ratio }; tie: OnTie }
  | { method: 'majority_judgment'; seats: number; grades: number; tie: OnTie }
  | { method: 'quadratic'; seats: number; credits: number; tie: OnTie }
  | { method: 'dots'; seats: number; dots: number; tie: OnTie }
  | { method: 'budget'; spending: 'greedy' | 'equal_shares'; ballots: { form: 'choices'; choices_max: number } | { form: 'points'; points_max: number }; budget: number; costs: number[]; tie: OnTie }
  | { method: 'irv'; tie: OnTie }
  | { method: 'scottish_stv' | 'meek'; seats: number; tie: OnTie }
  | { method: 'schulze' | 'copeland'; seats: number; tie: OnTie; default_option: DefaultOption | null }
  | { method: 'consent'; standing_max: number; appeals?: number }
  | { method: 'optimistic'; against: Ratio }
export interface Condition {
  answer: 'yes' | 'no' | 'abstain' | 'blank'
  bound: 'at_least' | 'no_more_than'
  share: Ratio
  of: 'votes_cast' | 'eligible'
}
export interface Rule {
  counting: Counting
  quorum: Quorum | null
  conditions: Condition[]
  ballots_final: boolean
  early: boolean
  late_quorum_seconds: number
  notice_seconds: number
  carried_max?: number
}

/** What bylaws say of the secrecy of a kind of decision; left out, its ballots are open. */
export interface Privacy {
  tiers: Tier[]
  group_min: number
  small_group: 'warn' | 'refuse'
}

export interface KindBylaws {
  rule: Rule
  discussion_seconds: number
  voting_seconds_min: number
  voting_seconds_max: number
  close_when_all_voted: boolean
  sponsors?: number
  objection_seconds?: number
  objectors?: number
  timelock_seconds?: number
  execution_seconds?: number
  privacy?: Privacy
  contest_seconds?: number
  reply_seconds?: number
  stages?: EarlierStage[]
  /** The rule by which several proposals on one question are put to one vote. */
  alternatives?: Rule
}
/** A body that must carry a decision before the members do. */
export type Body = { body: 'members' } | { body: 'class'; class: ClassName } | { body: 'office'; role: RoleName }
export interface EarlierStage {
  who: Body
  rule: Rule
}
/** How many approve a payout cycle, by what it gives members. */
export interface Approvals {
  tiers: { upto: string; approvals: number }[]
  above: number
}
export interface BylawsContent {
  kinds: Record<string, KindBylaws>
  admission: 'invitation' | 'application'
  approvals?: Approvals
  /** For how long the books may differ from the bank. */
  reconciliation?: Watch
}
/** For how many days something may stand on one side alone, and a payment be unknown. */
export interface Watch {
  unmatched_days: number
  unknown_days: number
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

/** A count, the same form for every method, as `rochdale-audit count --json` prints it. Candidates are numbered from 1. */
export interface Count {
  /** The method with hyphens. */
  method: string
  seats: number
  /** Votes needed, where one number holds for the whole count. */
  quota?: string
  valid: string
  blank: string
  withdrawn: number[]
  elected: number[]
  stages: Stage[]
  ties: Tie[]
  /** How much weight prefers the candidate of the row to that of the column. */
  pairwise?: string[][]
  /** Everyone in groups of equal merit, the best first. */
  ranking?: number[][]
  /** For each candidate how much weight gave each grade or score, the worst first. */
  grades?: string[][]
  /** What each voter had to spend, as a ratio. */
  share?: string
}
export interface Stage {
  totals: Record<string, string>
  transfer: { from: number; kind: 'surplus' | 'exclusion'; value: string } | null
  elected: number[]
  excluded: number[]
  nontransferable: string
  ties: Tie[]
  /** Votes needed at the end of this stage, where that changes. */
  quota?: string
  /** The part of each vote that a candidate keeps, in Meek's method. */
  keep?: Record<string, string>
  /** What a supporter of the option bought here pays for a point. */
  rate?: string
}
export interface Tie {
  stage: number
  candidates: number[]
  rule: 'lookback' | 'lot'
  chosen: number
  lot: string | null
}
export type ToolPeriod = 'day' | 'week' | 'month'
export type LimitOf = 'coop' | 'class' | 'role' | 'member'
export type CallEnding = 'finished' | 'cut_at_bound' | 'client_gone' | 'upstream_failed' | 'nothing_sent' | 'expired'
export type ToolEndpoint = 'chat_completions' | 'completions' | 'responses' | 'embeddings'
export type PartialCharge = 'full_hold' | 'counted' | 'input_only' | 'nothing'
/** A tool, as a decision set it. */
export interface ToolTerms {
  kind: 'llama_cpp' | 'vllm' | 'plain'
  base_url: string
  external: boolean
  data_location: string
  slots: number
  first_byte_seconds: number
  idle_seconds: number
}
/** A model of a tool; prices in micro-credits for each token and call. */
export interface ModelTerms {
  tool: string
  upstream_name: string
  licence: string
  context_tokens: number
  output_tokens: number
  price: { input: number; output: number; call: number }
  overhead: { call: number; message: number }
  endpoints: ToolEndpoint[]
  /** The models that answer in its place, in order; none where it is absent. */
  fallbacks?: string[]
}
/** Whom a line of a policy is about. */
export type AccessGroup = { group: 'everyone' } | { group: 'class'; class: ClassName } | { group: 'role'; role: RoleName } | { group: 'member'; member: string }
/** An allowance of a policy, in micro-credits for each period. */
export interface PolicyAllowance {
  for: AccessGroup
  share: 'together' | 'each'
  period: ToolPeriod
  units: number
}
/** Who may use how much of what. */
export interface Policy {
  allowances: PolicyAllowance[]
  weights?: { for: AccessGroup; weight: number }[]
  models?: { model: string; for: AccessGroup[] }[]
  partial_charge: PartialCharge
  expired_charge: PartialCharge
  /** What credits are worth; absent where members owe nothing for what they use. */
  rate?: PolicyRate
}
/** So many minor units of a currency for a million credits. */
export interface PolicyRate {
  currency: string
  minor_per_million: number
}

/** A revenue rule as data; what it may hold stands in docs/revenue.md, and the server reads it. */
export type RevenueRuleData = Record<string, unknown>
export type Standing = 'holds' | 'check' | 'breached'
export type ContributionState = 'challengeable' | 'disputed' | 'usable' | 'rejected' | 'replaced'
export type CycleState = 'open' | 'frozen' | 'computed' | 'verified' | 'proposed' | 'approved' | 'posted' | 'cancelled'
/** Where a cycle stands with its payments. */
export type CycleStage = CycleState | 'issuing' | 'reconciling' | 'closed' | 'undone'
export type JournalKind = 'opening' | 'manual' | 'import' | 'cycle' | 'usage' | 'reversal' | 'capital' | 'interest' | 'invoice' | 'payment' | 'bill' | 'closing'
export type AccountLineKind = 'invoice' | 'credit_note' | 'receipt' | 'payment' | 'subscribed' | 'paid' | 'waived' | 'withdrawn' | 'refunded'
export type DeliveryState = 'waiting' | 'delivered' | 'given_up'

type RoleName = 'steward' | 'treasurer' | 'auditor'
type ClassName = 'worker' | 'user' | 'supporter' | 'observer'
type StatusName = 'active' | 'suspended' | 'left' | 'expelled'
/** What a carried decision does, as governance/src/action has it. */
export type Action =
  | { action: 'amend_bylaws'; version: 1; replaces: number; bylaws: BylawsContent }
  | { action: 'admit'; version: 1; application: string; class: ClassName }
  | { action: 'suspend' | 'reinstate' | 'expel'; version: 1; member: string; reason: string }
  | { action: 'grant_role' | 'end_role'; version: 1; member: string; role: RoleName; reason: string }
  | { action: 'seat_winners'; version: 1; role: RoleName; candidates: string[] }
  | { action: 'set_tool'; version: 1; tool: string; terms: ToolTerms }
  | { action: 'retire_tool'; version: 1; tool: string }
  | { action: 'set_model'; version: 1; model: string; terms: ModelTerms }
  | { action: 'retire_model'; version: 1; model: string }
  | { action: 'set_access_policy'; version: 1; replaces: number; effective_at?: number; policy: Policy }
  | { action: 'adopt_revenue_rule'; version: 1; rule: RevenueRuleData }
  | { action: 'set_money_terms'; version: 1; terms: { version: number; currency: string } }
/** An action and the option that must be elected for it, from 0; without one the proposal must be carried. */
export interface PlannedInput {
  option?: number
  act: Action
}
/** Something that an action changes. */
export type Change =
  | { change: 'bylaws_amended'; version: number; kinds: Record<string, 'added' | 'removed' | 'changed'>; admission: boolean }
  | { change: 'member_admitted'; application: string; class: ClassName }
  | { change: 'status_changed'; member: string; from: StatusName; to: StatusName; roles_ended: RoleName[]; reason: string }
  | { change: 'role_granted' | 'role_ended'; member: string; role: RoleName; reason: string | null }
  | { change: 'role_contested'; role: RoleName; holders: string[]; candidates: string[] }
  | { change: 'tool_set'; tool: string; before: ToolTerms | null; after: ToolTerms; models: ModelUsers }
  | { change: 'tool_retired'; tool: string; models: ModelUsers; members: PolicyDifference[] }
  | { change: 'model_set'; model: string; before: ModelTerms | null; after: ModelTerms; members: PolicyDifference[] }
  | { change: 'model_retired'; model: string; users: number | null; members: PolicyDifference[] }
  | {
      change: 'access_policy_set'
      version: number
      shared: ({ period: ToolPeriod; before: number | null; after: number | null } & ({ account: 'coop' } | { account: 'class'; class: ClassName } | { account: 'role'; role: RoleName } | { account: 'member'; member: string }))[]
      members: PolicyDifference[]
      partial_charge: PartialCharge | null
      expired_charge: PartialCharge | null
      rate: { before: PolicyRate | null; after: PolicyRate | null } | null
    }
  | {
      change: 'revenue_rule_adopted'
      version: number
      hash: string
      currency: string
      effective_from: number
      reading: { sentences: string[]; sentences_zh: string[]; findings: { clause: string; standing: Standing; source: string; steps: string[]; text: string }[] }
    }
  | { change: 'money_terms_set'; version: number; hash: string; sentences: string[]; sentences_zh: string[] }
/** The models of a tool, with how many members used each lately, at least; null where few did. */
export type ModelUsers = Record<string, number | null>
/** What a decision about tools changes for members, with the first of them. */
export type PolicyDifference = { gain: boolean; count: number; members: string[] } & (
  | { what: 'allowance'; period: ToolPeriod; before: number | null; after: number | null }
  | { what: 'weight'; before: number; after: number }
  | { what: 'model'; model: string }
  | { what: 'tokens'; model: string; period: ToolPeriod; before: number | null; after: number | null }
  | { what: 'access' }
)
export type ExecutionOutcome = 'executed' | 'failed'
/** Where a payment stands. */
export type PaymentStanding = 'ready' | 'by_hand' | 'held' | 'prepared' | 'submitted' | 'accepted' | 'unknown' | 'settled' | 'rejected' | 'returned'
export type PaymentFileState = 'prepared' | 'released' | 'withdrawn'
export type PaymentFileRail = 'bank' | 'chain'
export type ClaimRootState = 'prepared' | 'withdrawn' | 'released' | 'queued' | 'active' | 'vetoed' | 'displaced' | 'given_up'
/** What evidence says of a payment, and what another person found of it. */
export type PaymentOutcome = 'paid' | 'not_paid'
export type EvidenceVerdict = 'right' | 'wrong'
/** What a bank says. */
export type BankWord = 'accepted' | 'rejected' | 'booked' | 'returned'
/** How a member is paid. */
export type PayeeRail = 'bank' | 'chain' | 'manual'
/** Why somebody must lay the books beside the bank, and on which side something stands alone. */
export type AlarmKind = 'unmatched' | 'unknown' | 'uneven' | 'gap' | 'foreign' | 'stale'
export type UnmatchedSide = 'bank' | 'books' | 'payment' | 'contradiction'
