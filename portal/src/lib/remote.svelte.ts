import { look } from './clock.svelte'

/** One request and its answer as state. A failed renewal keeps what was shown before. */
export class Remote<Data> {
  data: Data | undefined = $state.raw(undefined)
  error: unknown = $state.raw(null)
  #fetch: () => Promise<Data>
  #turn = 0

  constructor(fetch: () => Promise<Data>) {
    this.#fetch = fetch
    void this.load()
  }

  async load(): Promise<void> {
    const turn = ++this.#turn
    try {
      const data = await this.#fetch()
      // A slower answer to an earlier question does not overwrite a later one.
      if (turn === this.#turn) {
        // What just came may have begun this very second.
        look()
        this.data = data
        this.error = null
      }
    } catch (caught) {
      if (turn === this.#turn) this.error = caught
    }
  }
}
