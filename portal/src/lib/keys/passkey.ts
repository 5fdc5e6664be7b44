/** Passkeys (WebAuthn): making one, having one answer a challenge. What comes out is spelled as record.md, section 4, has it. */
import { Problem } from '$lib/api/problem'
import { fromHex, toHex } from '$lib/bytes'
import { ORDER } from './assertion'

/** ES256: ECDSA over P-256 with SHA-256. */
const ES256 = -7

/** Whether this browser has passkeys; it does so on https and localhost only. */
export const hasPasskeys = (): boolean => typeof PublicKeyCredential !== 'undefined' && typeof navigator.credentials?.get === 'function'

async function challengeOf(lines: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('\n'))))
}
/** The challenges say what they are for, so that the server cannot pass a ballot off as one. */
export const signInChallenge = (nonce: string) => challengeOf(['rochdale passkey sign-in', nonce])
export const registrationChallenge = (account: string, nonce: string) => challengeOf(['rochdale passkey registration', account, nonce])

const idBytes = (uuid: string): Uint8Array<ArrayBuffer> => fromHex(`0x${uuid.replaceAll('-', '')}`)
const bytesOf = (buffer: ArrayBuffer): string => toHex(new Uint8Array(buffer))
const names = (credentials: readonly string[]) => credentials.map((id) => ({ type: 'public-key' as const, id: fromHex(id) }))

/** What a browser says of a person who did not go on, or of an authenticator that has no such key: it tells pages no more. */
async function asked<T extends AuthenticatorResponse>(request: Promise<Credential | null>): Promise<{ id: string; response: T }> {
  try {
    const given = (await request) as PublicKeyCredential | null
    if (given !== null) return { id: bytesOf(given.rawId), response: given.response as T }
  } catch (caught) {
    if (!(caught instanceof DOMException)) throw caught
  }
  throw new Problem(0, 'passkey', {})
}

/** Has an authenticator make a passkey; it asks the person. Those that the account has already are not made again. */
export async function makePasskey(
  account: { id: string; email: string; display_name: string },
  nonce: string,
  has: readonly string[],
): Promise<{ authenticator_data: string; client_data: string }> {
  const create = navigator.credentials.create({
    publicKey: {
      rp: { name: 'Rochdale' },
      user: { id: idBytes(account.id), name: account.email, displayName: account.display_name },
      challenge: await registrationChallenge(account.id, nonce),
      pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: names(has),
      attestation: 'none',
    },
  })
  const { response } = await asked<AuthenticatorAttestationResponse>(create)
  return { authenticator_data: bytesOf(response.getAuthenticatorData()), client_data: bytesOf(response.clientDataJSON) }
}

/** A number of a DER signature as a bigint, and what follows it. */
function derNumber(bytes: Uint8Array): [bigint, Uint8Array] {
  const [tag, length] = [bytes[0], bytes[1]]
  if (tag !== 0x02 || length === undefined || bytes.length < 2 + length) throw new Error('the authenticator signed in an unknown form')
  return [BigInt(toHex(bytes.subarray(2, 2 + length))), bytes.subarray(2 + length)]
}

/** r and s, 32 bytes each, with s in the lower half of the order: either half fits, and one assertion has one spelling. */
export function plainSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const [r, rest] = derNumber(der.subarray(2))
  const [s] = derNumber(rest)
  const low = s > ORDER / 2n ? ORDER - s : s
  return fromHex(`0x${[r, low].map((number) => number.toString(16).padStart(64, '0')).join('')}`)
}

/** Has a passkey answer a challenge; the person chooses which, among those named if any are. */
export async function answer(challenge: Uint8Array<ArrayBuffer>, credentials: readonly string[] = []): Promise<{ credential: string; assertion: string }> {
  const get = navigator.credentials.get({ publicKey: { challenge, allowCredentials: names(credentials), userVerification: 'required' } })
  const { id, response } = await asked<AuthenticatorAssertionResponse>(get)
  const { authenticatorData, clientDataJSON, signature } = response
  const length = authenticatorData.byteLength.toString(16).padStart(4, '0')
  const parts = [authenticatorData, clientDataJSON, plainSignature(new Uint8Array(signature)).buffer]
  return { credential: id, assertion: `0x${length}${parts.map((part) => bytesOf(part).slice(2)).join('')}` }
}

/** Has this passkey sign a record's digest. */
export const signByPasskey = async (credential: string, digest: string): Promise<string> => (await answer(fromHex(digest), [credential])).assertion
