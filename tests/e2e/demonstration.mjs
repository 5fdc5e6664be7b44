// The story of the demonstration, clicked through: it is offered where the server says that it plays one, and nowhere else. What the
// demonstration puts into the document and beside it is put there on the way to the browser. It needs what story.mjs needs.
import { BASE, chapter, check, close, launch, look, person } from './support.mjs'
import { account, found } from './people.mjs'

const run = Date.now().toString(36)
const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const browser = await launch()
const pages = []

async function story() {
  const [ada, ben] = [await account('Ada', run), await account('Ben', run)]
  const slug = `demonstration-${run}`
  const coop = await found(ada, [ben], slug, { kinds: { motion } })

  chapter('A server that plays no demonstration')
  const plain = await person(browser, 'plain')
  pages.push(plain)
  await plain.go('/sign-in')
  await plain.page.getByRole('heading', { level: 1 }).waitFor()
  check('offers no story', !(await plain.has('a demonstration')) && (await plain.page.getByRole('link', { name: 'A story to click through' }).count()) === 0)
  await plain.go('/story')
  await plain.sees('To the home page')

  for (const [name, options, title, play, playing, vote] of [
    ['desk', {}, 'A story to click through', 'Play this part', 'You play this part', /Two votes wait/],
    ['phone', { locale: 'zh-CN', viewport: { width: 390, height: 844 } }, '点击体验的故事', '扮演此角色', '您正在扮演此角色', /首页上有两项表决/],
  ]) {
    chapter(`The demonstration on the ${name}`)
    const who = await person(browser, name, options)
    pages.push(who)
    await who.context.route('**/*', async (route) => {
      if (route.request().resourceType() !== 'document') return route.fallback()
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace('<head>', '<head><meta name="demonstration">') })
    })
    const people = [{ role: 'steward', email: ada.email }, { role: 'member', email: ben.email }]
    // One password for all: the story signs in with what the file says of everybody.
    await who.context.route('**/demonstration.json', (route) => route.fulfill({ json: { slug, password: ada.password, people } }))
    await who.go('/sign-in')
    await who.page.locator('main a[href="/story"]').click()
    await who.page.getByRole('heading', { level: 1, name: title }).waitFor()
    await look(who, 'the story')
    check('who is not in it has no part', (await who.page.getByRole('button', { name: play }).count()) === 2)
    await who.page.getByRole('button', { name: play }).first().click()
    await who.sees(playing)
    await look(who, 'the story as a member')
    await who.page.getByRole('link', { name: vote }).click()
    await who.page.waitForURL(`${BASE}/`)
    await who.page.locator('footer a[href="/story"]').click()
    await who.page.getByRole('button', { name: play }).click()
    await who.page.locator(`main a[href="/coops/${coop.id}/members"]`).click()
    await who.page.waitForURL(`${BASE}/coops/${coop.id}/members`)
    await who.page.getByRole('heading', { level: 1 }).waitFor()
    check('a press plays another, and a link leads to what there is to do', (await who.page.getByRole('banner').textContent()).includes('Ada'))
  }
}

try {
  await story()
} catch (error) {
  check('the story goes on to its end', false, error.stack)
  for (const { name, page } of pages) {
    const seen = await page.locator('body').innerText().catch(() => '')
    process.stdout.write(`${name} at ${page.url()}:\n${seen.slice(0, 2000)}\n`)
  }
}
for (const { name, complaints } of pages) check(`no page complained (${name})`, complaints.length === 0, complaints)
await browser.close()
process.exitCode = close() ? 0 : 1
