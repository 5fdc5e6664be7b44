/** People who become members by their keys: from rows of a table to what is sent, and from what came back to the list that is kept. */
import type { Class, ImportedMember, ImportMember } from './api/types'
import { randomWord } from './bytes'
import { keyKind, writeRow, type Row } from './tables'

/** What is sent of rows that can be read. The salts are made once, so that it is the same when it is sent again. */
export const importOf = (rows: readonly Row[]): ImportMember[] =>
  rows.flatMap(({ fields: [name = '', group = '', key = ''] }) => {
    const kind = keyKind(key)
    return kind === null ? [] : [{ display_name: name.trim(), class: group.trim() as Class, key: { kind, public_key: key.trim().toLowerCase(), salt: randomWord() } }]
  })

/** The row of the table that a refusal names, such as `members[3].display_name`: the header is row 1. */
export function refusedRow(field: string | null): number | null {
  const [, place] = /^members\[(\d+)\]/.exec(field ?? '') ?? []
  return place === undefined ? null : Number(place) + 2
}

/** A spreadsheet would take a cell that begins so for a formula. */
const plain = (text: string): string => (/^[=+\-@]/.test(text) ? `'${text}` : text)
/** What each new member needs to vote and to find the own registration in the record. */
export const keptTable = (sent: readonly ImportMember[], made: readonly ImportedMember[]): string =>
  [['name', 'member', 'key', 'registered_sequence', 'salt'], ...made.map(({ id, key, registered_sequence }, place) => [plain(sent[place]?.display_name ?? ''), id, key, String(registered_sequence), sent[place]?.key.salt ?? ''])]
    .map((fields) => `${writeRow(fields)}\n`)
    .join('')
