// X1 to X5: whatever one member types and another one sees is text and nothing else. A table of fields is filled with hostile words on a
// real server, and another member reads every page; then come foreign sites, exported tables, bad characters and false hosts. It needs
// what story.mjs needs.
import { createServer, request } from 'node:http'
import { api, BASE, chapter, check, launch, mailedLink, settled, tell } from './support.mjs'
import { account, closed, found, inDays, signedIn, until, vote } from './people.mjs'
import { treasury } from './treasury.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const kind = (counting, over = {}) => ({ rule: { counting }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true, ...over })
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Short enough for a name; what it begins with would be a formula in a table. */
const SHORT = '=1+<img src=x onerror=pwned=1>'
const LINE = `${SHORT}<svg/onload=pwned=2>[a](javascript:pwned=3)![b](//evil.example/b.png){{7*7}}\${7*7}"'\`&lt;`
const LONG = `${LINE}\n<script>pwned=4</script><iframe srcdoc="<script>parent.pwned=5</script>"></iframe>\njavascript:pwned=6 data:text/html,<script>pwned=7</script> https://evil.example/`
/** The first letter is Cyrillic: it looks like another member's name, and no member may bear it. */
const HOMOGLYPH = '\u0410da'

const browser = await launch()
const pages = []

/** Counts what the policy of the page had to stop, from the first moment of each page. */
const watch = (who) =>
  who.page.addInitScript(() => {
    globalThis.violations = []
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => globalThis.violations.push(`${violatedDirective} ${blockedURI}`), true)
  })

/** What on a page is more than text: none of it is ours. */
const foreign = (who) =>
  who.page.evaluate((base) => {
    const wrong = 'iframe, object, embed, base, script:not([src]), img:not([src^="/"]), [onerror], [onload], form[action]'
    const found = [...document.querySelectorAll(wrong)].map((element) => element.outerHTML.slice(0, 200))
    const away = [...document.querySelectorAll('a[href]')].map(({ href }) => href).filter((href) => !href.startsWith(base) && !href.startsWith('blob:'))
    return [...found, ...away, ...(globalThis.pwned === undefined ? [] : [`pwned=${globalThis.pwned}`]), ...globalThis.violations]
  }, BASE)

/** Reads a page as it comes to rest: these words stand there as they were typed, and nothing of them does anything. */
async function reads(who, path, words = []) {
  await who.go(path)
  await settled(who)
  await who.page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)))
  await settled(who)
  const text = (await who.page.locator('body').innerText()).replaceAll(/\s+/g, ' ')
  const missing = words.filter((each) => !text.includes(each.replaceAll(/\s+/g, ' ')))
  check(`the words stand on ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')} as they were typed (${words.length})`, missing.length === 0, missing)
  const found = await foreign(who)
  check(`and nothing of them does anything (${who.name})`, found.length === 0, found)
}

/** A request whose refusal is no failure. */
async function tried(method, path, token, body, headers = {}) {
  const answer = await fetch(`${BASE}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
    body,
  })
  return { status: answer.status, text: await answer.text() }
}

/** The cells of a table (RFC 4180). */
const cells = (text) => [...text.matchAll(/(?:^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(([, quoted, plain]) => (quoted ?? plain ?? '').replaceAll('""', '"'))

async function people() {
  const [ada, ben, cleo] = [await account('Ada', run), await account('Ben', run), await account('Cleo', run)]
  const bylaws = { kinds: { motion: kind(simple), election: kind({ method: 'approval', seats: 0, choices_max: 2, tie: 'lot' }), work: kind({ method: 'consent', standing_max: 0 }) } }
  const coop = await found(ada, [ben, cleo], `hostile-${run}`, bylaws)
  const base = `/coops/${coop.id}`
  await api('PUT', `${base}/members/${ada.member}/roles/treasurer`, ada.token, { reason: `role ${LINE}` })
  await api('PUT', `${base}/members/${cleo.member}/roles/steward`, ada.token, { reason: 'She reads everything.' })
  return { ada, ben, cleo, coop, base }
}

async function membership({ ada, ben, base }) {
  const dora = await account('Dora', run)
  const emil = await account(HOMOGLYPH.replace('\u0410', 'Emil-'), run)
  await api('POST', `${base}/applications`, dora.token, { display_name: `apply ${SHORT}`, statement: `statement ${LONG}` })
  const mixedUp = await tried('POST', `${base}/applications`, emil.token, JSON.stringify({ display_name: HOMOGLYPH, statement: 'I am Ada.' }))
  check('nobody joins under a name that looks like another', mixedUp.status === 409 && mixedUp.text.includes('/problems/name-alike'), mixedUp)
  const { id } = await api('POST', `${base}/applications`, emil.token, { display_name: 'Emil', statement: 'I am Ada.' })
  await api('POST', `${base}/applications/${id}/decision`, ada.token, { decision: 'admitted', class: 'observer' })
  const member = await api('GET', `${base}/members/${ben.member}`, ben.token)
  await api('PATCH', `${base}/members/${ben.member}`, ben.token, { display_name: SHORT }, { 'If-Match': `"${member.version}"` })
  await api('PUT', `${base}/public-page`, ada.token, { is_public: true, about: `about ${LONG}`, shown: ['members', 'bylaws', 'decisions'] }, { 'If-Match': '"0"' })
}

/** Each kind of words about a decision. What a field shows elsewhere too is looked for where members read it. */
async function decisions({ ada, ben, cleo, coop, base }) {
  const all = `${base}/proposals`
  const draft = { kind: 'motion', title: `title ${LINE}`.slice(0, 200), body: `body ${LONG}` }
  const action = { act: { action: 'grant_role', version: 1, member: cleo.member, role: 'auditor', reason: `action ${LINE}` } }
  const talked = await api('POST', all, ben.token, { ...draft, actions: [action] })
  await api('POST', `${all}/${talked.id}/discussion`, ben.token)
  await api('POST', `${all}/${talked.id}/comments`, ben.token, { body: `comment ${LONG}` })
  const gone = await api('POST', `${all}/${talked.id}/comments`, ben.token, { body: 'This goes.' })
  await api('POST', `${all}/${talked.id}/comments/${gone.id}/removal`, ada.token, { reason: `removal ${LONG}` })
  const election = await openedBy(coop, ben, ada, { kind: 'election', title: '=2+election', body: '', options: [`first ${SHORT}`, HOMOGLYPH, 'Ada'], seats: 1 })
  const work = await openedBy(coop, ben, ada, { kind: 'work', title: `work ${SHORT}`, body: 'Four days.' })
  await vote(coop, work, ben, [2], [1], `objection ${LONG}`)
  await vote(coop, work, cleo, [0], [1])
  await vote(coop, work, ada, [0], [1], `reason ${LONG}`)
  await closed(coop, work, ada)
  await until(coop, work, ada, ['passed', 'rejected', 'executed'])
  const withdrawn = await api('POST', all, ben.token, { kind: 'motion', title: 'To be withdrawn', body: '' })
  await api('POST', `${all}/${withdrawn.id}/withdrawal`, ben.token, { reason: `withdrawal ${LONG}` })
  return { talked: talked.id, election, work, withdrawn: withdrawn.id }
}
async function openedBy(coop, author, steward, body) {
  const all = `/coops/${coop.id}/proposals`
  const { id } = await api('POST', all, author.token, body)
  await api('POST', `${all}/${id}/discussion`, author.token)
  await api('POST', `${all}/${id}/opening`, steward.token, { closes_at: inDays(1) })
  return id
}

async function money({ ada, ben, cleo, base }) {
  await api('POST', `${base}/ledger/accounts`, ada.token, { currency: 'EUR' })
  const entries = [{ account: 'assets:bank:main', currency: 'EUR', amount: '10.00' }, { account: 'equity:opening', currency: 'EUR', amount: '-10.00' }]
  const posted = await api('POST', `${base}/journal`, ada.token, { description: `posting ${LINE}`, effective_on: day(-1), entries })
  await api('POST', `${base}/journal/${posted.id}/reversal`, ada.token, { reason: `reversal ${LINE}`, effective_on: day(-1) })
  const words = (what, most = 2_000) => `${what} ${LINE}`.slice(0, most)
  const paid = await treasury({ id: base.split('/').pop() }, { treasurer: ada, other: cleo, paid: ben, voters: [ada, ben, cleo] }, words)
  const brought = await api('POST', `${base}/contributions`, ada.token, { metric: 'hours', starts_on: day(-30), ends_on: day(-1), challenge_days: 7, source: `source ${LINE}`.slice(0, 200), table: `member,count\n${ben.member},3\n` })
  await api('POST', `${base}/contributions/${brought.id}/disputes`, ben.token, { reason: `dispute ${LONG}`, claimed: 4 })
  await api('POST', `${base}/contributions/${brought.id}/disputes/${ben.member}/ruling`, cleo.token, { is_upheld: false, reason: `ruling ${LONG}` })
  return { contribution: brought.id, words, ...paid }
}

/** X1: another member reads every page, as steward at a desk, and with ROCHDALE_FULL=1 in Chinese on a phone too. */
async function everyPage(world, shown, { contribution, words, cycle, undone }) {
  const { base, ben, ada, cleo } = world
  const desk = await signedIn(browser, cleo, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  if (process.env.ROCHDALE_FULL === '1') pages.push(await signedIn(browser, cleo, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', colorScheme: 'dark' }))
  for (const who of pages) {
    // Who did not say where to be paid is answered so, and the browser complains of that.
    who.expect(/404.*\/payee$/)
    await watch(who)
    await reads(who, '/')
    await reads(who, base, [`title ${LINE}`.slice(0, 200), `work ${SHORT}`, '=2+election'])
    await reads(who, `${base}/members`, [SHORT, `apply ${SHORT}`, `statement ${LONG}`])
    await reads(who, `${base}/members/${ben.member}`, [SHORT])
    await reads(who, `${base}/members/${ada.member}`, [`role ${LINE}`])
    await reads(who, `${base}/proposals/${shown.talked}`, [`title ${LINE}`.slice(0, 200), `body ${LONG}`, `action ${LINE}`, `comment ${LONG}`, `removal ${LONG}`, SHORT])
    await reads(who, `${base}/proposals/${shown.talked}/edit`)
    await reads(who, `${base}/proposals/${shown.election}`, [`first ${SHORT}`, HOMOGLYPH])
    await reads(who, `${base}/proposals/${shown.work}`, [`objection ${LONG}`])
    await reads(who, `${base}/proposals/${shown.withdrawn}`, [`withdrawal ${LONG}`])
    await reads(who, `${base}/proposals/new`)
    await reads(who, `${base}/public`)
    await reads(who, `/public/hostile-${run}`, [`about ${LONG}`])
    await reads(who, `${base}/books/journal`, [`posting ${LINE}`, `reversal ${LINE}`])
    await reads(who, `${base}/revenue/contributions`)
    await reads(who, `${base}/revenue/contributions/${contribution}`, [`source ${LINE}`.slice(0, 200), `dispute ${LONG}`, `ruling ${LONG}`, SHORT])
    await reads(who, `${base}/revenue/payees`, [words('how', 70), SHORT])
    await reads(who, `${base}/revenue/payouts/${undone}`, [words('undone')])
    await reads(who, `${base}/revenue/payouts/${undone}/payments`, [words('undone')])
    await reads(who, `${base}/revenue/payouts/${cycle}`)
    await reads(who, `${base}/revenue/payouts/${cycle}/statement`)
    await reads(who, `${base}/revenue/payouts/${cycle}/payments`, [words('evidence', 140), SHORT])
    await reads(who, `${base}/money/bills`, [words('supplier', 200), words('open', 80), words('gone', 80), words('line', 200), words('cancelled')])
    await reads(who, `${base}/money/documents`, [words('recipient', 200)])
    for (const page of ['money', 'money/shares', 'money/years', 'money/taxes', 'revenue/payee', 'revenue/reconciliation', 'bylaws', 'record', 'keys', 'notices', 'delegations', 'halts', 'tools', 'tools/models', 'tools/policy', 'books', 'books/account', 'books/post', 'books/income', 'revenue', 'revenue/payouts']) {
      await reads(who, `${base}/${page}`)
    }
  }
  return desk
}

/** The policy is on, and would have stopped it: what the reading counts is not zero because nothing is counted. */
async function wouldStop() {
  const who = await browser.newPage()
  await who.goto(`${BASE}/sign-in`)
  const stopped = await who.evaluate(async () => {
    const seen = []
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => seen.push(violatedDirective), true)
    const refused = []
    const attempts = {
      markup: () => (document.body.innerHTML = '<b>x</b>'),
      policy: () => trustedTypes.createPolicy('another', { createHTML: (text) => text }),
    }
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        attempt()
      } catch {
        refused.push(name)
      }
    }
    const inline = document.createElement('a')
    inline.setAttribute('href', 'javascript:globalThis.pwned=1')
    document.body.append(inline)
    inline.click()
    const image = document.createElement('img')
    image.src = 'https://evil.example/x.png'
    document.body.append(image)
    await fetch('https://evil.example/').catch(() => refused.push('fetch'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    return { refused, seen: [...new Set(seen)].toSorted(), pwned: globalThis.pwned }
  })
  check('the policy of each page refuses markup, links that are scripts, other policies, foreign pictures and requests', stopped.refused.join() === 'markup,policy,fetch' && stopped.pwned === undefined, stopped)
  check('and says so, so that the violations counted above would have been counted', ['connect-src', 'img-src', 'require-trusted-types-for', 'trusted-types'].every((each) => stopped.seen.includes(each)) && stopped.seen.some((each) => each.startsWith('script-src')), stopped)
  await who.close()
}

/** Each answer has a nonce of its own, and script that does not bear it does not run, however it came into the page. */
async function nonces() {
  const policyOf = async (path) => (await fetch(`${BASE}${path}`)).headers.get('content-security-policy') ?? ''
  const nonceOf = (policy) => /script-src 'nonce-([0-9a-f]{32})' 'strict-dynamic';/.exec(policy)?.[1]
  const policies = [await policyOf('/sign-in'), await policyOf('/sign-in'), await policyOf('/'), await policyOf('/index.html')]
  check('two answers never have one nonce', new Set(policies.map(nonceOf)).size === 4 && policies.every((policy) => nonceOf(policy) !== undefined), policies)
  check('no page may run WebAssembly, evaluate text, or take script by its address alone', policies.every((policy) => !/unsafe|script-src[^;]*'self'/.test(policy) && policy.includes("require-trusted-types-for 'script'")), policies)
  const page = await (await fetch(`${BASE}/sign-in`)).text()
  const again = await fetch(`${BASE}/sign-in`, { headers: { 'If-None-Match': '*' } })
  check('a page is kept nowhere, so that no nonce comes back', again.status === 200 && again.headers.get('cache-control') === 'no-store' && again.headers.get('etag') === null && page.includes(`nonce="`), again.status)
  const asset = /src="(\/assets\/[^"]+)"/.exec(page)?.[1]
  const who = await browser.newPage()
  const complaints = []
  who.on('console', (message) => complaints.push(message.text()))
  await who.route('**/sign-in', async (route) => {
    const answer = await route.fetch()
    const foreign = ['<script>globalThis.pwned=1</script>', `<script nonce="${nonceOf(policies[0])}">globalThis.pwned=2</script>`, '<script type="module">globalThis.pwned=3</script>', '<body onload="globalThis.pwned=4">', `<script src="${asset}?again" type="module" onload="globalThis.pwned=5"></script>`]
    await route.fulfill({ response: answer, body: (await answer.text()).replace('<div id="app">', `${foreign.join('')}<div id="app">`) })
  })
  await who.goto(`${BASE}/sign-in`)
  await who.getByRole('heading', { level: 1 }).waitFor()
  const refused = complaints.filter((text) => text.includes('Content Security Policy')).length
  check('script that was written into a page does not run, with no nonce or with one of another answer, and the page itself does', (await who.evaluate(() => globalThis.pwned)) === undefined && refused >= 4, { pwned: await who.evaluate(() => globalThis.pwned), complaints })
  await who.close()
}

/** X2: a page of another site can neither frame ours nor act as the person who is signed in. */
async function anotherSite(desk) {
  const server = createServer(({ url }, answer) => answer.setHeader('Content-Type', 'text/html').end(url === '/own' ? 'May be framed' : `<iframe src="${BASE}/sign-in"></iframe><iframe src="/own"></iframe>
    <form method="post" enctype="text/plain" action="${BASE}/api/v1/sessions/refresh"><input name='{"a":"' value='"}'></form>`))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const evil = await desk.context.newPage()
  const refused = evil.waitForEvent('console', (message) => message.text().includes('frame-ancestors')).then(() => true, () => false)
  await evil.goto(`http://127.0.0.1:${server.address().port}/`)
  const isRefused = await refused
  const [ours, own] = evil.frames().slice(1).map((each) => each.url())
  check('no page of ours can be framed, and one that may be is', isRefused && ours === 'chrome-error://chromewebdata/' && own?.endsWith('/own') && (await evil.frames()[2].content()).includes('May be framed'), { isRefused, ours, own })
  const [answer] = await Promise.all([evil.waitForResponse((each) => each.url().includes('/sessions/refresh')), evil.locator('form').evaluate((form) => form.submit())])
  check('a form of another site prolongs no session', answer.status() === 403 && answer.headers()['set-cookie'] === undefined, answer.status())
  await evil.close()
  server.close()
  for (const path of ['/sessions', '/sign-ups', '/password-resets']) {
    const { status } = await tried('POST', path, null, '{"email":"a@example.org","password":"x"}', { 'Content-Type': 'text/plain' })
    check(`${path} takes no body that a form could send`, status === 415 || status === 422 || status === 400, status)
  }
}

/** X3: no cell of an exported table is a formula. */
async function tables({ ada, base }, shown) {
  for (const path of ['exports/members.csv', 'exports/proposals.csv', `proposals/${shown.election}/exports/roll.csv`, `proposals/${shown.work}/exports/ballots.csv`, `proposals/${shown.work}/exports/tally.csv`]) {
    const { status, text } = await tried('GET', `${base}/${path}`, ada.token)
    const formulas = cells(text).filter((cell) => /^[=+@\t\r]/.test(cell) || (/^-/.test(cell) && !/^-\d+(\.\d+)?$/.test(cell)))
    check(`no cell of ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')} is a formula`, status === 200 && formulas.length === 0 && text.length > 20, { status, formulas })
  }
  const { text } = await tried('GET', `${base}/exports/members.csv`, ada.token)
  check('what looked like one is there, as text', cells(text).includes(`'${SHORT}`), text.slice(0, 300))
}

/** X4: characters that hide or break are refused with a sentence, in each kind of field, and never break the server. */
async function characters({ ben, base }) {
  const fritz = await account('Fritz', run)
  const raw = (text) => `"${text}"`
  const bad = [
    ['a zero byte', raw('a\\u0000b')],
    ['a lone surrogate', raw('a\\ud800b')],
    ['an override of the direction', raw('a\\u202eb')],
    ['an isolate', raw('a\\u2066b')],
    ['an escape of a terminal', raw('a\\u001b[31mb')],
    ['a megabyte of faces', raw('\u{1F600}'.repeat(250_000))],
    ['nothing but blanks', raw('   ')],
    ['a number', '7'],
    ['a list', '["a"]'],
  ]
  const member = await api('GET', `${base}/members/${ben.member}`, ben.token)
  const fields = [
    ['PATCH', '/account', (text) => `{"display_name":${text}}`, ben],
    ['PATCH', `${base}/members/${ben.member}`, (text) => `{"display_name":${text}}`, ben],
    ['POST', `${base}/proposals`, (text) => `{"kind":"motion","body":"","title":${text}}`, ben],
    ['POST', `${base}/applications`, (text) => `{"display_name":"Fritz","statement":${text}}`, fritz],
    ['POST', `${base}/access/keys`, (text) => `{"expires_in_days":1,"name":${text}}`, ben],
  ]
  for (const [method, path, body, who] of fields) {
    const answers = []
    for (const [what, text] of bad) answers.push([what, await tried(method, path, who.token, body(text), { 'If-Match': `"${member.version}"` })])
    // What could not be read, was too long, or says something that may not be said; that somebody may not act here at all is another refusal.
    const wrong = answers.filter(([, { status }]) => ![400, 413, 422].includes(status)).map(([what, { status }]) => `${what}: ${status}`)
    check(`${method} ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')} refuses each bad character`, wrong.length === 0, wrong)
  }
  // The first two say how somebody is called.
  for (const [method, path, body] of fields.slice(0, 2)) {
    const { status } = await tried(method, path, ben.token, body(raw('Be\\u200bn')), { 'If-Match': `"${member.version}"` })
    check(`${method} ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')} refuses a name with a sign that nobody sees`, status === 422, status)
  }
  const again = await tried('PATCH', `${base}/members/${ben.member}`, ben.token, JSON.stringify({ display_name: HOMOGLYPH }), { 'If-Match': `"${member.version}"` })
  check('nobody takes a name that looks like another', again.status === 409 && again.text.includes('/problems/name-alike'), again)
  const lines = await tried('PATCH', '/account', ben.token, '{"display_name":"a\\r\\nSet-Cookie: b"}')
  check('a name has one line', lines.status === 422, lines)
  const slug = await tried('POST', '/coops', ben.token, JSON.stringify({ slug: `hostil\u0435-${run}`, name: 'Ours', display_name: 'Ben' }))
  check('a short name knows no letter that only looks like one', slug.status === 422, slug)
  const good = []
  for (const [method, path, body, who] of fields) good.push((await tried(method, path, who.token, body(raw(`Good ${run}`)), { 'If-Match': `"${member.version}"` })).status)
  check('and each of those fields takes a good word', good.every((status) => status >= 200 && status < 300), good)
}

/** X5: links in mails and ways back lead here, whatever a request says of the host. */
async function links({ ben }, desk) {
  const { hostname, port } = new URL(BASE)
  const headers = { 'Content-Type': 'application/json', Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' }
  const status = await new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path: '/api/v1/password-resets', method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode))
    })
    asking.on('error', reject)
    asking.end(JSON.stringify({ email: ben.email }))
  })
  const link = status === 202 ? await mailedLink(ben.email, 'new password') : null
  check('a mailed link leads here, whatever host was asked', link?.origin === new URL(BASE).origin, { status, link })
  for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:pwned=8', '/%09/evil.example']) {
    await desk.go(`/sign-in?next=${encodeURIComponent(next)}`)
    await desk.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    check(`signing in leads back here and not to ${next}`, new URL(desk.page.url()).origin === new URL(BASE).origin && (await foreign(desk)).length === 0, desk.page.url())
  }
}

async function story() {
  chapter('Hostile words in every field')
  const world = await people()
  await membership(world)
  const shown = await decisions(world)
  const moved = await money(world)
  chapter('Another member reads every page (X1)')
  await wouldStop()
  const desk = await everyPage(world, shown, moved)
  chapter('Another site (X2)')
  await anotherSite(desk)
  chapter('Tables (X3)')
  await tables(world, shown)
  chapter('Characters that hide or break (X4)')
  await characters(world)
  chapter('Links (X5)')
  await links(world, desk)
  await nonces()
}

await tell(browser, pages, story)
