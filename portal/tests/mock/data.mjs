// A small co-op with a story, in memory.
import { makeLog } from './log.mjs'
import { newId, randomWord, serverKey } from './record.mjs'

const HOUR = 3_600_000
const DAY = 24 * HOUR
export const iso = (time) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
const now = Date.now()

export const PASSWORD = 'correct horse battery'
const person = (name, email) => ({ id: newId(), email, display_name: name, password: PASSWORD })
export const accounts = {
  ada: person('Demo Ada', 'ada@example.org'),
  ben: person('Demo Ben', 'ben@example.org'),
  new: person('Demo New', 'nele@example.org'),
}

const namespace = randomWord()
export const log = makeLog(namespace)
export const coop = {
  id: newId(),
  slug: 'pioneers',
  name: 'Pioneers of Shared Tools',
  created_at: iso(now - 40 * DAY),
  namespace,
  domain: { name: 'Rochdale', version: '1', chain_id: 31337, verifying_contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3', salt: namespace },
  registrar: `0x${'c0'.repeat(20)}`,
  explorer: 'https://explorer.example/tx/{tx}',
  server_key: serverKey,
  log_key: log.log_key,
  bylaws_version: 1,
  halt: null,
  counts: { active: 24, voting: 22, suspended: 1 },
}

const member = (name, over = {}) => ({ id: newId(), display_name: name, class: 'worker', status: 'active', roles: [], joined_at: iso(now - 38 * DAY), version: 1, ...over })
export const members = [
  member('Demo Ada', { roles: ['steward'], account: accounts.ada.id }),
  member('Demo Ben', { account: accounts.ben.id }),
  member('Demo Chen 陈宇', { roles: ['auditor'] }),
  member('Demo Dalia', { class: 'user' }),
  member('<img src=x onerror=alert(1)>', { class: 'supporter' }),
  member('Femi \u202Eabc', { status: 'suspended' }),
  ...Array.from({ length: 16 }, (_, index) => member(`Member ${index + 7}`, { class: index % 3 ? 'worker' : 'user' })),
]

const all = { counts: 'all_ballots', at_least: { base: 'roll', share: { share: 1, whole: 5 } } }
const motionRule = { counting: { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }, quorum: all }
const electionRule = (seats) => ({ counting: { method: 'scottish_stv', seats, tie: 'lot' }, quorum: null })
const motionSentence = [
  'At least 1/5 of the members on the roll must cast a ballot, blank ones and abstentions included; the motion passes if more than 1/2 of the yes and no ballots say yes, and fails otherwise.',
  '名册上至少 1/5 的成员须投票（空白票和弃权票计算在内）；若赞成票与反对票中超过 1/2 为赞成，则动议通过，否则不通过。',
]
const electionSentence = (places, seats) => [
  `There is no quorum; ${places} by the single transferable vote as in Scottish local elections; a tie that earlier stages do not settle is broken by lot.`,
  `没有法定人数要求；按苏格兰地方选举的可转移单票制选出${seats ? ` ${seats} 个` : '相应'}名额；若较早轮次无法决定平局，则抽签决定。`,
]
const kind = (rule) => ({ rule, discussion_seconds: 3 * 86_400, voting_seconds_min: 86_400, voting_seconds_max: 30 * 86_400, close_when_all_voted: false })
export const bylaws = {
  version: 1,
  adopted_at: iso(now - 40 * DAY),
  salt: randomWord(),
  record_hash: randomWord(),
  sentences: { election: electionSentence('places are filled')[0], motion: motionSentence[0] },
  sentences_zh: { election: electionSentence('places are filled')[1], motion: motionSentence[1] },
  content: { kinds: { election: kind(electionRule(0)), motion: kind(motionRule) }, admission: 'application' },
}

export function makeProposal(over) {
  const election = over.kind === 'election'
  return {
    id: newId(),
    kind: 'motion',
    bylaws_version: 1,
    title: '',
    body: '',
    options: [],
    method: election ? 'scottish_stv' : 'yes_no',
    seats: election ? (over.seats ?? 2) : 1,
    rule: election ? electionRule(over.seats ?? 2) : motionRule,
    rule_sentence: election ? electionSentence(`${over.seats ?? 2} places are filled`, over.seats ?? 2)[0] : motionSentence[0],
    rule_sentence_zh: election ? electionSentence('', over.seats ?? 2)[1] : motionSentence[1],
    state: 'draft',
    author: { id: members[1].id, display_name: members[1].display_name },
    version: 1,
    created_at: iso(now - 9 * DAY),
    discussed_at: null,
    opens_from: null,
    voting_seconds_min: 86_400,
    voting_seconds_max: 30 * 86_400,
    close_when_all_voted: false,
    opens_at: null,
    closes_at: null,
    closed_at: null,
    ended_by: null,
    end_reason: null,
    course: {
      actions: [],
      sponsors_needed: 0,
      sponsors: [],
      notices: [],
      opening: null,
      objectors_needed: 0,
      objection_until: null,
      objections: [],
      contest_until: null,
      contests: [],
      timelock_seconds: 0,
      execute_after: null,
      expires_at: null,
      executed_at: null,
      attempts: [],
    },
    secrecy: 'open',
    roll: null,
    record_hash: null,
    ballots: new Map(),
    ...over,
  }
}
const opened = { state: 'open', discussed_at: iso(now - 6 * DAY), opens_at: iso(now - 2 * DAY), roll: { root: randomWord(), count: 22, weight: 22 } }
const ended = { opens_at: iso(now - 8 * DAY), closes_at: iso(now - DAY), closed_at: iso(now - DAY), discussed_at: iso(now - 12 * DAY), roll: { root: randomWord(), count: 22, weight: 22 } }
const CANDIDATES = ['Demo Amina', 'Demo Bruno', 'Demo Chen 陈宇', 'Demo Dalia', 'Demo Eilidh']

export const proposals = [
  makeProposal({ ...opened, title: 'Open the speech model to all members', body: 'Members of every class may use the speech model up to ten hours a month.\n\nThe cost is about 180 a month at the current price and comes from the tools budget. After three months the stewards report how it was used, and we decide again.', closes_at: iso(now + 2 * DAY + 3 * HOUR), record_hash: randomWord() }),
  makeProposal({ ...opened, kind: 'election', title: 'Elect two members to the tools committee', body: 'The committee meets every second week and looks after the shared models.', options: CANDIDATES, closes_at: iso(now + 5 * HOUR), record_hash: randomWord() }),
  makeProposal({ state: 'discussion', title: 'Keep a tenth of revenue as a reserve', body: 'So that a slow month does not stop the servers.', discussed_at: iso(now - 4 * DAY), opens_from: iso(now - DAY) }),
  makeProposal({ title: 'Meet in person once a year', body: '' }),
  makeProposal({ ...ended, state: 'passed', kind: 'election', title: 'Elect the treasurers', options: CANDIDATES, record_hash: randomWord() }),
  makeProposal({ ...ended, state: 'rejected', title: 'Buy a second server', body: 'A used one, for 2,400.', record_hash: randomWord() }),
  makeProposal({ state: 'cancelled', title: 'Change the name', end_reason: 'Put twice by mistake.', discussed_at: iso(now - 12 * DAY) }),
]

// Worked by hand: 20 valid papers, 2 places, so a quota of 7.
const stage = (totals, over) => ({ totals: Object.fromEntries(totals.map((total, index) => [String(index + 1), total])), transfer: null, elected: [], excluded: [], nontransferable: '0.00000', ties: [], ...over })
const tie = { stage: 3, candidates: [2, 5], rule: 'lookback', chosen: 5, lot: null }
export const election = {
  method: 'scottish-stv',
  seats: 2,
  quota: '7',
  valid: '20',
  blank: '1',
  withdrawn: [],
  elected: [1, 3],
  stages: [
    stage(['9.00000', '3.00000', '4.00000', '1.00000', '3.00000'], { elected: [1] }),
    stage(['7.00000', '3.44444', '5.11110', '1.00000', '3.44444'], { transfer: { from: 1, kind: 'surplus', value: '0.22222' }, nontransferable: '0.00002' }),
    stage(['7.00000', '3.44444', '6.11110', '0.00000', '3.44444'], { transfer: { from: 4, kind: 'exclusion', value: '1.00000' }, excluded: [4], nontransferable: '0.00002' }),
    stage(['7.00000', '4.44444', '8.55552', '0.00000', '0.00000'], { transfer: { from: 5, kind: 'exclusion', value: '1.00000' }, excluded: [5], elected: [3], nontransferable: '0.00004', ties: [tie] }),
  ],
  ties: [tie],
}
export const anchors = [
  { seq: 3, size: 9, state: 'broadcast', block: null },
  { seq: 2, size: 7, state: 'final', block: { number: 118, hash: randomWord() } },
  { seq: 1, size: 4, state: 'final', block: { number: 61, hash: randomWord() } },
].map((entry) => ({ ...entry, prev: randomWord(), root: randomWord(), link: randomWord(), chain_id: 31337, contract: coop.domain.verifying_contract, namespace, transactions: [randomWord()], halt_reason: null }))
export const records = ['BylawsV1', 'KeyRegistrationV1', 'ProposalV1', 'TallyV1', 'ProposalV1', 'TallyV1', 'ProposalV1', 'ProposalV1', 'KeyRegistrationV1'].map((kind, index) => ({ sequence: index + 1, kind, subject: randomWord(), record_hash: randomWord(), at: iso(now - (30 - index) * DAY) }))
