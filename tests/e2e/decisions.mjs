// Decisions that bind: a proposal with actions is written, previewed, sponsored, voted on, objected to, executed, and tried again where it failed;
// votes are delegated and cast for others; a co-op is halted. It needs what story.mjs needs.
import { api, chapter, check, close, launch, look } from './support.mjs'
import { account, found, opened, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const periods = { discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const kind = (counting, over = {}) => ({ rule: { counting }, ...periods, ...over })

const browser = await launch()
const pages = []
const everyone = []
const choose = (who, label, option) => who.page.getByLabel(label, { exact: true }).selectOption({ label: option })
async function step(who, name, action) {
  await who.press(name)
  const dialog = who.page.getByRole('dialog')
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
}

/** Closes a vote; everybody on the roll must have voted. */
const count = (coop, id) => api('POST', `/coops/${coop.id}/proposals/${id}/closing`, everyone[0].token)
async function decide(coop, id, ballots) {
  for (const [index, choice] of ballots.entries()) await vote(coop, id, everyone[index], [choice], [1])
  await count(coop, id)
}

async function story() {
  chapter('Five people and their co-op')
  for (const name of ['Ada', 'Ben', 'Cleo', 'Dora', 'Eve']) everyone.push(await account(name, run))
  const [ada, ben, cleo, dora, eve] = everyone
  const coop = await found(ada, [ben, cleo, dora, eve], `decisions-${run}`, {
    kinds: {
      motion: kind(simple),
      charter: kind(simple, { sponsors: 2, objection_seconds: 86_400, objectors: 2, timelock_seconds: 3600 }),
      election: kind({ method: 'scottish_stv', seats: 0, tie: 'lot' }),
      fund: kind({ method: 'budget', spending: 'greedy', ballots: { form: 'choices', choices_max: 0 }, budget: 0, costs: [], tie: 'lot' }),
    },
  })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  const phone = await signedIn(browser, ben, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark', locale: 'zh-CN' })
  pages.push(desk, phone)

  chapter('A proposal that gives an office and amends the bylaws')
  await desk.go(`${base}/proposals/new`)
  await desk.page.getByLabel('charter').check()
  await desk.page.getByLabel('Title').fill('A treasurer, and applications no more')
  await choose(desk, 'Kind of action', 'Give an office')
  await desk.press('Add the action')
  await desk.press('Save as a draft')
  await desk.sees('Complete what happens once it is carried')
  check('an action that lacks its member says so', await desk.has('Choose the member.'))
  await look(desk, 'new proposal with an action refused')
  await choose(desk, 'Member', 'Cleo')
  await desk.page.getByLabel('Reason').fill('She kept the books last year.')
  await choose(desk, 'Kind of action', 'Amend the bylaws')
  await desk.press('Add the action')
  await desk.page.getByLabel('Joining').selectOption('invitation')
  await desk.page.locator('summary', { hasText: 'Motion' }).click()
  await desk.page.locator('details[open]').getByLabel('Rule', { exact: true }).selectOption('two_thirds')
  await desk.sees('At least 1/5 of the members on the roll')
  await look(desk, 'new proposal with bylaws')
  await desk.press('Save as a draft')
  await desk.page.getByRole('heading', { level: 1, name: 'A treasurer, and applications no more' }).waitFor()
  await desk.sees('As the co-op stands, this would change:')
  check('the draft says what it would change, and for whom', (await desk.has('Cleo becomes Treasurer.')) && (await desk.has('The rule or the periods of “Motion” change.')) && (await desk.has('People join in another way.')))
  await look(desk, 'draft with its preview')
  const charter = desk.page.url().split('/').pop()
  await desk.press('Put before the members')
  check('before it is put before the members the preview is shown once more', (await desk.page.getByRole('dialog').innerText()).includes('Cleo becomes Treasurer.'))
  await look(desk, 'dialog with the preview')
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Begin the discussion' }).click()
  await desk.sees('2 sponsors are missing')
  await look(desk, 'looking for sponsors')

  chapter('Ben sponsors it, on a phone and in Chinese')
  await phone.go(`${base}/proposals/${charter}`)
  await phone.page.getByRole('button', { name: '联署', exact: true }).waitFor()
  check('the actions are told in Chinese', await phone.has('Cleo 担任财务员'.slice(0, 6)))
  await look(phone, 'looking for sponsors')
  await step(phone, '联署', '联署')
  await phone.sees('还差 1 名联署人')
  check('who has sponsored is not asked again', (await phone.page.getByRole('button', { name: '联署', exact: true }).count()) === 0)
  const seen = await api('GET', `${base}/proposals/${charter}`, cleo.token)
  await api('POST', `${base}/proposals/${charter}/sponsors`, cleo.token, undefined, { 'If-Match': `"${seen.version}"` })
  await desk.page.reload()
  await desk.press('Open voting')
  check('what is frozen is shown with what it would change', (await desk.page.getByRole('dialog').innerText()).includes('Cleo becomes Treasurer.'))
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Open voting', exact: true }).click()
  await desk.page.getByRole('heading', { name: 'Your vote' }).waitFor()
  await look(desk, 'voting on a charter')

  chapter('It is carried, and objections stop it')
  await decide(coop, charter, [0, 0, 0, 1, 1])
  await until(coop, charter, ada, ['objection'])
  await phone.page.reload()
  await phone.page.getByRole('button', { name: '提出异议' }).waitFor()
  await look(phone, 'open to objection')
  await phone.press('提出异议')
  const dialog = phone.page.getByRole('dialog')
  check('an objection wants a reason', await dialog.getByRole('button', { name: '提出异议' }).isDisabled())
  await dialog.locator('textarea').fill('Applications brought us half of our members.')
  await look(phone, 'dialog objection')
  await dialog.getByRole('button', { name: '提出异议' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await phone.sees('Applications brought us half')
  const carried = await api('GET', `${base}/proposals/${charter}`, dora.token)
  await api('POST', `${base}/proposals/${charter}/objections`, dora.token, { reason: 'So say I.' }, { 'If-Match': `"${carried.version}"` })
  await until(coop, charter, ada, ['rejected'])
  await desk.page.reload()
  await desk.sees('2 objections stopped it.')
  check('the way of the proposal ends at the objections', (await desk.page.locator('ol[aria-label="Life of the proposal"] [aria-current=step]').innerText()).includes('Objections'))
  await look(desk, 'stopped by objections')

  chapter('An action that cannot be done, and is done on a second try')
  const grant = (member, reason) => ({ act: { action: 'grant_role', version: 1, member, role: 'auditor', reason } })
  const failing = await opened(coop, ada, { kind: 'motion', title: 'Dora checks the books', body: '', actions: [grant(dora.member, 'She asked for it.')] })
  for (const who of everyone) await vote(coop, failing, who, [0], [1])
  const of = await api('GET', `${base}/members/${dora.member}`, ada.token)
  await api('POST', `${base}/members/${dora.member}/status`, ada.token, { status: 'suspended', reason: 'For the story.' }, { 'If-Match': `"${of.version}"` })
  await desk.go(`${base}/proposals/${failing}`)
  await desk.page.getByRole('heading', { name: 'What happens once it is carried' }).waitFor()
  check('the preview warns of what stands in the way', await desk.has('As things stand it could not be executed'))
  await look(desk, 'an obstacle before the close')
  await count(coop, failing)
  await until(coop, failing, ada, ['execution_failed'])
  await desk.page.reload()
  await desk.sees('It could not be executed, and nothing of it was done')
  await look(desk, 'execution failed')
  await phone.go(`${base}/proposals/${failing}`)
  await phone.sees('未能执行')
  await look(phone, 'execution failed')
  const suspended = await api('GET', `${base}/members/${dora.member}`, ada.token)
  await api('POST', `${base}/members/${dora.member}/status`, ada.token, { status: 'active', reason: 'The story goes on.' }, { 'If-Match': `"${suspended.version}"` })
  await desk.press('Try to execute it again')
  await desk.sees('It is done')
  check('the second attempt succeeds and both are listed', await desk.has('asked for by a steward'))
  await desk.page.locator('summary', { hasText: 'Attempts' }).click()
  await look(desk, 'executed')
  check('the office is held', (await api('GET', `${base}/members/${dora.member}`, ada.token)).roles.includes('auditor'))

  chapter('Other forms of a proposal')
  await desk.go(`${base}/proposals/new`)
  await desk.page.getByLabel('fund').check()
  await desk.page.getByLabel('Title').fill('The winter fund')
  for (const [index, [name, cost]] of [['Training day', '600'], ['Open evening', '300']].entries()) {
    await desk.page.getByLabel(`Project ${index + 1}`, { exact: true }).fill(name)
    await desk.page.getByLabel(`Cost of project ${index + 1}`).fill(cost)
  }
  await desk.press('Save as a draft')
  await desk.sees('Say what there is to spend')
  await desk.page.getByLabel('What there is to spend').fill('800')
  await look(desk, 'new budget')
  await desk.press('Save as a draft')
  await desk.page.getByRole('heading', { level: 1, name: 'The winter fund' }).waitFor()
  check('a budget names its projects', (await desk.has('Training day')) && (await desk.has('Projects')))
  await desk.go(`${base}/proposals/new`)
  await desk.page.getByLabel('Election').check()
  await desk.page.getByLabel('Title').fill('Who keeps the books?')
  for (const [index, name] of ['Cleo', 'Eve'].entries()) await desk.page.getByLabel(`Candidate ${index + 1}`, { exact: true }).fill(name)
  await choose(desk, 'Kind of action', 'Give an office to those elected')
  await desk.press('Add the action')
  await choose(desk, 'Cleo is', 'Cleo')
  await choose(desk, 'Eve is', 'Eve')
  await look(desk, 'new election with seats')
  await desk.press('Save as a draft')
  await desk.page.getByRole('heading', { level: 1, name: 'Who keeps the books?' }).waitFor()
  check('an election says whom it would seat', await desk.has('Treasurer: Cleo, Eve stand for it.'))
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
