// Aim: the page of the record reads all of it, and says a day as the reader counts it. Method: a list of many pages that breaks once, and
// instants around midnight in a zone of our own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haltWords } from '../../src/lib/anchors'
import { localDay } from '../../src/lib/format'
import { Paged } from '../../src/lib/paged.svelte'

describe('a list that is read to its end', () => {
  const pages = (count: number, broken = new Set<number>()) =>
    new Paged<number>(async (cursor) => {
      const page = Number(cursor ?? 0)
      if (broken.delete(page)) throw new Error('busy')
      return { items: [2 * page, 2 * page + 1], next_cursor: page + 1 < count ? String(page + 1) : null }
    })

  it('goes on from where it stopped, and misses nothing', async () => {
    const list = pages(250)
    await list.readOn(200, () => true)
    expect([list.items.length, list.more]).toEqual([400, true])
    await list.readOn(200, () => true)
    expect([list.more, list.items]).toEqual([false, Array.from({ length: 500 }, (_, index) => index)])
  })

  it('stops at a fault, and takes it up again', async () => {
    const list = pages(10, new Set([4]))
    await list.readOn(200, () => true)
    expect([list.items.length, list.more, list.error instanceof Error]).toEqual([8, true, true])
    await list.readOn(200, () => true)
    expect([list.items.length, list.more, list.error]).toEqual([20, false, null])
  })

  it('stops when nobody looks any more', async () => {
    const list = pages(10)
    await list.readOn(200, () => list.items.length < 6)
    expect(list.items.length).toBe(6)
  })
})

describe('a day', () => {
  const zone = process.env.TZ
  beforeAll(() => void (process.env.TZ = 'Asia/Shanghai'))
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  it('is that of the reader', () => expect(['2026-11-26T15:59:59Z', '2026-11-26T16:00:00Z'].map(localDay)).toEqual(['2026-11-26', '2026-11-27']))
})

describe('why an anchor halted', () => {
  it('is a sentence for each cause that the server names', () => {
    for (const cause of ['other_past', 'finality_violated', 'not_poster', 'closed', 'reverted']) expect(haltWords(cause)).toMatch(/ .+\.$/)
    expect(haltWords('toString')).toBe('toString')
  })
})
