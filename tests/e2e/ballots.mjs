// The ballot of every counting method, filled in at a desk by keyboard and on a phone in Chinese, and the picture of each result.
// It needs what story.mjs needs. ROCHDALE_METHODS names some of the methods, where not all are wanted.
import { api, chapter, check, launch, look, tell } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const THREE = ['Speech model', 'Translation 翻译', 'A very long name of an option that goes on and on until it must break somewhere']
const PEOPLE = ['Amina', 'Bruno', 'Chen 陈宇', 'Dalia']
const kind = (counting, over = {}) => ({ rule: { counting }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true, ...over })
const half = { share: 1, whole: 2 }
// Each proposal says how many are chosen.
const seats = 0
const tie = 'lot'

/** Marks an answer, a scale's step or a box by its label, by the keyboard alone. */
async function mark(who, label, within = who.page) {
  const name = { name: label, exact: true }
  const target = within.getByRole('radio', name).or(within.getByRole('checkbox', name))
  await target.focus()
  await who.page.keyboard.press('Space')
}
const number = async (who, label, value) => {
  const field = who.page.getByRole('spinbutton', { name: label, exact: true })
  await field.focus()
  await who.page.keyboard.type(String(value))
}
const scale = (who, name, step) => mark(who, step, who.page.getByRole('group', { name, exact: true }))
const press = async (who, name) => {
  await who.page.getByRole('button', { name, exact: true }).focus()
  await who.page.keyboard.press('Enter')
}

/** For each method: its kind, what is asked, how Ada fills it in, what her ballot then is, and what the others cast, so that no lot is needed. */
const METHODS = [
  {
    method: 'optimistic', kind: kind({ method: 'optimistic', against: { share: 1, whole: 2 } }), title: 'Renew the hosting contract',
    fill: (who) => mark(who, /^Abstain/),
    coded: [[2], [1]], others: [[[0], [1]], [[1], [1]], [[0], [1]]], result: 'The motion is carried',
  },
  {
    method: 'consent', kind: kind({ method: 'consent', standing_max: 0 }), title: 'Work four days a week',
    async fill(who) {
      await who.page.getByText('It would harm what we are here for').click()
      await who.press('Go on')
      await who.sees('Say what you object to')
      check('an objection without words says what to do', true)
      await look(who, 'ballot consent refused')
      await who.page.getByLabel('Your objection').fill('Nobody would answer on Fridays.')
    },
    coded: [[2], [1]], others: [[[0], [1]], [[1], [1]], [[0], [1]]], result: 'There is no consent',
  },
  {
    method: 'plurality', kind: kind({ method: 'plurality', seats, tie }), title: 'Which tool first?', options: THREE,
    fill: (who) => mark(who, 'Speech model'),
    coded: [[0], [1]], others: [[[1], [1]], [[0], [1]], [[], []]], result: 'Chosen',
  },
  {
    method: 'approval', kind: kind({ method: 'approval', seats, choices_max: 2, tie }), title: 'Which two tools?', options: THREE, seats: 2,
    async fill(who) {
      for (const name of THREE) await mark(who, name)
      await who.press('Go on')
      await who.sees('Take 1 option away')
      check('a choice too many says what to do', true)
      await look(who, 'ballot approval refused')
      await mark(who, THREE[2])
    },
    coded: [[0, 1], [1, 1]], others: [[[1], [1]], [[0, 1], [1, 1]], [[2], [1]]], result: 'Chosen',
  },
  {
    method: 'score', kind: kind({ method: 'score', seats, points_max: 5, unscored: { as: 'no_opinion', scorers: half }, tie }), title: 'How good is each tool?', options: THREE,
    async fill(who) {
      await scale(who, 'Speech model', '5')
      await scale(who, 'Translation 翻译', '0')
    },
    coded: [[0, 1], [5, 0]], others: [[[0, 1], [4, 3]], [[0, 1, 2], [5, 2, 1]], [[2], [5]]], result: 'Chosen',
  },
  {
    method: 'majority_judgment', kind: kind({ method: 'majority_judgment', seats, grades: 7, tie }), title: 'Grade the drafts', options: THREE,
    async fill(who) {
      await scale(who, 'Speech model', 'Very good')
      await scale(who, 'Translation 翻译', 'Reject')
    },
    coded: [[0, 1], [5, 0]], others: [[[0, 1, 2], [6, 4, 2]], [[0, 1, 2], [4, 3, 3]], [[0, 1, 2], [3, 6, 1]]], result: 'Chosen',
  },
  {
    method: 'quadratic', kind: kind({ method: 'quadratic', seats, credits: 25, tie }), title: 'What matters most?', options: THREE,
    async fill(who) {
      await number(who, 'Speech model', 5)
      await press(who, 'More for Translation 翻译')
      await who.press('Go on')
      await who.sees('Your votes cost 1 credit more than you have')
      check('votes beyond the credits say what to do', true)
      await look(who, 'ballot quadratic refused')
      await press(who, 'Less for Speech model')
      await who.sees('Credits spent: 17 of 25. 8 left.')
    },
    coded: [[0, 1], [4, 1]], others: [[[0, 1], [3, 4]], [[2], [5]], [[1], [4]]], result: 'Chosen',
  },
  {
    method: 'dots', kind: kind({ method: 'dots', seats, dots: 10, tie }), title: 'Spread ten dots', options: THREE,
    async fill(who) {
      await number(who, 'Speech model', 7)
      await number(who, THREE[2], 3)
      await who.sees('Dots given: 10 of 10. 0 left.')
    },
    coded: [[0, 2], [7, 3]], others: [[[1], [10]], [[0, 1], [5, 5]], [[2], [4]]], result: 'Chosen',
  },
  {
    method: 'budget', kind: kind({ method: 'budget', spending: 'equal_shares', ballots: { form: 'choices', choices_max: 0 }, budget: 0, costs: [], tie }), title: 'Spend the winter fund', options: ['Training day', 'New laptop', 'Open evening'], costs: [600, 700, 300], budget: 1000,
    async fill(who) {
      await mark(who, /^Training day/)
      await mark(who, /^Open evening/)
      await who.sees('What you chose costs 900 of 1,000 together')
    },
    coded: [[0, 2], [1, 1]], others: [[[0, 2], [1, 1]], [[1], [1]], [[0], [1]]], result: 'Funded',
  },
  {
    method: 'irv', kind: kind({ method: 'irv', tie }), title: 'Elect the chair', options: PEOPLE,
    async fill(who) {
      for (const name of ['Rank Chen 陈宇 in place 1', 'Rank Amina in place 2', 'Move Amina up']) await press(who, name)
      check('the key that moved somebody up keeps the focus', (await who.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))) === 'Move Amina up')
    },
    coded: [[0, 2], [1, 2]], others: [[[1, 0], [1, 2]], [[0, 1], [1, 2]], [[1, 2], [1, 2]], [[2, 1], [1, 2]]], result: 'Elected',
  },
  {
    method: 'meek', kind: kind({ method: 'meek', seats: 0, tie }), title: 'Elect two treasurers', options: PEOPLE, seats: 2,
    async fill(who) {
      for (const name of ['Rank Amina in place 1', 'Rank Bruno in place 2', 'Rank Dalia in place 3', 'Make Bruno equal to the one above']) await press(who, name)
    },
    coded: [[0, 1, 3], [1, 1, 2]], others: [[[1, 0], [1, 2]], [[2, 1], [1, 2]], [[0, 3], [1, 2]], [[2, 1], [1, 2]]], result: 'Elected',
  },
  {
    method: 'schulze', kind: kind({ method: 'schulze', seats, tie, default_option: { share: half, at_least: null } }), title: 'Which name?', options: PEOPLE,
    async fill(who) {
      for (const name of ['Rank Bruno in place 1', 'Rank Nothing changes in place 2', 'Rank Amina in place 3', 'Rank Dalia in place 4', 'Make Dalia equal to the one above']) await press(who, name)
    },
    coded: [[1, 4, 0, 3], [1, 2, 3, 3]], others: [[[1, 0], [1, 2]], [[2, 1, 4], [1, 2, 3]], [[0, 1], [1, 1]]], result: 'Chosen',
  },
  {
    method: 'copeland', kind: kind({ method: 'copeland', seats, tie, default_option: null }), title: 'Which logo?', options: PEOPLE,
    async fill(who) {
      for (const name of ['Rank Amina in place 1', 'Rank Bruno in place 2']) await press(who, name)
    },
    coded: [[0, 1], [1, 2]], others: [[[1, 0], [1, 2]], [[0, 2], [1, 2]], [[0], [1]]], result: 'Chosen',
  },
]

const browser = await launch()
const everyone = []

async function story() {
  chapter('Five people and a co-op that decides by every method')
  for (const name of ['Ada', 'Ben', 'Cleo', 'Dora', 'Eve']) everyone.push(await account(name, run))
  const [ada, ben, ...rest] = everyone
  const coop = await found(ada, [ben, ...rest], `ballots-${run}`, { kinds: Object.fromEntries(METHODS.map((each) => [each.method, each.kind])) })
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  const phone = await signedIn(browser, ben, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, phone)

  const wanted = process.env.ROCHDALE_METHODS?.split(',')
  for (const each of METHODS.filter(({ method }) => wanted === undefined || wanted.includes(method))) {
    chapter(`Voting by ${each.method}`)
    const { method: kindName, title, options = [], seats: places, costs, budget } = each
    const id = await opened(coop, ada, { kind: kindName, title, body: '', options, ...('seats' in each.kind.rule.counting ? { seats: places ?? 1 } : {}), ...(costs ? { costs, budget } : {}) })
    const path = `/coops/${coop.id}/proposals/${id}`
    await desk.go(path)
    await desk.page.getByRole('heading', { name: 'Your vote' }).waitFor()
    await each.fill(desk)
    await look(desk, `ballot ${each.method}`)
    await desk.press('Go on')
    await desk.sees('Look once more')
    if (each.method === 'meek') check('equals are read apart', await desk.has('Amina and Bruno'))
    await look(desk, `ballot ${each.method} once more`)
    await desk.press('Cast my ballot')
    await desk.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
    const mine = (await api('GET', `/coops/${coop.id}/proposals/${id}`, ada.token)).my_ballot
    check(`a ballot by ${each.method} is coded as the record wants it`, JSON.stringify([mine.options, mine.points]) === JSON.stringify(each.coded), [mine.options, mine.points])
    await phone.go(path)
    await phone.page.getByRole('heading', { name: '您的投票' }).waitFor()
    await look(phone, `ballot ${each.method}`)
    // Whoever has no ballot of their own votes as Ada does.
    const [first, ...others] = [...each.others, each.coded].slice(0, everyone.length - 1)
    await vote(coop, id, ben, ...first)
    for (const [index, ballot] of others.entries()) await vote(coop, id, rest[index], ...ballot)
    await closed(coop, id, ada)
    await until(coop, id, ada, ['passed', 'rejected', 'tied', 'executed'])
    await desk.go(path)
    await desk.page.getByRole('heading', { name: each.result, exact: true }).waitFor()
    for (const summary of await desk.page.locator('#result ~ details > summary, section[aria-labelledby=result] summary').all()) await summary.click()
    await look(desk, `result ${each.method}`)
    await phone.go(path)
    await phone.page.locator('#result').waitFor()
    await look(phone, `result ${each.method}`)
  }
}

const pages = []
await tell(browser, pages, story)
