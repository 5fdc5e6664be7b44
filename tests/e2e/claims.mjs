// What the tools brought in goes to the members: two approve, one member is paid by a file for the bank, one claims on the chain with a wallet of
// her own and one has his claim paid to another address; a list that nobody submits is given up by two; and an auditor replays all of it from files
// alone. It needs what story.mjs needs, and the chain in ROCHDALE_CHAIN_URL.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { api, chapter, check, deployed, launch, look, node, PHONE, tell, textsIn, wallet } from './support.mjs'
import { account, closed, found, inDays, opened, signedIn, until, vote } from './people.mjs'
import { statement } from './paying.mjs'

const AUDIT = process.env.ROCHDALE_AUDIT || fileURLToPath(new URL('../../target/debug/rochdale-audit', import.meta.url))
const run = Date.now().toString(36)
const DAY_SECONDS = 86_400
const NONE = `0x${'00'.repeat(32)}`
const IBAN = 'DE89370400440532013000'
/** What guests paid for the tools, day by day. */
const TAKINGS = ['41.20', '38.75', '55.10', '47.90', '62.35', '12.40', '9.95']
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const rule = {
  version: 1,
  supersedes: NONE,
  currency: 'EUR',
  effective_from: 0,
  steps: [
    { id: 'reserve', does: { op: 'reserve', share: { share: 1, whole: 10 }, to: 'reserve:legal', until: { reaches: 'amount', amount: '5000.00' } } },
    { id: 'members', does: { op: 'per_capita', to: 'members:active' } },
  ],
  payout: { decimals: 2, min: '1.00', rails: ['sepa', 'evm', 'manual'] },
}
const DESK = { viewport: { width: 1280, height: 900 } }
const day = (days) => inDays(days).slice(0, 10)
const browser = await launch()
const pages = []

/** Takes a cycle from a week's takings to the books; two approve. */
async function posted(base, treasurer, approvers) {
  await api('POST', `${base}/ledger/accounts`, treasurer.token, { currency: 'EUR' })
  const rows = TAKINGS.map((amount, place) => `${day(place - 8)},${amount},guests-${place},Guests’ use of our tools\n`)
  const table = `date,amount,reference,description\n${rows.join('')}`
  await api('POST', `${base}/income`, treasurer.token, { currency: 'EUR', into: 'assets:bank:main', from: 'income:other', table })
  let cycle = await api('POST', `${base}/payouts`, treasurer.token, { period: 'first-week', ends_on: day(-1) })
  const take = (step, who, body) => api('POST', `${base}/payouts/${cycle.id}/${step}`, who.token, body)
  for (const step of ['freezing', 'computation', 'verification', 'proposal']) cycle = await take(step, treasurer)
  for (const who of approvers) {
    check(`not before ${who.name} approves`, await take('posting', treasurer).then(() => false, (error) => error.message.includes('409')))
    await take('approvals', who, { digest: cycle.digest, payout_digest: cycle.payout_digest })
  }
  await take('posting', treasurer)
  return cycle.id
}

/** Waits until what the server saw on the chain is so: it looks every few seconds, and only at final blocks. */
async function seen(read, holds) {
  for (let turn = 0; turn < 150; turn += 1) {
    const found = await read()
    if (holds(found)) return found
    await node().send('anvil_mine', ['0x1'])
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`the server did not see it: ${JSON.stringify(await read())}`)
}

/** Opens the dialog of the first button of a name, fills it in, and confirms. */
async function confirm(who, name, fill) {
  await who.page.getByRole('button', { name, exact: true }).first().click()
  const dialog = who.page.getByRole('dialog')
  await fill?.(dialog)
  await who.press(name, dialog)
  await dialog.waitFor({ state: 'hidden' })
}

/** The text of what a button downloads, and where it lies. */
async function fetched(who, name, within) {
  const download = who.page.waitForEvent('download')
  await who.press(name, within)
  const path = await (await download).path()
  return { path, text: readFileSync(path, 'utf8') }
}

const audited = (...words) => {
  const said = spawnSync(AUDIT, words, { encoding: 'utf8' })
  return { status: said.status, text: `${said.stdout}${said.stderr}` }
}

/** A wallet for a person, linked to the account and chosen for being paid. */
async function claimant(who, t, { password, base, called, shot }) {
  const held = await wallet(who)
  await node().send('anvil_setBalance', [held.address, '0xde0b6b3a7640000'])
  await who.go('/account')
  const place = who.page.getByRole('region', { name: t('way.wallets.title') })
  await place.getByLabel(t('account.password.current')).fill(password)
  await who.press(t('wallets.add'), place)
  await who.sees(t('way.wallets.added'))
  who.expect(/404.*\/payee$/)
  await who.go(`${base}/revenue/payee`)
  await who.page.getByLabel(t('payee.rail.chain')).check()
  await who.page.getByLabel(t('payee.called')).fill(called)
  await who.page.getByRole('group', { name: t('payee.wallet') }).getByRole('radio').check()
  if (shot) await look(who, shot)
  await who.press(t('payee.save'))
  await who.page.getByText(`${t('payee.rail.chain')}: ${called}`).waitFor()
  return held
}

/** Prepares a list of claims, or a file for a bank. */
const listed = (desk, contract) => confirm(desk, 'Prepare a file', (dialog) => dialog.getByLabel('Account that pays').selectOption({ label: `assets:chain:distributor, ${contract.toLowerCase()}` }))

/** Somebody else looks at what waits, and releases it. */
async function releasedBy(office, pay, waiting) {
  await office.go(pay)
  for (let left = waiting - 1; left >= 0; left -= 1) {
    await confirm(office, 'Release the file', (dialog) => dialog.getByLabel('I looked at the payments').check())
    await office.page.waitForFunction((count) => [...document.querySelectorAll('button')].filter((one) => one.textContent === 'Release the file' && !one.closest('dialog')).length === count, left)
  }
  await office.sees('Released; the executor submits it.')
}

/** A posted cycle, and what it owes released: to the bank, and to the executor of a contract. */
async function released() {
  chapter('Members adopt a rule, and a week’s takings go by it to the books')
  const everyone = []
  for (const name of ['Ada', 'Ben', 'Dan', 'Cleo']) everyone.push(await account(name, run))
  const [ada, ben, dan, cleo] = everyone
  const coop = await found(ada, [ben, dan, cleo], `claims-${run}`, { kinds: { motion }, approvals: { tiers: [], above: 2 } })
  const base = `/coops/${coop.id}`
  for (const [who, role] of [[ada, 'treasurer'], [ben, 'steward'], [dan, 'auditor']]) await api('PUT', `${base}/members/${who.member}/roles/${role}`, ada.token, { reason: 'An office.' })
  const proposal = await opened(coop, ada, { kind: 'motion', title: 'How we share', actions: [{ act: { action: 'adopt_revenue_rule', version: 1, rule } }] })
  for (const who of everyone) await vote(coop, proposal, who, [0], [1])
  await closed(coop, proposal, ada)
  await until(coop, proposal, ada, ['executed'])
  const cycle = await posted(base, ada, [ben, dan])
  const desk = await signedIn(browser, ada, 'desk', DESK)
  const office = await signedIn(browser, dan, 'office', { ...DESK, colorScheme: 'dark' })
  const phone = await signedIn(browser, cleo, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' })
  const aside = await signedIn(browser, ben, 'aside', DESK)
  pages.push(desk, office, phone, aside)

  chapter('Cleo and Ben would like to claim on the chain, and Ada has a contract for it')
  const executor = await wallet(desk, 'The executor’s')
  await node().send('anvil_setBalance', [executor.address, '0xde0b6b3a7640000'])
  const hers = await claimant(phone, textsIn('zh-Hans'), { password: cleo.password, base, called: '我的钱包', shot: 'being paid by claim' })
  const his = await claimant(aside, textsIn('en'), { password: ben.password, base, called: 'My wallet' })
  const payee = await api('POST', `${base}/payee`, ada.token, { rail: 'bank', name: 'Ada', iban: IBAN })
  await api('POST', `${base}/payees/${ada.member}/confirmation`, dan.token, { version: payee.version })
  for (const who of [cleo, ben]) await api('POST', `${base}/payees/${who.member}/confirmation`, ada.token, { version: 1 })
  await api('POST', `${base}/bank-accounts`, ada.token, { account: 'assets:bank:main', currency: 'EUR', iban: 'NL41MOCK0000000001', holder: 'Pioneers', edition: 'pain.001.001.09' })
  const token = await deployed('TestToken')
  const guardian = await node().getSigner(2)
  const distributor = await deployed('RochdaleDistributor', executor.address, [guardian.address], DAY_SECONDS)
  const [contract, coin] = [await distributor.getAddress(), await token.getAddress()]
  const { number } = await node().getBlock('latest')
  await seen(() => node().getBlock('finalized'), (block) => block.number >= number)
  await desk.go(`${base}/revenue/reconciliation`)
  await desk.page.locator('summary', { hasText: 'Add a contract that members claim from' }).click()
  const form = desk.page.locator('details form')
  await form.getByLabel('Account of the books').selectOption({ label: 'assets:chain:distributor (EUR)' })
  await form.getByLabel('Address of the contract').fill(contract)
  await form.getByLabel('Address of the token').fill(coin)
  await look(desk, 'adding a contract')
  await confirm(desk, 'Add a contract that members claim from')
  const [added] = (await api('GET', `${base}/distributors`, ada.token)).items
  check('the contract is new, and holds nothing', added.held === '0.00' && added.digits === 6, added)
  const pay = `${base}/revenue/payouts/${cycle}/payments`
  const root = async () => (await api('GET', `${base}/payouts/${cycle}/files`, dan.token)).items.findLast((file) => file.rail === 'chain').claims

  chapter('One file for the bank, and one list of claims; another person releases both')
  await desk.go(pay)
  await confirm(desk, 'Set aside what it pays')
  await desk.sees('Ready for the next file: 3 payments')
  await confirm(desk, 'Prepare a file')
  await desk.sees('Ready for the next file: 2 payments')
  await listed(desk, contract)
  await desk.sees('2 accounts may claim 120.44 EUR')
  await look(desk, 'a file and a list of claims')
  await releasedBy(office, pay, 2)
  await look(office, 'a list of claims that is released')
  const transfers = await fetched(office, 'Fetch the file')
  const reference = /<EndToEndId>(\w+)</.exec(transfers.text)[1]
  check('the bank is asked for what Ada is owed, to where she said', transfers.text.includes(IBAN) && transfers.text.includes('>60.22<'))
  const camt = statement(reference, '60.22', day(0))
  return { base, cycle, pay, people: { ada, ben, dan, cleo }, desk, office, phone, aside, hers, his, token, distributor, contract, root, camt }
}

/** A list that nobody submits is given up by two, and another one takes its place. */
async function givenUp({ pay, desk, office, contract, root }) {
  chapter('Nobody submits the list: two persons give it up, and what it pays is due again')
  await desk.page.reload()
  await confirm(desk, 'Give up the list', async (dialog) => {
    check('before it the result is told', (await dialog.innerText()).includes('Then 2 payments of 120.44 EUR together are due again'))
    await dialog.getByLabel('Reason').fill('The executor lost the key.')
    await look(desk, 'asking for a list to be given up')
  })
  await desk.sees('Somebody asked for it to be given up; another person who holds an office does it.')
  check('one person alone gives up nothing', (await root()).state === 'released')
  desk.expect(/403.*\/withdrawal$/)
  await desk.press('Give up the list')
  await desk.press('Give up the list', desk.page.getByRole('dialog'))
  await desk.page.getByRole('dialog').getByText('You asked for it. Somebody else').waitFor()
  await desk.press('Back', desk.page.getByRole('dialog'))
  await office.page.reload()
  await confirm(office, 'Give up the list', async (dialog) => {
    const said = await dialog.innerText()
    check('another one reads why', said.includes('The executor lost the key.') && said.includes('it cannot be taken back'), said)
    await look(office, 'giving up a list')
  })
  await office.sees('Given up by two persons: nobody submitted it.')
  await office.sees('Ready for the next file: 2 payments')
  check('and it is given up', (await root()).state === 'given_up')
  await look(office, 'a list that was given up')
  await desk.page.reload()
  await listed(desk, contract)
  await releasedBy(office, pay, 1)
}

/** From the list that is released to what Cleo’s wallet holds, and Ben’s other address. */
async function claimed({ base, pay, people: { ada, ben, cleo }, desk, phone, aside, hers, his, token, distributor, contract, root }) {
  chapter('The executor submits the root, nobody stops it, and it is activated once the contract is funded')
  await desk.page.reload()
  await desk.press('Submit the root, as the executor')
  await desk.sees('The message is on its way.')
  await look(desk, 'a root that is submitted')
  await seen(root, ({ state }) => state === 'queued')
  await desk.page.reload()
  await desk.sees('where a guardian can stop it')
  await look(desk, 'a root in the queue')
  await node().send('evm_increaseTime', [DAY_SECONDS + 1])
  await node().send('anvil_mine', ['0x1'])
  await desk.press('Activate the root')
  await desk.page.getByRole('alert').first().waitFor()
  check('the contract activates nothing that it does not hold', (await root()).state === 'queued')
  await (await token.mint(contract, 120_440_000n)).wait()
  const entries = [['assets:chain:distributor', '120.44'], ['assets:bank:main', '-120.44']].map(([account, amount]) => ({ account, currency: 'EUR', amount }))
  await api('POST', `${base}/journal`, ada.token, { effective_on: day(0), description: 'Tokens for claims', entries })
  await desk.press('Activate the root')
  await desk.sees('The message is on its way.')
  await seen(root, ({ state }) => state === 'active')
  await desk.page.reload()
  await desk.sees('Active: members may claim.')
  await look(desk, 'an active root')

  chapter('Cleo claims with her own wallet')
  await phone.go(`${base}/revenue/payee`)
  await phone.page.getByRole('heading', { name: '您可领取的款项' }).waitFor()
  check('she reads what she may claim, and to where', (await phone.has('60.22')) && (await phone.has(hers.address.toLowerCase())))
  await phone.page.locator('summary', { hasText: '付到其他地址' }).click()
  await look(phone, 'what may be claimed')
  await phone.press('用钱包领取')
  await phone.sees('消息已发出')
  await look(phone, 'a claim on its way')
  const claims = async () => (await api('GET', `${base}/claims`, cleo.token)).items[0]
  await seen(claims, ({ left }) => left === '0.00')
  check('the tokens are in her wallet', (await token.balanceOf(hers.address)) === 60_220_000n)
  await phone.page.reload()
  await phone.sees('其中 60.22 EUR 已领取')
  check('nothing is left to claim', (await phone.page.getByRole('button', { name: '用钱包领取' }).count()) === 0)
  await look(phone, 'what was claimed')

  chapter('Ben has his claim paid to another address')
  const { address: elsewhere } = await node().getSigner(5)
  await aside.go(`${base}/revenue/payee`)
  await aside.page.locator('summary', { hasText: 'Have it paid to another address' }).click()
  const address = aside.page.getByLabel('Address', { exact: true })
  await address.fill(contract)
  await aside.press('Sign it with the wallet')
  await aside.sees('This is no address, or it is misspelt, or the contract pays nothing to it.')
  await address.fill(elsewhere)
  await look(aside, 'claiming to another address')
  his.declines = true
  await aside.press('Sign it with the wallet')
  await aside.page.getByRole('alert').waitFor()
  his.declines = false
  await aside.press('Sign it with the wallet')
  await aside.sees('The wallet signed it')
  await aside.page.locator('details details summary').click()
  await look(aside, 'a claim to another address that is signed')
  const data = await aside.page.locator('details details pre').innerText()
  const refused = (message) => node().call({ to: contract, data: message }).then(() => false, () => true)
  const lower = (text) => text.slice(2).toLowerCase()
  check('anybody could send what the wallet signed', !(await refused(data)))
  check('and nobody can have it paid to themselves', await refused(data.replace(lower(elsewhere), lower(hers.address))))
  check('signing pays nothing yet', (await token.balanceOf(elsewhere)) === 0n)
  await aside.press('Send it with a wallet')
  await aside.sees('The message is on its way.')
  await seen(async () => (await api('GET', `${base}/claims`, ben.token)).items[0], ({ left }) => left === '0.00')
  check('the tokens are where he said, and not in his wallet', (await token.balanceOf(elsewhere)) === 60_220_000n && (await token.balanceOf(his.address)) === 0n)
  await aside.page.reload()
  await aside.sees('of which 60.22 EUR is claimed')
  check('nothing is left to sign', (await aside.page.locator('summary', { hasText: 'another address' }).count()) === 0)
}

/** From the bank's answer to files that an auditor replays. */
async function ended({ base, cycle, pay, people: { ada, dan, cleo }, desk, office, hers, distributor, token, camt }) {
  chapter('The bank answers, the books are beside bank and chain, and two persons close the cycle')
  await desk.go(pay)
  await desk.page.getByLabel('File of the bank (XML)').setInputFiles({ name: 'camt.053.xml', mimeType: 'application/xml', buffer: Buffer.from(camt) })
  await desk.press('Bring it in')
  await desk.sees('It is brought in.')
  await api('POST', `${base}/payouts/${cycle}/payments/${dan.member}/carry`, ada.token, { reason: 'He did not say where.' })
  for (const who of [ada, dan]) await api('POST', `${base}/payouts/${cycle}/closing`, who.token, {})
  await office.go(`${base}/revenue/reconciliation`)
  await office.page.getByRole('heading', { name: 'Contracts that members claim from' }).waitFor()
  await look(office, 'books beside bank and chain')
  const beside = await api('GET', `${base}/reconciliation`, dan.token)
  check('the contract holds what the books say, and everything that was promised is claimed', beside.distributors[0].is_even && beside.distributors[0].unclaimed === '0.00', beside.distributors)
  const pocket = await signedIn(browser, ada, 'treasurer-phone', PHONE)
  pages.push(pocket)
  await pocket.go(`${base}/revenue/reconciliation`)
  await pocket.page.getByRole('heading', { name: '成员领取款项的合约' }).waitFor()
  await look(pocket, 'books beside bank and chain')
  await pocket.go(pay)
  await pocket.page.getByRole('heading', { name: '给银行的文件与领取清单' }).waitFor()
  await look(pocket, 'files and lists of claims')
  check('nothing is due or clearing', beside.waiting.every((one) => one.in_the_books === '0.00' && one.is_even), beside.waiting)

  chapter('An auditor replays all of it from files')
  await office.go(pay)
  await office.sees('Closed on')
  await look(office, 'a cycle that is paid and closed')
  const list = await fetched(office, 'Fetch the list', office.page.locator('li.card').last())
  await office.go(`${base}/revenue/payouts/${cycle}`)
  const bundle = await fetched(office, 'Download the bundle')
  const replayed = audited('allocate', bundle.path)
  check('the cycle is computed again from its bundle', replayed.status === 0, replayed.text.slice(-500))
  const told = audited('allocate', bundle.path, '--explain', '--member', cleo.member)
  check('and pays Cleo what the list lets her claim', told.text.includes('60.22') && list.text.includes(`${hers.address.toLowerCase()} 60220000 `), [told.text, list.text])
  const shown = (await distributor.standingOf(await token.getAddress())).root
  const rebuilt = audited('claims', list.path, '--root', shown)
  check('the list gives the root that the contract shows', rebuilt.status === 0, rebuilt.text)
  const other = audited('claims', list.path, '--root', NONE)
  check('and no other one', other.status !== 0, other.text)
}

await tell(browser, pages, async () => {
  const told = await released()
  await givenUp(told)
  await claimed(told)
  await ended(told)
})
node().destroy()
