/** Something that is filled in, looked at, and only then done: what the server would do of it, what it did, and what stood in the way. */
export class Looking<Seen, Done> {
  seen: Seen | null = $state.raw(null)
  done: Done | null = $state.raw(null)
  error: unknown = $state(null)
  busy = $state(false)
  /** What heads the look; it takes the focus, so that a screen reader goes on there. */
  heading: HTMLElement | undefined = $state()

  look(ask: () => Promise<Seen>): Promise<void> {
    return this.#run(async () => {
      this.done = null
      this.seen = await ask()
      queueMicrotask(() => this.heading?.focus())
    })
  }

  act(take: (seen: Seen) => Promise<Done>): Promise<void> {
    return this.#run(async () => {
      if (this.seen === null) return
      this.done = await take(this.seen)
      this.seen = null
    })
  }

  back(): void {
    this.seen = null
    this.error = null
  }

  async #run(what: () => Promise<void>): Promise<void> {
    this.busy = true
    this.error = null
    try {
      await what()
    } catch (caught) {
      this.error = caught
    } finally {
      this.busy = false
    }
  }
}
