// Aim: a request that nobody answers is told after a while and can be given up, and one that is answered soon is not told. Method: a
// clock that is turned by hand, and requests that end when the test says so.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { giveUp, told, waiting } from '../../src/lib/api/waiting.svelte'

/** Ends when it is given up, as `fetch` does. */
const never = (signal: AbortSignal) => new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))

describe('a request', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('that is answered soon is not told', async () => {
    expect(await told(async () => 'answer')).toBe('answer')
    vi.advanceTimersByTime(60_000)
    expect(waiting.long).toBe(0)
  })

  it('that takes long is told until its answer comes', async () => {
    let answer: (text: string) => void = () => undefined
    const asked = told(() => new Promise<string>((resolve) => (answer = resolve)))
    vi.advanceTimersByTime(7_999)
    expect(waiting.long).toBe(0)
    vi.advanceTimersByTime(1)
    expect(waiting.long).toBe(1)
    answer('late')
    expect(await asked).toBe('late')
    expect(waiting.long).toBe(0)
  })

  it('that takes long is given up when somebody wants it, and those just begun go on', async () => {
    const old = told(never)
    vi.advanceTimersByTime(8_000)
    const young = vi.fn()
    void told(never).catch(young)
    giveUp()
    await expect(old).rejects.toThrow('given up')
    expect([waiting.long, young.mock.calls.length]).toEqual([0, 0])
    vi.advanceTimersByTime(8_000)
    giveUp()
    await vi.waitFor(() => expect(young).toHaveBeenCalled())
  })
})
