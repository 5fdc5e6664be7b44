/** Follows an acknowledged ballot until the log is shown to hold it: a few questions, then no more until somebody asks again. */
import { asProblem } from '../api/problem'
import type { ReceiptState } from '../api/types'
import { checkStanding, type Known, type Standing } from './proof'

/** How often is asked. The server holds each answer back for two seconds while there is no proof. */
export const TRIES = 5
/** A server that does not wait is not asked without a break. */
const BREAK_MS = 1_000

/** What the server said last, as it said it, and what this browser makes of it. */
export interface Followed {
  answer: ReceiptState | null
  standing: Standing
}

const later = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Asks until the answer is another than "pending". Throws where no answer comes. */
export async function follow(
  ask: () => Promise<ReceiptState>,
  known: Known,
  signal: AbortSignal,
  pause: (milliseconds: number) => Promise<void> = later,
): Promise<Followed> {
  for (let left = TRIES - 1; ; left -= 1) {
    const followed = await askOnce(ask, known)
    if (followed.standing.kind !== 'pending' || left === 0 || signal.aborted) return followed
    await pause(BREAK_MS)
  }
}

async function askOnce(ask: () => Promise<ReceiptState>, known: Known): Promise<Followed> {
  let answer: ReceiptState
  try {
    answer = await ask()
  } catch (caught) {
    // It acknowledged the ballot and now says that nothing of the kind was: more than a failure.
    if (asProblem(caught).slug === 'not-found') return { answer: null, standing: { kind: 'contradiction', why: 'unknown' } }
    throw caught
  }
  return { answer, standing: await checkStanding(answer, known) }
}
