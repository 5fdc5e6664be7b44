/**
 * Following one thing by server-sent events, over fetch since the browser's own EventSource sends no token. It comes back by itself
 * with the id of what it was told last, less and less often while that fails, and not at all while nobody looks at the page.
 */
import { stream } from './api/client'
import { Problem } from './api/problem'
import { EventReader } from './events'

/** `live`: the page follows along. `away`: it does not, and comes back. `off`: the server does not offer it here. */
export type Standing = 'starting' | 'live' | 'away' | 'off'

const FIRST_MS = 1_000
const LAST_MS = 30_000

export class Live {
  standing: Standing = $state('starting')
  readonly #path: string
  readonly #told: (kind: string, data: unknown) => void
  #last: string | null = null
  #wait = FIRST_MS
  #stopped = false
  #abort: AbortController | null = null
  #wake: (() => void) | null = null

  constructor(path: string, told: (kind: string, data: unknown) => void) {
    this.#path = path
    this.#told = told
  }

  /** Begins to follow; what it gives ends that. For an effect. */
  start(): () => void {
    const looked = () => (document.visibilityState === 'visible' ? this.#wake?.() : this.#abort?.abort())
    const online = () => this.#wake?.()
    document.addEventListener('visibilitychange', looked)
    window.addEventListener('online', online)
    void this.#run()
    return () => {
      this.#stopped = true
      document.removeEventListener('visibilitychange', looked)
      window.removeEventListener('online', online)
      this.#abort?.abort()
      this.#wake?.()
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (document.visibilityState === 'visible') {
        try {
          await this.#follow()
          this.#wait = FIRST_MS
        } catch (caught) {
          if (caught instanceof Problem && (caught.status === 404 || caught.status === 422)) {
            this.standing = 'off'
            return
          }
        }
      }
      if (this.#stopped) return
      await this.#pause()
      this.#wait = Math.min(LAST_MS, this.#wait * 2)
    }
  }

  /** Until the stream ends. */
  async #follow(): Promise<void> {
    this.#abort = new AbortController()
    const reader = new EventReader()
    try {
      const body = await stream(this.#path, this.#last, this.#abort.signal)
      this.standing = 'live'
      this.#wait = FIRST_MS
      for await (const piece of body) {
        for (const event of reader.read(piece)) {
          this.#last = event.id ?? this.#last
          this.#told(event.kind, event.data)
        }
      }
    } finally {
      if (!this.#stopped && document.visibilityState === 'visible') this.standing = 'away'
      this.#abort = null
    }
  }

  /** Waits for its turn, for the page to be looked at, or for the network. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const hidden = document.visibilityState !== 'visible'
      const timer = hidden ? undefined : setTimeout(done, this.#wait)
      this.#wake = done
      function done() {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
