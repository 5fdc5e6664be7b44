/** The newest checkpoint of a co-op's log, as it is published for everybody, checked with the key that the co-op names. */
import { toHex } from '../bytes'
import { openNote, readCheckpoint, readNoteKey } from './note'

export type Published =
  | { kind: 'signed'; size: number; root: string; note: string }
  /** It is not signed by that key, or of another log. */
  | { kind: 'forged' }
  /** There is none, or it cannot be had. */
  | { kind: 'none' }

/** Where the files of a log lie. */
export const logFolder = (namespace: string): string => `/log/${namespace.slice(2)}/`

export async function readPublished(namespace: string, logKey: string, send: typeof fetch = fetch): Promise<Published> {
  const answer = await send(`${logFolder(namespace)}checkpoint`, { credentials: 'omit', cache: 'no-store' }).catch(() => null)
  if (answer?.ok !== true) return { kind: 'none' }
  const note = await answer.text()
  const key = await readNoteKey(logKey)
  const text = key === null ? null : await openNote(note, key)
  const checkpoint = text === null || key === null ? null : readCheckpoint(text, key.name)
  return checkpoint === null ? { kind: 'forged' } : { kind: 'signed', size: checkpoint.size, root: toHex(checkpoint.root), note }
}
