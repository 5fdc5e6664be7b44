// Access (WCAG 2.2): axe on every address of the portal, in turn in English at a desk and in Chinese on a phone, in light and in the dark; and a
// sample of them by keyboard alone, at 200 % and 400 %, and without motion. With ROCHDALE_FULL=1 all of it everywhere. The addresses are
// read from the portal's own table, so a page that somebody adds cannot be forgotten here. With ROCHDALE_SHOTS it leaves a picture of each, of
// which docs/portal-pages.md is made. It needs what story.mjs needs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { api, BASE, chapter, check, DESK, launch, look, mailedLink, person, PHONE, settled, tell } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'
import { treasury } from './treasury.mjs'

const require = createRequire(new URL('../../portal/package.json', import.meta.url))
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const kinds = { motion: { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true } }
const SHOTS = process.env.ROCHDALE_SHOTS
const IS_FULL = process.env.ROCHDALE_FULL === '1'
/** Of how many addresses one is gone through by keyboard. */
const SAMPLE = IS_FULL ? 1 : 4
/** How many parts a co-op has for its steward. */
const PARTS = 12
/** The most steps of the keyboard through one page. */
const STEPS_MAX = 1000
/** What is written about money. */
const WORDS = {
  undone: 'The hours of August are missing.',
  how: 'in cash',
  evidence: 'Receipt 7',
  carried: 'She did not say where.',
  line: 'Yarn',
  supplier: 'The Mill',
  open: 'M-114',
  gone: 'M-113',
  cancelled: 'It came twice.',
  recipient: 'The library of the town',
  sold: 'A course for beginners',
}
const browser = await launch()
const pages = []

/** What stands in the addresses. */
async function world() {
  const [ada, ben] = [await account('Ada', run), await account('Ben', run)]
  const coop = await found(ada, [ben], `everyone-${run}`, { kinds })
  const base = `/coops/${coop.id}`
  await api('PUT', `${base}/members/${ada.member}/roles/treasurer`, ada.token, { reason: 'She keeps the books.' })
  await api('PUT', `${base}/public-page`, ada.token, { is_public: true, about: 'We weave.', shown: ['members', 'bylaws', 'decisions'] }, { 'If-Match': '"0"' })
  await api('POST', `${base}/ledger/accounts`, ada.token, { currency: 'EUR' })
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  await api('PUT', `${base}/members/${ben.member}/roles/auditor`, ada.token, { reason: 'He looks at the books.' })
  const { cycle } = await treasury(coop, { treasurer: ada, other: ben, paid: ben, voters: [ada, ben] }, (what) => WORDS[what])
  const brought = await api('POST', `${base}/contributions`, ada.token, { metric: 'hours', starts_on: day(-30), ends_on: day(-1), challenge_days: 7, source: 'The time sheets', table: `member,count\n${ben.member},3\n` })
  await tools(coop, ada, ben)
  await api('POST', `${base}/invitations`, ada.token, { email: `cleo-${run}@example.org`, class: 'worker' })
  const invitation = await mailedLink(`cleo-${run}@example.org`, 'Invitation')
  const decided = await opened(coop, ada, { kind: 'motion', title: 'Buy a loom', body: 'For everybody.' })
  for (const who of [ada, ben]) await vote(coop, decided, who, [0], [1])
  await closed(coop, decided, ada)
  await until(coop, decided, ada, ['passed'])
  const open = await opened(coop, ada, { kind: 'motion', title: 'Buy a second loom', body: 'For everybody else.' })
  const draft = await api('POST', `${base}/proposals`, ada.token, { kind: 'motion', title: 'A draft', body: '' })
  const values = { ':coop': coop.id, ':member': ben.member, ':slug': `everyone-${run}`, ':token': 'rdu_none', ':contribution': brought.id, ':cycle': cycle }
  const filled = (path, proposal) => path.replaceAll(/:\w+/g, (name) => (name === ':proposal' ? proposal : values[name]) ?? `MISSING${name}`)
  const table = readFileSync(new URL('../../portal/src/routes.ts', import.meta.url), 'utf8')
  const routes = [...table.matchAll(/path: '([^']+)'.*session: (true|false)/g)].flatMap(([, path, session]) => {
    const proposals = path.endsWith('/edit') ? [draft.id] : path.includes(':proposal') ? [decided, open] : [null]
    return proposals.map((proposal, place) => ({ path: filled(path, proposal) + (path === invitation.pathname ? invitation.search : ''), name: nameOf(path, place), isOpen: session === 'false' }))
  })
  return { ada, base, routes: [...routes, { path: '/nowhere/at/all', name: 'nowhere', isOpen: true }] }
}

/** Tools, a model and a policy of the members; nobody serves the model. */
async function tools(coop, ada, ben) {
  const tool = { kind: 'llama_cpp', base_url: 'https://models.example.org/v1', external: false, data_location: 'our own server', slots: 2, first_byte_seconds: 30, idle_seconds: 30 }
  const model = { tool: 'ours', upstream_name: 'm', licence: 'Apache-2.0', context_tokens: 10_000, output_tokens: 2_000, price: { input: 3, output: 15, call: 0 }, overhead: { call: 0, message: 0 }, endpoints: ['chat_completions'] }
  const policy = { allowances: [{ for: { group: 'everyone' }, share: 'each', period: 'month', units: 2_500_000 }], partial_charge: 'counted', expired_charge: 'input_only' }
  const acts = [
    { action: 'set_tool', version: 1, tool: 'ours', terms: tool },
    { action: 'set_model', version: 1, model: 'small', terms: model },
    { action: 'set_access_policy', version: 1, replaces: 0, policy },
  ]
  const id = await opened(coop, ada, { kind: 'motion', title: 'A small model of our own', body: '', actions: acts.map((act) => ({ act })) })
  for (const who of [ada, ben]) await vote(coop, id, who, [0], [1])
  await closed(coop, id, ada)
  await until(coop, id, ada, ['executed'])
}

/** What the picture of an address is called; the second of two pages of one address has a name of its own. */
const nameOf = (path, place) => (path.replaceAll(/\/coops\/:coop|\/:\w+/g, (part) => (part.startsWith('/coops') ? '/coop' : '/one')).replaceAll('/', '-').slice(1) || 'home') + (place > 0 ? '-open' : '')

/** What can be reached by Tab, and is seen. A group of radio buttons is one stop. */
const stops = () => {
  const seen = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((element) => !element.disabled && element.tabIndex >= 0 && seen(element) && !element.closest('[inert]'))
  const groups = new Set()
  return all.filter((element) => {
    if (element.type !== 'radio') return true
    const group = `${element.form ? [...document.forms].indexOf(element.form) : ''}/${element.name}`
    if (groups.has(group)) return false
    groups.add(group)
    return true
  }).length
}

/** Where the keyboard is now: marked, so that a second visit is known, and whether a person sees it. */
const visit = () => {
  const element = document.activeElement
  if (element === null || element === document.body) return { end: true }
  // A field for a date has several stops of its own.
  if (element === globalThis.lastStop) return { end: false, inner: true }
  globalThis.lastStop = element
  const again = element.dataset.visited === '1'
  element.dataset.visited = '1'
  // The line around it alone: a shadow may be there whether the keyboard is or not.
  const isMarked = (each) => getComputedStyle(each).outlineStyle !== 'none' && parseFloat(getComputedStyle(each).outlineWidth) > 0
  const label = element.closest('label')
  const marked = [element, ...(label === null ? [] : [label, ...label.querySelectorAll('*')])].some(isMarked)
  const { top, bottom, left, right } = element.getBoundingClientRect()
  const inside = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth
  const told = `${element.tagName.toLowerCase()} ${(element.getAttribute('aria-label') ?? element.innerText ?? element.name ?? '').slice(0, 40)}`
  return { end: false, again, told, marked, inside: inside || element.classList.contains('visually-hidden') || element.classList.contains('skip') }
}

async function byKeyboard(who, path) {
  // The keyboard begins at the top, wherever the page had put it.
  await who.page.evaluate(() => {
    globalThis.lastStop = null
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  const wanted = await who.page.evaluate(stops)
  const [dark, away] = [[], []]
  let count = 0
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await who.page.keyboard.press('Tab')
    const at = await who.page.evaluate(visit)
    if (at.end || at.again) break
    if (at.inner) continue
    count += 1
    if (!at.marked) dark.push(at.told)
    if (!at.inside) away.push(at.told)
  }
  check(`${path}: the keyboard reaches all of it (${count} stops)`, count >= wanted, { count, wanted })
  check(`${path}: where the keyboard is can be seen`, dark.length === 0 && away.length === 0, { dark, away })
}

/** In so many pixels of width nothing needs scrolling sideways: 640 is a desk at 200 %, 320 one at 400 %. */
async function zoomed(who, path) {
  const wide = []
  const own = who.page.viewportSize()
  for (const width of [640, 320]) {
    await who.page.setViewportSize({ width, height: 450 })
    await who.page.waitForTimeout(50)
    const over = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (over > 0) wide.push(`${width}: ${over} too wide`)
  }
  await who.page.setViewportSize(own)
  check(`${path}: nothing scrolls sideways at 200 % and 400 %`, wide.length === 0, wide)
}

async function inTheDark(who, path) {
  const found = []
  for (const colorScheme of ['dark', 'light']) {
    await who.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await who.page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
    found.push(...violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`))
  }
  check(`${path}: axe finds nothing wrong in the dark and in the light`, found.length === 0, found)
  const moves = await who.page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((element) => {
      const style = getComputedStyle(element)
      const longest = Math.max(...`${style.transitionDuration},${style.animationDuration}`.split(',').map((each) => parseFloat(each) || 0))
      return longest > 0.01 ? [`${element.tagName} ${element.className} ${longest} s`] : []
    }),
  )
  const smooth = await who.page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior)
  check(`${path}: nothing moves for who wants no motion`, moves.length === 0 && smooth !== 'smooth', moves)
}

/** The line of parts fits at a desk and on a phone, in each language; what it gathers is reached by keyboard. */
async function parts(who, base) {
  const seen = () =>
    who.page.evaluate(() => {
      const nav = document.querySelector('.top nav')
      const standing = [...nav.querySelectorAll('a, button')].filter((each) => each.checkVisibility({ checkVisibilityCSS: true }))
      const boxes = standing.map((each) => each.getBoundingClientRect())
      return {
        count: standing.filter((each) => each.tagName === 'A').length,
        lines: new Set(boxes.map(({ top }) => Math.round(top))).size,
        over: Math.max(...boxes.map(({ right }) => right)) - innerWidth,
        apart: boxes.slice(1).every(({ left }, place) => left >= boxes[place].right - 1),
        open: nav.querySelector('[aria-current]')?.checkVisibility({ checkVisibilityCSS: true }) ?? false,
      }
    })
  const at = () => who.page.evaluate(() => ({ told: document.activeElement?.textContent, inside: document.activeElement?.closest('.top nav ul') != null }))
  for (const tag of ['en', 'zh-Hans']) {
    await who.page.setViewportSize({ width: 1280, height: 900 })
    await who.page.goto(BASE + base)
    await settled(who)
    await who.page.locator('footer select').first().selectOption(tag)
    for (const width of [1280, 390]) {
      await who.page.setViewportSize({ width, height: 844 })
      for (const path of ['', '/members', '/money', '/notices', '/halts']) {
        await who.page.goto(BASE + base + path)
        await settled(who)
        const line = await seen()
        check(`the parts stand in one line, the open one among them: ${path || 'proposals'} (${tag}, ${width})`, line.lines === 1 && line.over <= 0 && line.apart && line.open, line)
      }
      const { count: standing } = await seen()
      const button = who.page.locator('.top nav button')
      if (!(await button.isVisible())) {
        check(`all parts stand in the line, and nothing is gathered (${tag}, ${width})`, standing === PARTS, standing)
        continue
      }
      await button.focus()
      await who.page.keyboard.press('Enter')
      const gathered = []
      for (let step = 0; step < 20; step += 1) {
        await who.page.keyboard.press('Tab')
        const here = await at()
        if (!here.inside) break
        gathered.push(here.told)
      }
      check(`the keyboard reaches the other parts (${tag}, ${width})`, gathered.length > 0 && standing + gathered.length === PARTS && !(await who.page.locator('.top nav ul').isVisible()), { standing, gathered })
      await button.focus()
      await who.page.keyboard.press('Enter')
      await who.page.keyboard.press('Tab')
      await who.page.keyboard.press('Escape')
      check(`Escape folds them again, and the keyboard is where it was (${tag}, ${width})`, !(await who.page.locator('.top nav ul').isVisible()) && (await button.evaluate((each) => each === document.activeElement)))
    }
  }
  await who.page.locator('footer select').first().selectOption('en')
  await who.page.setViewportSize({ width: 1280, height: 900 })
}

/** Those who look: at a desk in English and on a phone in Chinese, each of them signed in and not. */
async function lookers(ada) {
  const ways = [['desk', DESK], ['phone', PHONE]]
  const all = await Promise.all(ways.map(async ([name, options]) => ({ inside: await signedIn(browser, ada, name, options), outside: await person(browser, `${name}, signed out`, options) })))
  for (const each of all.flatMap(({ inside, outside }) => [inside, outside])) {
    each.expect(/40[0134]|410/)
    pages.push(each)
  }
  return all
}

async function story() {
  const { ada, base, routes } = await world()
  const [desk, phone] = await lookers(ada)
  const missing = routes.filter(({ path }) => path.includes('MISSING'))
  check('the table of the portal is read, and each part of an address is known', routes.length > 40 && missing.length === 0, missing)
  await parts(desk.inside, base)
  chapter(`${routes.length} addresses`)
  for (const [place, { path, name, isOpen }] of routes.entries()) {
    const ways = IS_FULL ? [[desk, 'light'], [phone, 'dark']] : [[], [[phone, 'dark']], [[desk, 'dark']], [[phone, 'light']]][place % 4]
    for (const [way, colorScheme] of ways) {
      const who = await at(way, path, isOpen, colorScheme)
      await look(who, `${name}, ${colorScheme}`)
    }
    if (SHOTS) {
      await picture(await at(desk, path, isOpen, 'light'), name)
      await picture(await at(phone, path, isOpen, 'dark'), `${name}-zh`)
    }
    if (place % SAMPLE !== 0) continue
    for (const way of IS_FULL ? [desk, phone] : [desk]) {
      const who = await at(way, path, isOpen, 'light')
      await who.page.evaluate(AXE)
      await inTheDark(who, `${name} (${who.name})`)
      await zoomed(who, `${name} (${who.name})`)
      if (way === desk) await byKeyboard(who, name)
    }
  }
}

/** Goes to an address in one of the ways, signed in where the page is for members. */
async function at(way, path, isOpen, colorScheme) {
  const who = isOpen ? way.outside : way.inside
  await who.page.emulateMedia({ colorScheme, reducedMotion: null })
  await who.page.goto(BASE + path)
  await settled(who)
  return who
}

/** A small picture for the docs: the top of the page, smaller than it is, packed as WebP. */
async function picture(who, name) {
  const { width } = who.page.viewportSize()
  const [height, scale] = width > 500 ? [1100, 0.6] : [1200, 0.72]
  const whole = await who.page.evaluate(() => document.documentElement.scrollHeight)
  const taking = await who.context.newCDPSession(who.page)
  const clip = { x: 0, y: 0, width, height: Math.min(height, whole), scale }
  const { data } = await taking.send('Page.captureScreenshot', { format: 'webp', quality: 60, captureBeyondViewport: true, clip })
  await taking.detach()
  mkdirSync(join(SHOTS, 'pages'), { recursive: true })
  writeFileSync(join(SHOTS, 'pages', `${name}.webp`), Buffer.from(data, 'base64'))
}

await tell(browser, pages, story)
