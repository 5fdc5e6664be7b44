/** Accounts, sessions, and what signs in to them. */
import { V1, all, paged } from '../asking'
import { client, take } from '../client'
import type { AddPasskey, LinkWallet } from '../types'

export const askForAccount = (email: string) => take(client.POST(`${V1}/sign-ups`, { body: { email } }))
export const createAccount = (body: { token: string; display_name: string; password: string }) =>
  take(client.POST(`${V1}/accounts`, { body }))
export const readAccount = () => take(client.GET(`${V1}/account`))
export const renameAccount = (display_name: string) =>
  take(client.PATCH(`${V1}/account`, { body: { display_name } }))
export const changePassword = (current_password: string, new_password: string) =>
  take(client.PUT(`${V1}/account/password`, { body: { current_password, new_password } }))
export const signIn = (email: string, password: string) =>
  take(client.POST(`${V1}/sessions`, { body: { email, password } }))
export const listSessions = () =>
  all((cursor) => take(client.GET(`${V1}/sessions`, { params: { query: paged(cursor) } })))
export const signOut = () => take(client.DELETE(`${V1}/sessions/current`))
export const signOutEverywhere = () => take(client.DELETE(`${V1}/sessions`))
export const askForReset = (email: string) => take(client.POST(`${V1}/password-resets`, { body: { email } }))
export const resetPassword = (token: string, new_password: string) =>
  take(client.PUT(`${V1}/password-resets`, { body: { token, new_password } }))
export const confirmEmail = (token: string) =>
  take(client.PUT(`${V1}/email-confirmations`, { body: { token } }))
export const passkeyChallenge = () => take(client.POST(`${V1}/passkey-challenges`))
export const signInByPasskey = (body: { nonce: string; credential: string; assertion: string }) =>
  take(client.POST(`${V1}/sessions/passkey`, { body }))
export const listPasskeys = () => take(client.GET(`${V1}/account/passkeys`))
export const addPasskey = (body: AddPasskey) => take(client.POST(`${V1}/account/passkeys`, { body }))
export const removePasskey = (passkey: string) =>
  take(client.DELETE(`${V1}/account/passkeys/{passkey}`, { params: { path: { passkey } } }))
export const walletNonce = () => take(client.POST(`${V1}/siwe-nonces`))
export const signInByWallet = (body: { message: string; signature: string }) => take(client.POST(`${V1}/sessions/wallet`, { body }))
export const listWallets = () => take(client.GET(`${V1}/account/wallets`))
export const linkWallet = (body: LinkWallet) => take(client.POST(`${V1}/account/wallets`, { body }))
export const removeWallet = (wallet: string) =>
  take(client.DELETE(`${V1}/account/wallets/{wallet}`, { params: { path: { wallet } } }))
