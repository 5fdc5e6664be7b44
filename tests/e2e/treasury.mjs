// A co-op's money made past the portal, where a story is about something else: a rule and terms that members adopt, a cycle that two persons
// undid, one that is partly paid, a bill and an invoice. Whatever somebody may write in it is said by `words`. Figures that may still be disputed
// keep a cycle from being frozen, so they are brought in after this.
import { api } from './support.mjs'
import { closed, opened, until, vote } from './people.mjs'

const NONE = `0x${'00'.repeat(32)}`
const rule = {
  version: 1,
  supersedes: NONE,
  currency: 'EUR',
  effective_from: 0,
  steps: [{ id: 'all', does: { op: 'per_capita', to: 'members:active' } }],
  payout: { decimals: 2, min: '1.00', rails: ['sepa', 'manual'] },
}
const terms = { version: 1, supersedes: NONE, currency: 'EUR', payment_days: 14, dues: [], vat: [] }
const PRINT = `0x${'42'.repeat(32)}`
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Members adopt the rule and the terms. */
export async function adopted(coop, proposer, voters) {
  const adopt = { act: { action: 'adopt_revenue_rule', version: 1, rule } }
  const motion = await opened(coop, proposer, { kind: 'motion', title: 'How we share', actions: [adopt, { act: { action: 'set_money_terms', version: 1, terms } }] })
  for (const who of voters) await vote(coop, motion, who, [0], [1])
  await closed(coop, motion, proposer)
  await until(coop, motion, proposer, ['executed'])
}

/** Two members keep the money: a treasurer, and somebody else who holds an office; one is paid in cash, and nobody else said where. */
export async function treasury(coop, { treasurer, other, paid, voters }, words) {
  const base = `/coops/${coop.id}`
  await adopted(coop, treasurer, voters)
  const undone = await posted(base, treasurer, other, '2026-Q2')
  for (const who of [treasurer, other]) await api('POST', `${base}/payouts/${undone}/reversal`, who.token, { reason: words('undone') })
  const cycle = await posted(base, treasurer, other, '2026-Q3')
  const payee = await api('POST', `${base}/payee`, paid.token, { rail: 'manual', name: words('how', 70) })
  await api('POST', `${base}/payees/${paid.member}/confirmation`, treasurer.token, { version: payee.version })
  await api('POST', `${base}/payouts/${cycle}/issue`, treasurer.token)
  const chart = await api('GET', `${base}/ledger/accounts`, treasurer.token)
  const cash = chart.items.find(({ path, currency }) => path === 'assets:cash' && currency === 'EUR').id
  const evidence = { outcome: 'paid', ledger_account: cash, day: day(-1), reference: words('evidence', 140), document: PRINT }
  await api('POST', `${base}/payouts/${cycle}/payments/${paid.member}/evidence`, treasurer.token, evidence)
  await api('POST', `${base}/payouts/${cycle}/payments/${treasurer.member}/carry`, treasurer.token, { reason: words('carried') })
  const lines = [{ about: words('line', 200), amount: '10.00', account: 'expenses:operations' }]
  for (const name of ['open', 'gone']) {
    const bill = { supplier: words('supplier', 200), reference: words(name, 80), issued_on: day(-1), due_on: day(9), currency: 'EUR', lines }
    const { id } = await api('POST', `${base}/bills`, treasurer.token, bill)
    if (name === 'gone') await api('POST', `${base}/bills/${id}/cancellation`, treasurer.token, { reason: words('cancelled') })
  }
  const invoice = { recipient: words('recipient', 200), issued_on: day(0), lines: [{ about: words('sold', 200), quantity: 1, price: '5.00' }] }
  await api('POST', `${base}/invoices`, treasurer.token, invoice)
  return { undone, cycle }
}

/** A posted cycle with an income of its own, or that of the one that was undone before it. */
async function posted(base, treasurer, other, period) {
  const table = `date,amount,reference,description\n${day(-2)},60.00,${period},Sales\n`
  await api('POST', `${base}/income`, treasurer.token, { currency: 'EUR', into: 'assets:bank:main', from: 'income:other', table })
  let cycle = await api('POST', `${base}/payouts`, treasurer.token, { period, ends_on: day(-1) })
  const take = (step, who, body) => api('POST', `${base}/payouts/${cycle.id}/${step}`, who.token, body)
  for (const step of ['freezing', 'computation', 'verification', 'proposal']) cycle = await take(step, treasurer)
  await take('approvals', other, { digest: cycle.digest, payout_digest: cycle.payout_digest })
  await take('posting', treasurer)
  return cycle.id
}
