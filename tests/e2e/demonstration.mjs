// The story of the demonstration, clicked through as a newcomer does: offered where the server says that it plays one, and nowhere
// else. It needs the co-op of `cargo xtask demo`, and what story.mjs needs.
import { BASE, chapter, check, launch, look, person, settled, tell } from './support.mjs'

const browser = await launch()
const pages = []

async function story() {
  chapter('A server that plays no demonstration')
  const plain = await person(browser, 'plain')
  pages.push(plain)
  await plain.context.route('**/*', async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback()
    const answer = await route.fetch()
    const told = await answer.text()
    const body = told.replace('<meta name="demonstration">', '')
    if (body === told) throw new Error('the server does not say that it plays a demonstration')
    await route.fulfill({ response: answer, body })
  })
  await plain.go('/sign-in')
  await plain.page.getByRole('heading', { level: 1 }).waitFor()
  check('offers no story', !(await plain.has('a demonstration')) && (await plain.page.getByRole('link', { name: 'A story to click through' }).count()) === 0)
  await plain.go('/story')
  await plain.sees('To the home page')

  for (const [name, options, title, play, playing, vote, apply] of [
    ['desk', {}, 'A story to click through', 'Play this part', 'You play this part', /Two votes wait/, /Somebody would like to join/],
    ['phone', { locale: 'zh-CN', viewport: { width: 390, height: 844 } }, '点击体验的故事', '扮演此角色', '您正在扮演此角色', /首页上有两项表决/, /有人申请加入/],
  ]) {
    chapter(`The demonstration on the ${name}`)
    const who = await person(browser, name, options)
    pages.push(who)
    await who.go('/')
    await who.page.locator('main a[href="/story"]').click()
    await who.page.getByRole('heading', { level: 1, name: title }).waitFor()
    await settled(who)
    await look(who, 'the story')
    const plays = who.page.getByRole('button', { name: play })
    check('there are four parts', (await plays.count()) === 4, await plays.count())
    await plays.first().click()
    await who.sees(playing)
    await look(who, 'the story as a member')
    await who.page.getByRole('link', { name: vote }).click()
    await who.page.waitForURL(`${BASE}/`)
    const waiting = who.page.locator('section[aria-labelledby="needs"] li')
    await waiting.first().waitFor()
    check('two votes wait for the member, as the story says', (await waiting.count()) === 2, await waiting.count())
    await who.page.locator('footer a[href="/story"]').click()
    await plays.first().click()
    await who.page.getByRole('link', { name: apply }).click()
    await who.page.waitForURL(/\/members$/)
    await who.sees('Demo Applicant')
    check('a press plays another, and a link leads to what there is to do', (await who.page.getByRole('banner').textContent()).includes('Demo Steward'))
  }
}

await tell(browser, pages, story)
