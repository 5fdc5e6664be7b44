/** Comments as they are read: what begins a thread by its time, and below it what answers it. */
import type { Comment } from './api/types'

/**
 * The comments in the order of reading. They come in the order in which they were made, an answer always after what it answers; one
 * whose beginning is not among them stands as if it began a thread. Walks with a stack of its own, whatever the depth.
 */
export function inThreads(comments: readonly Comment[]): Comment[] {
  const known = new Set(comments.map((comment) => comment.id))
  const answers = new Map<string | null, Comment[]>()
  for (const comment of comments) {
    const below = comment.parent !== null && known.has(comment.parent) ? comment.parent : null
    answers.set(below, [...(answers.get(below) ?? []), comment])
  }
  const read: Comment[] = []
  const waiting = [...(answers.get(null) ?? [])].toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    read.push(next)
    waiting.push(...(answers.get(next.id) ?? []).toReversed())
    answers.delete(next.id)
  }
  return read
}

/** An answer stands at most this many below the beginning of its thread, as the server says. */
export const DEPTH_MAX = 4

export interface Offers {
  answer: boolean
  edit: boolean
  remove: boolean
}

/** What a member may do with a comment while the discussion is open or not. */
export function offersOn(comment: Comment, me: { id: string; status: string; roles: readonly string[] }, isOpen: boolean): Offers {
  const acts = me.status === 'active' && comment.body !== null
  return {
    answer: acts && isOpen && comment.depth < DEPTH_MAX,
    edit: acts && isOpen && comment.author.id === me.id,
    remove: acts && me.roles.includes('steward'),
  }
}
