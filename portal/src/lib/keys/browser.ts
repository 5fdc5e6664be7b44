/** Ed25519 keys made and used by the browser's own WebCrypto. The private half never leaves the browser. */
import { fromHex, toHex } from '$lib/bytes'
import { isStrict } from './strict'

const ED25519 = { name: 'Ed25519' } as const

/** Whether this browser makes Ed25519 keys; it does so on https and localhost only. */
export async function canMakeKeys(): Promise<boolean> {
  if (typeof crypto === 'undefined' || crypto.subtle === undefined || typeof indexedDB === 'undefined') return false
  try {
    await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])
    return true
  } catch {
    return false
  }
}

export async function makeKey(): Promise<{ privateKey: CryptoKey; publicKey: string }> {
  const pair = (await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])) as CryptoKeyPair
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return { privateKey: pair.privateKey, publicKey: toHex(raw) }
}

/** Signs a 32-byte digest. */
export async function signDigest(key: CryptoKey, digest: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.sign(ED25519, key, fromHex(digest))))
}

/**
 * Whether an Ed25519 signature over a message holds, strictly (record.md, section 4). Throws only where this browser has no Ed25519,
 * or lets pages use none because they did not come by https.
 */
export async function verify(publicKey: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (globalThis.crypto?.subtle === undefined) throw new Error('This browser checks no signatures here.')
  if (!isStrict(publicKey, signature)) return false
  let key: CryptoKey
  try {
    key = await crypto.subtle.importKey('raw', publicKey, ED25519, false, ['verify'])
  } catch (caught) {
    // DataError is said of bytes that are no point: a verdict on the key, not on the browser.
    if (caught instanceof DOMException && caught.name === 'DataError') return false
    throw caught
  }
  return crypto.subtle.verify(ED25519, key, signature, message)
}

/** Checks a signature over a digest, for instance the server's on a receipt. */
export async function verifyDigest(publicKey: string, digest: string, signature: string): Promise<boolean> {
  return verify(fromHex(publicKey), fromHex(digest), fromHex(signature))
}
