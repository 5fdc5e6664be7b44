/**
 * What record.md, section 4, asks of an Ed25519 signature beyond what every browser checks by itself: one spelling of every number
 * and point, and no point of small order, under which one signature could fit many texts.
 */
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
/** The y of the points of small order. Both points with such a y are of small order. */
const SMALL_Y: readonly bigint[] = [
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]
const POINT_BYTES = 32
const SIGNATURE_BYTES = 64
const SIGN_BIT = 2n ** 255n

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)
}

function isStrictPoint(bytes: Uint8Array): boolean {
  const y = littleEndian(bytes) % SIGN_BIT
  return y < P && !SMALL_Y.includes(y)
}

/** Whether a key and a signature are spelled as section 4 allows. Whether the signature fits is another question. */
export function isStrict(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === POINT_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    isStrictPoint(publicKey) &&
    isStrictPoint(signature.subarray(0, POINT_BYTES)) &&
    littleEndian(signature.subarray(POINT_BYTES)) < L
  )
}
