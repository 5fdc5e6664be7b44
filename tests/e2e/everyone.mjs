// Access (WCAG 2.2): every address of the portal by keyboard alone, at 200 % and 400 %, in the dark, and without motion. The addresses are
// read from the portal's own table, so a page that somebody adds cannot be forgotten here. A sample of them by default, all of them with
// ROCHDALE_FULL=1. It needs what story.mjs needs.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { api, BASE, chapter, check, close, launch, settled } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'
import { treasury } from './treasury.mjs'

const require = createRequire(new URL('../../portal/package.json', import.meta.url))
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const kinds = { motion: { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true } }
/** Of how many addresses one is looked at by default. */
const SAMPLE = process.env.ROCHDALE_FULL === '1' ? 1 : 4
/** How many parts a co-op has for its steward. */
const PARTS = 12
/** The most steps of the keyboard through one page. */
const STEPS_MAX = 1000
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
  const { cycle } = await treasury(coop, { treasurer: ada, other: ben, paid: ben, voters: [ada, ben] }, (what) => what)
  const brought = await api('POST', `${base}/contributions`, ada.token, { metric: 'hours', starts_on: day(-30), ends_on: day(-1), challenge_days: 7, source: 'The time sheets', table: `member,count\n${ben.member},3\n` })
  const decided = await opened(coop, ada, { kind: 'motion', title: 'Buy a loom', body: 'For everybody.' })
  for (const who of [ada, ben]) await vote(coop, decided, who, [0], [1])
  await closed(coop, decided, ada)
  await until(coop, decided, ada, ['passed'])
  const open = await opened(coop, ada, { kind: 'motion', title: 'Buy a second loom', body: 'For everybody else.' })
  const draft = await api('POST', `${base}/proposals`, ada.token, { kind: 'motion', title: 'A draft', body: '' })
  const values = { ':coop': coop.id, ':member': ben.member, ':slug': `everyone-${run}`, ':token': 'rdu_none', ':contribution': brought.id, ':cycle': cycle }
  const table = readFileSync(new URL('../../portal/src/routes.ts', import.meta.url), 'utf8')
  const routes = [...table.matchAll(/path: '([^']+)'.*session: (true|false)/g)].flatMap(([, path]) => {
    const proposals = path.endsWith('/edit') ? [draft.id] : path.includes(':proposal') ? [decided, open] : [null]
    return proposals.map((proposal) => path.replaceAll(/:\w+/g, (name) => (name === ':proposal' ? proposal : values[name]) ?? `MISSING${name}`))
  })
  return { ada, base, routes: [...routes, '/nowhere/at/all'] }
}

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
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
  const shownBy = (style) => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  const marked = shownBy({ outlineStyle, outlineWidth, boxShadow }) || [...(element.closest('label, .drop')?.querySelectorAll('*') ?? [])].some((each) => shownBy(getComputedStyle(each))) || (element.closest('label') !== null && shownBy(getComputedStyle(element.closest('label'))))
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
  for (const width of [640, 320]) {
    await who.page.setViewportSize({ width, height: 450 })
    await who.page.waitForTimeout(50)
    const over = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (over > 0) wide.push(`${width}: ${over} too wide`)
  }
  await who.page.setViewportSize({ width: 1280, height: 900 })
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

async function story() {
  const { ada, base, routes } = await world()
  const chosen = routes.filter((_, place) => place % SAMPLE === 0)
  chapter(`${chosen.length} of ${routes.length} addresses`)
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  desk.expect(/40[04]|410/)
  check('the table of the portal is read, and each part of an address is known', routes.length > 40 && !routes.some((each) => each.includes('MISSING')), routes.filter((each) => each.includes('MISSING')))
  await parts(desk, base)
  for (const path of chosen) {
    const short = path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
    await desk.page.goto(BASE + path)
    await settled(desk)
    await desk.page.evaluate(AXE)
    await inTheDark(desk, short)
    await zoomed(desk, short)
    await byKeyboard(desk, short)
  }
}

try {
  await story()
} catch (error) {
  check('the story goes on to its end', false, error.stack)
  for (const { name, page } of pages) process.stdout.write(`${name} at ${page.url()}:\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 1000)}\n`)
}
for (const { name, complaints } of pages) check(`no page complained (${name})`, complaints.length === 0, complaints)
await browser.close()
process.exitCode = close() ? 0 : 1
