/** The conversation of this tab: in memory alone, with its key. A reload and a sign-out forget both. */
import type { Turn } from './chat'
import { onSignOut } from './session.svelte'

/** A turn with what it cost, where it is an answer. */
export interface Said extends Turn {
  charged: number | null
  tokens: number | null
  /** Why it ended before it was whole, as part of a message key. */
  cut: 'length' | 'stopped' | 'failed' | null
}

interface Conversation {
  key: string
  model: string
  said: Said[]
  /** What is typed and not sent. */
  draft: string
}

const empty = (): Conversation => ({ key: '', model: '', said: [], draft: '' })
const conversations = $state<Record<string, Conversation>>({})

/** The conversation in a co-op. */
export function conversation(coop: string): Conversation {
  // What is put into the state and what is read from it are two objects; only the second is watched.
  if (conversations[coop] === undefined) conversations[coop] = empty()
  return conversations[coop]
}

onSignOut(() => {
  for (const coop of Object.keys(conversations)) delete conversations[coop]
})
