// How heavy and how quick the built portal is, in headless Chromium: `cargo xtask bench portal`, or `npm run bench -- FILE` with a bundle to verify.
// The script of the first page is weighed as it is sent; the page is loaded over a 4G profile by a processor four times slower; the bundle is
// verified, and ten thousand decisions are scrolled, without either. Each aim is printed beside what was measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { PASSWORD } from '../tests/mock/data.mjs'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const [bundle] = process.argv.slice(2)
const ROUNDS = 5
/** WebPageTest's 4G: bits a second both ways, and the time there and back in milliseconds. */
const NETWORK = { offline: false, latency: 170, downloadThroughput: 9_000_000 / 8, uploadThroughput: 9_000_000 / 8 }
const SLOWER = 4
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' }
const AIMS = { kilobytes: 150, usableMs: 1000, verifySeconds: 30, blockedMs: 200 }
const DECIDED = 10_000

if (!existsSync(join(DIST, 'index.html'))) throw new Error('build the portal first: npm run build')
const packed = new Map()
/** What is sent for an address: the files of the portal, compressed; and "not signed in" for the API. */
function answer(path) {
  if (path.startsWith('/api/')) return null
  const name = statSync(join(DIST, path), { throwIfNoEntry: false })?.isFile() ? path : '/index.html'
  if (!packed.has(name)) packed.set(name, { type: TYPES[extname(name)] ?? 'application/octet-stream', body: gzipSync(readFileSync(join(DIST, name)), { level: 9 }) })
  return packed.get(name)
}
const server = createServer((request, reply) => {
  const found = answer(new URL(request.url, 'http://localhost').pathname)
  if (found === null) {
    reply.writeHead(401, { 'Content-Type': 'application/problem+json' }).end('{"type":"/problems/refresh-refused","title":"Not signed in","status":401}')
  } else {
    reply.writeHead(200, { 'Content-Type': found.type, 'Content-Encoding': 'gzip', 'Cache-Control': 'max-age=31536000' }).end(found.body)
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const base = `http://localhost:${server.address().port}`
const browser = await chromium.launch({ executablePath: process.env.ROCHDALE_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const median = (list) => list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)]
const say = (what, measured, aim, holds) => process.stdout.write(`${what.padEnd(44)} ${measured.padStart(12)}   aim ${aim}: ${holds ? 'reached' : 'missed'}\n`)
process.stdout.write(`${cpus().length} cores (${cpus()[0].model}), Chromium ${browser.version()}, ${new Date().toISOString().slice(0, 10)}\n`)

/** Loads the first page once, with nothing in any cache: the scripts it took, and when one could type. */
async function firstPage(throttled) {
  const context = await browser.newContext()
  const page = await context.newPage()
  const scripts = new Set()
  page.on('request', (request) => request.resourceType() === 'script' && scripts.add(new URL(request.url()).pathname))
  const chrome = await context.newCDPSession(page)
  if (throttled) {
    await chrome.send('Network.enable')
    await chrome.send('Network.emulateNetworkConditions', NETWORK)
    await chrome.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  }
  await page.goto(`${base}/sign-in`, { waitUntil: 'commit' })
  await page.locator('input[type=email]').waitFor()
  const usable = await page.evaluate(() => performance.now())
  await context.close()
  return { scripts, usable }
}
const { scripts } = await firstPage(false)
const kilobytes = [...scripts].reduce((sum, path) => sum + answer(path).body.length, 0) / 1000
say('script of the first page, compressed', `${kilobytes.toFixed(1)} kB`, `at most ${AIMS.kilobytes} kB`, kilobytes <= AIMS.kilobytes)
const usable = []
for (let round = 0; round < ROUNDS; round += 1) usable.push((await firstPage(true)).usable)
say(`first page usable (4G, CPU ${SLOWER} times slower)`, `${Math.round(median(usable))} ms`, `under ${AIMS.usableMs} ms`, median(usable) < AIMS.usableMs)

if (bundle) {
  const page = await browser.newPage()
  await page.goto(`${base}/verify`)
  // How long the page could not answer a person: the longest stretch between two turns of its own clock.
  await page.evaluate(() => {
    globalThis.blocked = 0
    let last = performance.now()
    const turn = () => {
      const now = performance.now()
      globalThis.blocked = Math.max(globalThis.blocked, now - last)
      last = now
      setTimeout(turn)
    }
    turn()
  })
  const began = Date.now()
  await page.locator('input[type=file]').setInputFiles(bundle)
  await page.locator('.checks').waitFor({ timeout: 300_000 })
  const seconds = (Date.now() - began) / 1000
  const blocked = await page.evaluate(() => globalThis.blocked)
  const broken = await page.locator('.checks .broken, .levels .contradicted').count()
  const isTwice = (await page.locator('.levels').count()) === 1
  say(`10,000 ballots verified in the page${isTwice ? ', twice' : ''}`, `${seconds.toFixed(1)} s`, `under ${AIMS.verifySeconds} s`, seconds < AIMS.verifySeconds && broken === 0)
  say('the page did not answer for at most', `${Math.round(blocked)} ms`, `under ${AIMS.blockedMs} ms`, blocked < AIMS.blockedMs)
}

// A list of ten thousand, scrolled to its end by the wheel, as the pages of it come.
{
  const mock = spawn(process.execPath, [fileURLToPath(new URL('../tests/mock/server.mjs', import.meta.url))], { env: { ...process.env, PORT: '0', MOCK_DECIDED: String(DECIDED) }, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(mock.stdout, 'data')
    const at = /http:\S+/.exec(String(line))[0]
    const page = await browser.newPage()
    await page.goto(`${at}/sign-in`)
    await page.locator('input[type=email]').fill('ada@example.org')
    await page.locator('input[type=password]').fill(PASSWORD)
    await page.keyboard.press('Enter')
    const coop = (await page.locator('a[href^="/coops/"]').first().getAttribute('href')).split('/')[2]
    await page.goto(`${at}/coops/${coop}`)
    await page.locator('#group-decided').waitFor()
    await page.evaluate(() => {
      globalThis.long = []
      new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask', buffered: false })
    })
    await page.mouse.move(400, 400)
    const began = Date.now()
    let rest = 0
    while (rest < 20 && Date.now() - began < 300_000) {
      // As fast as a hand flicks: more than a window at a time.
      await page.mouse.wheel(0, 1500)
      await page.waitForTimeout(16)
      const isAtEnd = await page.evaluate(() => innerHeight + scrollY >= document.documentElement.scrollHeight - 2)
      rest = isAtEnd ? rest + 1 : 0
    }
    const [long, shown, inPage] = await page.evaluate(() => [globalThis.long, document.body.innerText.includes('Decision 10000:'), document.querySelectorAll('li').length])
    say(`${DECIDED} decisions scrolled: longest task`, `${Math.round(Math.max(0, ...long))} ms`, 'no task of 50 ms', long.length === 0 && shown)
    process.stdout.write(`   ${long.length} long tasks in ${((Date.now() - began) / 1000).toFixed(0)} s, ${inPage} rows in the page at the end${shown ? '' : ', which was not reached'}\n`)
  } finally {
    mock.kill()
  }
}
await browser.close()
server.close()
