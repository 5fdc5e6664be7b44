// Hashing and signing for the mock, so that the portal's own checks of receipts and signatures meet real ones.
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keccak256, toUtf8Bytes, TypedDataEncoder } from 'ethers'

const TYPES = {
  BallotV1: 'bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 voter,uint64 revision,uint16[] options,uint32[] points,bytes32 reason,bytes32 salt',
  KeyRegistrationV1: 'bytes32 ns,bytes32 member,uint8 kind,bytes32 publicKey,bytes32 salt',
  ReceiptV1: 'bytes32 ns,bytes32 subject,bytes32 recordHash,uint64 sequence,uint64 at,bytes32 salt',
}
const typesOf = (name) => ({ [name]: TYPES[name].split(',').map((field) => ({ type: field.split(' ')[0], name: field.split(' ')[1] })) })
const domainOf = (domain, chain) => ({
  name: domain.name,
  version: domain.version,
  salt: domain.salt,
  ...(chain && domain.chain_id ? { chainId: domain.chain_id, verifyingContract: domain.verifying_contract } : {}),
})

export const word = (uuid) => `0x${'0'.repeat(32)}${uuid.replaceAll('-', '')}`
export const randomWord = () => `0x${randomBytes(32).toString('hex')}`
export const newId = () => randomUUID()
export const textHash = (text) => keccak256(toUtf8Bytes(text))
/** The registry of types, from which the portal's own list was not copied. */
const registry = JSON.parse(readFileSync(new URL('../../../governance/testdata/eip712.json', import.meta.url), 'utf8')).types
export const typeHash = (name) => registry[name].hash
export const structHash = (name, value) => TypedDataEncoder.hashStruct(name, typesOf(name), value)
export const digest = (domain, name, value, chain = true) => TypedDataEncoder.hash(domainOf(domain, chain), typesOf(name), value)

const pair = generateKeyPairSync('ed25519')
const bytes = (hex) => Buffer.from(hex.slice(2), 'hex')
export const serverKey = `0x${pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')}`
export const serverSign = (hash) => `0x${sign(null, bytes(hash), pair.privateKey).toString('hex')}`
export function keySigned(publicKey, hash, signature) {
  const key = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes(publicKey)]), format: 'der', type: 'spki' })
  return verify(null, bytes(hash), key, bytes(signature))
}
