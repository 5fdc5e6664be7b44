/**
 * Requests that take long. A network that stalls ends none of them by itself, so after a while the person is told, and may give them up:
 * then it is as if no answer came, and what was typed is still there. None is ended without being asked, since a slow answer is one too.
 */

/** From here on somebody wonders whether anything happens. */
const LONG_MS = 8_000

/** How many requests take long just now. */
export const waiting = $state({ long: 0 })
const open = new Set<AbortController>()

/** Runs a request with a signal that gives it up, and tells when it takes long. */
export async function told<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let isLong = false
  const timer = setTimeout(() => {
    isLong = true
    open.add(controller)
    waiting.long += 1
  }, LONG_MS)
  try {
    return await run(controller.signal)
  } finally {
    clearTimeout(timer)
    open.delete(controller)
    if (isLong) waiting.long -= 1
  }
}

/** Gives up those that take long. */
export function giveUp(): void {
  for (const controller of open) controller.abort()
}
