// Aim: threads are read in their order, what is offered is what the server takes, and the home page lists nothing twice. Method:
// tables of cases through the functions of the pages.
import { describe, expect, it } from 'vitest'
import type { Comment, InboxItem, ProposalSummary } from '../../src/lib/api/types'
import { notWaiting } from '../../src/lib/home'
import { webhookRights } from '../../src/lib/webhooks'
import { inThreads, offersOn } from '../../src/lib/thread'

const comment = (id: string, parent: string | null, depth: number): Comment => ({
  id,
  parent,
  depth,
  author: { id: 'ada', display_name: 'Ada' },
  body: id,
  version: 1,
  created_at: '2026-01-01T00:00:00Z',
  written_at: '2026-01-01T00:00:00Z',
  removed: null,
})

describe('threads', () => {
  const cases: [string, [string, string | null][], string][] = [
    ['answers stand below what they answer', [['a', null], ['b', null], ['c', 'a'], ['d', 'c'], ['e', 'a']], 'acdeb'],
    ['an answer whose beginning is missing begins a thread', [['b', 'gone'], ['c', 'b']], 'bc'],
    ['nothing is lost', [['a', null], ['b', 'a'], ['c', 'b'], ['d', 'c'], ['e', 'd']], 'abcde'],
    ['no comments, no threads', [], ''],
  ]
  it.each(cases)('%s', (_, made, wanted) => {
    expect(inThreads(made.map(([id, parent]) => comment(id, parent, 0))).map((each) => each.id).join('')).toBe(wanted)
  })

  it('are walked however long a chain is', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => comment(String(index), index === 0 ? null : String(index - 1), 0))
    expect(inThreads(chain)).toEqual(chain)
  })
})

describe('on a comment is offered', () => {
  const me = (id: string, roles: string[] = [], status = 'active') => ({ id, status, roles })
  const cases: [string, ReturnType<typeof me>, Partial<Comment>, boolean, string][] = [
    ['its author: to answer and edit', me('ada'), {}, true, 'answer edit'],
    ['another member: to answer', me('bo'), {}, true, 'answer'],
    ['a steward: to remove too', me('bo', ['steward']), {}, true, 'answer remove'],
    ['a steward after the vote: to remove alone', me('ada', ['steward']), {}, false, 'remove'],
    ['a suspended member: nothing', me('ada', ['steward'], 'suspended'), {}, true, ''],
    ['where it was removed: nothing', me('ada', ['steward']), { body: null }, true, ''],
    ['at the greatest depth: no answer', me('ada'), { depth: 4 }, true, 'edit'],
  ]
  it.each(cases)('%s', (_, who, change, isOpen, wanted) => {
    const offers = offersOn({ ...comment('a', null, 0), ...change }, who, isOpen)
    expect(Object.entries(offers).filter(([, is]) => is).map(([name]) => name).join(' ')).toBe(wanted)
  })
})

describe('the home page', () => {
  const vote = (id: string, closes_at: string) => ({ proposal: { id, closes_at } as ProposalSummary })
  it('lists what waits once, and the rest by deadline', () => {
    const open = [vote('c', '2026-01-03'), vote('a', '2026-01-01'), vote('b', '2026-01-02')]
    const inbox = [{ proposal: { id: 'a' } }] as InboxItem[]
    expect(notWaiting(open, inbox).map((each) => each.proposal.id)).toEqual(['b', 'c'])
    expect(notWaiting(open, [])).toHaveLength(3)
  })
})

describe('webhooks', () => {
  const cases: [string, { status: string; roles: string[] }, boolean, boolean][] = [
    ['a member', { status: 'active', roles: [] }, false, false],
    ['an auditor looks', { status: 'active', roles: ['auditor'] }, true, false],
    ['a steward changes', { status: 'active', roles: ['steward'] }, true, true],
    ['a suspended steward does neither', { status: 'suspended', roles: ['steward'] }, false, false],
  ]
  it.each(cases)('%s', (_, me, look, change) => expect(webhookRights(me)).toEqual({ look, change }))
})
