/** Co-ops already read, so that going from page to page of one asks only once. */
import { readBylaws, readCoop } from './api/calls/coops'
import type { Bylaws, Coop } from './api/types'
import { Remote } from './remote.svelte'
import { onSignOut } from './session.svelte'

const coops = new Map<string, Remote<Coop>>()
const bylaws = new Map<string, Remote<Bylaws>>()

function cached<T>(map: Map<string, Remote<T>>, id: string, fetch: () => Promise<T>): Remote<T> {
  const known = map.get(id)
  // What failed is asked again on the next visit.
  if (known && known.error === null) return known
  const fresh = new Remote(fetch)
  map.set(id, fresh)
  return fresh
}

export const coopRemote = (id: string): Remote<Coop> => cached(coops, id, () => readCoop(id))
export const bylawsRemote = (id: string): Remote<Bylaws> => cached(bylaws, id, () => readBylaws(id))

// The next person at this browser sees nothing of the last one.
onSignOut(() => {
  coops.clear()
  bylaws.clear()
})
