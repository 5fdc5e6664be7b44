/**
 * The session of this tab. The access token lives in memory only; the refresh token is a cookie that scripts cannot read and
 * that the refresh route alone accepts. Tabs take turns to refresh, so that no two present the same token at once.
 */
import { Problem } from './api/problem'
import type { Account, Session } from './api/types'
import { told } from './api/waiting.svelte'

/** `expired`: it was signed in a moment ago; the page stays as it is while the person signs in again. */
type Phase = 'starting' | 'out' | 'in' | 'expired'

const HINT = 'rochdale.signed_in'
/** Refresh this long before the access token ends. */
const EARLY_SECONDS = 60
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('rochdale')

/** `trouble`: why it is not known yet whether this browser is signed in. */
export const session = $state<{ phase: Phase; account: Account | null; trouble: unknown }>({ phase: 'starting', account: null, trouble: null })

let token: string | null = null
let endsAt = 0
let timer: ReturnType<typeof setTimeout> | undefined
let refreshing: Promise<boolean> | null = null
const forgetters: (() => void)[] = []

/** Registers what must be forgotten when a person signs out. */
export function onSignOut(forget: () => void): void {
  forgetters.push(forget)
}

export function accessToken(): string | null {
  return token
}

function remember(value: boolean): void {
  try {
    if (value) localStorage.setItem(HINT, '1')
    else localStorage.removeItem(HINT)
  } catch {
    // Without storage each visit simply asks the server.
  }
}

function hinted(): boolean {
  try {
    return localStorage.getItem(HINT) === '1'
  } catch {
    return true
  }
}

/** Takes over a session that the server has just granted. What another person left in this tab is forgotten. */
export function begin(granted: Session): void {
  if (session.account !== null && session.account.id !== granted.account.id) for (const forget of forgetters) forget()
  token = granted.access_token
  endsAt = Date.now() + granted.expires_in * 1000
  session.account = granted.account
  session.phase = 'in'
  remember(true)
  clearTimeout(timer)
  timer = setTimeout(() => void refresh().catch(() => undefined), Math.max(5, granted.expires_in - EARLY_SECONDS) * 1000)
}

function drop(phase: 'out' | 'expired'): void {
  token = null
  clearTimeout(timer)
  if (phase === 'out') {
    session.account = null
    remember(false)
    for (const forget of forgetters) forget()
  }
  session.phase = phase
}

/** The session is over and the person wants it so; other tabs follow. */
export function end(): void {
  drop('out')
  channel?.postMessage('signed-out')
}

async function exchange(): Promise<boolean> {
  let answer: Response
  try {
    const headers = { 'X-Rochdale-Refresh': '1', Accept: 'application/json' }
    answer = await told((signal) => fetch('/api/v1/sessions/refresh', { method: 'POST', headers, credentials: 'same-origin', signal }))
  } catch {
    throw Problem.offline()
  }
  if (answer.ok) {
    begin((await answer.json()) as Session)
    return true
  }
  const problem = Problem.read(answer.status, await answer.json().catch(() => null))
  // Only a clear no ends the session; an overloaded server does not sign anybody out.
  if (answer.status !== 401 && answer.status !== 403 && answer.status !== 400) throw problem
  drop(session.phase === 'in' ? 'expired' : session.phase === 'expired' ? 'expired' : 'out')
  return false
}

/** A new access token, asked for once however many wait for it. False: there is no session any more. */
export function refresh(): Promise<boolean> {
  refreshing ??= takeTurn().finally(() => {
    refreshing = null
  })
  return refreshing
}

async function takeTurn(): Promise<boolean> {
  // Absent on plain http, where nothing is lost: the server gives losers of a race the same successor for a moment.
  return navigator.locks === undefined ? exchange() : navigator.locks.request('rochdale-refresh', () => exchange())
}

/** On load: picks up the session of this browser, if there is one. */
export async function startSession(): Promise<void> {
  channel?.addEventListener('message', (event) => {
    if (event.data === 'signed-out' && session.phase !== 'out') drop('out')
  })
  document.addEventListener('visibilitychange', () => {
    // Timers sleep with the computer; look again when the person comes back.
    if (document.visibilityState === 'visible' && session.phase === 'in' && Date.now() > endsAt - EARLY_SECONDS * 1000) {
      void refresh().catch(() => undefined)
    }
  })
  if (hinted()) await takeUp()
  else session.phase = 'out'
}

/** Asks whether this browser is signed in. Where nobody says yes or no it stays unknown, and it is asked again when the person wants. */
export async function takeUp(): Promise<void> {
  session.trouble = null
  try {
    await refresh()
  } catch (caught) {
    session.trouble = caught
  }
}
