// Aim: a receipt that a server made holds, and whatever is changed in it is found. Method: a receipt of the demonstration, changed one thing at a time.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readReceipt, verifyReceipt } from '../../src/lib/bundle/receipt'

type Part = Record<string, any>
const text = readFileSync(new URL('../data/receipt.json', import.meta.url), 'utf8')
const changed = (change: (file: Part) => void): Part => {
  const file = JSON.parse(text) as Part
  change(file)
  return file
}
const states = async (file: Part) => (await verifyReceipt(file)).findings.map(({ check, state }) => `${check} ${state}`)
const broken = async (file: Part) => (await verifyReceipt(file)).findings.filter(({ state }) => state === 'broken').map(({ check }) => check)
const other = `0x${'12'.repeat(32)}`

describe('a receipt file', () => {
  it('holds as the server made it', async () => {
    expect(await states(readReceipt(text)!)).toEqual(['ballot holds', 'roll holds', 'acknowledged holds', 'logged holds', 'counted holds'])
  })
  it('waits where it was saved before there was more', async () => {
    const early = changed((file) => Object.assign(file, { log: { state: 'pending' }, result: { state: 'pending' } }))
    expect((await states(early)).slice(3)).toEqual(['logged pending', 'counted pending'])
  })
  const cases: [string, (file: Part) => void, string[]][] = [
    ['the choice', (file) => void (file['ballot'].options = [1]), ['acknowledged', 'logged', 'counted']],
    ['the question', (file) => void (file['proposal'].text = other), ['ballot', 'counted']],
    ['the voter', (file) => void (file['ballot'].voter = other), ['roll', 'acknowledged', 'logged', 'counted']],
    ['a key on the roll', (file) => void file['roll'].keys.push({ kind: 'ed25519', public_key: other, registered_sequence: 3 }), ['roll']],
    ['the weight on the roll', (file) => void (file['roll'].weight = '2'), ['roll']],
    ['the moment of the receipt', (file) => void (file['acknowledgement'].receipt.at += 1), ['acknowledged']],
    ['the key of the server', (file) => void (file['acknowledgement'].server_key = `0x${'22'.repeat(32)}`), ['acknowledged']],
    ['a receipt of another ballot', (file) => void (file['acknowledgement'].receipt.record_hash = other), ['acknowledged']],
    ['the place in the log', (file) => void (file['log'].index = 13), ['logged']],
    ['the log of another co-op', (file) => void (file['log'].origin = file['log'].log_key = 'elsewhere/log'), ['logged']],
    ['the way to the counted ballots', (file) => void file['result'].proof.pop(), ['counted']],
    ['the weight that counted', (file) => void (file['result'].weight = '2'), ['counted']],
    ['the numbers of the tally', (file) => void (file['result'].tally.counts = ['3', '0', '0', '0']), ['counted']],
    ['a ballot that was superseded', (file) => void (file['result'].state = 'superseded'), ['counted']],
    ['no acknowledgement', (file) => void delete file['acknowledgement'], ['acknowledged']],
    ['a number that is none', (file) => void (file['ballot'].revision = -1), ['ballot', 'acknowledged', 'logged', 'counted']],
  ]
  it.each(cases)('does not where it has another form: %s', async (_, change, wanted) => expect(await broken(changed(change))).toEqual(wanted))
  it.each(['', 'null', '[]', '{}', '{"format":"rochdale-receipt-2"}', 'x'])('is not %j', (wrong) => expect(readReceipt(wrong)).toBeNull())
})
