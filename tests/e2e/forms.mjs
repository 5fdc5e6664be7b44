// Bad input that nobody meant: two tabs change one thing, a session ends in the middle of a form, a file is not what it should be, a list
// is huge. Nothing typed is lost, and nothing of others is undone unseen. It needs what story.mjs needs.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { api, BASE, chapter, check, launch, look, tell } from './support.mjs'
import { account, closed, found, inDays, signedIn, until, vote } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const kind = (counting) => ({ rule: { counting }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true })
const kinds = { motion: kind(simple), election: kind({ method: 'approval', seats: 0, choices_max: 2, tie: 'lot' }) }
const browser = await launch()
const pages = []
const at = (who, label) => who.page.getByLabel(label, { exact: true })
const changed = 'Another change was saved in the meantime'

/** Changes something from elsewhere, in the version in which it stands. */
async function elsewhere(path, token, body) {
  const { version } = await api('GET', path, token)
  return api('PATCH', path, token, body, { 'If-Match': `"${version}"` })
}

async function twoTabs({ ada, ben, coop, base, desk }) {
  chapter('Two change one proposal')
  const { id } = await api('POST', `${base}/proposals`, ben.token, { kind: 'election', title: 'Elect a treasurer', body: 'For a year.', options: ['Dora', 'Emil'], seats: 1 })
  await api('POST', `${base}/proposals/${id}/discussion`, ben.token)
  const place = `${base}/proposals/${id}`
  await desk.go(`${place}/edit`)
  await at(desk, 'Title').fill('Elect the treasurer')
  await elsewhere(place, ben.token, { title: 'Elect one treasurer', body: 'For two years.', options: ['Dora', 'Emil', 'Fritz'], seats: 1 })
  desk.expect(/412/)
  await desk.press('Save')
  await desk.sees(changed)
  await look(desk, 'a merge of a proposal')
  check('what was left alone follows theirs', (await at(desk, 'Text').inputValue()) === 'For two years.' && (await desk.page.getByRole('textbox', { name: 'Option 3' }).inputValue()) === 'Fritz' && (await desk.has('since you had not changed it: Text, Options')))
  check('what both changed stays as it was typed, with theirs beside it', (await at(desk, 'Title').inputValue()) === 'Elect the treasurer' && (await desk.page.locator('blockquote').allInnerTexts()).join() === 'Elect one treasurer')
  check('nothing was sent', (await api('GET', place, ben.token)).title === 'Elect one treasurer')
  // A third change, while the merge is being read: the next attempt meets it as well.
  await elsewhere(place, ben.token, { body: 'For three years.' })
  await desk.press('Save')
  await desk.sees('since you had not changed it: Text.')
  await desk.press('Save')
  await desk.page.getByRole('heading', { level: 1, name: 'Elect the treasurer' }).waitFor()
  const saved = await api('GET', place, ben.token)
  check('what is saved holds the changes of both', saved.title === 'Elect the treasurer' && saved.body === 'For three years.' && saved.options.join() === 'Dora,Emil,Fritz', saved)
  await desk.go(`${place}/edit`)
  await at(desk, 'Title').fill('Mine')
  await elsewhere(place, ben.token, { title: 'Theirs' })
  await desk.press('Save')
  await desk.press('Take theirs: Title')
  check('theirs can be taken', (await at(desk, 'Title').inputValue()) === 'Theirs' && (await desk.has('Nothing else differs')))

  chapter('Two tabs change one comment, and one name')
  const comment = await api('POST', `${place}/comments`, ada.token, { body: 'I am for Dora.' })
  await desk.go(place)
  await desk.press('Edit')
  await at(desk, 'Your words. Earlier ones stay readable.').fill('I am for Dora, and for Emil.')
  await api('PATCH', `${place}/comments/${comment.id}`, ada.token, { body: 'I am for Fritz.' }, { 'If-Match': '"1"' })
  await desk.press('Say it')
  await desk.sees(changed)
  await look(desk, 'a merge of a comment')
  check('the words of both stand there', (await at(desk, 'Your words. Earlier ones stay readable.').inputValue()) === 'I am for Dora, and for Emil.' && (await desk.page.locator('blockquote').innerText()) === 'I am for Fritz.')
  await desk.press('Say it')
  await desk.page.locator('main p.words', { hasText: 'I am for Dora, and for Emil.' }).waitFor()
  check('both are in its history', (await api('GET', `${place}/comments/${comment.id}/versions`, ada.token)).items.length === 3)
  const me = `${base}/members/${ada.member}`
  await desk.go(me)
  await desk.press('Change my name')
  await desk.page.getByRole('dialog').getByRole('textbox').fill('Ada the First')
  await elsewhere(me, ada.token, { display_name: 'Ada of Rochdale' })
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Change my name' }).click()
  await desk.sees('What you typed is kept')
  await look(desk, 'a merge of a name')
  await desk.press('Take theirs: Your name in this co-op')
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Change my name' }).click()
  await desk.page.getByRole('dialog').waitFor({ state: 'hidden' })
  check('a name is changed when both were seen', (await api('GET', me, ada.token)).display_name === 'Ada of Rochdale')

  chapter('What is acted on is what was looked at')
  await desk.go(place)
  await desk.press('Open voting')
  const dialog = desk.page.getByRole('dialog')
  await dialog.getByRole('textbox').or(dialog.locator('input')).first().waitFor()
  const ends = await dialog.locator('input').inputValue()
  await elsewhere(place, ben.token, { body: 'For ever.' })
  desk.expect(/409/)
  await dialog.getByRole('button').last().click()
  await dialog.getByText('So nothing was done yet').waitFor()
  await look(desk, 'a step on what was changed')
  check('a text that changed meanwhile is not opened unseen', (await api('GET', place, ben.token)).state === 'discussion' && (await dialog.locator('input').inputValue()) === ends)
  await dialog.getByRole('button').last().click()
  await dialog.waitFor({ state: 'hidden' })
  check('and is once it was looked at', (await api('GET', place, ben.token)).state === 'open')
  return { coop, id }
}

async function endedSessions({ ada, ben, base, desk, election }) {
  chapter('A session ends in the middle of a form')
  const again = desk.page.getByRole('dialog', { name: 'Your session has ended' })
  const endAll = async () => api('DELETE', '/sessions', (await api('POST', '/sessions', null, { email: ada.email, password: ada.password })).access_token)
  const back = async (who) => {
    await again.getByLabel('E-mail address').fill(who.email)
    await again.getByLabel('Password').fill(who.password)
    await again.getByRole('button', { name: 'Sign in', exact: true }).click()
    await again.waitFor({ state: 'hidden' })
  }
  desk.expect(/401/)
  const forms = [
    ['a comment', `${base}/proposals/${election}`, 'What do you think?', 'Say it', (words) => desk.page.locator('main p.words', { hasText: words }).waitFor()],
    ['the public page', `${base}/public`, 'About the co-op', 'Save', () => desk.sees('Saved. The page shows it at once.')],
    ['the name', '/account', 'Your name', 'Save', () => desk.sees('Your name is saved.')],
  ]
  for (const [what, path, label, button, done] of forms) {
    await desk.go(path)
    const words = `Typed into ${what} as the session ended`
    await at(desk, label).fill(words)
    await endAll()
    await desk.press(button)
    await again.waitFor()
    await back(ada)
    check(`what was typed into ${what} is still there`, (await at(desk, label).inputValue()) === words)
    await desk.press(button)
    await done(words)
    check(`and ${what} can be sent without typing it once more`, true)
  }
  await desk.go(`${base}/proposals/new`)
  await at(desk, 'Title').fill('Ada alone knows this')
  await endAll()
  await desk.press('Save as a draft')
  await again.waitFor()
  await look(desk, 'signing in again over a form')
  await again.getByLabel('E-mail address').fill(ben.email)
  await again.getByLabel('Password').fill(ben.password)
  await again.getByRole('button', { name: 'Sign in', exact: true }).click()
  await desk.page.waitForFunction(() => document.querySelector('input[name=title]')?.value === '')
  check('who signs in as somebody else finds nothing of what was typed', !(await desk.page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes('Ada alone'))
  await desk.go('/account')
  await desk.sees(ben.email)
}

/** A motion that is decided, and the receipt and the bundle of it. */
async function decided(people, coop) {
  const base = `/coops/${coop.id}/proposals`
  const { id } = await api('POST', base, people[0].token, { kind: 'motion', title: 'Buy a server', body: '' })
  await api('POST', `${base}/${id}/discussion`, people[0].token)
  await api('POST', `${base}/${id}/opening`, people[0].token, { closes_at: inDays(1) })
  for (const who of people) await vote(coop, id, who, [0], [1])
  await closed(coop, id, people[0])
  await until(coop, id, people[0], ['passed'])
  const get = (path) => fetch(`${BASE}/api/v1${base}/${id}/${path}`, { headers: { Authorization: `Bearer ${people[0].token}` } })
  return { receipt: await (await get('ballots/mine/receipt')).json(), bundle: Buffer.from(await (await get('bundle')).arrayBuffer()) }
}

/** A file dragged from the desktop and let go, as the browser does it: in the box, and beside it. */
async function dropped(desk, { bundle }) {
  const folder = mkdtempSync(join(tmpdir(), 'rochdale-'))
  const drag = await desk.context.newCDPSession(desk.page)
  const box = await desk.page.locator('.drop').boundingBox()
  const places = { 'in the box': [box.x + box.width / 2, box.y + box.height / 2], 'beside the box': [box.x + box.width / 2, box.y - 40] }
  for (const [where, [x, y]] of Object.entries(places)) {
    const file = join(folder, `${where}.rochdale`)
    writeFileSync(file, bundle)
    const data = { items: [], files: [file], dragOperationsMask: 1 }
    await drag.send('Input.dispatchDragEvent', { type: 'dragEnter', x, y, data })
    await drag.send('Input.dispatchDragEvent', { type: 'dragOver', x, y, data })
    await desk.page.locator('.drop.over').waitFor()
    await drag.send('Input.dispatchDragEvent', { type: 'drop', x, y, data })
    await desk.page.getByText(`${where}.rochdale`, { exact: true }).first().waitFor()
    await desk.page.locator('main .notice .title', { hasText: /holds/ }).waitFor()
    check(`a bundle that is dropped ${where} is verified, and the page stays`, desk.page.url().endsWith('/verify') && (await desk.page.locator('.drop.over').count()) === 0)
  }
  await drag.detach()
}

async function files(desk, one, other) {
  chapter('A receipt of another co-op, and bundles that are none')
  await desk.go('/verify')
  const drop = async (name, content) => {
    await desk.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
    const said = desk.page.locator('main .notice .title').first()
    await desk.page.getByText(name, { exact: true }).first().waitFor()
    await said.waitFor()
    return said.innerText()
  }
  const holds = await drop('own.json', JSON.stringify(one.receipt))
  check('a receipt is a receipt', /holds/.test(holds), holds)
  const mixed = []
  for (const part of ['proposal', 'ballot', 'roll', 'acknowledgement', 'log', 'result']) {
    const said = await drop(`${part}.json`, JSON.stringify({ ...one.receipt, [part]: other.receipt[part] }))
    if (said !== 'Something in this receipt contradicts something') mixed.push(`${part}: ${said}`)
  }
  check('a receipt with a part of one of another co-op is found out, whichever part it is', mixed.length === 0, mixed)
  await look(desk, 'a receipt of another co-op')
  await dropped(desk, one)
  const whole = one.bundle
  const none = {
    empty: '',
    picture: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    words: 'Dear sir or madam',
    'half of one': whole.subarray(0, whole.length / 2),
    'one unpacked': '{"section":"header"}\n',
    'packed words': gzipSync('Dear sir or madam'),
    'packed nothing': gzipSync(''),
    'another format': gzipSync('{"section":"header","format":"else"}\n'),
    'a deep hole': gzipSync(`{"section":"header","x":${'['.repeat(100_000)}`),
    'a bomb': gzipSync(Buffer.alloc(1024 ** 3, 0x20)),
    'a list': '[1,2,3]',
    'a receipt of nothing': '{"format":"rochdale-receipt-1"}',
    'a prototype': '{"format":"rochdale-receipt-1","__proto__":{"ballot":1},"proposal":[],"log":7}',
  }
  const wrong = []
  for (const [name, content] of Object.entries(none)) {
    const said = await drop(`${name}.rochdale`, content)
    if (!/^(This is no bundle|Something in this)/.test(said)) wrong.push(`${name}: ${said}`)
  }
  check(`what is no bundle is said to be none (${Object.keys(none).length} files)`, wrong.length === 0, wrong)
  const good = await drop('whole.rochdale', whole)
  check('and after all of them a bundle is verified', /holds/.test(good), good)
}

async function hugeLists(desk, coop, base) {
  chapter('A list that does not end')
  const members = (await api('GET', `${base}/members`, coop.token)).items
  let asked = 0
  // A server that would never stop: the page must, after 20 answers; what else on the page names members takes them from that list.
  await desk.page.route(/\/members\?/, (route) => {
    asked += 1
    const items = Array.from({ length: 100 }, (_, place) => ({ ...members[0], id: `0190f3a0-0000-7000-8000-${String(asked * 1000 + place).padStart(12, '0')}`, display_name: `${'A name that is long '.repeat(6)}${asked} ${place}` }))
    return route.fulfill({ json: { items, next_cursor: `more${asked}` } })
  })
  const began = Date.now()
  await desk.go(`${base}/members`)
  await desk.page.getByRole('row').nth(1500).waitFor({ state: 'attached' })
  check('a page of a list without an end is read to its bound, and says that there is more', asked === 20 && (await desk.has('The list goes on')) && (await desk.has('2,000')), { asked, took: Date.now() - began })
  const alive = await desk.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true))))
  const wide = await desk.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  check('it is alive and does not scroll sideways', alive && wide <= 0, wide)
  await desk.page.unroute(/\/members\?/)
}

async function story() {
  const [ada, ben] = [await account('Ada', run), await account('Ben', run)]
  const coop = await found(ada, [ben], `forms-${run}`, { kinds })
  const twin = await found(ada, [ben], `forms-twin-${run}`, { kinds })
  const own = (await api('GET', `/coops/${coop.id}`, ada.token)).me.id
  ada.member = own
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  const { id: election } = await twoTabs({ ada, ben, coop, base, desk })
  await hugeLists(desk, { token: ada.token }, base)
  const [one, other] = [await decided([ada, ben], coop), await decided([ada, ben], twin)]
  await files(desk, one, other)
  await endedSessions({ ada, ben, base, desk, election })
}

await tell(browser, pages, story)
