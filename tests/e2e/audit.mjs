// Checking: anybody drops a bundle into the page and sees it verified, a forged one is found out, and members see the log and its checkpoint
// verified in their browser. It needs what story.mjs needs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { api, BASE, chapter, check, launch, look, person, tell, toPart } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'

const AUDIT = process.env.ROCHDALE_AUDIT
const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const periods = { discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const browser = await launch()
const pages = []
/** As the list at the end of all tests names it, which fails a run of `CI=true`. */
const NOT_BUILT = "NOT RUN: the auditor's program in a page, which is not built\n"
const folder = mkdtempSync(join(tmpdir(), 'rochdale-'))

/** A checkpoint that somebody kept is compared with the log as it is later: by a member, and by a stranger on the public page. */
async function kept(desk, stranger, coop, ada, checkpoint) {
  const file = (text) => ({ name: 'checkpoint.txt', mimeType: 'text/plain', buffer: Buffer.from(text) })
  const size = Number(checkpoint.split('\n')[1])
  const download = desk.page.waitForEvent('download')
  await desk.press('Keep this checkpoint')
  check('a checkpoint is kept as a file', /^checkpoint-\d+\.txt$/.test((await download).suggestedFilename()))
  // What everybody may see of the co-op is an event, so the log grows by it.
  await api('PUT', `/coops/${coop.id}/public-page`, ada.token, { is_public: true, about: '', shown: ['keys'] }, { 'If-Match': '"0"' })
  const grown = async () => Number((await (await fetch(`${BASE}/log/${coop.namespace.slice(2)}/checkpoint`)).text()).split('\n')[1])
  for (let tries = 0; tries < 100 && (await grown()) <= size; tries += 1) await desk.page.waitForTimeout(200)
  const compare = desk.page.getByLabel('Compare with one that you kept')
  await compare.setInputFiles(file(checkpoint))
  await desk.sees(`The log still holds all ${size} entries that your checkpoint covers`)
  check('the log holds all that a checkpoint covered, and says how much was added', await desk.page.getByText(/[1-9]\d* entr(y was|ies were) added since/).isVisible())
  await look(desk, 'a kept checkpoint')
  await compare.setInputFiles(file(checkpoint.replace(String(size), String(size - 1))))
  await desk.sees('This file is no checkpoint of this log')
  check('a checkpoint that the key did not sign is refused', !(await desk.has('The log still holds')))
  await desk.page.route('**/tile/**', (route) => route.fulfill({ body: Buffer.alloc(256 * 32, 7) }))
  await compare.setInputFiles(file(checkpoint))
  await desk.sees('The log does not continue your checkpoint')
  check('a log that was changed is found out', !(await desk.has('The log still holds')))
  await look(desk, 'a log that was changed')
  await desk.page.unroute('**/tile/**')
  const anchors = async () => (await api('GET', `/coops/${coop.id}/anchors`, ada.token)).items.filter((anchor) => anchor.state === 'final')
  for (let tries = 0; tries < 150 && (await anchors()).length < 2; tries += 1) await desk.page.waitForTimeout(200)
  await stranger.go(`/public/audit-${run}`)
  await stranger.page.getByRole('heading', { name: '锚定' }).waitFor()
  check('a stranger reads the anchors that are final', (await stranger.page.locator('table tbody tr').count()) >= 2)
  await stranger.page.getByLabel('与您保存的检查点比较').setInputFiles(file(checkpoint))
  await stranger.sees(`日志仍包含您的检查点所涵盖的全部 ${size} 个条目`)
  check('a stranger compares a kept checkpoint without signing in', await stranger.has('此浏览器已用日志公布的文件核查'))
  await look(stranger, 'a public log')
}

async function story() {
  chapter('Three people decide twice')
  const everyone = []
  for (const name of ['Ada', 'Ben', 'Cleo']) everyone.push(await account(name, run))
  const [ada, ben, cleo] = everyone
  const coop = await found(ada, [ben, cleo], `audit-${run}`, {
    kinds: { motion: { rule: { counting: simple }, ...periods }, council: { rule: { counting: { method: 'schulze', seats: 0, tie: 'lot', default_option: null } }, ...periods } },
  })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  const stranger = await person(browser, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, stranger)
  await desk.go(`${base}/keys`)
  await desk.press('Make and register a key')
  await desk.sees('The key is registered')
  // A key of the very second in which voting opens does not sign.
  await desk.page.waitForTimeout(1100)
  const motion = await opened(coop, ada, { kind: 'motion', title: 'Open the <b>workshop</b> on Sundays', body: 'For everybody.' })
  await desk.go(`${base}/proposals/${motion}`)
  await desk.page.getByRole('radio', { name: /^Yes/ }).check()
  await desk.press('Go on')
  await desk.press('Cast my ballot')
  await desk.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
  for (const who of [ben, cleo]) await vote(coop, motion, who, [who === ben ? 0 : 1], [1])
  await closed(coop, motion, ada)
  await until(coop, motion, ada, ['passed', 'executed'])
  const council = await opened(coop, ada, { kind: 'council', title: 'Which tool first?', body: '', options: ['Speech', 'Translation'], seats: 1 })
  for (const who of everyone) await vote(coop, council, who, [1, 0], [1, 2])
  await closed(coop, council, ada)
  await until(coop, council, ada, ['passed', 'executed'])

  chapter('A member checks a decision with one click')
  await desk.page.reload()
  await desk.press('Check it in this browser')
  await desk.sees('Server and log have the keys that this co-op names')
  check('the page verified seal, roll, signatures, count and log', (await desk.page.locator('.checks .holds').count()) >= 9, await desk.page.locator('.checks').innerText())
  check('and nothing contradicts', (await desk.page.locator('.checks .broken').count()) === 0)
  check('it counted again', (await desk.has('Added up here')) && (await desk.has('1 signed by members’ keys')))
  await look(desk, 'a decision checked')
  const download = desk.page.waitForEvent('download')
  await desk.press('Download the bundle')
  const file = join(folder, 'decision.rochdale')
  await (await download).saveAs(file)

  chapter('The record, and the log')
  await toPart(desk, 'Record')
  await desk.sees('this browser verified its signature')
  check('the newest checkpoint of the log is verified in the browser', true)
  const checked = async () => {
    await desk.page.getByRole('button', { name: 'Check it in this browser: Which tool first?' }).click()
    await desk.sees('Server and log have the keys that this co-op names')
    // The program is loaded for the first bundle alone, and takes its time on a busy machine.
    await desk.page.getByText(/The auditor’s program looked at it|built without the auditor’s program/).first().waitFor({ timeout: 90_000 })
  }
  await checked()
  const isBuilt = !(await desk.has('built without the auditor’s program'))
  // Until its anchor is final a bundle lacks that, and the program says so.
  for (let tries = 0; tries < 20 && isBuilt && !(await desk.has('Everything holds')); tries += 1) {
    await desk.page.waitForTimeout(2_000)
    await desk.page.reload()
    await checked()
  }
  // Without the program in the page the others would be said to be left to it, which is another build than the one that is served.
  if (isBuilt) check('what this page does not count is left to the auditor’s program, which finds that everything holds', (await desk.has('Everything holds')) && (await desk.has('The auditor’s program looked at it')), await desk.page.locator('main').innerText())
  else process.stdout.write(NOT_BUILT)
  await look(desk, 'record')
  // The server of the stories knows no explorer of its chain: what it would say if its operator named one.
  await desk.page.route(`**/api/v1${base}`, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), explorer: 'https://explorer.example/tx/{tx}' } })
  })
  await desk.page.reload()
  const links = desk.page.getByRole('table').first().getByRole('link')
  await links.first().waitFor()
  const leads = await links.evaluateAll((all) => all.map(({ href, rel, target }) => ({ href, rel, target })))
  check('each transaction of an anchor leads to the explorer, which is not told where one came from', leads.every(({ href, rel }) => /^https:\/\/explorer\.example\/tx\/0x[0-9a-f]{64}$/.test(href) && rel.includes('noreferrer')), leads)
  await look(desk, 'record with an explorer')
  await desk.page.unroute(`**/api/v1${base}`)
  const all = await desk.page.getByRole('table').last().locator('tbody tr').count()
  await desk.page.getByLabel('to', { exact: true }).fill('2020-01-01')
  await desk.sees('0 records were added then')
  await desk.page.getByLabel('to', { exact: true }).fill('')
  await desk.page.getByLabel('Added from').fill('2020-01-01')
  await desk.sees(`${all} records were added then`)
  check('what was added between two days is told', all >= 5, all)
  const note = await fetch(`${BASE}${await desk.page.getByRole('link', { name: 'The checkpoint as it is published' }).getAttribute('href')}`)
  const checkpoint = await note.text()
  check('the checkpoint is a file that anybody reads', note.ok && checkpoint.includes('\u2014 '))
  await kept(desk, stranger, coop, ada, checkpoint)

  chapter('A stranger verifies it, on a phone and signed in nowhere')
  await stranger.go('/verify')
  await stranger.page.getByRole('heading', { level: 1, name: '核查证据包或收据' }).waitFor()
  await look(stranger, 'verify')
  await stranger.page.locator('input[type=file]').setInputFiles(file)
  await stranger.sees('请将这些密钥与您从别处得知的合作社密钥比对')
  check('it holds, and the keys are to be compared', (await stranger.page.locator('.checks .broken').count()) === 0)
  check('what members wrote is text', await stranger.has('<b>workshop</b>'))
  await compare(stranger, file, 'an honest bundle')
  await look(stranger, 'a bundle verified')
  const lines = gunzipSync(await (await import('node:fs/promises')).readFile(file)).toString('utf8')
  const forged = join(folder, 'forged.rochdale')
  writeFileSync(forged, gzipSync(lines.replace('"options":[1]', '"options":[0]')))
  await stranger.page.locator('input[type=file]').setInputFiles(forged)
  await stranger.sees('此证据包存在矛盾')
  check('a forged ballot is found, with its line', /第 \d+ 行/.test(await stranger.page.locator('.checks .broken').first().innerText()), await stranger.page.locator('.checks').innerText())
  await compare(stranger, forged, 'a forged bundle')
  await look(stranger, 'a forged bundle')
  const receipt = join(folder, 'receipt.json')
  const saved = desk.page.waitForEvent('download')
  await desk.go(`${base}/proposals/${motion}`)
  await desk.page.locator('.receipt summary').click()
  await desk.press("Save it with the roll's keys")
  await (await saved).saveAs(receipt)
  await stranger.page.locator('input[type=file]').setInputFiles(receipt)
  await stranger.sees('收据成立')
  check('a receipt holds, and names the keys of the roll', (await stranger.page.locator('.checks .holds').count()) === 5 && (await stranger.has('若有不属于您的密钥')), await stranger.page.locator('main').innerText())
  await look(stranger, 'a receipt verified')
  const nothing = join(folder, 'nothing.rochdale')
  writeFileSync(nothing, 'hello')
  await stranger.page.locator('input[type=file]').setInputFiles(nothing)
  await stranger.sees('这既不是证据包')
  check('what is no bundle is said to be none', true)
  await look(stranger, 'no bundle')
}

/** The page and the program on the auditor's machine come to the same, level by level. */
async function compare(who, file, what) {
  if (!AUDIT || (await who.has('此门户构建时未包含审计程序'))) {
    process.stdout.write(NOT_BUILT)
    return
  }
  const { levels, status, findings } = JSON.parse(spawnSync(AUDIT, ['verify', '--json', file], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout)
  const shown = await who.page.locator('.levels li').evaluateAll((items) => items.map((item) => item.className.split(' ')[0]))
  check(`page and program come to the same about ${what}`, JSON.stringify(shown) === JSON.stringify(Object.values(levels)), { shown, levels, status })
  const told = await who.page.locator('section[aria-labelledby="audited"] h4 + ul.plain:not(.small) li').count()
  check(`the page tells of each finding about ${what}`, told === findings.length, { told, findings })
}

await tell(browser, pages, story)
