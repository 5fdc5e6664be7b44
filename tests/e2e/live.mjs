// What changes while a page is open: turnout by itself, a connection that breaks and comes back, two tabs that change one thing, and the
// page of a co-op that strangers read. It needs what story.mjs needs.
import { api, BASE, chapter, check, launch, look, person, tell } from './support.mjs'
import { account, found, opened, signedIn, vote } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const browser = await launch()
const pages = []

/** A network that takes its time: the page says that it is waiting, sends once, and keeps what was typed. */
async function slow(desk, coop, ada) {
  chapter('A slow network')
  const words = 'Typed while nothing answered'
  await desk.go(`/coops/${coop.id}/proposals/new`)
  await desk.page.getByLabel('Title').fill(words)
  const waiting = []
  let [sent, release] = [0, null]
  const held = new Promise((resolve) => (release = resolve))
  await desk.page.route('**/proposals', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    sent += 1
    waiting.push(route.request().headers()['idempotency-key'])
    if (sent > 1) return route.continue()
    await held
    return route.abort('connectionreset')
  })
  await desk.press('Save as a draft')
  await desk.page.getByRole('button', { name: 'Working …' }).waitFor()
  check('while no answer comes it says that it is working, and cannot be sent twice', (await desk.page.getByRole('button', { name: 'Working …' }).isDisabled()) && sent === 1)
  await look(desk, 'waiting for an answer')
  desk.expect(/ERR_CONNECTION_RESET/)
  release()
  await desk.sees('Nothing you typed is lost')
  check('what was typed outlives a request that broke off', (await desk.page.getByLabel('Title').inputValue()) === words)
  await desk.press('Save as a draft')
  await desk.page.getByRole('heading', { level: 1, name: words }).waitFor()
  check('sending it again is the same request, so that nothing is done twice', waiting.length === 2 && waiting[0] === waiting[1], waiting)
  await desk.page.unroute('**/proposals')
  const network = await desk.context.newCDPSession(desk.page)
  await network.send('Network.enable')
  const conditions = { offline: false, latency: 1500, downloadThroughput: 50_000, uploadThroughput: 20_000 }
  await network.send('Network.emulateNetworkConditions', conditions)
  await desk.page.getByRole('link', { name: 'Proposals', exact: true }).first().click()
  await desk.page.locator('.loading').first().waitFor()
  check('a page that is on its way says so', (await desk.page.locator('.loading').first().innerText()).includes('Loading'))
  await desk.page.getByRole('link', { name: words }).waitFor()
  check('and comes', await api('GET', `/coops/${coop.id}/proposals`, ada.token).then(({ items }) => items.filter(({ title }) => title === words).length === 1))
  await network.send('Network.emulateNetworkConditions', { ...conditions, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await network.detach()
}

/** A request that is never answered is told, and given up without losing what was typed. */
async function stalled(desk) {
  chapter('The network stalls, and she need not wait for ever')
  await desk.page.getByLabel('What do you think?').fill('Does anybody hear me?')
  await desk.page.route('**/comments', () => undefined)
  await desk.press('Say it')
  await desk.sees('Still waiting for the server')
  await look(desk, 'a stalled network')
  await desk.press('Stop waiting')
  await desk.page.getByText('Nothing you typed is lost').first().waitFor()
  check('nothing is waited for any more, and the words are there', !(await desk.has('Still waiting')) && (await desk.page.getByLabel('What do you think?').inputValue()) === 'Does anybody hear me?')
  await desk.page.unroute('**/comments')
  await desk.press('Say it')
  await desk.page.locator('main').getByText('Does anybody hear me?').first().waitFor()
}

async function story() {
  chapter('Ada watches a vote')
  const [ada, ben, cleo] = [await account('Ada', run), await account('Ben', run), await account('Cleo', run)]
  const coop = await found(ada, [ben, cleo], `live-${run}`, { kinds: { motion } })
  const base = `/coops/${coop.id}`
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  const proposal = await opened(coop, ada, { kind: 'motion', title: 'Buy a second server', body: 'For everybody.' })
  await desk.go(`${base}/proposals/${proposal}`)
  await desk.sees('This page follows along.')
  await look(desk, 'a vote that is followed')
  let asked = 0
  desk.page.on('request', (request) => {
    if (request.url().endsWith(`/proposals/${proposal}`)) asked += 1
  })
  await vote(coop, proposal, ben, [0], [1])
  await desk.sees('1 of 3 members voted')
  check('the turnout comes by itself, and nothing was asked for', asked === 0, asked)

  chapter('The connection breaks, and what she writes stays')
  await desk.page.getByLabel('What do you think?').fill('I am half-way through a thought')
  desk.expect(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource/)
  await desk.context.setOffline(true)
  await desk.sees('The server cannot be reached')
  await desk.press('Say it')
  await desk.page.getByText('Nothing you typed is lost').first().waitFor()
  await look(desk, 'offline')
  await vote(coop, proposal, cleo, [1], [1])
  await desk.context.setOffline(false)
  await desk.sees('2 of 3 members voted')
  check('the page came back by itself, and the words are there', (await desk.page.getByLabel('What do you think?').inputValue()) === 'I am half-way through a thought')
  await desk.press('Say it')
  await desk.page.locator('main').getByText('I am half-way through a thought').first().waitFor()

  await stalled(desk)
  await slow(desk, coop, ada)

  chapter('A server that is too busy signs nobody out')
  const busy = { status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: '/problems/busy', title: 'Busy', status: 503 }) }
  desk.expect(/503/)
  await desk.page.route('**/api/v1/sessions/refresh', (route) => route.fulfill(busy))
  await desk.go(`${base}/public`)
  await desk.page.getByRole('button', { name: 'Try again' }).waitFor()
  check('nobody is asked to sign in, and the page that was asked for is kept', new URL(desk.page.url()).pathname === `${base}/public`, desk.page.url())
  await look(desk, 'a busy server')
  await desk.page.unroute('**/api/v1/sessions/refresh')
  await desk.press('Try again')

  chapter('Two tabs choose what strangers see')
  await desk.page.getByRole('textbox', { name: 'About the co-op' }).waitFor()
  const other = await desk.context.newPage()
  await other.goto(`${BASE}${base}/public`)
  await other.getByLabel('About the co-op').fill('We weave.')
  await other.getByRole('checkbox', { name: 'Everybody may read the public page' }).check()
  await other.getByRole('checkbox', { name: /^Bylaws/ }).check()
  await other.getByRole('button', { name: 'Save', exact: true }).click()
  await other.getByText('Saved. The page shows it at once.').waitFor()
  await other.close()
  desk.expect(/412/)
  await desk.page.getByRole('textbox', { name: 'About the co-op' }).fill('We weave <img src=x onerror=alert(1)> together.')
  await desk.page.getByRole('checkbox', { name: /^Decisions/ }).check()
  await desk.press('Save')
  await desk.sees('Another change was saved in the meantime')
  await look(desk, 'a merge is offered')
  check('what was typed is kept, and what they saved is shown', (await desk.page.getByRole('textbox', { name: 'About the co-op' }).inputValue()).includes('together') && (await desk.has('We weave.')))
  check('what she had left alone follows theirs', (await desk.has('since you had not changed it: Everybody may read the public page')) && (await desk.page.getByRole('checkbox', { name: 'Everybody may read the public page' }).isChecked()))
  await desk.press('Take theirs: What it shows')
  await desk.press('Save')
  await desk.sees('Saved. The page shows it at once.')
  const setting = await api('GET', `/coops/${coop.id}/public-page`, ada.token)
  check('the merged choice is what is saved', setting.version === 2 && setting.is_public && setting.shown.join() === 'bylaws' && setting.about.includes('together'), setting)
  await look(desk, 'public page setting')

  chapter('A stranger reads it, in Chinese, on a phone')
  const phone = await person(browser, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', colorScheme: 'dark' })
  pages.push(phone)
  await phone.go(`/public/live-${run}`)
  await phone.page.getByRole('heading', { level: 1, name: 'Pioneers of Shared Tools' }).waitFor()
  check('words of the co-op are text', await phone.has('<img src=x onerror=alert(1)>'))
  check('what is not chosen is not there', !(await phone.has('自行核查')) && (await phone.has('章程')))
  await look(phone, 'public page')
  await api('PUT', `/coops/${coop.id}/public-page`, ada.token, { is_public: true, about: '', shown: ['keys'] }, { 'If-Match': '"2"' })
  await phone.go(`/public/live-${run}`)
  await phone.page.getByText(/最新检查点涵盖 .*此浏览器已验证其签名/).waitFor()
  check('a stranger sees the newest checkpoint of the log, verified in the browser', (await phone.page.locator('a[href$="/checkpoint"]').count()) === 1)
  await look(phone, 'public record')
  phone.expect(/404/)
  await phone.go(`/public/nobody-${run}`)
  await phone.sees('此处没有公开页面')
  await look(phone, 'no public page')
}

await tell(browser, pages, story)
