/** The present moment as state, renewed every half minute; one timer for the whole page. */
const TICK_MS = 30_000
export const clock = $state({ now: Date.now() })

export function startClock(): void {
  setInterval(() => (clock.now = Date.now()), TICK_MS)
}
