/** A form that two people changed at once: what only one of them changed is taken, what both changed is left for a person to choose. */

/** One part of a form, by the name that people read above it. */
export interface Part<Form> {
  name: string
  /** What stands in it, to compare. */
  is: (form: Form) => string
  /** What stands in it, to read; as it is compared unless said. */
  reads?: (form: Form) => string
  /** Puts into one form what stands in another. */
  take: (to: Form, from: Form) => void
}

/** What of a change somebody else saved is in the form now, and what is not. */
export interface Merged {
  taken: readonly string[]
  open: readonly { name: string; theirs: string; take: () => void }[]
}

/**
 * Brings what somebody else saved into the form that is being filled in. `base` is what it began with: a part that stands here as it
 * stood there was not touched and follows theirs, so that saving undoes nothing of what others did.
 */
export function merge<Form>(parts: readonly Part<Form>[], base: Form, mine: Form, theirs: Form): Merged {
  const changed = parts.filter(({ is }) => is(theirs) !== is(base) && is(theirs) !== is(mine))
  const [free, both] = [changed.filter(({ is }) => is(mine) === is(base)), changed.filter(({ is }) => is(mine) !== is(base))]
  for (const { take } of free) take(mine, theirs)
  return {
    taken: free.map(({ name }) => name),
    open: both.map(({ name, is, reads = is, take }) => ({ name, theirs: reads(theirs), take: () => take(mine, theirs) })),
  }
}
