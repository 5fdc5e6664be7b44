/** Proposals from draft to verdict, ballots, tallies, bundles. */
import { V1, about, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, download, read, take } from '../client'
import type { Adoption, BallotBody, ContestAnswer, ObjectionStepBody, ProposalBody, ProposalChange, State } from '../types'
import { downloadTable } from './notices'

export const listProposals = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: paged(cursor) } })))
export const readProposalsPage = (coop: string, cursor: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: paged(cursor ?? undefined) } }))
export const listInState = (coop: string, state: State) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: { ...paged(cursor), state } } })),
  )
export const propose = (coop: string, attempt: Attempt, body: ProposalBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const readProposal = (coop: string, proposal: string) =>
  read(client.GET(`${V1}/coops/{coop}/proposals/{proposal}`, { params: about(coop, proposal) }))
export const changeProposal = (coop: string, proposal: string, etag: string, body: ProposalChange) =>
  read(
    client.PATCH(`${V1}/coops/{coop}/proposals/{proposal}`, {
      params: { ...about(coop, proposal), header: { 'If-Match': etag } },
      body,
    }),
  )
export const startDiscussion = (coop: string, proposal: string, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/discussion`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['discussion', proposal]) },
      }),
    ),
  )
export const openVoting = (coop: string, proposal: string, version: number, attempt: Attempt, closes_at: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening', proposal, String(version), closes_at]) },
        body: { closes_at, version },
      }),
    ),
  )
/** Sets when voting opens by itself, in the place of what was set before. */
export const scheduleVoting = (coop: string, proposal: string, version: number, attempt: Attempt, when: { opens_at: string; closes_at: string }) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening', proposal, String(version), when]) },
        body: { ...when, version },
      }),
    ),
  )
export const unscheduleVoting = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening-cancellation`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening-cancellation', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
export const closeVoting = (coop: string, proposal: string, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/closing`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['closing', proposal]) },
      }),
    ),
  )
export const withdraw = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/withdrawal`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['withdrawal', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
export const cancel = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/cancellation`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['cancellation', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
/** The version that was looked at is the one that is acted on. */
const based = (attempt: Attempt, content: unknown, version: number) => ({ ...keyed(attempt, content), 'If-Match': `"${version}"` })
export const readPreview = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/preview`, { params: about(coop, proposal) }))
export const sponsor = (coop: string, proposal: string, version: number, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/sponsors`, {
        params: { ...about(coop, proposal), header: based(attempt, ['sponsor', proposal, version], version) },
      }),
    ),
  )
export const objectTo = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/objections`, {
        params: { ...about(coop, proposal), header: based(attempt, ['objection', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const replyToNotice = (coop: string, proposal: string, version: number, attempt: Attempt, reply: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/reply`, {
        params: { ...about(coop, proposal), header: based(attempt, ['reply', proposal, version, reply], version) },
        body: { reply },
      }),
    ),
  )
export const adoptAlternative = (coop: string, proposal: string, version: number, attempt: Attempt, body: Adoption) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/adoptions`, {
        params: { ...about(coop, proposal), header: based(attempt, ['adoption', proposal, version, body], version) },
        body,
      }),
    ),
  )
export const putToOneVote = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/joint-vote`, {
        params: { ...about(coop, proposal), header: based(attempt, ['joint-vote', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const listVersions = (coop: string, proposal: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/versions`, { params: { ...about(coop, proposal), query: paged(cursor) } })))
export const contestResult = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/contests`, {
        params: { ...about(coop, proposal), header: based(attempt, ['contest', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const answerContest = (coop: string, proposal: string, version: number, attempt: Attempt, body: ContestAnswer) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/contest-verdicts`, {
        params: { ...about(coop, proposal), header: based(attempt, ['contest-verdict', proposal, version, body], version) },
        body,
      }),
    ),
  )
export const listConsentObjections = (coop: string, proposal: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/consent-objections`, { params: { ...about(coop, proposal), query: paged(cursor) } })))
export const takeObjectionStep = (coop: string, proposal: string, attempt: Attempt, body: ObjectionStepBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/consent-objections`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['consent-objection', proposal, body]) },
        body,
      }),
    ),
  )
export const executeAgain = (coop: string, proposal: string, version: number, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/execution`, {
        params: { ...about(coop, proposal), header: based(attempt, ['execution', proposal, version], version) },
      }),
    ),
  )
export const castBallot = (coop: string, proposal: string, attempt: Attempt, body: BallotBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/ballots`, {
        params: { ...about(coop, proposal), header: keyed(attempt, body) },
        body,
      }),
    ),
  )
/** Whether the log holds a record. The server waits two seconds for the proof before it says that there is none yet. */
export const askStanding = (coop: string, record_hash: string) =>
  take(
    client.GET(`${V1}/coops/{coop}/receipts/{record_hash}`, {
      params: { path: { coop, record_hash }, header: { Prefer: 'wait=2' } },
    }),
  )
export const readTally = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/tally`, { params: about(coop, proposal) }))
/** Every ballot of a counted proposal, as a table. */
export const readBallotTable = async (coop: string, proposal: string) => (await downloadTable(coop, proposal, 'ballots.json')).text()
export const downloadBundle = (coop: string, proposal: string) =>
  download(`${V1}/coops/${coop}/proposals/${proposal}/bundle`)
