/** A key on a roll and its leaf (record.md, sections 4 and 6). */
import { keccak256 } from 'ethers'
import { hashText } from './hash'
import { leafOf } from './tree'

export interface RollKey {
  kind: string
  public_key: string
  registered_sequence: number
}
const KIND_CODE: Record<string, number> = { wallet: 1, passkey: 3, ed25519: 4 }

/** A key as a word: an address is padded, a passkey, which has two words, is hashed. */
function keyWord(key: RollKey): string {
  if (key.kind === 'passkey' && /^0x[0-9a-f]{128}$/.test(key.public_key)) return keccak256(key.public_key)
  return `0x${key.public_key.slice(2).padStart(64, '0')}`
}

export const keyLeaf = (key: RollKey): string => leafOf([hashText('KeyV1'), KIND_CODE[key.kind], keyWord(key), key.registered_sequence])
