/** A list that is read page by page, as far as somebody looks. */
export class Paged<Item> {
  items: readonly Item[] = $state.raw([])
  /** Whether there is more to read. */
  more = $state(true)
  error: unknown = $state.raw(null)
  #cursor: string | null = null
  #reading = false
  readonly #read: (cursor: string | null) => Promise<{ items: Item[]; next_cursor?: string | null }>

  constructor(read: (cursor: string | null) => Promise<{ items: Item[]; next_cursor?: string | null }>) {
    this.#read = read
  }

  /** Reads the next page; does nothing while one is read, and where there is none. */
  async next(): Promise<void> {
    if (this.#reading || !this.more) return
    this.#reading = true
    try {
      const page = await this.#read(this.#cursor)
      this.items = [...this.items, ...page.items]
      this.#cursor = page.next_cursor ?? null
      this.more = this.#cursor !== null
      this.error = null
    } catch (caught) {
      this.error = caught
    } finally {
      this.#reading = false
    }
  }

  /** Reads so many pages, or to the end, or as far as it goes without a fault and somebody still looks. */
  async readOn(pages: number, goesOn: () => boolean): Promise<void> {
    for (let page = 0; page < pages && this.more && goesOn(); page += 1) {
      await this.next()
      if (this.error !== null) return
    }
  }
}
