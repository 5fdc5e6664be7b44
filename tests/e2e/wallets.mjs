// Wallets that sign in: a member links one, signs in with it, says no in it, and takes it away; what it signed opens nothing twice.
// It needs what story.mjs needs.
import { BASE, chapter, check, launch, look, person, tell, wallet } from './support.mjs'
import { account, signedIn } from './people.mjs'

const run = Date.now().toString(36)
const browser = await launch()
const pages = []
const signedInNow = (who) => who.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))

/** Sends what a wallet signed once more, as whoever copied it would. */
async function again(signed) {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(`${BASE}/api/v1/sessions/wallet`, { method: 'POST', headers, body: JSON.stringify(signed) })
  return { status: answer.status, type: (await answer.json()).type }
}

async function story() {
  chapter('A browser without a wallet')
  const ada = await account('Ada', run)
  const bare = await person(browser, 'bare', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  pages.push(bare)
  await bare.go('/sign-in')
  await bare.press('Sign in with a wallet')
  await bare.sees('No wallet was found in this browser.')
  await bare.sees('Install a wallet')
  await look(bare, 'sign in without a wallet')
  check('whoever has no wallet is told so, and what to do', true)

  chapter('Ada has two and links one')
  const desk = await signedIn(browser, ada, 'desk', { viewport: { width: 1280, height: 900 } })
  pages.push(desk)
  const fox = await wallet(desk, 'Fox <b>wallet</b>')
  const owl = await wallet(desk, 'Owl wallet')
  await desk.go('/account')
  const card = desk.page.getByRole('region', { name: 'Wallets' })
  const password = card.getByLabel('Current password')
  desk.expect(/422/)
  await password.fill('not the password')
  await desk.press('Link a wallet', card)
  await desk.press('Fox <b>wallet</b>', card)
  await desk.sees('it is not the password of this account')
  check('a wallet with a hostile name is offered as text', (await card.locator('b').count()) === 0)
  await password.fill(ada.password)
  owl.declines = true
  await desk.press('Link a wallet', card)
  await look(desk, 'account with a choice of wallets')
  await desk.press('Owl wallet', card)
  await desk.sees('You said no in the wallet')
  check('whoever says no in the wallet keeps what was typed', (await password.inputValue()) === ada.password)
  await desk.press('Link a wallet', card)
  await desk.press('Fox <b>wallet</b>', card)
  await desk.sees('The wallet is linked.')
  check('the wallet showed for what it signs', fox.signed.at(-1).message.includes('Let this wallet sign me in') && /urn:rochdale:sign-in-wallet:[0-9a-f-]{36}$/.test(fox.signed.at(-1).message), fox.signed)
  await look(desk, 'account with a wallet')

  chapter('It signs in, once for each time that it signs')
  await desk.press('Sign out')
  await desk.press('Sign in with a wallet')
  await desk.press('Fox <b>wallet</b>')
  await signedInNow(desk)
  check('the wallet signed in', true)
  const replayed = await again(fox.signed.at(-1))
  check('what it signed signs nobody in a second time', replayed.status === 401 && replayed.type === '/problems/sign-in-failed', replayed)
  const linking = await again(fox.signed[1])
  check('nor does what it signed to be linked', linking.status === 401 && linking.type === replayed.type, linking)
  await desk.go('/account')
  await desk.press('Sign out')
  owl.declines = false
  desk.expect(/401/)
  await desk.press('Sign in with a wallet')
  await look(desk, 'sign in with a choice of wallets')
  await desk.press('Owl wallet')
  await desk.sees('it is linked to no account here')
  check('a wallet that is linked to no account signs nobody in', true)

  chapter('It is taken away')
  await desk.press('Sign in with a wallet')
  await desk.press('Fox <b>wallet</b>')
  await signedInNow(desk)
  await desk.go('/account')
  await desk.press(`Remove ${fox.address}`)
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await desk.page.getByRole('button', { name: `Remove ${fox.address}` }).waitFor({ state: 'detached' })
  await desk.press('Sign out')
  await desk.press('Sign in with a wallet')
  await desk.press('Fox <b>wallet</b>')
  await desk.sees('it is linked to no account here')
  check('a wallet that was taken away signs nobody in', true)

  chapter('On a phone in Chinese, in the browser of a wallet')
  const phone = await signedIn(browser, ada, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', colorScheme: 'dark' })
  pages.push(phone)
  const only = await wallet(phone)
  await phone.go('/account')
  const place = phone.page.getByRole('region', { name: '钱包' })
  await place.getByLabel('当前密码').fill(ada.password)
  await phone.press('关联钱包', place)
  await phone.sees('已关联钱包')
  await look(phone, 'account with a wallet')
  await phone.press('退出登录')
  await phone.press('使用钱包登录')
  await signedInNow(phone)
  check('the one wallet of a browser is asked without a choice', only.signed.length === 2, only.signed)
}

await tell(browser, pages, story)
