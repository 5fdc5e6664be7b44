/** Ed25519 keys made and used by the browser's own WebCrypto. The private half never leaves the browser. */
import { fromHex, toHex } from '$lib/bytes'

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

/** Checks a signature over a digest, for instance the server's on a receipt. */
export async function verifyDigest(publicKey: string, digest: string, signature: string): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', fromHex(publicKey), ED25519, false, ['verify'])
  return crypto.subtle.verify(ED25519, key, fromHex(signature), fromHex(digest))
}
