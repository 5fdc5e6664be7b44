// What the story is told with: a browser, the mailbox, checks that are counted, and a look at every page by axe.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

// The browser driver and axe are packages of the portal; this folder has none of its own.
const require = createRequire(new URL('../../portal/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

/** The node of the demonstration. */
const CHAIN = process.env.ROCHDALE_CHAIN_URL ?? 'http://127.0.0.1:8545'
export const BASE = process.env.ROCHDALE_URL ?? process.env.BASE_URL ?? 'http://localhost:8080'
const MAILBOX = process.env.ROCHDALE_MAILBOX
const SHOTS = process.env.ROCHDALE_SHOTS
/** How long anything may take before the story fails, in milliseconds. */
export const PATIENCE_MS = 20_000

export const launch = () =>
  chromium.launch({ executablePath: process.env.ROCHDALE_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })

const counts = { passed: 0, failed: 0 }
const failures = []

/** One check of the story, told as a sentence. */
export function check(sentence, holds, found) {
  if (holds) {
    counts.passed += 1
    process.stdout.write(`  ok    ${sentence}\n`)
  } else {
    counts.failed += 1
    failures.push(sentence)
    process.stdout.write(`  FAIL  ${sentence}${found === undefined ? '' : `\n        found: ${JSON.stringify(found)?.slice(0, 600)}`}\n`)
  }
}

export const chapter = (title) => process.stdout.write(`${title}\n`)

/** The last line is for machines. */
function close() {
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
  return counts.failed === 0
}

/**
 * Tells a story to its end. What breaks it is a failure, with where everybody stood, and so is whatever a page complained about. The process
 * ends with it, unless the story holds something else open.
 */
export async function tell(browser, pages, story) {
  try {
    await story()
  } catch (error) {
    check('the story goes on to its end', false, error.stack)
    for (const { name, page } of pages) {
      const seen = await page.locator('body').innerText().catch(() => '')
      process.stdout.write(`${name} at ${page.url()}:\n${seen.slice(0, 2000)}\n`)
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `failed-${name}.png`), fullPage: true }).catch(() => undefined)
    }
  }
  for (const { name, complaints } of pages) check(`no page complained (${name})`, complaints.length === 0, complaints)
  await browser.close()
  process.exitCode = close() ? 0 : 1
}

/** A person at a browser of their own. Whatever the page complains about is a failure, unless it is expected. */
export async function person(browser, name, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const expected = []
  const complaints = []
  const complain = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text)
  }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => complain(error.stack ?? error.message))
  page.on('dialog', (dialog) => {
    complain(`a dialog of the browser: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(BASE) && !/^(blob|data):/.test(request.url())) complain(`a request to another host: ${request.url()}`)
  })
  return {
    name,
    context,
    page,
    expect: (pattern) => expected.push(pattern),
    complaints,
    go: (path) => page.goto(BASE + path),
    press: (label, within = page) => within.getByRole('button', { name: label, exact: true }).click(),
    sees: (text) => page.getByText(text, { exact: false }).first().waitFor(),
    has: (text) => page.getByText(text, { exact: false }).count().then((found) => found > 0),
  }
}

// What the server and the auditor's program say in English: of each sentence the longest piece between its places, if that has four words.
const { server, audit } = JSON.parse(readFileSync(new URL('../../portal/src/lib/text/languages/zh-Hans.json', import.meta.url), 'utf8'))
const PIECES = Object.keys({ ...server, ...audit })
  .map((sentence) => sentence.split(/\{\w+\}/).toSorted((one, other) => other.length - one.length)[0].trim())
  .filter((piece) => piece.split(/\s+/).length >= 4)

/** What the server said in English on a page of another language. What is marked as English, and what people type, is no text of the page. */
const leftInEnglish = (page) =>
  page.evaluate((pieces) => {
    if (document.documentElement.lang === 'en') return []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts = []
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode
      if (parentElement?.closest('[lang="en"], pre, code, textarea') === null) texts.push(data)
    }
    return texts.filter((text) => pieces.some((piece) => text.includes(piece)))
  }, PIECES)

/** The texts of the portal in a language, by their keys: a story that names them can be told in each. */
export function textsIn(tag) {
  const file = new URL(`../../portal/src/lib/text/${tag === 'en' ? 'en' : `languages/${tag}`}.json`, import.meta.url)
  const { portal: texts = {}, ...own } = JSON.parse(readFileSync(file, 'utf8'))
  if (tag === 'en') Object.assign(texts, own)
  return (key, values = {}) => {
    // A text that counts has no forms in Chinese.
    const text = texts[key] ?? texts[`${key}.other`]
    if (text === undefined) throw new Error(`there is no text ${key} in ${tag}`)
    return text.replaceAll(/\{(\w+)\}/g, (place, name) => values[name] ?? place)
  }
}

/** Two ways to be at a page: at a desk in English and in light, and on a phone in Chinese and in the dark. */
export const DESK = { viewport: { width: 1280, height: 900 } }
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' }

/** Opens the dialog of a button, fills it in, looks at it, and confirms; the button alone does nothing yet. */
export async function confirm(who, name, { within = who.page, fill, shot, action = name, exact = true } = {}) {
  await within.getByRole('button', { name, exact }).first().click()
  const dialog = who.page.getByRole('dialog')
  const send = dialog.getByRole('button', { name: action, exact: true })
  await send.waitFor()
  if (fill) {
    check(`${action}: not before it is filled in (${who.name})`, await send.isDisabled())
    await fill(dialog)
  }
  if (shot) await look(who, shot)
  await send.click()
  await dialog.waitFor({ state: 'hidden' })
}

/** Looks at a page as it stands: axe, no sideways scrolling, and nothing of the server's in another language than the page's. */
export async function look(who, what) {
  await who.page.waitForTimeout(250)
  if (SHOTS) await who.page.screenshot({ path: join(SHOTS, `${what.replaceAll(/\W+/g, '-')}-${who.name}.png`), fullPage: true })
  await who.page.evaluate(AXE)
  const { violations } = await who.page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  )
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
  check(`axe finds nothing wrong on ${what} (${who.name})`, found.length === 0, found)
  const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  check(`${what} does not scroll sideways (${who.name})`, wide <= 0, wide)
  const english = await leftInEnglish(who.page)
  check(`the server speaks the language of ${what} (${who.name})`, english.length === 0, english)
}

/** Waits until a page has read what it shows. (A page that follows something live never stops asking the network.) */
export async function settled(who) {
  await who.page.getByRole('heading', { level: 1 }).waitFor()
  await who.page.waitForFunction(() => {
    const now = performance.now()
    if (document.querySelector('.loading')) globalThis.calmSince = undefined
    else globalThis.calmSince ??= now
    return now - (globalThis.calmSince ?? now) > 300
  })
}

/** Goes to a part of the co-op, whether it stands in the line of parts or is gathered at its end. */
export async function toPart(who, name) {
  const parts = who.page.getByRole('navigation', { name: /^(Parts of the co-op|合作社栏目)$/ })
  await parts.getByRole('link').first().waitFor()
  const link = parts.getByRole('link', { name, exact: true })
  if (!(await link.isVisible())) await parts.getByRole('button').click()
  await link.click()
}

/** The link of the newest mail to an address whose subject holds a word. Mails are files of the local mailbox. */
export async function mailedLink(address, subject) {
  if (!MAILBOX) throw new Error('ROCHDALE_MAILBOX names the folder in which mails are files')
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end) {
    for (const name of (existsSync(MAILBOX) ? readdirSync(MAILBOX) : []).filter((file) => file.endsWith('.eml')).toSorted().toReversed()) {
      const mail = readFileSync(join(MAILBOX, name), 'utf8')
      if (!mail.includes(address) || !new RegExp(`^Subject: .*${subject}`, 'm').test(mail)) continue
      // Quoted-printable breaks long lines with "=" and writes "=" as "=3D".
      const text = /quoted-printable/i.test(mail) ? mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=') : mail
      const link = /https?:\/\/\S+\?token=\S+/.exec(text)
      if (link) return new URL(link[0])
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`no mail to ${address} about "${subject}" came`)
}

/** A request past the portal, for what it does not offer. */
export async function api(method, path, token, body, headers = {}) {
  const answer = await fetch(`${BASE}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}

let connected
/** The chain, asked past the server. */
export function node() {
  const { JsonRpcProvider } = require('ethers')
  connected ??= new JsonRpcProvider(CHAIN, undefined, { staticNetwork: true, pollingInterval: 200 })
  return connected
}

/** A contract that was compiled here, put on the chain by an account of people, which pays for no anchors. */
export async function deployed(name, ...parts) {
  const { ContractFactory } = require('ethers')
  const { abi, bytecode } = JSON.parse(readFileSync(new URL(`../../contracts/artifacts/${name}.json`, import.meta.url), 'utf8'))
  const contract = await new ContractFactory(abi, bytecode, await node().getSigner(3)).deploy(...parts)
  return contract.waitForDeployment()
}

/**
 * Gives a browser a wallet with a fresh account: what a person's wallet program would answer (EIP-1193), pressing "sign" each time,
 * or "no" while `declines`. One with a name announces itself (EIP-6963); one without lies where pages looked before that.
 */
export async function wallet(who, name = null) {
  const { Wallet, toUtf8String } = require('ethers')
  const account = Wallet.createRandom()
  const held = { address: account.address, declines: false, signed: [] }
  let chain = 31337
  const answers = {
    eth_requestAccounts: () => [account.address],
    eth_accounts: () => [account.address],
    eth_chainId: () => `0x${chain.toString(16)}`,
    wallet_switchEthereumChain: ([{ chainId }]) => {
      chain = Number(chainId)
      return null
    },
    personal_sign: async ([text]) => {
      const message = toUtf8String(text)
      held.signed.push({ message, signature: await account.signMessage(message) })
      return held.signed.at(-1).signature
    },
    eth_sendTransaction: async ([{ to, data }]) => (await account.connect(node()).sendTransaction({ to, data })).hash,
    eth_signTypedData_v4: ([, payload]) => {
      const { domain, types, message } = JSON.parse(payload)
      delete types.EIP712Domain
      return account.signTypedData(domain, types, message)
    },
  }
  const door = `walletAnswers${account.address}`
  const answer = async (method, params) => (held.declines ? { error: { code: 4001, message: 'declined' } } : { result: await answers[method](params ?? []) })
  await who.page.exposeFunction(door, answer)
  await who.page.addInitScript(
    ([open, info]) => {
      const request = async ({ method, params }) => {
        const { error, result } = await globalThis[open](method, params)
        // As wallets do: an object with a code, which is no Error.
        if (error) throw error
        return result
      }
      if (info === null) globalThis.ethereum = { request }
      else {
        const announce = () => globalThis.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider: { request } }) }))
        globalThis.addEventListener('eip6963:requestProvider', announce)
        announce()
      }
    },
    [door, name === null ? null : { uuid: crypto.randomUUID(), name, icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>', rdns: 'org.example.wallet' }],
  )
  return held
}
