/** The shared tools: allowances, keys, use, policies. */
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, take } from '../client'
import type { NewAccessKey } from '../types'

export const readAllowance = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/allowance`, { params: of(coop) }))
export const readInvariants = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/invariants`, { params: of(coop) }))
export const readTools = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/tools`, { params: of(coop) }))
export const listPolicies = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/policies`, { params: { ...of(coop), query: paged(cursor) } })))
export const listAccessKeys = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/keys`, { params: { ...of(coop), query: paged(cursor) } })))
export const makeAccessKey = (coop: string, attempt: Attempt, body: NewAccessKey) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/access/keys`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const rotateAccessKey = (coop: string, access_key: string, attempt: Attempt, body: { expires_in_days: number; overlap_seconds: number }) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/access/keys/{access_key}/rotation`, {
        params: { path: { coop, access_key }, header: keyed(attempt, ['rotation', access_key, body]) },
        body,
      }),
    ),
  )
export const revokeAccessKey = (coop: string, member: string, access_key: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/access/members/{member}/keys/{access_key}`, { params: { path: { coop, member, access_key } } }))
/** The newest calls; past the bound the list says that it goes on. */
export const listUsage = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/usage`, { params: { ...of(coop), query: paged(cursor) } })))
/** What I owe in money for what I used, newest first. */
export const listOwed = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/owed`, { params: { ...of(coop), query: paged(cursor) } })))
export const readUsageOfDay = (coop: string, day: string) =>
  take(client.GET(`${V1}/coops/{coop}/access/usage/{day}`, { params: { path: { coop, day } } }))
const at = (coop: string, tool: string) => ({ path: { coop, tool } })
export const giveToolKey = (coop: string, tool: string, key: string) =>
  take(client.PUT(`${V1}/coops/{coop}/access/tools/{tool}/key`, { params: at(coop, tool), body: { key } }))
export const takeToolKey = (coop: string, tool: string) => take(client.DELETE(`${V1}/coops/{coop}/access/tools/{tool}/key`, { params: at(coop, tool) }))
