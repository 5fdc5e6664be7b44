import { describe, expect, it } from 'vitest'
import { merge, type Part } from '../../src/lib/merge'

interface Form {
  title: string
  text: string
}
const parts: Part<Form>[] = [
  { name: 'Title', is: (of) => of.title, take: (to, from) => (to.title = from.title) },
  { name: 'Text', is: (of) => of.text, reads: (of) => `“${of.text}”`, take: (to, from) => (to.text = from.text) },
]
const base: Form = { title: 'One', text: 'Words' }

describe('a form that two people changed', () => {
  it('takes what only the other one changed', () => {
    const mine = { title: 'Mine', text: 'Words' }
    const merged = merge(parts, base, mine, { title: 'One', text: 'Theirs' })
    expect(mine).toEqual({ title: 'Mine', text: 'Theirs' })
    expect(merged).toEqual({ taken: ['Text'], open: [] })
  })

  it('leaves what both changed, and offers theirs in words', () => {
    const mine = { title: 'Mine', text: 'Mine too' }
    const { taken, open } = merge(parts, base, mine, { title: 'Theirs', text: 'Theirs too' })
    expect([mine.title, taken, open.map(({ name, theirs }) => [name, theirs])]).toEqual(['Mine', [], [['Title', 'Theirs'], ['Text', '“Theirs too”']]])
    open[1]!.take()
    expect(mine).toEqual({ title: 'Mine', text: 'Theirs too' })
  })

  it('asks nothing where both wrote the same, or only one wrote', () => {
    const mine = { title: 'Same', text: 'Mine' }
    expect(merge(parts, base, mine, { title: 'Same', text: 'Words' })).toEqual({ taken: [], open: [] })
    expect(mine).toEqual({ title: 'Same', text: 'Mine' })
  })

  it('compares a second time with what it was based on since', () => {
    const [mine, first] = [{ title: 'Mine', text: 'Words' }, { title: 'Theirs', text: 'Words' }]
    merge(parts, base, mine, first)
    expect(merge(parts, first, mine, { title: 'Theirs', text: 'More' })).toEqual({ taken: ['Text'], open: [] })
    expect(mine).toEqual({ title: 'Mine', text: 'More' })
  })
})
