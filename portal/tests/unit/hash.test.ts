// Aim: the browser hashes every record as the other programs do. Method: the vectors that serve Rust, Solidity and Node alike.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { digest, domainSeparator, structHash, typeHash, walletPayload } from '../../src/lib/record/hash'
import { TYPE_STRINGS, type RecordType, type RecordValue } from '../../src/lib/record/types'

interface Vectors {
  domains: Record<'chain' | 'noChain', { chainId?: number; verifyingContract?: string; name: string; version: string; salt: string; separator: string }>
  types: Record<RecordType, { text: string; hash: string }>
  records: { type: RecordType; value: RecordValue; structHash: string; digestOnChain: string; digestWithoutChain: string }[]
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../../../governance/testdata/eip712.json', import.meta.url), 'utf8'))
const domainOf = (name: 'chain' | 'noChain') => {
  const { chainId, verifyingContract, ...rest } = vectors.domains[name]
  return { ...rest, chain_id: chainId ?? null, verifying_contract: verifyingContract ?? null }
}

describe('record hashing', () => {
  it('knows the published type strings, all of them', () => {
    expect(Object.keys(TYPE_STRINGS).sort()).toEqual(Object.keys(vectors.types).sort())
    for (const [name, { text, hash }] of Object.entries(vectors.types) as [RecordType, { text: string; hash: string }][]) {
      expect(TYPE_STRINGS[name]).toBe(text)
      expect(typeHash(name)).toBe(hash)
    }
  })

  it('separates domains with and without a chain', () => {
    expect(domainSeparator(domainOf('chain'))).toBe(vectors.domains.chain.separator)
    expect(domainSeparator(domainOf('noChain'))).toBe(vectors.domains.noChain.separator)
  })

  it.each(vectors.records.map((record, index) => [`${record.type} ${index}`, record] as const))('hashes %s', (_name, record) => {
    expect(structHash(record.type, record.value)).toBe(record.structHash)
    expect(digest(domainOf('chain'), record.type, record.value)).toBe(record.digestOnChain)
    expect(digest(domainOf('noChain'), record.type, record.value)).toBe(record.digestWithoutChain)
  })

  it('shows a wallet the same fields it hashes', () => {
    const ballot = vectors.records.find((record) => record.type === 'BallotV1')!
    const payload = JSON.parse(walletPayload(domainOf('chain'), 'BallotV1', ballot.value))
    expect(payload.primaryType).toBe('BallotV1')
    expect(Number(payload.domain.chainId)).toBe(31337)
    expect(Object.keys(payload.types).sort()).toEqual(['BallotV1', 'EIP712Domain'])
  })
})
