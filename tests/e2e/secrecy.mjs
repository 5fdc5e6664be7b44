// Secrecy tiers: the bylaws allow three, a steward chooses sealed ballots and pseudonyms, members vote by the portal, what is hidden stays
// hidden until the count, and the auditor's program accepts what was sealed. It needs what story.mjs needs.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { api, BASE, chapter, check, launch, look, tell } from './support.mjs'
import { account, closed, found, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const AUDIT = process.env.ROCHDALE_AUDIT || fileURLToPath(new URL('../../target/debug/rochdale-audit', import.meta.url))
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const kind = (tiers, over = {}) => ({ rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true, privacy: { tiers, group_min: 5, ...over } })

const browser = await launch()
const pages = []
const everyone = []
const idOf = (who) => who.page.url().split('/').pop()

async function propose(who, base, title, tier) {
  await who.go(`${base}/proposals/new`)
  await who.page.getByLabel('Title').fill(title)
  await who.page.getByRole('radio', { name: tier }).check()
  await look(who, `new proposal (${tier})`)
  await who.press('Save as a draft')
  await who.page.getByRole('heading', { level: 1, name: title }).waitFor()
}
async function open(who) {
  await who.press('Put before the members')
  const dialog = who.page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Begin the discussion' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await who.press('Open voting')
  await dialog.getByRole('button', { name: 'Open voting', exact: true }).click()
  await who.page.getByRole('heading', { name: 'Your vote' }).waitFor()
}
/** Checks a bundle with the auditor's program. */
async function audit(coop, proposal, token) {
  const answer = await fetch(`${BASE}/api/v1/coops/${coop}/proposals/${proposal}/bundle`, { headers: { Authorization: `Bearer ${token}` } })
  const file = join(mkdtempSync(join(tmpdir(), 'rochdale-')), 'bundle.rochdale')
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()))
  return spawnSync(AUDIT, ['verify', file], { encoding: 'utf8' })
}

async function story() {
  chapter('Four people, and bylaws that allow three tiers')
  for (const name of ['Ada', 'Ben', 'Cleo', 'Dora']) everyone.push(await account(name, run))
  const [ada, ben, cleo, dora] = everyone
  const coop = await found(ada, [ben, cleo, dora], `secrecy-${run}`, {
    kinds: { motion: kind(['open', 'sealed', 'pseudonymous']), strict: kind(['pseudonymous'], { small_group: 'refuse' }) },
  })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  const phone = await signedIn(browser, ben, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, phone)
  await desk.go(`${base}/bylaws`)
  await desk.sees('Ballots: Open ballots, Sealed ballots, Ballots under pseudonyms.')
  check('the bylaws say which ballots a proposal may choose', await desk.has('voting does not open with fewer than 5'))
  await look(desk, 'bylaws with tiers')
  await desk.go(`${base}/keys`)
  await desk.press('Make and register a key')
  await desk.sees('The key is registered')

  chapter('Sealed ballots')
  await propose(desk, base, 'A hearing about wages', 'Sealed ballots')
  await open(desk)
  const sealed = idOf(desk)
  check('nobody is told how many have voted', await desk.has('how many have voted is told with the result'))
  check('the page says that the server could read them', await desk.has('The server holds every ballot and could read it'))
  await desk.page.getByRole('radio', { name: /^Yes/ }).check()
  await desk.press('Go on')
  check('what will be shown is said before the ballot is cast', await desk.has('every ballot is opened and shown under its member’s name'))
  await look(desk, 'a sealed ballot once more')
  await desk.press('Cast my ballot')
  await desk.sees('This browser recomputed the hash')
  check('a sealed ballot is signed by the key of this browser', await desk.has('signed by your key'))
  await look(desk, 'a sealed ballot')
  await phone.go(`${base}/proposals/${sealed}`)
  await phone.sees('投票人数将与结果一同公布')
  await look(phone, 'a sealed vote')
  const { turnout } = await api('GET', `${base}/proposals/${sealed}`, ben.token)
  check('the server tells no turnout either', turnout === null, turnout)
  for (const who of [ben, cleo]) await vote(coop, sealed, who, [who === ben ? 1 : 0], [1])
  await vote(coop, sealed, dora, [0], [1], 'Wages were last spoken of in spring.')
  await closed(coop, sealed, ada)
  await until(coop, sealed, ada, ['passed', 'executed'])
  await desk.page.reload()
  await desk.page.getByText('Every ballot', { exact: true }).click()
  await desk.sees('They were sealed while voting was open')
  await desk.sees('Wages were last spoken of in spring.')
  check('the ballots are opened, mine among them', await desk.has('Your ballot is among them'))
  check('each stands under its name', (await desk.has('Cleo')) && (await desk.has('Dora')))
  await look(desk, 'sealed ballots opened')

  chapter('Pseudonyms, in a group too small for them')
  await propose(desk, base, 'Shall Ada stay in office?', 'Ballots under pseudonyms')
  await desk.sees('Only 4 members may vote')
  check('the draft warns of so small a group', true)
  await look(desk, 'a draft under pseudonyms')
  await open(desk)
  const veiled = idOf(desk)
  check('the warning stands while voting is open', await desk.has('Only 4 members may vote'))
  await desk.page.getByRole('radio', { name: /^No/ }).check()
  await desk.press('Go on')
  await desk.sees('Cast under your pseudonym')
  await look(desk, 'a ballot under a pseudonym once more')
  await desk.press('Cast my ballot')
  await desk.sees('This browser recomputed the hash')
  await desk.sees("The server's signature on the receipt holds")
  const mine = await api('GET', `${base}/proposals/${veiled}`, ada.token)
  const pseudonym = mine.signing.voter.slice(-32)
  check('the ballot bears a pseudonym and no signature of a key', !pseudonym.includes(ada.member.replaceAll('-', '')) && mine.my_ballot.signature_kind === 'session', mine.my_ballot.signature_kind)
  check('the receipt names it', (await desk.page.locator('.receipt').innerText()).replaceAll('-', '').includes(pseudonym))
  await look(desk, 'a ballot under a pseudonym')
  const download = desk.page.waitForEvent('download')
  await desk.press('Save it with the roll\'s keys')
  await download
  await desk.sees('The roll holds pseudonyms and no keys')
  check('the whole receipt holds no key', true)
  await phone.go(`${base}/proposals/${veiled}`)
  await phone.sees('化名选票')
  await phone.page.getByRole('radio', { name: /^赞成/ }).check()
  await phone.page.getByRole('button', { name: '继续' }).click()
  await phone.sees('以您的化名投出')
  await look(phone, 'a ballot under a pseudonym once more')
  await phone.page.getByRole('button', { name: '投出选票' }).click()
  await phone.page.getByRole('heading', { name: '您的选票' }).waitFor()
  for (const who of [cleo, dora]) {
    const seen = await api('GET', `${base}/proposals/${veiled}`, who.token)
    await api('POST', `${base}/proposals/${veiled}/ballots`, who.token, { revision: seen.signing.next_revision, options: [0], points: [1], reason: null, salt: `0x${'5a'.repeat(32)}`, signature: null })
  }
  await closed(coop, veiled, ada)
  await until(coop, veiled, ada, ['passed', 'executed'])
  await desk.page.reload()
  await desk.sees('What this result gives away')
  await desk.page.getByText('Every ballot', { exact: true }).click()
  await desk.sees('Your ballot is among them')
  check('only its first signs stand in the list, and no name', !(await desk.page.locator('details[open] li').allInnerTexts()).some((line) => /Ada|Ben|Cleo|Dora/.test(line)))
  await look(desk, 'ballots under pseudonyms')
  await desk.page.locator('.receipt summary').click()
  await desk.sees('This browser recomputed the hash')
  check('after the close the receipt is checked under the pseudonym still', true)

  chapter('The bylaws refuse pseudonyms in so small a group')
  await desk.go(`${base}/proposals/new`)
  await desk.page.getByRole('radio', { name: /^strict/i }).check()
  await desk.page.getByLabel('Title').fill('Too few for this')
  check('where there is nothing to choose the form says what holds', await desk.has('under a name made for this vote alone'))
  await desk.press('Save as a draft')
  await desk.sees('The bylaws do not let voting open')
  await look(desk, 'too few for pseudonyms')

  chapter('The auditor')
  if (existsSync(AUDIT)) {
    for (const [name, id] of [['sealed ballots', sealed], ['pseudonyms', veiled]]) {
      const said = await audit(coop.id, id, ada.token)
      check(`rochdale-audit verifies the bundle of ${name}`, said.status === 0, `${said.stdout}${said.stderr}`.slice(-500))
    }
  } else check('rochdale-audit is built', false)
}

await tell(browser, pages, story)
