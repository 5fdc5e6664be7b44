// A treasurer's work away from the desk: the books, income, figures that a member disputes, a cycle from opening to its last payment, with others
// at the second end of each, who see on their home pages what waits for them and watch the cycle go on without loading anything. It is told by
// the keys of the texts, in Chinese on a phone, and with ROCHDALE_FULL=1 in English at a desk too. It needs what story.mjs needs.
import { readFileSync } from 'node:fs'
import { api, chapter, check, confirm, DESK, launch, look, PHONE, settled, tell, textsIn } from './support.mjs'
import { statement } from './paying.mjs'
import { wordsOf } from './pdf.mjs'
import { account, found, inDays, signedIn } from './people.mjs'
import { adopted } from './treasury.mjs'

const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const CO_OP = 'NL41MOCK0000000001'
const MEMBER = 'DE89370400440532013000'
const day = (days) => inDays(days).slice(0, 10)
const browser = await launch()
const pages = []
const en = textsIn('en')
const zh = textsIn('zh-Hans')

/** Ada keeps the books, Ben is a steward at a desk, Cleo a member with a telephone. */
async function world(tag) {
  const run = `${tag.slice(0, 2)}${Date.now().toString(36)}`
  const [ada, ben, cleo] = [await account('Ada', run), await account('Ben', run), await account('Cleo', run)]
  const coop = await found(ada, [ben, cleo], `treasurers-${run}`, { kinds: { motion } })
  const base = `/coops/${coop.id}`
  await api('PUT', `${base}/members/${ada.member}/roles/treasurer`, ada.token, { reason: 'She keeps the books.' })
  await api('PUT', `${base}/members/${ben.member}/roles/steward`, ada.token, { reason: 'He looks after the roll.' })
  await adopted(coop, ada, [ada, ben, cleo])
  return { ada, ben, cleo, coop, base }
}

async function income({ ada, base }, hand, t) {
  chapter('The books, and what came in')
  await hand.go(`${base}/books`)
  await hand.page.getByLabel(t('books.currency')).fill('EUR')
  await hand.press(t('books.open.action'))
  await hand.sees(t('books.opened', { count: 20 }))
  await look(hand, 'books that were opened')
  await hand.go(`${base}/books/income`)
  await hand.page.getByLabel(t('income.from'), { exact: true }).selectOption({ label: 'income:other (EUR)' })
  await hand.page.getByLabel(t('income.into'), { exact: true }).selectOption({ label: 'assets:bank:main (EUR)' })
  await hand.page.getByLabel(t('post.day'), { exact: true }).fill(day(-2))
  await hand.page.getByLabel(t('income.amount'), { exact: true }).fill('900.03')
  await hand.page.getByLabel(t('income.reference'), { exact: true }).fill('inv-1')
  await hand.page.getByLabel(t('post.description'), { exact: true }).fill('Training')
  await hand.press(t('table.add'))
  await hand.press(t('post.next'))
  await hand.sees(t('post.look'))
  check('nothing is recorded before that', (await api('GET', `${base}/journal`, ada.token)).items.length === 0)
  await look(hand, 'income once more')
  await hand.press(t('income.record'))
  await hand.sees('900.03')
  await hand.page.locator('.notice').first().waitFor()
  check('the income is recorded', (await api('GET', `${base}/journal`, ada.token)).items.length === 1)
}

async function figures({ ada, ben, cleo, base }, hand, t, office, phone) {
  chapter('Figures, and a dispute that waits for two')
  await hand.go(`${base}/revenue/contributions`)
  await hand.page.getByRole('textbox', { name: t('contributions.metric') }).fill('hours')
  await hand.page.getByLabel(t('contributions.source'), { exact: true }).fill('The time sheets')
  await hand.page.getByLabel(t('contributions.starts'), { exact: true }).fill(day(-30))
  await hand.page.getByLabel(t('contributions.ends'), { exact: true }).fill(day(0))
  await hand.page.getByLabel(t('contributions.table'), { exact: true }).fill(`member,count\n${cleo.member},10\n`)
  await confirm(hand, t('post.next'), { action: t('contributions.bring'), shot: 'figures once more' })
  await hand.sees(t('contributions.submitted'))
  await look(hand, 'figures that were brought in')
  const [brought] = (await api('GET', `${base}/contributions`, ada.token)).items
  await phone.go('/')
  await phone.page.getByRole('link', { name: zh('home.duty.figures', { metric: 'hours' }) }).click()
  await phone.page.getByRole('button', { name: zh('dispute.action'), exact: true }).waitFor()
  check('a member is told on the home page to look at the own figure', phone.page.url().endsWith(brought.id))
  await api('POST', `${base}/contributions/${brought.id}/disputes`, cleo.token, { reason: 'August is missing.', claimed: 25 })
  await office.go('/')
  await office.sees(en('home.duty.dispute', { metric: 'hours' }))
  await look(office, 'home with a dispute')
  await office.page.getByRole('link', { name: en('home.duty.dispute', { metric: 'hours' }) }).click()
  await confirm(office, en('dispute.dismiss'), { action: en('dispute.rule'), fill: (dialog) => dialog.getByLabel(en('field.reason')).fill('August is in it.') })
  await office.sees(en('dispute.dismissed', { name: 'Ben' }))
  await hand.go(`${base}/revenue/contributions/${brought.id}`)
  await hand.sees(t('dispute.dismissed', { name: 'Ben' }))
  await look(hand, 'figures that were disputed')
  return (await api('GET', `${base}/contributions`, ben.token)).items[0].state
}

/** What the next step of a cycle will do stands above its button. */
async function foretold(who, action, wanted) {
  const card = who.page.locator('.steps > li[aria-current=step]').filter({ has: who.page.getByRole('button', { name: action, exact: true }) })
  await card.getByText(wanted[0]).first().waitFor()
  const said = await card.innerText()
  check(`what “${action}” will do is told before it (${who.name})`, wanted.every((one) => said.includes(one)), { missing: wanted.filter((one) => !said.includes(one)), said })
}

/** The cycle from opening to the books, while Ben has its page open and loads nothing. */
async function cycle({ ada, base }, hand, t, office) {
  chapter('A cycle, watched by somebody else')
  await hand.go(`${base}/revenue/payouts`)
  await hand.page.getByLabel(t('payouts.period'), { exact: true }).fill('2026-11')
  await hand.page.getByLabel(t('payouts.ends'), { exact: true }).fill(day(-1))
  await look(hand, 'opening a cycle')
  await confirm(hand, t('payouts.open'), { shot: 'dialog opening a cycle' })
  await hand.page.getByRole('heading', { level: 1, name: t('cycle.title', { period: '2026-11' }) }).waitFor()
  const id = hand.page.url().split('/').pop()
  const place = `${base}/revenue/payouts/${id}`
  await office.go(place)
  await office.sees(en('live.live'))
  const now = () => office.page.locator('.steps > li[aria-current=step] h2')
  let loaded = 0
  office.page.on('framenavigated', () => (loaded += 1))
  await settled(hand)
  await look(hand, 'a cycle that is open')
  const people = t('next.members', { count: 3 })
  const paid = t('payments.sum', { count: 3, total: '900.03 EUR' })
  const [approvers, given] = [t('next.approvers'), t('next.approvals.of', { given: 0, needed: 1 })]
  const can = [t('role.treasurer'), t('next.after.cancelled')]
  // Each step, what is said of it before, its account after, and the step that follows.
  const steps = [
    ['freezing', ['900.03 EUR', ...can], 'frozen', t('cycle.did.frozen', { amount: '900.03 EUR', count: 3 }), 'computed'],
    ['computation', ['900.03 EUR', people, ...can], 'computed', '900.03', 'verified'],
    ['verification', [people, paid, approvers, 'Ben', ...can], 'verified', t('cycle.alike'), 'proposed'],
    ['proposal', [paid, given, approvers, 'Ben', ...can], 'proposed', 'Ada', 'approved'],
  ]
  for (const [act, before, step, account, next] of steps) {
    await foretold(hand, t(`cycle.act.${act}`), before)
    await confirm(hand, t(`cycle.act.${act}`), { shot: `dialog ${act}` })
    await hand.page.locator('.steps > li[aria-current=step] h2', { hasText: t(`cycle.step.${next}`) }).waitFor()
    const notice = hand.page.getByRole('status').filter({ hasText: t('cycle.took', { step: t(`cycle.step.${step}`) }) })
    await notice.waitFor()
    const said = await hand.page.locator('main').innerText()
    check(`“${en(`cycle.step.${step}`)}” leaves its account`, said.includes(account) && (await notice.locator('p').last().innerText()) !== '', said)
    await now().filter({ hasText: en(`cycle.step.${next}`) }).waitFor()
    check(`who watches sees by itself that “${en(`cycle.step.${next}`)}” comes next`, loaded === 0, loaded)
  }
  check('who prepared it does not approve it', (await hand.page.getByRole('button', { name: t('cycle.act.approve'), exact: true }).count()) === 0)
  await look(hand, 'a cycle that waits for approval')
  await office.go('/')
  await office.sees(en('home.duty.approval', { period: '2026-11' }))
  await look(office, 'home with an approval')
  await office.page.getByRole('link', { name: en('home.duty.approval', { period: '2026-11' }) }).click()
  await foretold(office, en('cycle.act.approve'), [en('payments.sum', { count: 3, total: '900.03 EUR' }), en('role.auditor'), en('next.after.cancelled')])
  await confirm(office, en('cycle.act.approve'), { fill: (dialog) => dialog.getByLabel(en('cycle.approve.looked')).check() })
  await hand.page.getByRole('button', { name: t('cycle.act.posting'), exact: true }).waitFor()
  check('and who prepared it sees the approval by itself', true)
  await foretold(hand, t('cycle.act.posting'), [paid, t('next.approvals.of', { given: 1, needed: 1 }), t('role.treasurer'), t('next.after.stays')])
  await confirm(hand, t('cycle.act.posting'), { shot: 'dialog posting', fill: (dialog) => dialog.getByLabel(t('cycle.post.looked')).check() })
  await hand.sees(t('cycle.finished'))
  check('it is posted', (await api('GET', `/coops/${base.split('/').pop()}/payouts/${id}`, ada.token)).state === 'posted')
  check('and its page says what paying it will do', await hand.has(t('next.after.undone')))
  await look(hand, 'a posted cycle')
  return place
}

/** A statement on paper, in either language: its amounts, and nothing to press. */
async function paper(place, office, phone) {
  chapter('Cleo is paid, and prints her statement')
  await phone.go('/')
  await phone.sees(zh('home.duty.pay', { period: '2026-11', amount: '300.01 EUR' }))
  await look(phone, 'home with pay')
  for (const [tag, t] of [['zh-Hans', zh], ['en', en]]) {
    await phone.page.locator('footer select').first().selectOption(tag)
    await phone.go(`${place}/statement`)
    await phone.sees(t('statement.whole'))
    const words = wordsOf(await phone.page.pdf({ format: 'A4' }))
    // Where a line is broken a blank stands for nothing.
    const holds = (text) => words.replaceAll(/\s/g, '').includes(text.replaceAll(/\s/g, ''))
    const wanted = [t('statement.title', { period: '2026-11' }), t('statement.account'), t('statement.paid'), '300.01', 'Cleo']
    check(`the printed statement holds title, amounts and name (${tag})`, wanted.every(holds), { missing: wanted.filter((each) => !holds(each)), words: words.slice(0, 500) })
    const away = [t('statement.print'), t('nav.skip'), 'Rochdale', t('nav.home'), t('coop.bylaws'), t('payee.title')]
    check(`and neither ways to go nor things to press (${tag})`, !away.some(holds), away.filter(holds))
  }
}

async function payments({ ada, ben, cleo, base }, place, hand, t, office) {
  chapter('What is owed is paid')
  await api('POST', `${base}/payee`, cleo.token, { rail: 'bank', name: 'Cleo', iban: MEMBER })
  await hand.go(`${base}/revenue/payees`)
  await confirm(hand, t('payees.confirm'), { exact: false, shot: 'dialog confirming where a member is paid', fill: (dialog) => dialog.getByLabel(t('payees.asked')).check() })
  await hand.sees(t('payees.usable'))
  await look(hand, 'where members are paid')
  await hand.go(`${base}/revenue/reconciliation`)
  const banks = hand.page.getByRole('region', { name: t('bank_accounts.title') })
  await banks.getByLabel(t('bank_accounts.books'), { exact: true }).selectOption({ label: 'assets:bank:main (EUR)' })
  await banks.getByLabel(t('payee.iban'), { exact: true }).fill(CO_OP)
  await banks.getByLabel(t('bank_accounts.holder'), { exact: true }).fill('Pioneers')
  await confirm(hand, t('bank_accounts.add'), { within: banks, shot: 'dialog adding an account of a bank' })
  await hand.sees(CO_OP)
  await hand.go(`${place}/payments`)
  await confirm(hand, t('payments.issue'), { shot: 'dialog setting aside' })
  await confirm(hand, t('payments.prepare'), { shot: 'dialog preparing a file' })
  await hand.sees(t('payments.file.prepared'))
  check('who prepared a file does not release it', (await hand.page.getByRole('button', { name: t('payments.release') }).count()) === 0)
  await look(hand, 'payments with a file')
  await office.go(`${place}/payments`)
  await confirm(office, en('payments.release'), { fill: (dialog) => dialog.getByLabel(en('payments.release.looked')).check() })
  await office.sees(en('payments.state.submitted'))
  const download = office.page.waitForEvent('download')
  await office.press(en('payments.download'))
  const reference = /<EndToEndId>(\w+)</.exec(readFileSync(await (await download).path(), 'utf8'))[1]
  await hand.page.reload()
  const field = hand.page.getByLabel(t('payments.answer.file'))
  const answer = (options) => ({ name: 'camt.053.xml', mimeType: 'application/xml', buffer: Buffer.from(statement(reference, '300.01', day(0), options)) })
  // The bank says that more is gone than the transfers which it names.
  await field.setInputFiles(answer({ left: '333.33' }))
  await hand.page.getByRole('button', { name: t('payments.answer.bring'), exact: true }).waitFor()
  check('that something is missing in the answer of the bank is told before it is brought in', await hand.has('33.32'))
  await look(hand, 'an answer of the bank')
  await hand.press(t('payments.answer.bring'))
  await hand.sees(t('payments.answer.done'))
  await office.go('/')
  await office.page.getByRole('link', { name: /^Books and bank differ/ }).click()
  await office.sees(en('reconciliation.alarms'))
  check('who holds an office is told on the home page that books and bank differ', office.page.url().endsWith('/reconciliation'))
  await look(office, 'books and bank differ')
  await hand.go(`${base}/revenue/reconciliation`)
  await hand.sees(t('reconciliation.alarms'))
  await look(hand, 'books and bank differ')
  await hand.go(`${place}/payments`)
  for (const left of [1, 0]) {
    const carry = hand.page.getByRole('button', { name: t('evidence.carry') })
    await carry.nth(left).waitFor()
    await carry.first().click()
    const dialog = hand.page.getByRole('dialog')
    await dialog.getByLabel(t('field.reason')).fill('Nobody said where.')
    await dialog.getByRole('button', { name: t('evidence.carry'), exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
  }
  await confirm(hand, t('payments.close'), { shot: 'dialog closing a cycle', fill: (dialog) => dialog.getByLabel(t('payments.close.looked')).check() })
  await hand.sees(t('payments.closing', { name: 'Ada' }))
  const [closing] = [await api('POST', `/coops/${base.split('/').pop()}/payouts/${place.split('/').pop()}/closing`, ben.token, {})]
  await hand.page.reload()
  await hand.page.locator('.notice').first().waitFor()
  check('two persons close the cycle', (await api('GET', `${base}/payouts/${place.split('/').pop()}/issue`, ada.token)).closed_at !== null, closing)
  await look(hand, 'a cycle that is paid and closed')
}

/** All of it, by a treasurer with these options and in this language. */
async function story(tag, options) {
  const t = tag === 'en' ? en : zh
  const told = await world(tag)
  const hand = await signedIn(browser, told.ada, tag === 'en' ? 'treasurer-desk' : 'treasurer-phone', options)
  const office = await signedIn(browser, told.ben, 'office', DESK)
  const phone = await signedIn(browser, told.cleo, 'member-phone', PHONE)
  pages.push(hand, office, phone)
  await income(told, hand, t)
  const state = await figures(told, hand, t, office, phone)
  check('a figure that was found right may still be disputed by others', state === 'challengeable', state)
  const place = await cycle(told, hand, t, office)
  await paper(place, office, phone)
  await payments(told, place, hand, t, office)
  for (const who of [hand, office, phone]) await who.context.close()
}

await tell(browser, pages, async () => {
  await story('zh-Hans', PHONE)
  if (process.env.ROCHDALE_FULL === '1') await story('en', DESK)
})
