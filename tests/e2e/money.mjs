// Money beside revenue: members decide terms; a treasurer invoices, records a payment, takes a part back, moves shares, has a bill approved, says a
// tax profile and closes a year, each shown before it is done; a member reads it on a phone. It needs what story.mjs needs.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { api, chapter, check, launch, look, tell } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const zero = `0x${'00'.repeat(32)}`
const terms = {
  version: 1, supersedes: zero, currency: 'EUR', payment_days: 30, entrance_fee: '25.00',
  shares: { price: '100.00', least: 1, most: 50, refund_days: 0 },
  dues: [{ class: 'worker', period: 'month', amount: '8.40', vat: 'standard' }],
  vat: [{ name: 'standard', rate: { share: 19, whole: 100 } }],
}
const browser = await launch()
const pages = []
const DESK = { viewport: { width: 1280, height: 900 } }
const part = (who, name) => who.page.getByRole('region', { name, exact: true })

/** Looks at what a form would do, and does it; what was shown in between. */
async function looked(form, action, who, shot) {
  await form.getByRole('button', { name: 'Look at it', exact: true }).click()
  await form.getByRole('heading', { name: 'Look once more' }).waitFor()
  const shown = await form.innerText()
  if (shot) await look(who, shot)
  await form.getByRole('button', { name: action, exact: true }).click()
  await form.getByRole('status').waitFor()
  return shown
}

async function decide(coop, ada, ben, cleo) {
  const proposal = await opened(coop, ada, { kind: 'motion', title: 'Terms of money', actions: [{ act: { action: 'set_money_terms', version: 1, terms } }] })
  for (const who of [ada, ben, cleo]) await vote(coop, proposal, who, [0], [1])
  await closed(coop, proposal, ada).catch(() => undefined)
  await until(coop, proposal, ada, ['executed'])
}

async function invoices(desk, phone, base, ada, cleo) {
  chapter('An invoice, a payment, and a part that is taken back')
  await desk.page.getByRole('link', { name: 'Invoices', exact: true }).click()
  const invoice = part(desk, 'Issue an invoice')
  await invoice.getByLabel('Member').selectOption({ label: 'Cleo' })
  await invoice.getByLabel('What it is for').fill('Training <b>twice</b>')
  await invoice.getByLabel('Pieces').fill('2')
  await invoice.getByLabel('Price of each').fill('50,00')
  await invoice.getByLabel('VAT', { exact: true }).selectOption('standard')
  await invoice.getByRole('button', { name: 'Look at it', exact: true }).click()
  await invoice.getByRole('heading', { name: 'Look once more' }).waitFor()
  check('the preview shows net and gross', (await invoice.innerText()).includes('119.00'))
  check('nothing is issued before that', (await api('GET', `${base}/invoices`, ada.token)).items.length === 0)
  await look(desk, 'an invoice once more')
  await invoice.getByRole('button', { name: 'Issue it', exact: true }).click()
  await desk.sees('is issued')
  const payment = part(desk, 'Record a payment')
  await payment.getByLabel('For the invoice').selectOption({ index: 1 })
  await payment.getByLabel('Amount').fill('119.00')
  await payment.getByLabel('Reference').fill('bank-1')
  const settled = await looked(payment, 'Record it', desk)
  check('the preview says what is settled', settled.includes('119.00 EUR settles INV-'), settled)
  await desk.page.getByRole('button', { name: /^Take back INV-/ }).click()
  const note = desk.page.getByRole('region', { name: /^Take INV-/ })
  await note.getByLabel('Reason').fill('Only one was held.')
  await note.getByLabel('Everything that is left of it').uncheck()
  check('what is written is text', (await note.innerText()).includes('Training <b>twice</b>'), await note.innerText())
  desk.expect(/422/)
  await note.getByLabel('Pieces').fill('3')
  await note.getByRole('button', { name: 'Look at it', exact: true }).click()
  await desk.sees('no more than 100.00 is left of it')
  await look(desk, 'a credit note refused')
  await note.getByLabel('Pieces').fill('1')
  const back = await looked(note, 'Issue the credit note', desk, 'a credit note once more')
  check('a part is taken back with its VAT, and becomes a credit', back.includes('59.50'), back)
  await phone.go(`${base}/money/documents`)
  await phone.sees('已冲回')
  check('a member reads the own invoice', await phone.has('INV-'))
  check('a member is offered no forms', (await phone.page.getByText('开具账单', { exact: true }).count()) === 0)
  await look(phone, 'my invoices')
  const own = await api('GET', `${base}/money/account`, cleo.token)
  check('the credit is the member\'s', own.credit === '59.50', own)
}

/** The form for the use of tools, where nobody used any: what is owed is told to the books once a day. */
async function usage(desk, base, ada) {
  chapter('Charging for the use of the tools')
  const issued = async () => (await api('GET', `${base}/invoices`, ada.token)).items.length
  const before = await issued()
  const form = part(desk, 'Charge for the use of the tools')
  await form.getByLabel('VAT', { exact: true }).selectOption('standard')
  await form.getByRole('button', { name: 'Look at it', exact: true }).click()
  await form.getByRole('heading', { name: 'Look once more' }).waitFor()
  check('the preview says that nobody owes anything', (await form.innerText()).includes('0 invoices, 0.00 EUR together.'), await form.innerText())
  desk.expect(/409.*\/usage-invoices$/)
  await form.getByRole('button', { name: 'Charge it', exact: true }).click()
  await form.getByText('Nobody owes anything for use that no invoice asked for yet.').waitFor()
  await look(desk, 'nothing to charge for use')
  check('and nothing is issued', (await issued()) === before)
  await form.getByRole('button', { name: 'Back', exact: true }).click()
  check('what was filled in is still there', (await form.getByLabel('VAT', { exact: true }).inputValue()) === 'standard')
}

async function sharesAndBills(desk, office, base) {
  chapter('Shares')
  await desk.page.getByRole('link', { name: 'Shares', exact: true }).click()
  const shares = part(desk, 'Move shares')
  for (const kind of ['Shares subscribed', 'Shares paid']) {
    await shares.getByLabel('Member').selectOption({ label: 'Cleo' })
    await shares.getByLabel('What', { exact: true }).selectOption({ label: kind })
    await shares.getByLabel('Shares', { exact: true }).fill('2')
    const shown = await looked(shares, 'Record it', desk)
    check(`${kind}: before and after are shown`, shown.includes('Before:') && shown.includes('200.00'), shown)
  }
  await look(desk, 'shares')
  chapter('A bill that others approve')
  await desk.page.getByRole('link', { name: 'Suppliers\' bills', exact: true }).click()
  const bill = part(desk, 'Prepare a bill')
  await bill.getByLabel('Supplier', { exact: true }).fill('Power & Light')
  await bill.getByLabel('Reference', { exact: true }).fill('A-1')
  await bill.getByLabel('What it is for').fill('Electricity')
  await bill.getByLabel('Amount', { exact: true }).fill('10.00')
  await bill.getByLabel('VAT, as the supplier states it').fill('1.90')
  const shown = await looked(bill, 'Put it before the others', desk, 'a bill once more')
  check('a bill is added up', shown.includes('11.90'), shown)
  check('who prepared it is not offered to approve it', (await desk.page.getByRole('button', { name: 'Approve A-1' }).count()) === 0)
  await office.go(`${base}/money/bills`)
  await office.page.getByRole('button', { name: 'Approve A-1' }).click()
  const dialog = office.page.getByRole('dialog')
  await look(office, 'approving a bill')
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
  await office.sees('Approved, not paid')
  await desk.go(`${base}/money/bills`)
  await desk.page.getByRole('button', { name: 'Record the payment A-1' }).click()
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Record the payment', exact: true }).click()
  await desk.sees('Paid: 1 of 1 approval.')
}

async function taxesAndYears(desk, phone, base) {
  chapter('A tax profile, and the end of a year')
  await desk.page.getByRole('link', { name: 'Tax profiles', exact: true }).click()
  const profile = part(desk, 'Say a member\'s profile')
  check('nobody says the own profile', !(await profile.getByLabel('Member').innerText()).includes('Ada'))
  await profile.getByLabel('Member').selectOption({ label: 'Cleo' })
  await profile.getByLabel('Profile').fill('no_tax_number')
  await looked(profile, 'Set it', desk)
  await look(desk, 'tax profiles')
  await phone.go(`${base}/money/taxes`)
  await phone.sees('no_tax_number')
  await look(phone, 'my tax profile')
  await desk.page.getByRole('link', { name: 'Years', exact: true }).click()
  const year = new Date().getUTCFullYear() - 1
  const shown = await looked(part(desk, 'Close a year'), 'Close it', desk, 'a year before it is closed')
  check('the closing says that it is final', shown.includes(`Nothing takes effect in ${year}`), shown)
  await desk.sees(`${year} is closed`)
  await phone.go(`${base}/money/years`)
  await phone.sees('您的报税数据')
  check('a member is not offered to close', (await phone.page.getByText('年度结账', { exact: true }).count()) === 0)
  await look(phone, 'years')
}

/** Members who came in by their keys, more than one looks through. */
async function many(desk, base, ada) {
  chapter('A member is found in a long list')
  const key = () => ({ kind: 'ed25519', public_key: `0x${Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x, 'base64url').toString('hex')}`, salt: `0x${randomBytes(32).toString('hex')}` })
  await api('POST', `${base}/member-imports`, ada.token, { members: Array.from({ length: 60 }, (_, place) => ({ display_name: `Weaver ${place + 1}`, class: 'worker', key: key() })) })
  await desk.go(`${base}/money/shares`)
  const shares = part(desk, 'Move shares')
  const list = shares.getByLabel('Member', { exact: true })
  await desk.sees('13 more are not in this list')
  check('fifty are listed', (await list.locator('option').count()) === 51)
  await shares.getByRole('searchbox').fill('weaver 59')
  await desk.sees('1 member found.')
  check('typing narrows the list', (await list.locator('option').allInnerTexts()).slice(1).join() === 'Weaver 59')
  await list.selectOption({ label: 'Weaver 59' })
  await shares.getByRole('searchbox').fill('cle')
  check('who was chosen stays chosen', (await list.locator('option:checked').innerText()) === 'Weaver 59' && (await list.innerText()).includes('Cleo'))
  await look(desk, 'a long list of members')
  // As where there are more members than a page reads.
  const { items } = await api('GET', `${base}/members`, ada.token)
  const asked = /\/members\?limit=100(&cursor=.*)?$/
  await desk.page.route(asked, (route) => route.fulfill({ json: { items: route.request().url().includes('cursor') ? [] : items.slice(0, 2), next_cursor: 'and-on' } }))
  await desk.go(`${base}/money/shares`)
  await desk.sees('others are not in this list')
  await shares.getByRole('searchbox').fill('weaver 60')
  await list.selectOption({ label: 'Weaver 60' })
  check('whom the page has not read the server finds', (await list.locator('option:checked').innerText()) === 'Weaver 60')
  await desk.page.unroute(asked)
}

async function story() {
  chapter('A treasurer, a steward, and a member')
  const ada = await account('Ada', run)
  const ben = await account('Ben', run)
  const cleo = await account('Cleo', run)
  const coop = await found(ada, [ben, cleo], `money-${run}`, { kinds: { motion: { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true } } })
  const base = `/coops/${coop.id}`
  await api('PUT', `${base}/members/${ada.member}/roles/treasurer`, ada.token, { reason: 'She keeps the books.' })
  await api('PUT', `${base}/members/${ben.member}/roles/steward`, ada.token, { reason: 'He looks after the roll.' })
  await api('POST', `${base}/ledger/accounts`, ada.token, { currency: 'EUR' })
  const desk = await signedIn(browser, ada, 'desk', DESK)
  const office = await signedIn(browser, ben, 'office', { ...DESK, colorScheme: 'dark' })
  const phone = await signedIn(browser, cleo, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, office, phone)
  await phone.go(`${base}/money`)
  await phone.sees('成员尚未设定资金条款')
  await look(phone, 'no terms')
  await decide(coop, ada, ben, cleo)
  await phone.go(`${base}/money`)
  await phone.sees('现行：第 1 版')
  await look(phone, 'terms on a phone')
  await desk.go(`${base}/money`)
  await desk.sees('In force: version 1')
  await look(desk, 'terms')
  await invoices(desk, phone, base, ada, cleo)
  await usage(desk, base, ada)
  await sharesAndBills(desk, office, base)
  await taxesAndYears(desk, phone, base)
  await many(desk, base, ada)
}

await tell(browser, pages, story)
