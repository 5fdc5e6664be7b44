/**
 * A claim that is paid to another address than the wallet's own: what the wallet signs for it (`ClaimTo` of contracts/src/RochdaleDistributor.sol)
 * and the message by which anybody brings what was signed.
 */
import type { Claim } from './api/types'
import type { ContractMessage } from './keys/wallet'

/** How long a signature may hold, in days: whoever has it can send it until then. */
export const HOLDS_DAYS_MAX = 30
const DAY_SECONDS = 86_400

/** What may be claimed of a contract now. */
export type OpenClaim = Claim & { call: ContractMessage }
/** Where a claim goes, and until when the signature for it holds, in seconds. */
export interface Destination {
  recipient: string
  deadline: number
}

/** An address as it was typed, in lower case; null where it is none, is misspelt (EIP-55), or is one that the contract refuses. */
export async function readRecipient(text: string, claim: Pick<Claim, 'contract'>): Promise<string | null> {
  const { getAddress } = await import('ethers/address')
  try {
    const address = getAddress(text.trim()).toLowerCase()
    return address === `0x${'0'.repeat(40)}` || address === claim.contract.toLowerCase() ? null : address
  } catch {
    return null
  }
}

export const deadlineAfter = (days: number, now: number): number => Math.floor(now / 1000) + days * DAY_SECONDS

/** The typed data that the wallet shows and signs (EIP-712). */
export function claimToPayload(claim: OpenClaim, { recipient, deadline }: Destination): string {
  const field = (name: string, type: string) => ({ name, type })
  return JSON.stringify({
    types: {
      EIP712Domain: [field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'address')],
      ClaimTo: [field('token', 'address'), field('account', 'address'), field('recipient', 'address'), field('cumulative', 'uint256'), field('epoch', 'uint64'), field('deadline', 'uint256')],
    },
    primaryType: 'ClaimTo',
    domain: { name: 'RochdaleDistributor', version: '1', chainId: claim.call.chain_id, verifyingContract: claim.contract },
    message: { token: claim.token_address, account: claim.wallet, recipient, cumulative: claim.units, epoch: claim.epoch, deadline },
  })
}

/** `claimTo((address,address,uint256,bytes32,uint64,bytes32[]),address,uint256,bytes)` */
const CLAIM_TO = '0x195e88c5'
/** The beginning of the message by which the server says to claim: which function, and that its one argument follows. */
const CLAIM = /^0x[0-9a-f]{8}0{62}20/
const WORD = 64
const word = (value: number | string): string => (typeof value === 'number' ? value.toString(16) : value.replace('0x', '')).padStart(WORD, '0')

/** The message that brings the signature. The claim stands in it as it does in the server's own message, after the four arguments. */
export function claimToMessage({ call }: OpenClaim, { recipient, deadline }: Destination, signature: string): ContractMessage {
  if (!CLAIM.test(call.data)) throw new Error('the message of the server is no claim')
  const claim = call.data.replace(CLAIM, '')
  const signed = signature.replace('0x', '')
  const places = [4 * 32, 4 * 32 + claim.length / 2] as const
  const padded = signed.padEnd(Math.ceil(signed.length / WORD) * WORD, '0')
  return { ...call, data: CLAIM_TO + word(places[0]) + word(recipient) + word(deadline) + word(places[1]) + claim + word(signed.length / 2) + padded }
}
