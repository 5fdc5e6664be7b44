/** The newest checkpoint of a co-op's log, as it is published for everybody, checked with the key that the co-op names. */
import { toHex } from '../bytes'
import { openNote, readCheckpoint, readNoteKey, type Checkpoint } from './note'
import { continues, Tiles } from './tiles'

export type Published =
  | { kind: 'signed'; size: number; root: string; note: string }
  /** It is not signed by that key, or of another log. */
  | { kind: 'forged' }
  /** There is none, or it cannot be had. */
  | { kind: 'none' }

/** Where the files of a log lie. */
export const logFolder = (namespace: string): string => `/log/${namespace.slice(2)}/`

/** The checkpoint in a note that the key signed; null for any other. */
async function opened(note: string, logKey: string): Promise<Checkpoint | null> {
  const key = await readNoteKey(logKey)
  const text = key === null ? null : await openNote(note, key)
  return text === null || key === null ? null : readCheckpoint(text, key.name)
}

export async function readPublished(namespace: string, logKey: string, send: typeof fetch = fetch): Promise<Published> {
  const answer = await send(`${logFolder(namespace)}checkpoint`, { credentials: 'omit', cache: 'no-store' }).catch(() => null)
  if (answer?.ok !== true) return { kind: 'none' }
  const note = await answer.text()
  const checkpoint = await opened(note, logKey)
  return checkpoint === null ? { kind: 'forged' } : { kind: 'signed', size: checkpoint.size, root: toHex(checkpoint.root), note }
}

export type Compared =
  /** All of it stands in the log, and so many entries were added. */
  | { kind: 'holds'; added: number; size: number }
  /** The log's key signed both, and they cannot both be true. */
  | { kind: 'changed'; size: number }
  /** What was kept is no checkpoint of this log. */
  | { kind: 'foreign' }

/** What became of a checkpoint that somebody kept. Throws where the log cannot be read. */
export async function compare(kept: string, published: string, namespace: string, logKey: string, send: typeof fetch = fetch): Promise<Compared> {
  const [older, newer] = await Promise.all([opened(kept, logKey), opened(published, logKey)])
  if (older === null || newer === null) return { kind: 'foreign' }
  const tiles = new Tiles(newer.size, async (path) => {
    const answer = await send(logFolder(namespace) + path, { credentials: 'omit' })
    if (!answer.ok) throw new Error(`The tile ${path} cannot be had.`)
    return new Uint8Array(await answer.arrayBuffer())
  })
  const holds = await continues(older, newer, await tiles.continuation(older.size))
  return holds ? { kind: 'holds', added: newer.size - older.size, size: older.size } : { kind: 'changed', size: older.size }
}
