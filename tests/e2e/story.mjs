// The story of the portal, told in a real browser against a real server: three people found a co-op, vote with a key of
// the browser, with a wallet and without, change their minds, and check the result. Every page is looked at by axe, in light on a desk and in dark on a phone.
//
// ROCHDALE_URL       where the server is (BASE_URL too)
// ROCHDALE_MAILBOX   the folder in which the server's mails are files
// ROCHDALE_CHAIN_URL the node that the server follows; http://127.0.0.1:8545 unless said
// ROCHDALE_CHROMIUM  the browser; /usr/bin/chromium unless said
// ROCHDALE_AUDIT     the auditor's program, which checks the bundle; that of target/debug unless said
// ROCHDALE_SHOTS     a folder for pictures of every page, where wanted
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { api, chapter, check, launch, look, mailedLink, person, tell, toPart, wallet } from './support.mjs'

const run = Date.now().toString(36)
const HOSTILE = '<img src=x onerror="alert(1)"> & {{7*7}}'
const CANDIDATES = ['Demo Amina', 'Demo Bruno', 'Demo Chen 陈宇']
const AUDIT = process.env.ROCHDALE_AUDIT || fileURLToPath(new URL('../../target/debug/rochdale-audit', import.meta.url))

const browser = await launch()
const ada = await person(browser, 'desk', { viewport: { width: 1280, height: 900 } })
const chen = await person(browser, 'wallet', { viewport: { width: 768, height: 1024 } })
const ben = await person(browser, 'phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' })

/** Signs up by the link of a mail. */
async function enter(who, name) {
  const account = { email: `${name.toLowerCase()}-${run}@example.org`, password: `long enough ${run}` }
  await who.go('/sign-up')
  await look(who, 'sign-up')
  await who.page.getByLabel('E-mail address').fill(account.email)
  await who.press('Send me the link')
  await who.sees('Look into your mailbox')
  const link = await mailedLink(account.email, 'signing up')
  await who.go(link.pathname + link.search)
  await look(who, 'sign-up with the link')
  await who.page.getByLabel('Your name').fill(name)
  await who.page.getByLabel('New password').fill(account.password)
  await who.press('Make the account')
  await who.page.getByRole('heading', { name: /^Hello/ }).waitFor()
  return account
}

/** Presses a step's button, looks at the dialog, and confirms. */
async function step(who, name, action) {
  await who.press(name)
  const dialog = who.page.getByRole('dialog')
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
}

/** As `step`, for what asks for a reason. */
async function stepForReason(who, name, reason) {
  await who.press(name)
  const dialog = who.page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await look(who, `dialog ${name}`)
  await dialog.getByRole('button', { name, exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
}

async function propose(who, coop, { kind, title, body = '', candidates = [], seats = 1 }) {
  await who.go(`/coops/${coop}/proposals/new`)
  await who.page.getByLabel(kind).check()
  await who.page.getByLabel('Title').fill(title)
  await who.page.getByLabel('Text').fill(body)
  for (const [index, candidate] of candidates.entries()) {
    if (index > 1) await who.press('Add a candidate')
    await who.page.getByLabel(`Candidate ${index + 1}`, { exact: true }).fill(candidate)
  }
  if (candidates.length > 0) await who.page.getByLabel('Places to fill').fill(String(seats))
  await look(who, `new proposal (${kind})`)
  await who.press('Save as a draft')
  await who.page.getByRole('heading', { level: 1, name: title }).waitFor()
  await look(who, `draft (${kind})`)
  await step(who, 'Put before the members', 'Begin the discussion')
  await who.press('Open voting')
  await look(who, `opening (${kind})`)
  await who.page.getByRole('dialog').getByRole('button', { name: 'Open voting', exact: true }).click()
  await who.page.getByRole('heading', { name: 'Your vote' }).waitFor()
  return new URL(who.page.url()).pathname
}

async function cast(who) {
  await who.press('Go on')
  await who.sees('Look once more')
  await look(who, 'the ballot once more')
  await who.press('Cast my ballot')
  await who.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
}

async function receiptHolds(who, what) {
  await who.sees('This browser recomputed the hash')
  check(`${what}: the browser finds its own hash in the receipt`, await who.has('This browser recomputed the hash'))
  await who.sees("The server's signature on the receipt holds")
  check(`${what}: the server's signature on the receipt holds`, await who.has("The server's signature on the receipt holds"))
  const proved = who.page.getByRole('status').filter({ hasText: 'Proved.' })
  await proved.waitFor()
  check(`${what}: the browser proves that the log holds the ballot`, /entry \d+, counted from 0, of a log of \d+/.test(await proved.innerText()), await proved.innerText())
}

/** Closes a vote in which everybody has voted, unless the worker was quicker. */
async function closeVote(who) {
  const button = who.page.getByRole('button', { name: 'Close voting', exact: true })
  await button.or(who.page.locator('#result')).first().waitFor()
  if (await button.isVisible()) await step(who, 'Close voting', 'Close and count')
}

async function download(who, label) {
  const [file] = await Promise.all([who.page.waitForEvent('download'), who.press(label)])
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()), path: await file.path() }
}

async function story() {
  chapter('Signing in')
  await ada.go('/')
  await ada.page.waitForURL(/sign-in/)
  await look(ada, 'sign-in')
  ada.expect(/401/)
  await ada.page.getByLabel('E-mail address').fill('nobody@example.org')
  await ada.page.getByLabel('Password').fill('not the password')
  await ada.press('Sign in')
  await ada.page.getByRole('alert').waitFor()
  await look(ada, 'sign-in refused')
  check('a refused sign-in keeps the address that was typed', (await ada.page.getByLabel('E-mail address').inputValue()) === 'nobody@example.org')
  const adaAccount = await enter(ada, 'Ada')
  const benAccount = await enter(ben, 'Ben')
  await look(ben, 'home without a co-op')
  await ada.page.reload()
  await ada.page.getByRole('heading', { name: /^Hello/ }).waitFor()
  check('a reload keeps the session, without a token in any storage', (await ada.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).match(/ey[A-Za-z0-9_-]{20}/) === null)
  const tabs = await Promise.all([1, 2, 3, 4].map(() => ada.context.newPage()))
  await Promise.all(tabs.map((tab) => tab.goto(ada.page.url())))
  await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: /^Hello/ }).waitFor()))
  check('four tabs opened at once share the session', true)
  await Promise.all(tabs.map((tab) => tab.close()))

  chapter('Founding and joining')
  await ada.go('/found')
  await ada.page.getByLabel('Name of the co-op').fill('Café Pioneers')
  check('a short name is suggested', (await ada.page.getByLabel('Short name').inputValue()) === 'cafe-pioneers')
  await look(ada, 'founding')
  await ada.page.getByLabel('Short name').fill(`cafe-${run}`)
  await ada.press('Found it')
  await ada.sees('There is no proposal yet')
  await toPart(ada, 'Bylaws')
  await ada.sees('Members discuss for at least 3 days')
  check('a new co-op begins with the founding bylaws, as sentences', await ada.has('the motion passes if more than 1/2 of the yes and no ballots say yes'))
  // The portal founds with the founding bylaws, whose periods are days; the story has minutes, so it brings bylaws of its own.
  const { access_token: token } = await api('POST', '/sessions', null, adaAccount)
  const kind = (rule) => ({ rule, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true })
  const slug = `story-${run}`
  const coop = await api('POST', '/coops', token, {
    slug,
    name: 'Pioneers of Shared Tools',
    display_name: 'Ada',
    bylaws: {
      kinds: {
        motion: kind({ counting: { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }, quorum: { counts: 'all_ballots', at_least: { base: 'roll', share: { share: 1, whole: 5 } } } }),
        election: kind({ counting: { method: 'scottish_stv', seats: 0, tie: 'lot' } }),
      },
      admission: 'application',
    },
  })
  await ben.go(`/directory/${slug}`)
  await ben.page.getByLabel('Why you wish to join').fill('I build small models.')
  await look(ben, 'application')
  await ben.press('Send the application')
  await ben.sees('with the stewards')
  await ada.go(`/coops/${coop.id}/members`)
  await ada.page.getByRole('button', { name: 'Admit' }).waitFor()
  await look(ada, 'members with an application')
  await step(ada, 'Admit', 'Admit')
  await ada.page.getByRole('cell', { name: 'Ben', exact: true }).waitFor()
  check('the steward admits who applied', true)
  await ada.page.getByLabel('E-mail address').fill(`chen-${run}@example.org`)
  await ada.press('Send the invitation')
  await ada.sees('is on its way')
  check('an invitation is sent and listed', await ada.has(`chen-${run}@example.org`))
  const invitation = await mailedLink(`chen-${run}@example.org`, 'Invitation')
  await wallet(chen)
  await chen.go(invitation.pathname + invitation.search)
  await chen.page.getByRole('button', { name: 'New account' }).waitFor()
  await look(chen, 'invitation')
  await chen.page.getByLabel('Your name').fill('Chen')
  await chen.page.getByLabel('New password').fill(`long enough ${run}`)
  await chen.press('Make the account')
  await chen.page.getByRole('heading', { name: 'Proposals', level: 1 }).waitFor()
  check('whoever was invited makes an account and is a member at once', chen.page.url().endsWith(`/coops/${coop.id}`))

  await ada.page.getByRole('link', { name: 'Ben' }).click()
  await ada.page.getByRole('heading', { name: 'History' }).waitFor()
  await stepForReason(ada, 'Make Auditor', 'So that somebody else checks.')
  await ada.sees('Role granted')
  check('a role is granted for a reason that stands in the history', await ada.has('So that somebody else checks.'))
  await look(ada, 'a member')

  chapter('A voting key')
  await ada.go(`/coops/${coop.id}/keys`)
  await ada.page.getByRole('button', { name: 'Make and register a key' }).waitFor()
  await look(ada, 'keys')
  await ada.press('Make and register a key')
  await ada.sees('The key is registered')
  const exportable = await ada.page.evaluate(
    (member) =>
      new Promise((resolve) => {
        const opening = indexedDB.open('rochdale')
        opening.onsuccess = () => {
          const reading = opening.result.transaction('voting-keys').objectStore('voting-keys').get(member)
          reading.onsuccess = () => resolve(reading.result.privateKey.extractable)
        }
      }),
    coop.me.id,
  )
  check('the key is in this browser and cannot be read out', exportable === false, exportable)
  await look(ada, 'keys with one')

  await toPart(chen, 'My keys')
  await chen.press('Register my wallet')
  await chen.sees('The key is registered')
  await chen.page.getByText('Wallet', { exact: true }).first().waitFor()
  check('a wallet proves its address by a signed message (EIP-4361)', true)
  await look(chen, 'keys with a wallet')

  chapter('Proposing')
  await ada.go(`/coops/${coop.id}/proposals/new`)
  await ada.page.getByLabel('Title').fill('Turned \u202Earound')
  await ada.page.getByLabel('Text').fill('A long text that took an hour.')
  ada.expect(/422/)
  await ada.press('Save as a draft')
  await ada.page.getByRole('alert').waitFor()
  await look(ada, 'proposal refused')
  check('a refused text is told with the reason and the page that explains it', await ada.has('More about this'))
  await ada.page.reload()
  await ada.page.getByLabel('Title').waitFor()
  check('what was typed outlives a refusal and a reload', (await ada.page.getByLabel('Text').inputValue()) === 'A long text that took an hour.')
  const motion = await propose(ada, coop.id, { kind: 'Motion', title: `Open the speech model ${HOSTILE}`, body: `Up to ten hours a month.\n\n${HOSTILE}\njavascript:alert(1)` })
  const election = await propose(ada, coop.id, { kind: 'Election', title: 'Elect two members to the tools committee', candidates: CANDIDATES, seats: 2 })
  check('hostile text stands there as text', (await ada.page.locator('main img').count()) === 0)

  chapter('Ada votes yes, with her key')
  await ada.go('/')
  await ada.page.getByRole('link', { name: /speech model/ }).waitFor()
  await look(ada, 'home with open votes')
  await ada.go(motion)
  await ada.page.getByText('I am in favour').click()
  await look(ada, 'motion')
  await ada.press('Go on')
  await ada.sees('Signed by your key in this browser')
  check('the portal says that the ballot is signed by her key', await ada.has('Signed by your key in this browser'))
  await ada.context.setOffline(true)
  ada.expect(/ERR_INTERNET_DISCONNECTED/)
  await ada.press('Cast my ballot')
  await ada.sees('Nothing you typed is lost')
  await look(ada, 'offline')
  await ada.context.setOffline(false)
  await ada.press('Cast my ballot')
  await ada.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
  check('after being offline the same ballot is cast', (await ada.page.locator('[data-answer]').first().getAttribute('data-answer')) === 'yes')
  await receiptHolds(ada, 'yes')
  await look(ada, 'receipt')
  const saved = await download(ada, 'Save the receipt')
  const { acknowledgement, ballot, ...standing } = JSON.parse(saved.content)
  check('the saved receipt names the signature, the hash and the place', acknowledgement.signature_kind === 'ed25519' && /^0x[0-9a-f]{64}$/.test(acknowledgement.record_hash) && ballot.revision === 1 && acknowledgement.sequence > 0, { acknowledgement, ballot })
  check('it holds the ballot with its salt, and the proof', ballot.options.join() === '0' && /^0x[0-9a-f]{64}$/.test(ballot.salt) && standing.state === 'published' && standing.record_hash === acknowledgement.record_hash, { ballot, standing })
  if (existsSync(AUDIT)) {
    const audit = spawnSync(AUDIT, ['receipt', saved.path, '--key', coop.log_key, '--record', acknowledgement.record_hash], { encoding: 'utf8' })
    check("the auditor's program finds the saved receipt proved", audit.status === 0, audit.stdout + audit.stderr)
  } else check("the auditor's program is built", false, AUDIT)
  check('no tally is shown while voting is open', !(await ada.has('The motion is carried')) && (await ada.has('1 of 3 members voted')))

  chapter('She changes her vote')
  await ada.press('Change my vote')
  await ada.page.getByText('I am against').click()
  await cast(ada)
  check('the later ballot replaces the earlier one', (await ada.page.locator('[data-answer]').first().getAttribute('data-answer')) === 'no' && (await ada.has('ballot no. 2')))
  await receiptHolds(ada, 'no')
  await ada.press('Change my vote')
  await ada.page.getByText('I am in favour').click()
  await cast(ada)
  await ada.page.reload()
  await ada.page.getByRole('heading', { name: 'Your ballot' }).waitFor()
  check('after a reload the last ballot stands', (await ada.page.locator('[data-answer]').first().getAttribute('data-answer')) === 'yes' && (await ada.has('ballot no. 3')))

  chapter('Ben ranks, on a phone and without a key')
  await ben.go(election)
  await ben.page.getByRole('button', { name: /^Rank Demo Chen/ }).tap()
  await ben.page.getByRole('button', { name: /^Rank Demo Amina/ }).tap()
  await ben.page.getByRole('button', { name: /^Rank Demo Bruno/ }).tap()
  const order = () => ben.page.locator('ol[aria-label="Your order"] .name').allTextContents()
  check('tapping ranks in the order of the taps', (await order()).join() === 'Demo Chen 陈宇,Demo Amina,Demo Bruno', await order())
  await ben.page.getByRole('button', { name: 'Move Demo Bruno up' }).focus()
  await ben.page.keyboard.press('Enter')
  await ben.page.keyboard.press('Enter')
  check('a key moves a candidate up and keeps the focus', (await order()).join() === 'Demo Bruno,Demo Chen 陈宇,Demo Amina', await order())
  const grip = await ben.page.locator('[data-option="1"] .grip').boundingBox()
  const end = await ben.page.locator('[data-option="0"] .grip').boundingBox()
  await ben.page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2)
  await ben.page.mouse.down()
  await ben.page.mouse.move(end.x + end.width / 2, end.y + end.height, { steps: 8 })
  await ben.page.mouse.up()
  check('dragging moves a candidate down', (await order()).join() === 'Demo Chen 陈宇,Demo Amina,Demo Bruno', await order())
  await look(ben, 'ranking')
  await ben.page.getByRole('link', { name: 'Proposals', exact: true }).click()
  await ben.page.getByRole('link', { name: /speech model/ }).click()
  await ben.page.getByText('I am in favour').click()
  await ben.press('Go on')
  await ben.sees('This ballot is not signed by you')
  check('the portal says that the server vouches for it, and why', await ben.has('You had no voting key when voting opened'))
  await ben.press('Cast my ballot')
  await receiptHolds(ben, 'attested')
  await ben.page.getByRole('link', { name: 'Proposals', exact: true }).click()
  await ben.page.getByRole('link', { name: /tools committee/ }).click()
  await ben.page.getByRole('button', { name: 'Go on' }).waitFor()
  check('what was ranked and not yet cast is still there after looking elsewhere', (await order()).join() === 'Demo Chen 陈宇,Demo Amina,Demo Bruno', await order())
  await cast(ben)
  await receiptHolds(ben, 'ranked')
  await look(ben, 'ranked receipt')

  chapter('Chen signs with a wallet')
  await chen.go(motion)
  await chen.page.getByText('I am in favour').click()
  await chen.press('Go on')
  await chen.sees('Signed by your wallet')
  await chen.press('Cast my ballot')
  await receiptHolds(chen, 'wallet')
  check('the ballot is signed by the wallet', await chen.has('signed by your wallet'))
  await chen.page.getByRole('link', { name: 'Proposals', exact: true }).click()
  await chen.page.getByRole('link', { name: /tools committee/ }).click()
  await chen.page.getByRole('button', { name: /^Rank Demo Chen/ }).click()
  await cast(chen)
  await receiptHolds(chen, 'wallet, ranked')

  chapter('Ada ranks, closes, and everybody sees the result')
  await ada.go(election)
  await ada.page.getByRole('button', { name: /^Rank Demo Amina/ }).click()
  await ada.page.getByRole('button', { name: /^Rank Demo Bruno/ }).click()
  await cast(ada)
  await closeVote(ada)
  await ada.page.getByRole('heading', { name: 'Elected' }).waitFor()
  const elected = await ada.page.locator('.verdict ol li').allTextContents()
  check('who is elected stands there in the order of election', elected.join() === 'Demo Chen 陈宇,Demo Amina', elected)
  await ada.page.getByText('All stages as a table').click()
  check('the reasons of the verdict call who is elected by name', await ada.has('are elected to') && !(await ada.has('candidates 3')))
  await look(ada, 'result of the election')
  await ada.go(motion)
  await closeVote(ada)
  await ada.page.getByRole('heading', { name: 'The motion is carried' }).waitFor()
  check('the verdict gives its reasons', (await ada.has('The quorum is met')) && (await ada.has('The majority is met: 3 yes of 3')))
  check('signed and attested ballots are told apart', await ada.has("Ballots signed by members’ keys: 2. Attested by the server: 1."))
  await look(ada, 'result of the motion')
  const bundle = await download(ada, 'Download the bundle')
  check('the bundle is what its name says', bundle.name.endsWith('.rochdale') && gunzipSync(bundle.content).toString().split('\n').length > 3, bundle.name)
  check('the page says how to check it', await ada.has(`rochdale-audit verify ${bundle.name}`))
  if (existsSync(AUDIT)) {
    const audit = spawnSync(AUDIT, ['verify', bundle.path], { encoding: 'utf8' })
    check("the auditor's program accepts the bundle, browser key, wallet and all", audit.status === 0, audit.stdout + audit.stderr)
  } else check("the auditor's program is built", false, AUDIT)
  await ben.go(election)
  await ben.page.getByRole('heading', { name: 'Elected' }).waitFor()
  await look(ben, 'result of the election')

  chapter('The other pages')
  for (const who of [ada, ben]) {
    for (const part of ['', '/members', '/bylaws', '/record', '/keys']) {
      await who.go(`/coops/${coop.id}${part}`)
      await who.page.locator('main h2, main table, main ul').first().waitFor()
      await look(who, `co-op${part.replace('/', ' ')}`)
    }
    await who.go('/api/docs')
    await who.page.getByRole('heading', { name: 'Schemas' }).waitFor()
    await look(who, 'api docs')
    await who.go('/nowhere/at/all')
    await who.sees('The address leads nowhere')
    await look(who, 'not found')
    await who.go('/reset')
    await look(who, 'password reset')
  }
  await ben.go('/')
  await ben.page.getByLabel('Language').selectOption('zh-Hans')
  await ben.sees('我的合作社')
  check('the page turns to Chinese', (await ben.page.locator('html').getAttribute('lang')) === 'zh-Hans')
  await ben.go(motion)
  await ben.sees('动议获得通过')
  await ben.page.locator('summary', { hasText: '回执' }).focus()
  await ben.page.keyboard.press('Enter')
  await ben.sees('已证明。')
  check('a receipt opened later, by keyboard and in Chinese, is proved too', await ben.has('此浏览器已核查'))
  await look(ben, 'Chinese result')
  ben.expect(/404/)
  await ben.go(`/coops/${coop.id}/proposals/0190f3a0-0000-7000-8000-000000000001`)
  await ben.page.getByRole('alert').waitFor()
  check("what is not there is answered with the server's own word, in the reader's language", (await ben.page.getByRole('alert').innerText()).includes('或您无权查看'))

  chapter('A session that ends in between')
  await ada.go(`/coops/${coop.id}/proposals/new`)
  await ada.page.getByLabel('Title').fill('Written while the session ended')
  await api('DELETE', '/sessions', (await api('POST', '/sessions', null, adaAccount)).access_token)
  await ada.press('Save as a draft')
  const again = ada.page.getByRole('dialog', { name: 'Your session has ended' })
  await again.waitFor()
  await look(ada, 'signing in again')
  await again.getByLabel('Password').fill(adaAccount.password)
  await again.getByRole('button', { name: 'Sign in', exact: true }).click()
  await again.waitFor({ state: 'hidden' })
  check('signing in again leaves what was typed where it was', (await ada.page.getByLabel('Title').inputValue()) === 'Written while the session ended')
  await ada.press('Save as a draft')
  await ada.page.getByRole('heading', { level: 1, name: 'Written while the session ended' }).waitFor()
  check('and it can be sent', true)
  await stepForReason(ada, 'Withdraw the proposal', 'It was written while the session ended.')
  await ada.sees('Withdrawn')
  check('a draft can be withdrawn', await ada.has('Withdrawn'))

  await ada.go(`/coops/${coop.id}/proposals/new`)
  await ada.page.getByLabel('Title').fill('Put by mistake')
  await ada.press('Save as a draft')
  await ada.page.getByRole('heading', { level: 1, name: 'Put by mistake' }).waitFor()
  await ada.press('Change the texts')
  await ada.page.getByLabel('Title').waitFor()
  await look(ada, 'changing a proposal')
  await ada.page.getByLabel('Title').fill('Put by mistake, twice')
  await ada.press('Save')
  await ada.page.getByRole('heading', { level: 1, name: 'Put by mistake, twice' }).waitFor()
  check('a draft can be changed', true)
  await ada.press('Cancel the proposal')
  const cancelling = ada.page.getByRole('dialog')
  check('cancelling asks for a reason', await cancelling.getByRole('button', { name: 'Cancel the proposal' }).isDisabled())
  await cancelling.getByLabel('Reason').fill('It stood there twice.')
  await cancelling.getByRole('button', { name: 'Cancel the proposal' }).click()
  await ada.sees('It stood there twice.')
  check('and the reason is there to read', await ada.has('Why it ended'))

  chapter('Passwords')
  await ben.go('/account')
  await ben.page.getByLabel('语言').selectOption('en')
  await ben.page.getByRole('region', { name: 'Password', exact: true }).getByLabel('Current password').fill(benAccount.password)
  await ben.page.getByLabel('New password').fill(`another one ${run}`)
  await ben.press('Change the password')
  await ben.sees('The password is changed')
  await ben.page.reload()
  await ben.page.getByText('This browser').waitFor()
  check('a new password keeps this session', await ben.has('This browser'))
  await look(ben, 'account')
  await ben.press('Sign out')
  await ben.page.waitForURL(/sign-in/)
  await ben.page.getByRole('link', { name: 'I forgot my password' }).click()
  await ben.page.getByLabel('E-mail address').fill(benAccount.email)
  await ben.press('Send me the link')
  await ben.sees('Look into your mailbox')
  const reset = await mailedLink(benAccount.email, 'Choose a new password')
  await ben.go(reset.pathname + reset.search)
  await ben.page.getByLabel('New password').fill(`a third one ${run}`)
  await look(ben, 'password reset with the link')
  await ben.press('Set the password')
  await ben.sees('The new password is set')
  await ben.page.getByRole('link', { name: 'Sign in' }).last().click()
  await ben.page.getByLabel('E-mail address').fill(benAccount.email)
  await ben.page.getByLabel('Password').fill(`a third one ${run}`)
  await ben.press('Sign in')
  await ben.page.getByRole('heading', { name: /^Hello/ }).waitFor()
  check('a mailed link sets a new password', true)

  chapter('Signing out everywhere')
  await ada.go('/account')
  await ada.page.getByText('This browser').waitFor()
  await look(ada, 'account')
  await step(ada, 'Sign out everywhere', 'Sign out everywhere')
  await ada.page.waitForURL(/sign-in/)
  await ada.go(motion)
  await ada.page.waitForURL(/sign-in\?next=/)
  check('after signing out the address asks to sign in first', true)
  await ada.page.getByLabel('E-mail address').fill(adaAccount.email)
  await ada.page.getByLabel('Password').fill(adaAccount.password)
  await ada.press('Sign in')
  await ada.page.getByRole('heading', { name: 'The motion is carried' }).waitFor()
  check('signing in leads back to where one wanted to go', ada.page.url().endsWith(motion))
}

await tell(browser, [ada, ben, chen], story)
