/** Registering a voting key: what is signed, by whom, and what goes to the server. */
import { Attempt } from '../api/attempt'
import { registerKey } from '../api/calls/coops'
import type { Coop, Passkey, VotingKey } from '../api/types'
import { idWord, randomWord } from '../bytes'
import { makeKey, signDigest } from './browser'
import { deleteKey, writeKey } from './store'
import { proveWallet, type OfferedWallet } from './wallet'

/** Kinds of keys in a record. */
const PASSKEY = 3
const ED25519 = 4

/** Makes an Ed25519 key that cannot leave this browser, keeps it, and registers its public half, signed by itself. */
export async function registerBrowserKey(coop: Coop): Promise<VotingKey> {
  const { digest } = await import('../record/hash')
  const pair = await makeKey()
  const salt = randomWord()
  const record = { ns: coop.namespace, member: idWord(coop.me.id), kind: ED25519, publicKey: pair.publicKey, salt }
  const signature = await signDigest(pair.privateKey, digest(coop.domain, 'KeyRegistrationV1', record))
  // Kept before it is registered: a registered key that nobody holds would be worse than a held one that is not registered.
  await writeKey({
    member: coop.me.id,
    coop: coop.id,
    publicKey: pair.publicKey,
    privateKey: pair.privateKey,
    createdAt: new Date().toISOString(),
  })
  try {
    return await registerKey(coop.id, new Attempt(), {
      kind: 'ed25519',
      public_key: pair.publicKey,
      salt,
      proof: { kind: 'signature', signature },
    })
  } catch (caught) {
    await deleteKey(coop.me.id).catch(() => undefined)
    throw caught
  }
}

/** Registers a passkey of the account, signed by itself: its authenticator asks the person. */
export async function registerPasskey(coop: Coop, passkey: Passkey): Promise<VotingKey> {
  const [{ digest }, { keccak256 }, { signByPasskey }] = await Promise.all([import('../record/hash'), import('ethers'), import('./passkey')])
  const salt = randomWord()
  const record = { ns: coop.namespace, member: idWord(coop.me.id), kind: PASSKEY, publicKey: keccak256(passkey.public_key), salt }
  const signature = await signByPasskey(passkey.credential, digest(coop.domain, 'KeyRegistrationV1', record))
  return registerKey(coop.id, new Attempt(), { kind: 'passkey', public_key: passkey.public_key, salt, proof: { kind: 'signature', signature } })
}

/** Registers the address of a wallet, which proves it by EIP-4361. */
export async function registerWallet(coop: Coop, wallet: OfferedWallet): Promise<VotingKey> {
  const salt = randomWord()
  const statement = `Register this wallet to sign my ballots in ${coop.slug}.`
  const { address, message, signature } = await proveWallet(wallet, statement, `urn:rochdale:voting-key:${coop.namespace}:${coop.me.id}:${salt}`)
  return registerKey(coop.id, new Attempt(), {
    kind: 'wallet',
    public_key: address.toLowerCase(),
    salt,
    proof: { kind: 'siwe', message, signature },
  })
}
