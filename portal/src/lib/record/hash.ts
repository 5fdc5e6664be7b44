/**
 * Hashing of records in the browser, by the hashing functions of ethers alone: no provider, no wallet, no network.
 * This is written from the specification and not from the server's code, so that the two can check each other.
 */
import { keccak256 as keccak, toUtf8Bytes } from 'ethers'
import { TypedDataEncoder } from 'ethers/hash'
import { fieldsOf, TYPE_STRINGS, type RecordType, type RecordValue } from './types'

/** The signing domain as the server states it; without a chain both of its fields are absent from the domain type. */
export interface SigningDomain {
  name: string
  version: string
  chain_id?: number | null
  verifying_contract?: string | null
  salt: string
}

export const ZERO_WORD = `0x${'0'.repeat(64)}`

/** The domain with exactly the fields that are hashed. */
export function typedDomain(domain: SigningDomain) {
  const base = { name: domain.name, version: domain.version, salt: domain.salt }
  return domain.chain_id != null && domain.verifying_contract != null
    ? { ...base, chainId: domain.chain_id, verifyingContract: domain.verifying_contract }
    : base
}

const typesOf = (type: RecordType) => ({ [type]: fieldsOf(type) })

/** hashStruct of a record: its identity. */
export function structHash(type: RecordType, value: RecordValue): string {
  return TypedDataEncoder.hashStruct(type, typesOf(type), value)
}

/** What is signed: keccak256(0x1901 ‖ domain separator ‖ struct hash). */
export function digest(domain: SigningDomain, type: RecordType, value: RecordValue): string {
  return TypedDataEncoder.hash(typedDomain(domain), typesOf(type), value)
}

export function domainSeparator(domain: SigningDomain): string {
  return TypedDataEncoder.hashDomain(typedDomain(domain))
}

export function typeHash(type: RecordType): string {
  return keccak(toUtf8Bytes(TYPE_STRINGS[type]))
}

/** The hash of a text; a ballot's reason enters so. */
export function textHash(text: string): string {
  return keccak(toUtf8Bytes(text))
}

/** The typed data a wallet shows and signs (eth_signTypedData_v4). */
export function walletPayload(domain: SigningDomain, type: RecordType, value: RecordValue): string {
  return JSON.stringify(TypedDataEncoder.getPayload(typedDomain(domain), typesOf(type), value))
}
