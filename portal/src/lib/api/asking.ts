/** How operations are asked for: under one key until they worked, and lists to their end. */
import type { Attempt } from './attempt'
import type { Page } from './types'

export const V1 = '/api/v1' as const
/** What an address names. */
export const of = (coop: string) => ({ path: { coop } })
export const about = (coop: string, proposal: string) => ({ path: { coop, proposal } })
export const within = (coop: string, cycle: string) => ({ path: { coop, cycle } })

export const keyed = (attempt: Attempt, content: unknown) => ({ 'Idempotency-Key': attempt.keyFor(content) })
/** A page of a list holds at most this many. */
const LIMIT = 100
/** The most pages read for one list; past it the list says that it goes on. */
const PAGES_MAX = 20

/** Runs a creating request under the key of its attempt, and forgets the key once it has worked. */
export async function once<T>(attempt: Attempt, request: Promise<T>): Promise<T> {
  const answer = await request
  attempt.done()
  return answer
}

/** Reads a list to its end, or to the bound. */
export async function all<T>(page: (cursor: string | undefined) => Promise<Page<T>>): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = []
  let cursor: string | undefined
  for (let index = 0; index < PAGES_MAX; index += 1) {
    const answer = await page(cursor)
    items.push(...answer.items)
    if (answer.next_cursor == null) return { items, more: false }
    cursor = answer.next_cursor
  }
  return { items, more: true }
}
export const paged = (cursor: string | undefined) => (cursor === undefined ? { limit: LIMIT } : { limit: LIMIT, cursor })
