/** Letting others vote for oneself, and voting for others. */
import { V1, about, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, take } from '../client'
import type { DelegationBody, ProxyVote } from '../types'

export const readDelegations = (coop: string) => take(client.GET(`${V1}/coops/{coop}/delegations`, { params: of(coop) }))
export const listReceivedDelegations = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/delegations/received`, { params: { ...of(coop), query: paged(cursor) } })))
/** Gives a delegation, or takes one back where it names neither a member nor a day. */
export const giveDelegation = (coop: string, attempt: Attempt, body: DelegationBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/delegations`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
/** One page of how a member voted, the newest decision first. */
export const readDelegateReport = (coop: string, member: string, limit: number) =>
  take(client.GET(`${V1}/coops/{coop}/members/{member}/delegate-report`, { params: { path: { coop, member }, query: { limit } } }))
export const readProxies = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/proxies`, { params: about(coop, proposal) }))
export const castProxyBallots = (coop: string, proposal: string, attempt: Attempt, votes: ProxyVote[]) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/proxy-ballots`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['proxies', proposal, votes]) },
        body: { votes },
      }),
    ),
  )
export const listCastForMe = (coop: string, proposal: string) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/proxy-ballots/mine`, { params: { ...about(coop, proposal), query: paged(cursor) } })),
  )
