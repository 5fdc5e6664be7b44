/** What a person can do about a problem, where the portal knows more than the server's own detail says. */
import type { Problem } from './api/problem'
import type { Key } from './text/index.svelte'

const ADVICE: Readonly<Record<string, Key>> = {
  offline: 'problem.offline.advice',
  'revision-conflict': 'problem.revision.advice',
  'stale-version': 'problem.stale.advice',
  'idempotency-in-flight': 'problem.in_flight.advice',
  passkey: 'problem.passkey.advice',
  wallet: 'problem.wallet.advice',
  'wallet-declined': 'problem.wallet.declined',
  'wallet-none': 'wallet.none.text',
  'too-many-requests': 'problem.too_many.advice',
  internal: 'problem.server.advice',
  busy: 'problem.server.advice',
}

export function adviceFor(problem: Problem): Key | null {
  const known = ADVICE[problem.slug]
  if (known !== undefined) return known
  return problem.status >= 500 ? 'problem.server.advice' : null
}
