/** Checking what a passkey signed (record.md, section 4), by the browser's own WebCrypto. */
import { fromHex, toHex } from '$lib/bytes'

/** The order of P-256. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ASSERTION_BYTES_MAX = 2048
const AUTHENTICATOR_BYTES_MIN = 37
const SIGNATURE_BYTES = 64
const FLAGS_AT = 32
/** The person touched the authenticator, and it made sure who it is. */
const PRESENT_AND_VERIFIED = 0x05

const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

function answers(client: Uint8Array<ArrayBuffer>, digest: Uint8Array): boolean {
  try {
    const said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(client)) as Record<string, unknown>
    return said['type'] === 'webauthn.get' && said['challenge'] === base64url(digest) && (said['crossOrigin'] ?? false) === false
  } catch {
    return false
  }
}

/** Whether a passkey, by its point, answered a digest. Throws only where this browser checks no such signatures. */
export async function verifyAssertion(publicKey: string, digest: string, assertion: string): Promise<boolean> {
  if (!/^0x[0-9a-f]{128}$/.test(publicKey) || !/^0x([0-9a-f]{2})*$/.test(assertion)) return false
  const bytes = fromHex(assertion)
  const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  const end = bytes.length - SIGNATURE_BYTES
  if (bytes.length > ASSERTION_BYTES_MAX || length < AUTHENTICATOR_BYTES_MIN || 2 + length > end) return false
  const [authenticator, client, signature] = [bytes.slice(2, 2 + length), bytes.slice(2 + length, end), bytes.slice(end)]
  if (((authenticator[FLAGS_AT] ?? 0) & PRESENT_AND_VERIFIED) !== PRESENT_AND_VERIFIED || !answers(client, fromHex(digest))) return false
  if (BigInt(toHex(signature.subarray(32))) > ORDER / 2n) return false
  const { subtle } = globalThis.crypto
  const hash = new Uint8Array(await subtle.digest('SHA-256', client))
  let key: CryptoKey
  try {
    key = await subtle.importKey('raw', fromHex(publicKey.replace('0x', '0x04')), P256, false, ['verify'])
  } catch (caught) {
    if (caught instanceof DOMException && caught.name === 'DataError') return false
    throw caught
  }
  return subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, new Uint8Array([...authenticator, ...hash]))
}
