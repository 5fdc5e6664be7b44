/** A wallet in the browser (EIP-1193), where there is one: proving an address by EIP-4361, signing typed data. */
import type { SigningDomain } from '$lib/record/hash'

interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>
}
declare global {
  interface Window {
    ethereum?: Provider
  }
}

export const hasWallet = (): boolean => typeof window !== 'undefined' && window.ethereum !== undefined

function provider(): Provider {
  if (!window.ethereum) throw new Error('there is no wallet in this browser')
  return window.ethereum
}

/** The address the person chooses in the wallet. It comes in mixed case (EIP-55), which EIP-4361 wants. */
export async function chooseAddress(): Promise<string> {
  const accounts = (await provider().request({ method: 'eth_requestAccounts' })) as string[]
  const address = accounts[0]
  if (address === undefined) throw new Error('the wallet named no account')
  const { getAddress } = await import('ethers/address')
  return getAddress(address)
}

export interface SignInMessage {
  domain: string
  address: string
  statement: string
  uri: string
  chainId: number
  nonce: string
  issuedAt: string
  expiresAt: string | null
  resources: string[]
}

/** The text of EIP-4361, line by line as the standard has it. */
export function signInMessage(message: SignInMessage): string {
  const lines = [
    `${message.domain} wants you to sign in with your Ethereum account:`,
    message.address,
    '',
    message.statement,
    '',
    `URI: ${message.uri}`,
    'Version: 1',
    `Chain ID: ${message.chainId}`,
    `Nonce: ${message.nonce}`,
    `Issued At: ${message.issuedAt}`,
  ]
  if (message.expiresAt !== null) lines.push(`Expiration Time: ${message.expiresAt}`)
  if (message.resources.length > 0) lines.push('Resources:', ...message.resources.map((resource) => `- ${resource}`))
  return lines.join('\n')
}

export async function walletChain(): Promise<number> {
  return Number(await provider().request({ method: 'eth_chainId' }))
}

/** Signs a plain text (personal_sign). */
export async function signText(address: string, text: string): Promise<string> {
  const { toHex } = await import('$lib/bytes')
  const bytes = toHex(new TextEncoder().encode(text))
  return ((await provider().request({ method: 'personal_sign', params: [bytes, address] })) as string).toLowerCase()
}

/** Signs typed data, after asking the wallet to turn to the chain of the domain where it names one. */
export async function signTyped(address: string, domain: SigningDomain, payload: string): Promise<string> {
  if (domain.chain_id != null && (await walletChain()) !== domain.chain_id) {
    const chainId = `0x${domain.chain_id.toString(16)}`
    await provider().request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] })
  }
  const signature = await provider().request({ method: 'eth_signTypedData_v4', params: [address, payload] })
  return (signature as string).toLowerCase()
}
