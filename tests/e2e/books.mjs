// The books: a treasurer opens accounts, posts after a look at what it does, and undoes a mistake; a member reads and takes them away. It needs
// what story.mjs needs.
import { readFileSync } from 'node:fs'
import { api, chapter, check, close, launch, look } from './support.mjs'
import { account, found, signedIn } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const browser = await launch()
const pages = []

async function fill(who, lines) {
  for (const [index, { path, debit = '', credit = '' }] of lines.entries()) {
    const line = who.page.getByRole('group', { name: `Entry ${index + 1}`, exact: true })
    await line.getByLabel('Account').selectOption({ label: `${path} (EUR)` })
    if (debit !== '') await line.getByLabel('Debit').fill(debit)
    if (credit !== '') await line.getByLabel('Credit').fill(credit)
  }
}

async function story() {
  chapter('A treasurer and a member')
  const ada = await account('Ada', run)
  const ben = await account('Ben', run)
  const coop = await found(ada, [ben], `books-${run}`, { kinds: { motion: { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true } } })
  await api('PUT', `/coops/${coop.id}/members/${ada.member}/roles/treasurer`, ada.token, { reason: 'She kept the books last year.' })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  const phone = await signedIn(browser, ben, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, phone)
  await phone.go(`${base}/books`)
  await phone.sees('账簿还没有账户')
  check('a member is not offered to open accounts', (await phone.page.getByText('开设账户', { exact: true }).count()) === 0)
  await look(phone, 'books without accounts')
  await phone.go(`${base}/books/post`)
  await phone.sees('只有司库可以记账')
  await look(phone, 'posting is for treasurers')

  chapter('Opening the books')
  await desk.go(`${base}/books`)
  await desk.press('Open them')
  await desk.sees('20 accounts were opened')
  await look(desk, 'books opened')
  await desk.page.getByRole('link', { name: 'Post', exact: true }).click()
  await desk.page.getByLabel('What it is for').fill('What we have when the books begin')
  await fill(desk, [{ path: 'assets:bank:main', debit: '1000' }, { path: 'equity:opening', credit: '999,99' }])
  await desk.sees('EUR is off by 0.01')
  await desk.page.getByLabel('It is what the books begin with').check()
  await desk.press('Look at it')
  await desk.sees('Debits and credits must come to the same')
  check('what does not balance is not sent', true)
  await look(desk, 'a posting refused')
  await desk.page.getByRole('group', { name: 'Entry 2', exact: true }).getByLabel('Credit').fill('1000')
  await desk.sees('EUR comes to zero')
  await desk.press('Look at it')
  await desk.page.getByRole('heading', { name: 'Look once more' }).waitFor()
  check('the preview shows each account before and after', (await desk.page.locator('table').last().innerText()).includes('1,000.00'))
  check('nothing is posted before that', (await api('GET', `${base}/journal`, ada.token)).items.length === 0)
  await look(desk, 'a posting once more')
  await desk.press('Post it')
  await desk.sees('Number 1 is posted')

  chapter('A sale, and a mistake that is undone')
  await desk.page.getByLabel('What it is for').fill('Three hours of training <b>for</b> the library')
  await fill(desk, [{ path: 'assets:bank:main', debit: '240' }, { path: 'income:other', credit: '240' }])
  await desk.press('Look at it')
  await desk.press('Post it')
  await desk.sees('Number 2 is posted')
  await desk.page.getByRole('link', { name: 'Journal', exact: true }).click()
  await desk.page.getByRole('button', { name: 'Undo it: number 2' }).waitFor()
  check('what members write is text', await desk.has('<b>for</b>'))
  await look(desk, 'journal')
  await desk.page.getByRole('button', { name: 'Undo it: number 2' }).click()
  const dialog = desk.page.getByRole('dialog')
  check('an undoing wants a reason', await dialog.getByRole('button', { name: 'Undo it', exact: true }).isDisabled())
  await dialog.getByLabel('Reason').fill('It was paid in cash.')
  await look(desk, 'dialog undo')
  await dialog.getByRole('button', { name: 'Undo it', exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
  await desk.sees('Undone by number 3.')
  check('nothing is undone twice', (await desk.page.getByRole('button', { name: 'Undo it: number 2' }).count()) === 0)
  await look(desk, 'journal with a reversal')

  chapter('A member reads the books and takes them away')
  await phone.go(`${base}/books`)
  await phone.sees('本页已核算')
  check('the page adds the balances up itself', await phone.has('各币种借贷相等'))
  await look(phone, 'balances')
  const download = phone.page.waitForEvent('download')
  await phone.page.getByRole('button', { name: '电子表格（CSV）' }).click()
  const file = readFileSync(await (await download).path(), 'utf8')
  check('the file holds every entry', file.trim().split('\n').length === 7, file)
  await phone.page.getByRole('link', { name: '日记账' }).click()
  await phone.sees('已由第 3 号冲销')
  check('a member is not offered to undo', (await phone.page.getByRole('button', { name: '冲销', exact: true }).count()) === 0)
  await look(phone, 'journal')
  await phone.page.getByRole('link', { name: '我的账户' }).click()
  await phone.sees('当时无人持股')
  await look(phone, 'my account')
  await desk.page.getByRole('link', { name: 'My account', exact: true }).click()
  await desk.sees('Nobody had a share')
  await desk.page.getByRole('link', { name: 'Balances', exact: true }).click()
  await desk.sees('Added up in this page')
  await desk.page.getByLabel('On a day').fill('2020-01-01')
  await desk.sees('Nothing stands on any account')
  check('on an earlier day there was nothing', true)
  await desk.page.getByLabel('On a day').fill('')
  await desk.sees('1,000.00')
  await look(desk, 'balances')
}

try {
  await story()
} catch (error) {
  check(`the story goes on: ${error.message.split('\n').slice(0, 4).join(' ')}`, false, pages.map((each) => each.page.url()))
  if (process.env.ROCHDALE_SHOTS) for (const who of pages) await who.page.screenshot({ path: `${process.env.ROCHDALE_SHOTS}/failed-${who.name}.png`, fullPage: true }).catch(() => undefined)
}
for (const who of pages) check(`the pages complained about nothing (${who.name})`, who.complaints.length === 0, who.complaints)
await browser.close()
process.exitCode = close() ? 0 : 1
