// Aim: every sentence of the server that a person may read can be read in every language. Method: the Rust sources are searched for
// texts of several words, all but those that only an operator, an auditor's program or a machine reads; each is a key of each file.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import en from '../../src/lib/text/en.json'
import { choose } from '../../src/lib/text/index.svelte'
import { Phrases } from '../../src/lib/text/server.svelte'
import { LANGUAGES } from './languages'
import { sentencesOf } from './sentences'

// Choosing a language marks the document, which there is none of here.
vi.stubGlobal('document', { documentElement: {} })
const languages = Object.entries(LANGUAGES)
beforeAll(() => choose('zh-Hans'))
afterAll(() => choose('en'))
const { server: zhHans, audit: auditZhHans } = LANGUAGES['zh-Hans']!
const all = sentencesOf(['governance/src', 'api/server/src', 'api/wire/src'])

/** What operators, programs, files and mails say, and no page shows. */
const NOT_OF_PAGES = [
  /^governance\/src\/(profile|log|record|event|tally\/sheet|ledger\/export)\//,
  /^governance\/src\/(action\/(access|money|revenue)|access\/(key|rate)|bank\/saying|ledger\/claim_list|blt|hash|id|merkle)\.rs$/,
  /\/sentence\//,
  /^api\/server\/src\/(cli|config|gateway|metrics|secrets|chain_link|app|tokens|combine|failpoint|http\/headers)\b/,
  /^api\/server\/src\/routes\/(contact|identity|money|payments|payouts|ledger|system)\//,
  /^api\/server\/src\/services\/(accounts|bundles|cast_receipt|coops|counting|decision_rows|delegated|demo|errands|events|export|feeds|hasher|identity|jobs|links|live|log|lots|mail|mail_texts|operator|rolls|seeding|siwe|tables)\b/,
  /^api\/server\/src\/services\/(anchor\w*|access\/(free|meter|checking|probes)|webhooks\/sending|ledger\/exports)\b/,
  /^api\/wire\/src\/(access|bundle|page|coop)\b/,
]
const OF_PAGES = [/^api\/server\/src\/gateway\/error\.rs$/, /^api\/server\/src\/routes\/identity\/same_site\.rs$/, /^api\/server\/src\/services\/(accounts|webhooks\/sending)\.rs$/]
/** Logs, the description of the API, and attributes. */
const NOT_TOLD = /tracing::\w+!\(|description = (""|$)|summary = $|reason = $|internal\((format_args!\()?$|expect\($|assert!?\(|insert_header\(|write!\(formatter, $/
/** Actions and terms in words: the portal says them itself, by their data. */
const SAID_BY_DATA = /^governance\/src\/(action\/mod|money\/terms|access\/policy)\.rs$/

/** Texts of several words that are no sentences, or that no page shows. */
const NO_SENTENCES = new Set([
  // What names a request or a record.
  'usage {0} {1} {code}', '{key} {minor}', '{actor} {0}', 'income {0}', 'income {reference}', '{party} {0}', 'bill {0}', '{year} {code}', 'bank file {0} {currency} {day}',
  'payment file {0}', 'payments of {id}', 'evidence {0}', 'carried {0}', 'undoing of {undone}', '{state} {file}', 'given up {id}', 'claims, the first of payment {0}', 'the contract pays by a root that nobody released here, so nothing of it is posted',
  'the logs tell of other claims than the contract, by {unknown}: they are read anew', 'salt of a claim', 'payee {member} {version}', 'cycle {0}', 'rochdale passkey sign-in\n{nonce}', 'rochdale passkey registration\n{account}\n{nonce}',
  'metered usage', 'webhook secret', 'open-collective {0} {1}', '{0} {description} {1}',
  // Pieces that stand in other sentences, which are keys with each of them.
  '{number} {one}{ending}', ' or ', ' and no ', '{0} and {last}', 'Bearer ', '{place}. {title}', '{place}. {0}', '{place}. ',
  'The members decided it, and a decision ends it.', 'A steward can end the halt.',
  'The co-op is halted until {until}, and nothing that would bind it happens. The reason given: {0} {end}',
  // Faults, which are logged.
  'sessions could not be looked up', 'a batch of ballots failed', 'the decoy hash cannot be made', 'the server failed',
])
/** Keys that no source holds as they stand: sentences with what the code puts into them. */
const PUT_TOGETHER = new Set([
  '1 stage', '{0} stages', '1 place', '{0} places',
  'The co-op is halted until {until}, and nothing that would bind it happens. The reason given: {0} The members decided it, and a decision ends it.',
  'The co-op is halted until {until}, and nothing that would bind it happens. The reason given: {0} A steward can end the halt.',
])

const isSeveralWords = (text: string) => /[a-z]{2}/.test(text) && /\S +\S|^ | $/.test(text) && !text.startsWith('<')
const isOfPages = (file: string) => OF_PAGES.some((each) => each.test(file)) || !NOT_OF_PAGES.some((each) => each.test(file))
const told = all.filter(({ file, key, before }) => {
  if (!isSeveralWords(key) || !isOfPages(file) || NOT_TOLD.test(before) || NO_SENTENCES.has(key)) return false
  return !(SAID_BY_DATA.test(file) && /^(\{\d\} |, and VAT|,? ?[A-Z\p{Script=Han}]|\{\d\} 类|the class \{|whoever is)/u.test(key))
})
const places = (text: string) => [...text.matchAll(/\{(\w+)(?:[!&@][\w.]*)?\}/g)].map((match) => match[1]).toSorted()

describe.each(languages)('the sentences of the server in %s', (_, { server: texts }) => {
  it('are there, each of them', () => {
    expect(told.length).toBeGreaterThan(700)
    const missing = new Set(told.filter(({ key }) => !Object.hasOwn(texts, key)).map(({ file, key }) => `${file}: ${key}`))
    expect([...missing]).toEqual([])
  })

  it('are all said by the server', () => {
    const said = new Set(all.map(({ key }) => key))
    expect(Object.keys(texts).filter((key) => !said.has(key) && !PUT_TOGETHER.has(key))).toEqual([])
  })

  it('have the same places, and words that the portal has', () => {
    for (const [key, text] of Object.entries(texts)) {
      expect([...new Set(places(text))], key).toEqual([...new Set(places(key))])
      for (const [, group] of text.matchAll(/\{\w+[!&]([\w.]+)\}/g)) expect(Object.keys(en).some((each) => each.startsWith(`${group}.`)), `${key}: ${group}`).toBe(true)
    }
  })

  it('are told apart, whatever stands in their places', () => {
    const phrases = new Phrases(texts)
    for (const [key, text] of Object.entries(texts)) {
      const isOfMoments = text.includes('@}')
      const fill = (message: string) => message.replaceAll(/\{(\w+)(?:[!&][\w.]*)?\}/g, (_place, name: string) => `⟨${name}⟩`)
      if (!isOfMoments) expect(phrases.say(fill(key)), key).toBe(fill(text))
    }
  })
})

describe('what the auditor’s program says in a page', () => {
  const sources = sentencesOf(['audit/src'])
  const shown = sources.filter(({ file, key, before }) => /^audit\/src\/(verify\/|reader\.rs|report\.rs)/.test(file) && isSeveralWords(key) && !NOT_TOLD.test(before))
  /** Words of the command line, for which the page has its own, and of published logs, which it does not read. */
  const OF_A_TERMINAL = /^(the bundle agrees with itself|the co-op's log holds it$|the chain holds it|evidence is missing$|not in this bundle$|not asked for| \(line|cannot open|the endpoint \{url|\{name\}, \{0)/

  it.each(languages)('is there in %s, each sentence', (_, { server, audit }) => {
    const texts = { ...server, ...audit }
    expect(shown.length).toBeGreaterThan(280)
    const missing = shown.filter(({ key }) => !OF_A_TERMINAL.test(key) && !Object.hasOwn(texts, key))
    expect([...new Set(missing.map(({ file, key }) => `${file}: ${key}`))]).toEqual([])
  })

  it('is said in whole, reasons in a row too', () => {
    const phrases = new Phrases({ ...zhHans, ...auditZhHans })
    const reasons = 'The quorum is met: 3 of 3 took part, at least 1/5 are needed. The majority is met: 3 yes of 3, more than 1/2 are needed.'
    expect(phrases.say(`the recount's reasons are: ${reasons}`)).toBe('重新计票的理由为：法定人数已达到：3 人中 3 人参与，至少需要1/5。多数已达到：3 票中 3 票赞成，需要超过 1/2。')
  })

  it.each(languages)('is all said by the program, in %s', (_, { audit }) => {
    const said = new Set(sources.map(({ key }) => key))
    expect(Object.keys(audit).filter((key) => !said.has(key))).toEqual([])
    for (const [key, text] of Object.entries(audit)) expect([...new Set(places(text))], key).toEqual([...new Set(places(key))])
  })
})

describe('a sentence of the server', () => {
  const phrases = new Phrases(zhHans)
  const cases: [string, string][] = [
    ['The quorum is met: 3 of 4 took part, at least one and a half times the square root of 4 are needed.', '法定人数已达到：4 人中 3 人参与，至少需要4 平方根的一倍半。'],
    ['The majority is not met: 1 yes of 3, more than 1/2 are needed.', '多数未达到：3 票中 1 票赞成，需要超过 1/2。'],
    ['The condition on abstentions is met: 1 of 9 on the roll, no more than 1/3 are allowed.', '关于弃权票的条件已达到：名册 9 中占 1，不得超过 1/3。'],
    ['Of 9 valid ballots, after 1 stage: candidates 2, 3 and 5 are elected to 3 places.', '有效票 9 张，经过 1 个阶段：候选人 2、3、5 当选，共 3 个席位。'],
    ['The field actions is not acceptable: the new bylaws: the rule of "motion": condition 2 says nothing: "at least 0" and "no more than 1/1" always hold; change the share or leave it out.', '字段 actions 不可接受：新章程："motion" 的规则：条件 2 没有意义：“至少 0”和“不超过 1/1”总成立；请改变份额或去掉。'],
    ['Only a steward or treasurer of the co-op can do this. Ask one.', '只有合作社的干事、司库可以这样做。请联系其中一位。'],
    ['member 0192 is suspended, and only active members hold offices; reinstate or replace the member first', '成员 0192 的状态为“暂停”，只有有效成员可以任职；请先恢复其资格或另选他人'],
  ]
  it.each(cases)('%s', (sentence, wanted) => expect(phrases.say(sentence)).toBe(wanted))

  it('leaves the words of members as they are', () => {
    expect(phrases.say('Stopped by 3 objections, the last one: it is empty')).toBe('被 3 个异议阻止，最后一个：it is empty')
  })

  it('that is not known stays unsaid', () => {
    expect(phrases.say('Nobody wrote this here.')).toBeNull()
    expect(phrases.say(`The field x is not acceptable: ${'row 1: '.repeat(2000)}it is empty.`)).not.toBeUndefined()
  })
})
