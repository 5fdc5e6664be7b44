// Aim: the map of a count shows each transfer, to the eye and to a screen reader. Method: a count of three stages is drawn as HTML.
import { render } from 'svelte/server'
import { describe, expect, it } from 'vitest'
import type { Count } from '../../src/lib/api/types'
import Flow from '../../src/pages/proposal/result/Flow.svelte'

const stage = (totals: Record<string, string>, over: Partial<Count['stages'][number]> = {}): Count['stages'][number] => ({ totals, transfer: null, elected: [], excluded: [], nontransferable: '0', ties: [], ...over })
const count: Count = {
  method: 'scottish_stv',
  seats: 2,
  valid: '9',
  blank: '0',
  withdrawn: [],
  elected: [1, 2],
  ties: [],
  stages: [
    stage({ '1': '5', '2': '2', '3': '2' }, { elected: [1] }),
    stage({ '1': '4', '2': '2.5', '3': '2.5' }, { transfer: { from: 1, kind: 'surplus', value: '0.2' } }),
    stage({ '1': '4', '2': '4', '3': '0' }, { transfer: { from: 3, kind: 'exclusion', value: '1' }, excluded: [3], elected: [2], nontransferable: '1' }),
  ],
}

describe('the map of a count', () => {
  const { body } = render(Flow, { props: { count, names: ['Ann', 'Ben', '<b>Cem</b>'] } })

  it('draws a ribbon for each move, and for what stays', () => {
    const ribbons = body.match(/<path class="ribbon[^"]*"/g) ?? []
    expect(ribbons.filter((each) => each.includes('moved'))).toHaveLength(4)
    expect(ribbons.length).toBeGreaterThan(4)
  })

  it('says the same in a table', () => {
    const rows = [...body.matchAll(/<tr>(<td.*?)<\/tr>/g)].map(([, row]) => [...row!.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell!.replaceAll(/<!--.*?-->|<\/?bdi>/g, '')))
    expect(rows).toEqual([
      ['2', 'Ann', 'Ben', '0.5'],
      ['2', 'Ann', '&lt;b>Cem&lt;/b>', '0.5'],
      ['3', '&lt;b>Cem&lt;/b>', 'Ben', '1.5'],
      ['3', '&lt;b>Cem&lt;/b>', 'not transferable', '1'],
    ])
  })
})
