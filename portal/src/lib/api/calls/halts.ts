/** Emergencies. */
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, take } from '../client'

export const listHalts = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/halts`, { params: { ...of(coop), query: paged(cursor) } })))
export const haltCoop = (coop: string, attempt: Attempt, body: { reason: string; days: number }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/halts`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const endHalt = (coop: string, reason: string) => take(client.DELETE(`${V1}/coops/{coop}/halts/current`, { params: of(coop), body: { reason } }))
