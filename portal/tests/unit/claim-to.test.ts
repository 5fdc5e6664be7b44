// What a wallet signs to have a claim paid elsewhere, held to the contract: its own type string, and ethers for the message.
import { readFileSync } from 'node:fs'
import { Interface, TypedDataEncoder } from 'ethers'
import { describe, expect, it } from 'vitest'
import { claimToMessage, claimToPayload, deadlineAfter, readRecipient, type OpenClaim } from '../../src/lib/claim-to'

const contracts = new URL('../../../contracts/', import.meta.url)
const { abi } = JSON.parse(readFileSync(new URL('artifacts/RochdaleDistributor.json', contracts), 'utf8')) as { abi: [] }
const source = readFileSync(new URL('src/RochdaleDistributor.sol', contracts), 'utf8')
const distributor = new Interface(abi)
const [contract, token, wallet, recipient] = ['11', '22', '33', '44'].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string, string]
const salt = `0x${'55'.repeat(32)}`

function claimOf(siblings: number): OpenClaim {
  const proof = Array.from({ length: siblings }, (_, place) => `0x${String(60 + place).repeat(32)}`)
  const [units, epoch] = ['60220000', 3]
  const data = distributor.encodeFunctionData('claim', [[token, wallet, units, salt, epoch, proof]])
  return { contract, token_address: token, wallet, units, epoch, salt, proof, call: { chain_id: 31337, to: contract, data } } as OpenClaim
}
const to = { recipient, deadline: 1_800_000_000 }

describe('a claim to another address', () => {
  it.each([[0, 65], [1, 65], [3, 65], [2, 96], [2, 200]])('is the message of the contract, with %d siblings and a signature of %d bytes', (siblings, length) => {
    const claim = claimOf(siblings)
    const signature = `0x${'ab'.repeat(length)}`
    const { token_address, units, epoch, proof } = claim
    const data = distributor.encodeFunctionData('claimTo', [[token_address, wallet, units, salt, epoch, proof], recipient, to.deadline, signature])
    expect(claimToMessage(claim, to, signature)).toEqual({ chain_id: 31337, to: contract, data })
  })
  it('is signed as the contract has it', () => {
    const { types, domain, message, primaryType } = JSON.parse(claimToPayload(claimOf(1), to)) as { types: Record<string, { name: string; type: string }[]>; domain: object; message: Record<string, unknown>; primaryType: string }
    expect(source).toContain(`"${TypedDataEncoder.from({ ClaimTo: types.ClaimTo! }).encodeType(primaryType)}"`)
    expect(source).toContain('EIP712("RochdaleDistributor", "1")')
    expect(domain).toEqual({ name: 'RochdaleDistributor', version: '1', chainId: 31337, verifyingContract: contract })
    expect(message).toEqual({ token, account: wallet, recipient, cumulative: '60220000', epoch: 3, deadline: to.deadline })
  })
  it('is made of a claim alone', () => {
    const claim = claimOf(1)
    expect(() => claimToMessage({ ...claim, call: { ...claim.call, data: distributor.encodeFunctionData('claimedOf', [token, wallet]) } }, to, '0xab')).toThrow()
  })
  it('holds for whole days from now', () => expect(deadlineAfter(2, 1_700_000_000_900)).toBe(1_700_172_800))
  const typed: [string, string | null][] = [
    [recipient, recipient],
    [` ${recipient}\n`, recipient],
    ['0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359', '0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359'],
    ['0xfb6916095ca1df60bB79Ce92cE3Ea74c37c5d359', null],
    [contract, null],
    [`0x${'0'.repeat(40)}`, null],
    ['0x44', null],
    ['', null],
  ]
  it.each(typed)('reads %j as an address or not', async (text, address) => expect(await readRecipient(text, { contract })).toBe(address))
})
