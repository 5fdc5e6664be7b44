/** The server's receipt file for the whole chain of one ballot: what this page shows of it. */

export interface RollKey {
  kind: string
  public_key: string
}

interface Claimed {
  acknowledgement?: { receipt?: { record_hash?: unknown } }
  roll?: { keys?: unknown }
}

const isKey = (key: unknown): key is RollKey =>
  typeof key === 'object' && key !== null && 'kind' in key && 'public_key' in key && typeof key.kind === 'string' && typeof key.public_key === 'string'

/** The keys that the file says the roll holds; null where it is of another ballot or malformed. The auditor's program proves them. */
export function rollKeys(text: string, recordHash: string): RollKey[] | null {
  let file: Claimed
  try {
    file = JSON.parse(text) as Claimed
  } catch {
    return null
  }
  const keys = file?.roll?.keys
  if (file?.acknowledgement?.receipt?.record_hash !== recordHash || !Array.isArray(keys) || !keys.every(isKey)) return null
  return keys
}
