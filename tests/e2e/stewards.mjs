// A steward's work, and what a member does about notices: applications declined and admitted, an invitation taken back, members by their keys, an
// office given and ended, a member suspended, reinstated and expelled, a second version of the bylaws, a comment removed, feeds, tables and
// webhooks. It is told by the keys of the texts, in Chinese on a phone, and with ROCHDALE_FULL=1 in English at a desk too. It needs what
// story.mjs needs.
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { api, BASE, chapter, check, confirm, DESK, launch, look, PATIENCE_MS, person, PHONE, settled, tell, textsIn } from './support.mjs'
import { account, closed, found, opened, signedIn, until, vote } from './people.mjs'

const simple = { method: 'yes_no', majority: { base: 'yes_and_no', share: { share: 1, whole: 2 }, threshold: 'exceeded' } }
const motion = { rule: { counting: simple }, discussion_seconds: 0, voting_seconds_min: 1, voting_seconds_max: 2_592_000, close_when_all_voted: true }
const browser = await launch()
const pages = []
const en = textsIn('en')
const zh = textsIn('zh-Hans')

/** A co-op with a steward, two members, and two people who would like to join. */
async function world(tag) {
  const run = `${tag.slice(0, 2)}${Date.now().toString(36)}`
  const [ada, ben, cleo, dora, emil] = [await account('Ada', run), await account('Ben', run), await account('Cleo', run), await account('Dora', run), await account('Emil', run)]
  const coop = await found(ada, [ben, cleo], `stewards-${run}`, { kinds: { motion } })
  const base = `/coops/${coop.id}`
  for (const who of [dora, emil]) who.application = (await api('POST', `${base}/applications`, who.token, { display_name: who.name, statement: 'I would like to weave.' })).id
  return { ada, ben, cleo, dora, emil, coop, base, run }
}

async function joining({ ada, dora, emil, coop, base, run }, hand, t) {
  chapter('Who may join')
  await hand.go(`${base}/members`)
  const of = (who) => hand.page.locator('article.card', { hasText: who.name })
  await of(dora).waitFor()
  await look(hand, 'applications that wait')
  await confirm(hand, t('applications.declined'), { within: of(emil), shot: 'dialog declining an application', fill: (dialog) => dialog.getByRole('textbox').fill('We have no loom for another one.') })
  await of(emil).waitFor({ state: 'detached' })
  const declined = await api('GET', `${base}/applications`, ada.token)
  check('an application is declined for a reason', declined.items.some(({ id, status, reason }) => id === emil.application && status === 'declined' && reason === 'We have no loom for another one.'), declined.items)
  await of(dora).getByRole('button', { name: t('applications.admitted'), exact: true }).click()
  await hand.page.getByRole('dialog').locator('select').selectOption('user')
  await look(hand, 'dialog admitting')
  await hand.page.getByRole('dialog').getByRole('button', { name: t('applications.admitted'), exact: true }).click()
  await hand.page.getByRole('cell', { name: 'Dora', exact: true }).waitFor()
  const { me } = await api('GET', `/coops/${coop.id}`, dora.token)
  dora.member = me.id
  check('another is admitted as what was chosen', me.class === 'user', me)
  await hand.page.locator('section[aria-labelledby=applications] summary').click()
  await hand.sees('We have no loom for another one.')
  await look(hand, 'applications decided before')
  const email = `fritz-${run}@example.org`
  const invitations = hand.page.getByRole('region', { name: t('invite.title'), exact: true })
  await invitations.getByLabel(t('field.email')).fill(email)
  await hand.press(t('invite.action'), invitations)
  await hand.sees(t('invite.sent', { email }))
  await confirm(hand, t('invite.revoke'), { within: invitations, shot: 'dialog taking an invitation back' })
  await hand.page.waitForFunction((label) => ![...document.querySelectorAll('button')].some((each) => each.textContent === label), t('invite.revoke'))
  check('an invitation is taken back', (await api('GET', `${base}/invitations`, ada.token)).items.every(({ state }) => state !== 'open'))
}

/** People who come in by their keys: a table that is looked at, a name that is taken, and the list to keep. */
async function byKeys({ ada, base }, hand, t) {
  chapter('Members by their keys')
  await hand.go(`${base}/members`)
  const form = hand.page.getByRole('region', { name: t('import.title'), exact: true })
  const table = form.getByLabel(t('import.table'), { exact: true })
  const next = form.getByRole('button', { name: t('post.next'), exact: true })
  const key = `0x${Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x, 'base64url').toString('hex')}`
  const rows = (name) => `name,class,key\n${name},worker,0x${'1d'.repeat(20)}\nHanna,user,${key}\n`
  await table.fill(`${rows('Gerd')}Ida,guest,0x12\n`)
  await form.getByText(t('table.row.class')).waitFor()
  check('a row that is wrong is told, and nothing goes on', await next.isDisabled())
  await look(hand, 'a table of members with a wrong row')
  // Ben is a member; Cyrillic letters do not make another name of it.
  await table.fill(rows('\u0412\u0435n'))
  await next.click()
  const name = t('import.action')
  await form.getByRole('button', { name, exact: true }).click()
  hand.expect(/409.*\/member-imports$/)
  await form.getByText(t('table.row', { row: 2 })).waitFor()
  check('a name like another’s is refused, with its row', (await api('GET', `${base}/members`, ada.token)).items.every(({ display_name }) => display_name !== 'Hanna'))
  await look(hand, 'a table of members refused')
  await form.getByRole('button', { name: t('action.back'), exact: true }).click()
  await table.fill(rows('Gerd'))
  await next.click()
  await form.getByText(t('import.vouch')).waitFor()
  await look(hand, 'a table of members once more')
  await form.getByRole('button', { name, exact: true }).click()
  await hand.sees(t('import.done', { count: 2 }))
  const download = hand.page.waitForEvent('download')
  await form.getByRole('button', { name: t('import.save'), exact: true }).click()
  const kept = readFileSync(await (await download).path(), 'utf8')
  await hand.page.getByRole('cell', { name: 'Hanna', exact: true }).waitFor()
  const { items } = await api('GET', `${base}/members`, ada.token)
  const made = items.filter(({ display_name }) => display_name === 'Gerd' || display_name === 'Hanna')
  check('both are members, each with a line of the list', made.length === 2 && made.every(({ id, display_name }) => kept.includes(`${display_name},${id},`)), { made, kept })
  await look(hand, 'members who came in by their keys')
}

async function offices({ ada, ben, dora, base }, hand, t) {
  chapter('Offices, and who may act')
  const of = (who) => api('GET', `${base}/members/${who.member}`, ada.token)
  const because = (reason, shot) => ({ shot, fill: (dialog) => dialog.getByLabel(t('field.reason')).fill(reason) })
  await hand.go(`${base}/members/${ben.member}`)
  await confirm(hand, t('act.grant', { role: t('role.auditor') }), because('He looks twice.', 'dialog giving an office'))
  await hand.sees('He looks twice.')
  await confirm(hand, t('act.end', { role: t('role.auditor') }), because('He goes on a journey.', 'dialog ending an office'))
  await hand.sees('He goes on a journey.')
  check('an office is given and ended, and the history says why', (await of(ben)).roles.length === 0 && (await hand.has('He looks twice.')) && (await hand.has(t('history.role_ended'))))
  await confirm(hand, t('act.suspend'), because('He left the gate open.', 'dialog suspending'))
  await hand.sees('He left the gate open.')
  check('a member is suspended', (await of(ben)).status === 'suspended')
  await look(hand, 'a suspended member')
  await confirm(hand, t('act.reinstate'), because('He closed it again.', 'dialog reinstating'))
  await hand.sees('He closed it again.')
  check('and reinstated', (await of(ben)).status === 'active')
  await hand.go(`${base}/members/${dora.member}`)
  await confirm(hand, t('act.expel'), because('She sold the loom.', 'dialog expelling'))
  await hand.sees('She sold the loom.')
  check('a member is expelled, and nothing more is offered', (await of(dora)).status === 'expelled' && (await hand.page.getByRole('button', { name: t('act.reinstate'), exact: true }).count()) === 0)
  await look(hand, 'an expelled member')
}

async function bylaws({ ada, ben, cleo, coop, base }, hand, t, desk) {
  chapter('The bylaws change')
  const { content, version } = await api('GET', `${base}/bylaws`, ada.token)
  const other = structuredClone(content)
  other.admission = 'invitation'
  other.kinds.motion.voting_seconds_min = 3600
  const amended = await opened(coop, ada, { kind: 'motion', title: 'Longer votes', body: '', actions: [{ act: { action: 'amend_bylaws', version: 1, replaces: version, bylaws: other } }] })
  for (const who of [ada, ben, cleo]) await vote(coop, amended, who, [0], [1])
  await closed(coop, amended, ada)
  await until(coop, amended, ada, ['executed'])
  for (const [who, words] of [[hand, t], [desk, en]]) {
    await who.go(`${base}/bylaws`)
    await who.page.locator('summary', { hasText: words('bylaws.versions.changed', { before: '1' }) }).click()
    await who.page.locator('ins').first().waitFor()
    const told = await Promise.all(['del', 'ins'].map((mark) => who.page.locator(mark).allInnerTexts()))
    check(`what version 2 changed is marked in the text (${who.name})`, told.every((texts) => texts.join('').trim() !== ''), told)
    await look(who, 'bylaws, version 2 and what it changed')
    await who.page.getByLabel(words('bylaws.versions')).selectOption('1')
    await who.page.locator('ins').first().waitFor({ state: 'detached' })
    check(`version 1 stays readable (${who.name})`, (await who.page.locator('summary', { hasText: words('bylaws.versions.changed', { before: '1' }) }).count()) === 0)
    await look(who, 'bylaws, version 1')
  }
}

async function talk({ ben, cleo, base, coop }, hand, t, desk) {
  chapter('What was said, and what is removed')
  const id = await opened(coop, ben.steward, { kind: 'motion', title: 'A fence', body: 'Of wood.' })
  await desk.go(`${base}/proposals/${id}`)
  await desk.page.getByLabel(en('talk.label')).fill('No fence at all.')
  await desk.press(en('talk.send'))
  await desk.sees('No fence at all.')
  await hand.go(`${base}/proposals/${id}`)
  await hand.page.getByRole('button', { name: t('talk.answer'), exact: true }).click()
  await hand.page.getByLabel(t('talk.answer.label', { name: 'Ben' })).fill('The sheep would leave.')
  await look(hand, 'an answer being written')
  await hand.press(t('talk.send'))
  await hand.page.locator('p.words', { hasText: 'The sheep would leave.' }).waitFor()
  const { items } = await api('GET', `${base}/proposals/${id}/comments`, cleo.token)
  check('an answer stands below what it answers', items.length === 2 && items[1].parent === items[0].id, items)
  await confirm(hand, t('talk.remove'), { shot: 'dialog removing a comment', fill: (dialog) => dialog.getByLabel(t('field.reason')).fill('It was said in anger.') })
  await hand.sees('It was said in anger.')
  await look(hand, 'a comment that was removed')
  await desk.page.reload()
  await desk.sees('It was said in anger.')
  check('the words are gone for everybody, who removed them and why stands in their place', !(await desk.has('No fence at all.')) && (await desk.has('Removed by Ada')) && (await desk.has('The sheep would leave.')))
  return id
}

/** What a button downloads. */
async function taken(who, name) {
  const download = who.page.waitForEvent('download')
  await who.press(name)
  return readFileSync(await (await download).path(), 'utf8')
}

async function notices({ ada, base, coop }, hand, t) {
  chapter('Reminders, feeds, tables and webhooks')
  await hand.go(`${base}/notices`)
  await settled(hand)
  await look(hand, 'notices')
  await hand.page.getByLabel(t('reminders.wish.closing'), { exact: true }).check()
  await hand.sees(t('reminders.saved'))
  check('a wish about reminders is kept at once', (await api('GET', `${base}/reminders`, ada.token)).wish === 'closing')
  await hand.press(t('feeds.make'))
  await hand.sees(t('feeds.calendar'))
  const addresses = () => hand.page.getByRole('region', { name: t('feeds.title') }).locator('code').allInnerTexts()
  const read = async (all) => Promise.all(all.map(async (each) => ((each) => each.status)(await fetch(each))))
  const first = await addresses()
  const calendar = await (await fetch(first[0])).text()
  check('a calendar and a feed are read at their secret addresses', calendar.startsWith('BEGIN:VCALENDAR') && (await read(first)).every((status) => status === 200), first)
  await confirm(hand, t('feeds.renew'), { shot: 'dialog other addresses' })
  await hand.page.waitForFunction((old) => !document.body.innerText.includes(old), first[0])
  const second = await addresses()
  check('other addresses end the first ones', (await read(first)).every((status) => status === 404) && (await read(second)).every((status) => status === 200))
  await confirm(hand, t('feeds.end'), { shot: 'dialog ending the addresses' })
  await hand.page.getByRole('button', { name: t('feeds.make'), exact: true }).waitFor()
  check('and they can be ended', (await read(second)).every((status) => status === 404))
  for (const form of ['CSV', 'JSON']) {
    const members = await taken(hand, t('exports.take', { table: t('exports.members'), form }))
    check(`the list of members is taken away as ${form}`, members.includes('Cleo') && (form === 'CSV' || JSON.parse(members) !== null), members.slice(0, 300))
  }
  const hooks = hand.page.getByRole('region', { name: t('webhooks.title'), exact: true })
  const address = 'https://hooks.example.org/rochdale'
  await hooks.getByLabel(t('webhooks.url')).fill(address)
  await hooks.getByLabel(t('webhooks.event.proposal.discussed')).check()
  await hand.press(t('webhooks.register'), hooks)
  await hand.sees(t('webhooks.secret.title'))
  await look(hand, 'a webhook with its secret')
  const secret = () => hooks.locator('.notice code').innerText()
  const kept = await secret()
  await confirm(hand, t('webhooks.renew'), { within: hooks, shot: 'dialog another secret' })
  await hand.page.waitForFunction((old) => !document.body.innerText.includes(old), kept)
  check('another secret takes its place', (await secret()) !== kept)
  const draft = await api('POST', `${base}/proposals`, ada.token, { kind: 'motion', title: 'A gate', body: '' })
  await api('POST', `${base}/proposals/${draft.id}/discussion`, ada.token)
  await hand.press(t('webhooks.deliveries'), hooks)
  await hooks.locator('ol li').first().waitFor()
  check('what was told stands in a list, with its kind in words', (await hooks.locator('ol li').first().innerText()).includes(t('webhooks.event.proposal.discussed')), await hooks.locator('ol').innerText())
  await look(hand, 'messages of a webhook')
  await confirm(hand, t('webhooks.end'), { within: hooks, shot: 'dialog ending a webhook' })
  await hooks.getByRole('button', { name: t('webhooks.end'), exact: true }).waitFor({ state: 'detached' })
  check('a webhook is ended', (await api('GET', `${base}/webhooks`, ada.token)).items.every((each) => each.ended_at !== null))
}

/** The link at the end of a reminder, which works without signing in. */
async function reminded({ cleo, base }, t, options) {
  chapter('Cleo wants no more reminders')
  const end = Date.now() + PATIENCE_MS
  let address
  while (!address && Date.now() < end) {
    const folder = process.env.ROCHDALE_MAILBOX
    const mails = (existsSync(folder) ? readdirSync(folder) : []).map((name) => readFileSync(join(folder, name), 'utf8')).filter((mail) => mail.includes(cleo.email))
    address = mails.map((mail) => /\/unsubscribe\/[\w.-]+/.exec(mail.replaceAll(/=\r?\n/g, ''))?.[0]).find((each) => each)
    if (!address) await new Promise((resolve) => setTimeout(resolve, 200))
  }
  check('a reminder of an open vote came by mail', address !== undefined)
  const out = await person(browser, options === PHONE ? 'phone, signed out' : 'desk, signed out', options)
  pages.push(out)
  out.expect(/401/)
  await out.go(address)
  await out.page.getByRole('button', { name: t('unsubscribe.action'), exact: true }).waitFor()
  check('opening the link alone ends nothing', (await api('GET', `${base}/reminders`, cleo.token)).wish === 'both')
  await look(out, 'the end of reminders')
  await out.press(t('unsubscribe.action'))
  await out.sees(t('unsubscribe.done'))
  check('pressing the button does', (await api('GET', `${base}/reminders`, cleo.token)).wish === 'off')
}

/** All of it, by a steward with these options and in this language; Ben reads beside her in English, at a desk. */
async function story(tag, options) {
  const t = tag === 'en' ? en : zh
  const told = await world(tag)
  const hand = await signedIn(browser, told.ada, tag === 'en' ? 'steward-desk' : 'steward-phone', options)
  const desk = await signedIn(browser, told.ben, 'desk', DESK)
  pages.push(hand, desk)
  told.ben.steward = told.ada
  await joining(told, hand, t)
  await offices(told, hand, t)
  await talk(told, hand, t, desk)
  await reminded(told, t, options)
  await notices(told, hand, t)
  await bylaws(told, hand, t, desk)
  // Last, since they are on the roll from then on, and vote in nothing.
  await byKeys(told, hand, t)
  for (const who of [hand, desk]) await who.context.close()
}

await tell(browser, pages, async () => {
  await story('zh-Hans', PHONE)
  if (process.env.ROCHDALE_FULL === '1') await story('en', DESK)
})
