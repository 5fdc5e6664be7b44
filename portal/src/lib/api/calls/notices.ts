/** Reminders, feeds, webhooks, and what is taken along as a file. */
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, download, take } from '../client'
import type { ReminderWish, WebhookBody } from '../types'

export const readReminders = (coop: string) => take(client.GET(`${V1}/coops/{coop}/reminders`, { params: of(coop) }))
export const setReminders = (coop: string, wish: ReminderWish) =>
  take(client.PUT(`${V1}/coops/{coop}/reminders`, { params: of(coop), body: { wish } }))
export const unsubscribe = (token: string) => take(client.POST('/unsubscribe/{token}', { params: { path: { token } } }))
export const readFeeds = (coop: string) => take(client.GET(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
export const renewFeeds = (coop: string) => take(client.PUT(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
export const endFeeds = (coop: string) => take(client.DELETE(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
/** A table as a file. */
export const downloadTable = (coop: string, proposal: string | undefined, file: string) =>
  download(proposal === undefined ? `${V1}/coops/${coop}/exports/${file}` : `${V1}/coops/${coop}/proposals/${proposal}/exports/${file}`)
export const listWebhooks = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/webhooks`, { params: { ...of(coop), query: paged(cursor) } })))
export const registerWebhook = (coop: string, attempt: Attempt, body: WebhookBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/webhooks`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
const hook = (coop: string, webhook: string) => ({ path: { coop, webhook } })
export const renewWebhookSecret = (coop: string, webhook: string) =>
  take(client.PUT(`${V1}/coops/{coop}/webhooks/{webhook}/secret`, { params: hook(coop, webhook) }))
export const endWebhook = (coop: string, webhook: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/webhooks/{webhook}`, { params: hook(coop, webhook) }))
/** The newest messages; one page says enough. */
export const listDeliveries = (coop: string, webhook: string) =>
  take(client.GET(`${V1}/coops/{coop}/webhooks/{webhook}/deliveries`, { params: { ...hook(coop, webhook), query: { limit: 20 } } }))
export const memberReceipt = (coop: string, proposal: string) =>
  download(`${V1}/coops/${coop}/proposals/${proposal}/ballots/mine/receipt`)
