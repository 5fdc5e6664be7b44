// Runs every story, two at a time, on one server: each makes accounts and co-ops of its own. What a story says comes out whole when it
// ends, and one that fails keeps no other from running. `node run.mjs live audit` runs those two.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Those that take longest first, so that the last does not run alone for long.
const STORIES = [
  'decisions',
  'everyone',
  'hostile',
  'story',
  'payouts',
  'treasurers',
  'money',
  'claims',
  'stewards',
  'ballots',
  'audit',
  'books',
  'tools',
  'forms',
  'secrecy',
  'live',
  'demonstration',
  'wallets',
  'passkeys',
]
const LANES = 2
const SHOTS = process.env.ROCHDALE_SHOTS

const folder = new URL('.', import.meta.url)
const isStory = (file) => readFileSync(new URL(file, folder), 'utf8').includes('\nawait tell(')
const unlisted = readdirSync(folder).filter((file) => file.endsWith('.mjs') && isStory(file) && !STORIES.includes(file.slice(0, -4)) && !import.meta.url.endsWith(file))
if (unlisted.length > 0) throw new Error(`list here what would never be told: ${unlisted.join(', ')}`)

const named = process.argv.slice(2)
const unknown = named.filter((name) => !STORIES.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`there is no story named ${unknown.join(' or ')}; there are ${STORIES.join(', ')}\n`)
  process.exit(2)
}
const waiting = named.length > 0 ? named : [...STORIES]
let failed = false

/** Runs one and prints what it said; one that ends without a count is counted as a failure. */
async function play(name) {
  const began = Date.now()
  // Pictures of one name are taken by several stories, so each has a folder.
  const env = SHOTS ? { ...process.env, ROCHDALE_SHOTS: join(SHOTS, name) } : process.env
  const story = spawn(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, folder))], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [story.stdout, story.stderr]) stream.on('data', (piece) => said.push(piece))
  const status = await new Promise((done) => story.on('close', done))
  const text = Buffer.concat(said).toString('utf8')
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  process.stdout.write(`\n${name}.mjs (${seconds} s)\n${text}`)
  if (status === 0) return
  failed = true
  if (!/^\d+ passed, [1-9]\d* failed$/m.test(text)) process.stdout.write(`failed: ${name}.mjs ended with ${status}\n0 passed, 1 failed\n`)
}

async function lane() {
  for (let name = waiting.shift(); name; name = waiting.shift()) await play(name)
}

await Promise.all(Array.from({ length: LANES }, lane))
process.exit(failed ? 1 : 0)
