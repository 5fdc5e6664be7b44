/** The present moment as state, renewed every few seconds and with each answer of the server; one timer for the whole page. */
const TICK_MS = 5_000
export const clock = $state({ now: Date.now() })

export function look(): void {
  clock.now = Date.now()
}

export function startClock(): void {
  setInterval(look, TICK_MS)
}
