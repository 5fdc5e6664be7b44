// Aim: the story leads somewhere, and only a file of its form begins it. Method: each step's address is looked up among the routes.
import { describe, expect, it } from 'vitest'
import { addressOf, PARTS, readDemonstration, STEPS } from '../../src/lib/demonstration'
import { find } from '../../src/lib/router.svelte'
import { routes } from '../../src/routes'

describe('the story of the demonstration', () => {
  it.each(PARTS.flatMap((part) => STEPS[part].map(([step, page]) => [part, step, addressOf('c', page)])))('has a page for the %s to %s', (_part, _step, address) => {
    expect(find(routes, address!)).not.toBeNull()
  })

  const whole = { slug: 'demo-commons', password: 'secret', people: [{ role: 'member', email: 'member@example.org' }] }
  const cases: [string, unknown, boolean][] = [
    ['all of it', whole, true],
    ['nobody', { ...whole, people: [] }, true],
    ['no password', { ...whole, password: undefined }, false],
    ['people without an address', { ...whole, people: [{ role: 'member' }] }, false],
    ['nothing', null, false],
  ]
  it.each(cases)('%s in its file', (_, value, isOne) => expect(readDemonstration(value) !== null).toBe(isOne))
})
