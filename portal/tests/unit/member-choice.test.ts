import { describe, expect, it } from 'vitest'
import type { Member } from '../../src/lib/api/types'
import { narrowed } from '../../src/lib/member-choice'

const named = (id: string, display_name: string) => ({ id, display_name }) as Member
const members = [named('3', 'Zoë Ngo'), named('1', 'Ada'), named('2', '陈宇'), named('1', 'Ada'), named('4', 'ALAN')]

describe('members to choose from', () => {
  const cases: [string, string[]][] = [
    ['', ['Ada', 'ALAN', 'Zoë Ngo', '陈宇']],
    [' zoe ', ['Zoë Ngo']],
    ['NGO', ['Zoë Ngo']],
    ['宇', ['陈宇']],
    ['a', ['Ada', 'ALAN']],
    ['b', []],
  ]
  it.each(cases)('hold %j in their names, each once', (typed, found) => expect(narrowed(members, typed).map((member) => member.display_name)).toEqual(found))
})
