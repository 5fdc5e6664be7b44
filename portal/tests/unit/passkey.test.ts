// Aim: the page accepts what a passkey signed, and nothing else, exactly as record.md, section 4, says; governance/src/signature/passkey.rs
// has the same cases. Method: an authenticator made of the runtime's own WebCrypto, each part of its answer open to a forger.
import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/lib/bytes'
import { ORDER, verifyAssertion } from '../../src/lib/keys/assertion'
import { plainSignature, registrationChallenge, signInChallenge } from '../../src/lib/keys/passkey'

const { subtle } = globalThis.crypto
const DIGEST = `0x${'5a'.repeat(32)}`
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const sha256 = async (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(await subtle.digest('SHA-256', bytes))
let pair: CryptoKeyPair
let point = ''

interface Said {
  flags: number
  client: Record<string, unknown>
  high: boolean
}
async function assertion(change: (said: Said) => void = () => undefined): Promise<string> {
  const said: Said = { flags: 0x05, client: { type: 'webauthn.get', challenge: base64url(fromHex(DIGEST)), origin: 'https://coop.example', crossOrigin: false, other: [1] }, high: false }
  change(said)
  const authenticator = new Uint8Array([...(await sha256(new TextEncoder().encode('coop.example'))), said.flags, 0, 0, 0, 9])
  const client = new TextEncoder().encode(JSON.stringify(said.client))
  const signed = new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, new Uint8Array([...authenticator, ...(await sha256(client))])))
  const s = BigInt(toHex(signed.subarray(32)))
  const [low, high] = s > ORDER / 2n ? [ORDER - s, s] : [s, ORDER - s]
  const chosen = (said.high ? high : low).toString(16).padStart(64, '0')
  return `0x0025${toHex(authenticator).slice(2)}${toHex(client).slice(2)}${toHex(signed.subarray(0, 32)).slice(2)}${chosen}`
}

beforeAll(async () => {
  pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  point = toHex(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)).slice(1))
})

describe('what a passkey signed', () => {
  it('is accepted', async () => {
    expect(await verifyAssertion(point, DIGEST, await assertion())).toBe(true)
  })

  it.each<[string, (said: Said) => void]>([
    ['for another digest', (said) => (said.client['challenge'] = base64url(new Uint8Array(32)))],
    ['while nobody was checked', (said) => (said.flags = 0x01)],
    ['while nobody touched it', (said) => (said.flags = 0x04)],
    ['when it was made', (said) => (said.client['type'] = 'webauthn.create')],
    ['in the frame of another site', (said) => (said.client['crossOrigin'] = true)],
    ['in its second spelling', (said) => (said.high = true)],
  ])('is refused %s', async (_, change) => {
    expect(await verifyAssertion(point, DIGEST, await assertion(change))).toBe(false)
  })

  it('is refused where a byte is another one, or is missing', async () => {
    const whole = await assertion()
    for (const place of [8, 40, 90, whole.length - 1]) {
      const digit = whole[place] === '0' ? '1' : '0'
      expect(await verifyAssertion(point, DIGEST, whole.slice(0, place) + digit + whole.slice(place + 1)), `${place}`).toBe(false)
    }
    for (const cut of ['0x', '0x0025', whole.slice(0, -2), `${whole}${'00'.repeat(2048)}`]) expect(await verifyAssertion(point, DIGEST, cut)).toBe(false)
    expect(await verifyAssertion(point.slice(0, -2), DIGEST, whole)).toBe(false)
    expect(await verifyAssertion(`0x${'11'.repeat(64)}`, DIGEST, whole)).toBe(false)
  })
})

describe('what an authenticator answers', () => {
  it('becomes r and s with s in the lower half, whatever the length of its numbers', () => {
    const high = (ORDER - 5n).toString(16).padStart(64, '0')
    const der = fromHex(`0x30260201070221${'00'}${high}`)
    expect(toHex(plainSignature(der))).toBe(`0x${'7'.padStart(64, '0')}${'5'.padStart(64, '0')}`)
  })

  it('answers challenges that say what they are for', async () => {
    const [one, other] = [await signInChallenge('n'), await registrationChallenge('a', 'n')]
    expect(toHex(one)).toBe(toHex(await sha256(new TextEncoder().encode('rochdale passkey sign-in\nn'))))
    expect(toHex(other)).not.toBe(toHex(one))
  })
})
