/** What webhooks may be told of, and who looks at them. */
import type { WebhookEvent } from './api/types'

export const WEBHOOK_EVENTS: readonly WebhookEvent[] = [
  'proposal.discussed',
  'proposal.opened',
  'proposal.closed',
  'proposal.result',
  'proposal.withdrawn',
  'proposal.cancelled',
]

/** Stewards register and end them, auditors look. */
export function webhookRights(me: { status: string; roles: readonly string[] }): { look: boolean; change: boolean } {
  const acts = me.status === 'active'
  const change = acts && me.roles.includes('steward')
  return { look: change || (acts && me.roles.includes('auditor')), change }
}
