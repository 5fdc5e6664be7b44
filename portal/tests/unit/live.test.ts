// Aim: a page follows what the server tells, whatever pieces it comes in, and comes back with the id of what it was told last. Method:
// streams cut at every place, and a follower with streams that end, fail and are refused.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventReader } from '../../src/lib/events'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a stream of events', () => {
  const text = ': awake\n\nretry: 2000\n\nid: a1\nevent: proposal\ndata: {"state":"open","title":"投票"}\n\nid: a2\r\nevent: proposal\r\ndata: {"a":\r\ndata: 1}\r\n\r\n'
  const wanted = [
    { id: 'a1', kind: 'proposal', data: { state: 'open', title: '投票' } },
    { id: 'a2', kind: 'proposal', data: { a: 1 } },
  ]
  it('is read alike wherever it is cut', () => {
    const whole = bytes(text)
    for (let place = 0; place <= whole.length; place += 1) {
      const reader = new EventReader()
      expect([...reader.read(whole.slice(0, place)), ...reader.read(whole.slice(place))], `${place}`).toEqual(wanted)
    }
  })
  it('passes over what is no JSON, and gives up on an event without an end', () => {
    expect(new EventReader().read(bytes('data: {\n\n'))).toEqual([])
    expect(() => new EventReader().read(bytes(`data: ${'x'.repeat(70_000)}`))).toThrow('without an end')
  })
})

describe('a follower', () => {
  const asked: (string | null)[] = []
  let answers: (() => Promise<AsyncIterable<Uint8Array>>)[] = []
  beforeEach(() => {
    vi.useFakeTimers()
    vi.resetModules()
    asked.length = 0
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    vi.stubGlobal('window', new EventTarget())
    vi.doMock('../../src/lib/api/client', () => ({
      stream: (_: string, last: string | null) => {
        asked.push(last)
        return (answers.shift() ?? (() => Promise.reject(new Error('no more'))))()
      },
    }))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  async function* told(...texts: string[]) {
    for (const each of texts) yield bytes(each)
  }
  const told1 = 'id: one\nevent: proposal\ndata: 1\n\n'

  it('comes back with the id of what it was told last, after a pause that grows', async () => {
    const { Live } = await import('../../src/lib/live.svelte')
    answers = [() => Promise.resolve(told(told1)), () => Promise.reject(new Error('offline')), () => Promise.resolve(told('id: two\nevent: proposal\ndata: 2\n\n'))]
    const heard: unknown[] = []
    const live = new Live('/live', (_, data) => heard.push(data))
    const stop = live.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(heard).toEqual([1])
    expect(live.standing).toBe('away')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(heard).toEqual([1, 2])
    expect(asked.slice(0, 3)).toEqual([null, 'one', 'one'])
    stop()
    const count = asked.length
    await vi.advanceTimersByTimeAsync(120_000)
    expect(asked).toHaveLength(count)
  })

  it('stops where there is nothing to follow', async () => {
    const { Live } = await import('../../src/lib/live.svelte')
    const { Problem } = await import('../../src/lib/api/problem')
    answers = [() => Promise.reject(new Problem(404, 'not-found', {}))]
    const live = new Live('/live', () => undefined)
    live.start()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(live.standing).toBe('off')
    expect(asked).toHaveLength(1)
  })
})
