// People who come in by their keys: what is wrong with a row, what is sent of a table, and the list that is kept.
import { describe, expect, it } from 'vitest'
import type { ImportedMember } from '../../src/lib/api/types'
import { importOf, keptTable, refusedRow } from '../../src/lib/member-import'
import { hasWrong, keyKind, MEMBERS_HEADER, readNewMembers, type RowComplaint } from '../../src/lib/tables'

const [wallet, key] = [`0x${'Ab'.repeat(20)}`, `0x${'cd'.repeat(32)}`]
const table = (...rows: string[]) => readNewMembers(`${MEMBERS_HEADER}\n${rows.join('\n')}\n`)

describe('a table of new members', () => {
  const rows: [string, RowComplaint | null][] = [
    [`Dora,worker,${wallet}`, null],
    [`"Emil, the weaver",observer,${key}`, null],
    [` ${'x'.repeat(120)} ,user,${key}`, null],
    [`${'x'.repeat(121)},user,${key}`, 'name'],
    [` ,user,${key}`, 'name'],
    [`Dora,Worker,${key}`, 'class'],
    [`Dora,member,${key}`, 'class'],
    ['Dora,user,0x12', 'key'],
    [`Dora,user,${key}00`, 'key'],
    [`Dora,user,${key.slice(2)}`, 'key'],
    [`Dora,user,${key},`, 'columns'],
  ]
  it.each(rows)('%s', (row, wrong) => {
    const read = table(row)
    expect(read.rows[0]?.wrong).toBe(wrong)
    expect(hasWrong(read)).toBe(wrong !== null)
  })
  it('has nobody twice by one key, however it is written', () => expect(table(`Dora,user,${wallet}`, `Emil,user,${wallet.toLowerCase()}`).rows.map(({ wrong }) => wrong)).toEqual([null, 'repeated']))
  it('is at most a thousand rows', () => {
    const many = (count: number) => table(...Array.from({ length: count }, (_, place) => `Member ${place},user,0x${place.toString(16).padStart(40, '0')}`))
    expect([many(1000).wrong, many(1001).wrong]).toEqual([null, 'long'])
  })
  it('knows a key by its length', () => expect([wallet, key, '0x', ''].map(keyKind)).toEqual(['wallet', 'ed25519', null, null]))
})

describe('what is sent', () => {
  const sent = importOf(table(` Dora ,worker,${wallet}`, `=1+1,user,${key}`).rows)
  it('has each key by its kind, in lower case and with a salt of its own', () => {
    expect(sent.map(({ display_name, class: group, key: { kind, public_key } }) => [display_name, group, kind, public_key])).toEqual([['Dora', 'worker', 'wallet', wallet.toLowerCase()], ['=1+1', 'user', 'ed25519', key]])
    const salts = sent.map(({ key: { salt } }) => salt)
    expect(salts.every((salt) => /^0x[0-9a-f]{64}$/.test(salt)) && new Set(salts).size === 2).toBe(true)
  })
  it('is kept beside what came back, and no cell is a formula', () => {
    const made = ['one', 'two'].map((id, place) => ({ id, key: `key-${id}`, registered_sequence: 7 + place })) as ImportedMember[]
    const [header, first, second] = keptTable(sent, made).split('\n')
    expect(header).toBe('name,member,key,registered_sequence,salt')
    expect(first).toBe(`Dora,one,key-one,7,${sent[0]?.key.salt}`)
    expect(second).toBe(`'=1+1,two,key-two,8,${sent[1]?.key.salt}`)
  })
  it.each([['members[0].display_name', 2], ['members[12].key.public_key', 14], ['members', null], ['display_name', null], [null, null]])('a refusal of %s is of row %s', (field, row) => expect(refusedRow(field)).toBe(row))
})
