/** Wallets in the browser (EIP-1193, found by EIP-6963): proving an address by EIP-4361, signing typed data. */
import { walletNonce } from '$lib/api/calls/identity'
import { Problem } from '$lib/api/problem'

interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>
}
/** A wallet that a person can choose. */
export interface OfferedWallet {
  /** What it calls itself; empty where it does not say. */
  name: string
  provider: Provider
}
declare global {
  interface Window {
    ethereum?: Provider
  }
}

/** What a wallet says of a person who does not wish to go on (EIP-1193). */
const DECLINED = 4001
/** The longest name that is shown, in characters: a wallet calls itself what it likes. */
const NAME_MAX = 40
/** The most wallets that are offered; a browser with more has a program that floods pages. */
const WALLETS_MAX = 12

const announced = new Map<string, OfferedWallet>()

function hear(event: Event): void {
  const { info, provider } = ((event as CustomEvent).detail ?? {}) as { info?: { uuid?: unknown; name?: unknown }; provider?: Provider }
  if (typeof info?.uuid !== 'string' || typeof info.name !== 'string' || typeof provider?.request !== 'function') return
  if (announced.size < WALLETS_MAX) announced.set(info.uuid, { name: info.name.slice(0, NAME_MAX), provider })
}

/** The wallets of this browser: those that announce themselves, or the one that lies where pages look since before there were several. */
export function wallets(): OfferedWallet[] {
  if (typeof window === 'undefined') return []
  window.addEventListener('eip6963:announceProvider', hear)
  window.dispatchEvent(new Event('eip6963:requestProvider'))
  if (announced.size > 0) return [...announced.values()]
  return window.ethereum === undefined ? [] : [{ name: '', provider: window.ethereum }]
}

export const hasWallet = (): boolean => wallets().length > 0

async function ask(provider: Provider, method: string, params?: unknown[]): Promise<unknown> {
  try {
    return await provider.request(params === undefined ? { method } : { method, params })
  } catch (caught) {
    const { code, message } = (caught ?? {}) as { code?: unknown; message?: unknown }
    if (code === DECLINED) throw new Problem(0, 'wallet-declined', {})
    throw new Problem(0, 'wallet', typeof message === 'string' ? { detail: message } : {})
  }
}

/** The address the person chooses in the wallet. It comes in mixed case (EIP-55), which EIP-4361 wants. */
async function chooseAddress(provider: Provider): Promise<string> {
  const accounts = await ask(provider, 'eth_requestAccounts')
  const address: unknown = Array.isArray(accounts) ? accounts[0] : undefined
  if (typeof address !== 'string') throw new Problem(0, 'wallet', {})
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

export interface ProvenWallet {
  address: string
  message: string
  signature: string
}

/**
 * Has a wallet prove its address by EIP-4361. The statement, plain English since the standard knows ASCII alone, is what the person
 * reads; the resource is the one thing that the signature is for, and the server accepts it for nothing else.
 */
export async function proveWallet({ provider }: OfferedWallet, statement: string, resource: string): Promise<ProvenWallet> {
  const address = await chooseAddress(provider)
  const { nonce, chain_id, expires_at } = await walletNonce()
  const { host, origin } = window.location
  const message = signInMessage({
    domain: host,
    address,
    statement,
    uri: origin,
    chainId: chain_id,
    nonce,
    issuedAt: new Date().toISOString(),
    expiresAt: expires_at,
    resources: [resource],
  })
  const { toHex } = await import('$lib/bytes')
  const signature = await ask(provider, 'personal_sign', [toHex(new TextEncoder().encode(message)), address])
  return { address, message, signature: String(signature).toLowerCase() }
}

/** What to sign in with. */
export const proveToSignIn = (wallet: OfferedWallet) => proveWallet(wallet, 'Sign in to this site.', 'urn:rochdale:sign-in')
/** What to link a wallet to an account with. */
export const proveToLink = (wallet: OfferedWallet, account: string) =>
  proveWallet(wallet, 'Let this wallet sign me in to my account.', `urn:rochdale:sign-in-wallet:${account}`)

/** The wallet that holds an address, as far as it tells without asking the person; else the first one. */
async function holder(address: string): Promise<Provider> {
  const all = wallets()
  for (const { provider } of all) {
    const accounts = await ask(provider, 'eth_accounts').catch(() => [])
    if (Array.isArray(accounts) && accounts.some((each) => String(each).toLowerCase() === address.toLowerCase())) return provider
  }
  if (all[0] === undefined) throw new Problem(0, 'wallet-none', {})
  return all[0].provider
}

/** A message to a contract, as the server gives it. */
export interface ContractMessage {
  chain_id: number
  to: string
  data: string
}

/** Has a wallet send a message to a contract, on its chain; the hash of the transaction. */
export async function sendMessage({ provider }: OfferedWallet, message: ContractMessage): Promise<string> {
  const from = await chooseAddress(provider)
  if (Number(await ask(provider, 'eth_chainId')) !== message.chain_id) {
    await ask(provider, 'wallet_switchEthereumChain', [{ chainId: `0x${message.chain_id.toString(16)}` }])
  }
  return String(await ask(provider, 'eth_sendTransaction', [{ from, to: message.to, data: message.data }]))
}

/** Signs typed data, after asking the wallet to turn to the chain of its domain where that names one. */
export async function signTyped(address: string, chain: number | null, payload: string): Promise<string> {
  const provider = await holder(address)
  if (chain !== null && Number(await ask(provider, 'eth_chainId')) !== chain) {
    await ask(provider, 'wallet_switchEthereumChain', [{ chainId: `0x${chain.toString(16)}` }])
  }
  return String(await ask(provider, 'eth_signTypedData_v4', [address, payload])).toLowerCase()
}
