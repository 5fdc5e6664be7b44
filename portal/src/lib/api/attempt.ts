/**
 * The Idempotency-Key of a creating request. The same content sent again carries the same key, so a retry after a lost answer
 * creates nothing twice; changed content is a new request and gets a new key.
 */
export class Attempt {
  #content: string | null = null
  #key = ''

  keyFor(content: unknown): string {
    const text = JSON.stringify(content) ?? ''
    if (text !== this.#content) {
      this.#content = text
      this.#key = crypto.randomUUID()
    }
    return this.#key
  }

  /** After a success: even the same content is a new request now. */
  done(): void {
    this.#content = null
  }
}
