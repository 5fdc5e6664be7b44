/** The bodies of the API under the words the portal uses for them. The generated schema decides what they hold. */
import type { components } from './schema'

export type * from './named'
type Schemas = components['schemas']

export type Account = Schemas['AccountBody']
export type Session = Schemas['SessionBody']
export type Class = Schemas['Class']
export type Role = Schemas['Role']
export type Status = Schemas['MemberStatus']
export type Member = Schemas['MemberView']
export type CoopSummary = Schemas['CoopSummary']
export type Coop = Schemas['CoopView']
export type Bylaws = Schemas['BylawsView']
export type VotingKey = Schemas['KeyView']
export type KeyBody = Schemas['RegisterKey']
export type Invitation = Schemas['InvitationView']
export type Application = Schemas['ApplicationView']
export type ApplicationDecision = Schemas['DecideApplication']
export type ProposalSummary = Schemas['ProposalSummary']
export type Proposal = Schemas['ProposalAnswer']
export type ProposalBody = Schemas['NewProposal']
export type ProposalChange = Schemas['EditProposal']
export type Comment = Schemas['CommentAnswer']
export type CommentBody = Schemas['NewComment']
export type CommentVersion = Schemas['CommentVersion']
export type WebhookBody = Schemas['NewWebhook']
export type WebhookEvent = Schemas['WebhookEvent']
export type WebhookDelivery = Schemas['WebhookDelivery']
export type ReminderWish = Schemas['ReminderWish']
export type InboxItem = Schemas['InboxItem']
export type BallotBody = Schemas['CastBallot']
export type MyBallot = Schemas['MyBallot']
export type ReceiptState = Schemas['ReceiptState']
export type LogProof = Schemas['LogProof']
export type Turnout = Schemas['Turnout']
export type Tally = Schemas['TallyAnswer']
export type MotionCounts = Schemas['MotionCounts']
export type Lot = Schemas['Lot']
export type AnchorEntry = Schemas['AnchorAnswer']
export type RecordEntry = Schemas['RecordAnswer']

/** A page of a list; the cursor is null at its end. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}
