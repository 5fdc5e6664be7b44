// Passkeys: a member makes one, signs in with it, lets it sign ballots, and the auditor's program and the page accept what it signed.
// The authenticator is the browser's own virtual one. It needs what story.mjs needs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { api, BASE, chapter, check, launch, look, person, tell } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const AUDIT = process.env.ROCHDALE_AUDIT || fileURLToPath(new URL('../../target/debug/rochdale-audit', import.meta.url))
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const browser = await launch()
const pages = []

/** Plugs an authenticator into a browser; it touches itself, as a person would. */
async function authenticator(who) {
  const session = await who.context.newCDPSession(who.page)
  await session.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true }
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options })
  return { verified: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) }
}

async function bundle(coop, proposal, token) {
  const answer = await fetch(`${BASE}/api/v1/coops/${coop.id}/proposals/${proposal}/bundle`, { headers: { Authorization: `Bearer ${token}` } })
  return Buffer.from(await answer.arrayBuffer())
}
function audit(bytes) {
  const file = join(mkdtempSync(join(tmpdir(), 'rochdale-')), 'bundle.rochdale')
  writeFileSync(file, bytes)
  return spawnSync(AUDIT, ['verify', file], { encoding: 'utf8' })
}
/** The same bundle with one byte of a passkey's assertion changed. */
function bent(bytes) {
  const lines = gunzipSync(bytes).toString('utf8').split('\n')
  const at = lines.findIndex((line) => line.startsWith('{"section":"ballot"') && line.includes('"kind":"passkey"'))
  const ballot = JSON.parse(lines[at])
  const place = ballot.signature.length - 70
  ballot.signature = ballot.signature.slice(0, place) + (ballot.signature[place] === '0' ? '1' : '0') + ballot.signature.slice(place + 1)
  lines[at] = JSON.stringify(ballot)
  return gzipSync(lines.join('\n'))
}

async function story() {
  chapter('Ada makes a passkey')
  const [ada, ben] = [await account('Ada', run), await account('Ben', run)]
  const coop = await found(ada, [ben], `passkeys-${run}`, { kinds: { motion } })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  // Chromium advises keys that nobody here could check (RSA).
  desk.expect(/pubKeyCredParams/)
  const key = await authenticator(desk)
  await desk.go('/account')
  await desk.page.getByLabel('What you call it').fill('My <b>laptop</b>')
  const password = desk.page.getByRole('region', { name: 'Passkeys' }).getByLabel('Current password')
  desk.expect(/422/)
  await password.fill('not the password')
  await desk.press('Make a passkey')
  await desk.sees('it is not the password of this account')
  check('what was typed is kept when the server refuses', (await desk.page.getByLabel('What you call it').inputValue()) === 'My <b>laptop</b>')
  await password.fill(ada.password)
  await desk.press('Make a passkey')
  await desk.sees('The passkey is added.')
  // The list is read again after that is said.
  const named = desk.page.getByText('My <b>laptop</b>', { exact: true })
  await named.first().waitFor()
  check('a passkey with a hostile name shows it as text', (await named.count()) === 1)
  await look(desk, 'account with a passkey')

  chapter('It signs in, and no half of it does')
  await desk.press('Sign out')
  await desk.press('Sign in with a passkey')
  await desk.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  check('the passkey signed in', true)
  await desk.go('/account')
  await desk.press('Sign out')
  await key.verified(false)
  await desk.press('Sign in with a passkey')
  await desk.sees('No passkey answered')
  await look(desk, 'sign in with a passkey')
  await key.verified(true)
  await desk.press('Sign in with a passkey')
  await desk.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))

  chapter('It signs a ballot')
  await desk.go(`${base}/keys`)
  await desk.press('Let “My <b>laptop</b>” sign my ballots')
  await desk.sees('The key is registered')
  await look(desk, 'voting keys with a passkey')
  await desk.page.waitForTimeout(1100)
  const proposal = await opened(coop, ada, { kind: 'motion', title: 'Buy a second server', body: 'For everybody.' })
  await desk.go(`${base}/proposals/${proposal}`)
  await desk.page.getByRole('radio', { name: /^Yes/ }).check()
  await desk.press('Go on')
  await desk.sees('Signed by your passkey')
  await desk.press('Cast my ballot')
  await desk.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
  await desk.sees('signed by your passkey')
  const mine = await api('GET', `/coops/${coop.id}/proposals/${proposal}`, ada.token)
  check('the receipt says that a passkey signed', mine.my_ballot.signature_kind === 'passkey', mine.my_ballot)
  await look(desk, 'ballot by a passkey')
  await vote(coop, proposal, ben, [1], [1])
  await closed(coop, proposal, ada)
  await until(coop, proposal, ada, ['passed', 'rejected', 'tied'])

  chapter('Anybody can check it')
  const bytes = await bundle(coop, proposal, ada.token)
  const honest = audit(bytes)
  check('the auditor’s program accepts the ballot of the passkey', honest.status === 0, honest.stdout + honest.stderr)
  const forged = audit(bent(bytes))
  check('and not one that was changed', forged.status === 1 && /signature/.test(forged.stdout), forged.stdout + forged.stderr)
  const phone = await person(browser, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' })
  pages.push(phone)
  for (const [name, buffer, holds] of [['honest', bytes, true], ['forged', bent(bytes), false]]) {
    await phone.go('/verify')
    await phone.page.locator('input[type=file]').setInputFiles({ name: `${name}.rochdale`, mimeType: 'application/gzip', buffer })
    await phone.sees(holds ? '请将这些密钥与您从别处得知的合作社密钥比对' : '此证据包存在矛盾')
    const broken = await phone.page.locator('.checks .broken').count()
    check(`the page says of the ${name} bundle what the program says`, (broken === 0) === holds, await phone.page.locator('.checks').innerText())
  }

  chapter('It is taken away')
  await desk.go('/account')
  await desk.press('Remove “My <b>laptop</b>”')
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await desk.page.getByText('My <b>laptop</b>', { exact: true }).waitFor({ state: 'detached' })
  await desk.press('Sign out')
  desk.expect(/401/)
  await desk.press('Sign in with a passkey')
  await desk.sees('it is not known here')
  check('a passkey that was taken away signs nobody in', true)
}

await tell(browser, pages, story)
