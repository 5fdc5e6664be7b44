/** The paths of the interface as they are used here; see types.ts. */
import type * as T from './types'

type Path<Names extends string> = { [name in Names]: string }
interface Parameters<P extends string> {
  path: Path<P>
  header?: Record<string, string>
  query?: { cursor?: string; limit?: number; state?: T.State }
}
interface Answers<Out> {
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Out } } }
}
interface Read<P extends string, Out> extends Answers<Out> {
  parameters: Parameters<P>
  requestBody?: never
}
interface Write<P extends string, Body, Out> extends Answers<Out> {
  parameters: Parameters<P>
  requestBody: { content: { 'application/json': Body } }
}
interface Do<P extends string, Out> extends Answers<Out> {
  parameters: Parameters<P>
  requestBody?: never
}
type Coop = 'coop'
type OfProposal = 'coop' | 'proposal'
type OfMember = 'coop' | 'member'

export interface BallotBody {
  voter?: string
  revision: number
  options: number[]
  points: number[]
  reason: string | null
  salt: string
  signature: { kind: 'ed25519' | 'wallet'; public_key: string; signature: string } | null
}
export interface ProposalBody {
  kind: string
  title: string
  body: string
  options: string[]
  seats?: number
}
export interface KeyBody {
  kind: 'ed25519' | 'wallet'
  public_key: string
  salt: string
  proof: { kind: 'signature'; signature: string } | { kind: 'siwe'; message: string; signature: string }
}

export interface paths {
  '/api/v1/sign-ups': { post: Write<never, { email: string }, unknown> }
  '/api/v1/accounts': { post: Write<never, { token: string; display_name: string; password: string }, T.Session> }
  '/api/v1/account': { get: Read<never, T.Account>; patch: Write<never, { display_name: string }, T.Account> }
  '/api/v1/account/password': { put: Write<never, { current_password: string; new_password: string }, T.Session> }
  '/api/v1/sessions': {
    get: Read<never, T.Page<T.SessionEntry>>
    post: Write<never, { email: string; password: string }, T.Session>
    delete: Do<never, unknown>
  }
  '/api/v1/sessions/refresh': { post: Do<never, T.Session> }
  '/api/v1/sessions/current': { delete: Do<never, unknown> }
  '/api/v1/password-resets': {
    post: Write<never, { email: string }, unknown>
    put: Write<never, { token: string; new_password: string }, unknown>
  }
  '/api/v1/email-confirmations': { post: Do<never, unknown>; put: Write<never, { token: string }, unknown> }
  '/api/v1/siwe-nonces': { post: Do<never, { nonce: string; expires_at: string }> }
  '/api/v1/coops': {
    get: Read<never, T.Page<T.CoopSummary>>
    post: Write<never, { slug: string; name: string; display_name: string }, T.Coop>
  }
  '/api/v1/directory/{slug}': { get: Read<'slug', T.DirectoryEntry> }
  '/api/v1/coops/{coop}': { get: Read<Coop, T.Coop> }
  '/api/v1/coops/{coop}/members': { get: Read<Coop, T.Page<T.Member>> }
  '/api/v1/coops/{coop}/members/{member}': { get: Read<OfMember, T.Member> }
  '/api/v1/coops/{coop}/invitations': {
    get: Read<Coop, T.Page<T.Invitation>>
    post: Write<Coop, { email: string; class: T.Class }, T.Invitation>
  }
  '/api/v1/coops/{coop}/invitations/{id}': { delete: Do<Coop | 'id', unknown> }
  '/api/v1/coops/{coop}/memberships': { post: Write<Coop, { token: string; display_name: string }, T.Member> }
  '/api/v1/coops/{coop}/applications': {
    get: Read<Coop, T.Page<T.Application>>
    post: Write<Coop, { display_name: string; statement: string }, T.Application>
  }
  '/api/v1/coops/{coop}/applications/{id}/decision': {
    post: Write<Coop | 'id', { decision: 'admitted' | 'declined'; class?: T.Class; reason?: string }, unknown>
  }
  '/api/v1/coops/{coop}/keys': { get: Read<Coop, T.Page<T.VotingKey>>; post: Write<Coop, KeyBody, T.VotingKey> }
  '/api/v1/coops/{coop}/keys/{id}': { delete: Do<Coop | 'id', unknown> }
  '/api/v1/coops/{coop}/bylaws': { get: Read<Coop, T.Bylaws> }
  '/api/v1/coops/{coop}/proposals': {
    get: Read<Coop, T.Page<T.ProposalSummary>>
    post: Write<Coop, ProposalBody, T.Proposal>
  }
  '/api/v1/coops/{coop}/proposals/{proposal}': {
    get: Read<OfProposal, T.Proposal>
    patch: Write<OfProposal, Partial<ProposalBody>, T.Proposal>
  }
  '/api/v1/coops/{coop}/proposals/{proposal}/discussion': { post: Do<OfProposal, T.Proposal> }
  '/api/v1/coops/{coop}/proposals/{proposal}/opening': { post: Write<OfProposal, { closes_at: string }, T.Proposal> }
  '/api/v1/coops/{coop}/proposals/{proposal}/closing': { post: Do<OfProposal, T.Proposal> }
  '/api/v1/coops/{coop}/proposals/{proposal}/withdrawal': { post: Do<OfProposal, T.Proposal> }
  '/api/v1/coops/{coop}/proposals/{proposal}/cancellation': { post: Write<OfProposal, { reason: string }, T.Proposal> }
  '/api/v1/coops/{coop}/proposals/{proposal}/ballots': { post: Write<OfProposal, BallotBody, T.Receipt> }
  '/api/v1/coops/{coop}/proposals/{proposal}/tally': { get: Read<OfProposal, T.Tally> }
  '/api/v1/coops/{coop}/anchors': { get: Read<Coop, T.Page<T.AnchorEntry>> }
  '/api/v1/coops/{coop}/records': { get: Read<Coop, T.Page<T.RecordEntry>> }
}
