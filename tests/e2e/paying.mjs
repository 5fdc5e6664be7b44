// Paying what a posted cycle owes: one member by the bank, one in cash, one next time; two persons at each end. A part of payouts.mjs.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { api, chapter, check, look } from './support.mjs'

const CO_OP = 'NL41MOCK0000000001'
const MEMBER = 'DE89370400440532013000'
const RECEIPT = { name: 'receipt-7.txt', mimeType: 'text/plain', buffer: Buffer.from('Received 300.00 in cash. Ben') }
const print = `0x${createHash('sha256').update(RECEIPT.buffer).digest('hex')}`

/** What a bank would tell of a day: one transfer, booked, and what is left after it, which may leave something out. */
export function statement(reference, amount, day, { left = amount, name = 'day-1' } = {}) {
  const balance = (code, side) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${code === 'OPBD' ? '0.00' : left}</Amt><CdtDbtInd>${side}</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`
  return (
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>${name}</Id>` +
    `<Acct><Id><IBAN>${CO_OP}</IBAN></Id><Ccy>EUR</Ccy></Acct>${balance('OPBD', 'CRDT')}${balance('CLBD', 'DBIT')}` +
    `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${day}</Dt></BookgDt>` +
    `<NtryDtls><TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`
  )
}

/** Opens the dialog of a button, fills it in, and confirms; the button alone does nothing yet. */
async function confirm(who, name, { fill, shot, action = name, first = false } = {}) {
  const button = who.page.getByRole('button', { name, exact: !first })
  await (first ? button.first() : button).click()
  const dialog = who.page.getByRole('dialog')
  const send = dialog.getByRole('button', { name: action, exact: true })
  if (fill) {
    check(`${action}: not before it is filled in or looked at`, await send.isDisabled())
    await fill(dialog)
  }
  if (shot) await look(who, shot)
  await send.click()
  await dialog.waitFor({ state: 'hidden' })
}

/** Ada keeps the books, Ben is a steward, Cleo an auditor with a telephone in Chinese. */
export async function paying({ coop, cycle, ada, ben, cleo, desk, office, phone, day }) {
  const base = `/coops/${coop.id}`
  await api('PUT', `${base}/members/${cleo.member}/roles/auditor`, ada.token, { reason: 'She looks at the books.' })
  const sums = async (of) => Object.fromEntries((await api('GET', `${base}/payouts/${of}/issue`, ada.token)).sums.map((sum) => [sum.state, sum.payments]))

  chapter('Where members are paid')
  // Who did not say yet is answered so, and the browser complains of that.
  for (const who of [phone, office]) who.expect(/404.*\/payee$/)
  await phone.go(`${base}/revenue/payee`)
  await phone.sees('您尚未说明收款方式')
  await phone.page.getByLabel('账户持有人姓名').fill('Cleo')
  await phone.page.getByLabel('账号（IBAN）').fill(MEMBER)
  await look(phone, 'where I am paid')
  await phone.press('保存')
  await phone.sees(MEMBER.slice(-4))
  check('of the number only the ends are shown again', !(await phone.has(MEMBER)))
  await office.go(`${base}/revenue/payee`)
  await office.page.getByLabel('By hand').check()
  await office.page.getByLabel('How', { exact: true }).fill('in cash')
  await office.press('Save')
  await office.sees('By hand: in cash')
  await look(office, 'where I am paid')
  await desk.go(`${base}/revenue/payees`)
  for (const shot of ['confirming a payee', undefined]) {
    await confirm(desk, 'Confirm it', { first: true, shot, fill: (dialog) => dialog.getByLabel('I asked the member by another way').check() })
  }
  await desk.page.getByText('It is used.').nth(1).waitFor()
  await look(desk, 'where members are paid')

  chapter('Asked of the bank')
  await desk.go(`${base}/revenue/reconciliation`)
  await desk.page.getByRole('region', { name: 'Accounts of banks' }).getByLabel('Account of the books').selectOption({ label: 'assets:bank:main (EUR)' })
  await desk.page.getByLabel('Account number (IBAN)').fill(CO_OP)
  await desk.page.getByLabel('Name of the co-op at the bank').fill('Pioneers')
  await desk.press('Add an account')
  await desk.page.getByRole('dialog').getByText('This stays').waitFor()
  await look(desk, 'adding an account of a bank')
  await desk.press('Add an account', desk.page.getByRole('dialog'))
  await desk.sees('Only the books have it')
  check('what came in lately is told and no alarm', await desk.has('Nobody must look.'))
  await look(desk, 'books beside the bank')
  await desk.go(`${base}/revenue/payouts/${cycle}`)
  await desk.page.getByRole('link', { name: 'Payments', exact: true }).click()
  await confirm(desk, 'Set aside what it pays', { shot: 'setting aside' })
  await desk.sees('Ready for the next file: 1 payment')
  await confirm(desk, 'Prepare a file', { shot: 'preparing a file' })
  await desk.sees('waits for a second person')
  check('who prepared it does not release it', (await desk.page.getByRole('button', { name: 'Release the file' }).count()) === 0)
  await look(desk, 'payments with a file')
  await office.go(`${base}/revenue/payouts/${cycle}/payments`)
  await confirm(office, 'Release the file', { shot: 'releasing a file', fill: (dialog) => dialog.getByLabel('I looked at the payments').check() })
  await office.sees('Asked of the bank: 1 payment')
  const download = office.page.waitForEvent('download')
  await office.press('Fetch the file')
  const file = readFileSync(await (await download).path(), 'utf8')
  check('the file goes to the member’s account', file.includes(MEMBER))
  const reference = /<EndToEndId>(\w+)</.exec(file)[1]
  const amount = /<InstdAmt[^>]*>([\d.]+)</.exec(file)[1]

  chapter('What the bank answered')
  await desk.page.reload()
  const answer = { name: 'camt.053.xml', mimeType: 'application/xml', buffer: Buffer.from(statement(reference, amount, day(0))) }
  await desk.page.getByLabel('File of the bank (XML)').setInputFiles(answer)
  await desk.page.getByRole('button', { name: 'Bring it in' }).waitFor()
  check('what would follow is shown, and nothing is done', (await desk.has('Paid or carried: 1 payment')) && (await sums(cycle)).submitted === 1)
  await look(desk, 'an answer of the bank')
  await desk.press('Bring it in')
  await desk.sees('It is brought in.')
  check('the payment is settled', (await sums(cycle)).settled === 1)
  await desk.page.getByLabel('File of the bank (XML)').setInputFiles(answer)
  await desk.sees('This file was brought in before.')
  check('the same file is not brought in again', (await desk.page.getByRole('button', { name: 'Bring it in' }).count()) === 0)

  chapter('By evidence, and next time')
  await confirm(desk, 'Bring evidence', {
    first: true,
    shot: 'bringing evidence',
    fill: async (dialog) => {
      await dialog.getByLabel('Account that pays').selectOption({ label: 'assets:cash' })
      await dialog.getByLabel('What the evidence is called').fill('Receipt 7')
      await dialog.getByLabel('The document').setInputFiles(RECEIPT)
      await dialog.getByText(print).waitFor()
    },
    action: 'Bring evidence',
  })
  await desk.sees('It waits for somebody else who holds an office.')
  await office.page.reload()
  await office.sees('It waits for somebody else who holds an office.')
  check('who is paid does not look at it', (await office.page.getByRole('button', { name: 'It is right' }).count()) === 0)
  await phone.go(`${base}/revenue/payouts/${cycle}/payments`)
  await phone.sees('Receipt 7')
  await look(phone, 'payments')
  await confirm(phone, '属实', {
    shot: 'judging evidence',
    fill: async (dialog) => {
      await dialog.getByLabel('文件', { exact: true }).setInputFiles({ ...RECEIPT, buffer: Buffer.from('another one') })
      await dialog.getByText('这不是所提交的文件').waitFor()
      await dialog.getByLabel('我已查看文件').check()
      check('another document is never found right', await dialog.getByRole('button', { name: '属实', exact: true }).isDisabled())
      await dialog.getByLabel('文件', { exact: true }).setInputFiles(RECEIPT)
      await dialog.getByText('这就是所提交的文件').waitFor()
      await dialog.getByLabel('我已查看文件').check()
    },
  })
  await phone.sees('认定属实')
  await desk.page.reload()
  await confirm(desk, 'Carry to the next cycle', { first: true, action: 'Carry to the next cycle', fill: (dialog) => dialog.getByLabel('Reason').fill('I did not say where.') })
  await desk.sees('Paid or carried: 3 payments')
  await look(desk, 'payments that are all paid')

  chapter('Two persons close a cycle, and undo another')
  await confirm(desk, 'Close the cycle', { shot: 'closing a cycle', fill: (dialog) => dialog.getByLabel('I looked: everything is paid').check() })
  await desk.sees('Ada says that everything is paid')
  check('who asked does not close it', await desk.page.getByRole('button', { name: 'Close the cycle', exact: true }).isDisabled())
  await office.page.reload()
  await confirm(office, 'Close the cycle', { fill: (dialog) => dialog.getByLabel('I looked: everything is paid').check() })
  await office.sees('Closed on')
  await look(office, 'a closed cycle')
  const table = `date,amount,reference,description\n${day(-1)},60.00,inv-9,A course\n`
  await api('POST', `${base}/income`, ada.token, { currency: 'EUR', into: 'assets:bank:main', from: 'income:other', table })
  let next = await api('POST', `${base}/payouts`, ada.token, { period: '2026-Q4', ends_on: day(-1) })
  const at = (step) => `${base}/payouts/${next.id}/${step}`
  for (const act of ['freezing', 'computation', 'verification', 'proposal']) next = await api('POST', at(act), ada.token)
  await api('POST', at('approvals'), ben.token, { digest: next.digest, payout_digest: next.payout_digest })
  await api('POST', at('posting'), ada.token)
  await desk.go(`${base}/revenue/payouts/${next.id}/payments`)
  await confirm(desk, 'Undo the cycle', { shot: 'undoing a cycle', fill: (dialog) => dialog.getByLabel('Reason').fill('The hours are missing.') })
  await desk.sees('Ada asks for the cycle to be undone')
  await confirm(desk, 'Take back what I asked for', { shot: 'taking back' })
  await desk.page.getByText('Ada asks for the cycle to be undone').waitFor({ state: 'hidden' })
  await confirm(desk, 'Undo the cycle', { fill: (dialog) => dialog.getByLabel('Reason').fill('The hours are missing.') })
  await desk.sees('Ada asks for the cycle to be undone')
  await office.go(`${base}/revenue/payouts/${next.id}/payments`)
  await office.page.getByRole('button', { name: 'Undo the cycle', exact: true }).click()
  const undoing = office.page.getByRole('dialog')
  await undoing.getByText('The hours are missing.').waitFor()
  check('who confirms reads the reason, and gives no other one', (await undoing.getByLabel('Reason').count()) === 0)
  await look(office, 'confirming that a cycle is undone')
  await undoing.getByRole('button', { name: 'Undo the cycle', exact: true }).click()
  await office.sees('Undone on')
  check('nothing of it is offered any more', (await office.page.getByRole('button', { name: 'Undo the cycle' }).count()) === 0)
  await look(office, 'a cycle that was undone')
  for (const part of ['', '/statement']) {
    await office.go(`${base}/revenue/payouts/${next.id}${part}`)
    await office.sees('Another cycle shares its income again.')
    await look(office, `undone: the cycle${part}`)
  }
  const journals = (await api('GET', `${base}/journal`, ada.token)).items
  const cycles = journals.filter(({ kind }) => kind === 'cycle')
  const apart = journals.filter(({ id, reverses }) => [id, reverses].some((each) => cycles.some((cycle) => cycle.id === each)))
  await desk.go(`${base}/books/journal`)
  const undoes = desk.page.getByRole('button', { name: /^Undo it: number/ })
  await undoes.first().waitFor()
  const labels = await undoes.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))
  check('neither what a cycle posted nor what undid it is offered to be undone by hand', labels.length > 0 && apart.length > 2 && !apart.some(({ number }) => labels.includes(`Undo it: number ${number}`)), { labels, apart: apart.map(({ number }) => number) })
  await phone.go(`${base}/revenue/reconciliation`)
  await phone.sees('仅账簿有')
  await look(phone, 'books beside the bank')
  await phone.go(`${base}/revenue/payees`)
  await phone.sees('正在使用')
  await look(phone, 'where members are paid')
}
