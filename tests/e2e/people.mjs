// People made past the portal, where a story is about something else than signing up.
import { api, mailedLink, person } from './support.mjs'

/** An account with a session, made by the link of a mail. */
export async function account(name, run) {
  const email = `${name.toLowerCase()}-${run}@example.org`
  const password = `long enough ${run}`
  await api('POST', '/sign-ups', null, { email })
  const link = await mailedLink(email, 'signing up')
  await api('POST', '/accounts', null, { token: link.searchParams.get('token'), display_name: name, password })
  const { access_token: token } = await api('POST', '/sessions', null, { email, password })
  return { name, email, password, token }
}

/** Founds a co-op with these bylaws and lets the others join it by application. */
export async function found(founder, others, slug, bylaws) {
  const coop = await api('POST', '/coops', founder.token, { slug, name: 'Pioneers of Shared Tools', display_name: founder.name, bylaws: { ...bylaws, admission: 'application' } })
  founder.member = coop.me.id
  for (const each of others) {
    const { id } = await api('POST', `/coops/${coop.id}/applications`, each.token, { display_name: each.name, statement: 'I build small models.' })
    await api('POST', `/coops/${coop.id}/applications/${id}/decision`, founder.token, { decision: 'admitted', class: 'worker' })
    each.member = (await api('GET', `/coops/${coop.id}`, each.token)).me.id
  }
  return coop
}

/** A browser in which somebody is signed in. */
export async function signedIn(browser, who, name, options) {
  const at = await person(browser, name, options)
  await at.go('/sign-in')
  await at.page.locator('input[type=email]').fill(who.email)
  await at.page.locator('input[type=password]').fill(who.password)
  await at.page.locator('form button').first().click()
  await at.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  await at.page.getByRole('heading', { level: 1 }).waitFor()
  return at
}

export const inDays = (days) => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`

/** Begins a proposal and opens voting on it. */
export async function opened(coop, who, body) {
  const base = `/coops/${coop.id}/proposals`
  const proposal = await api('POST', base, who.token, body)
  await api('POST', `${base}/${proposal.id}/discussion`, who.token)
  await api('POST', `${base}/${proposal.id}/opening`, who.token, { closes_at: inDays(1) })
  return proposal.id
}

/** 32 random bytes. */
export const word = () => `0x${Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`

/** Casts a ballot that the server attests. */
export const vote = (coop, proposal, who, options, points, reason = null) =>
  api('POST', `/coops/${coop.id}/proposals/${proposal}/ballots`, who.token, { revision: 1, options, points, reason, salt: word(), signature: null })

/** Closes a vote in which everybody has voted, unless the worker was quicker. */
export async function closed(coop, proposal, who) {
  const address = `/coops/${coop.id}/proposals/${proposal}`
  await api('POST', `${address}/closing`, who.token).catch(async (error) => {
    if ((await api('GET', address, who.token)).state === 'open') throw error
  })
}

/** Waits until a proposal is in one of some states; the worker takes its moment. */
export async function until(coop, proposal, who, states) {
  for (let turn = 0; turn < 150; turn += 1) {
    const answer = await api('GET', `/coops/${coop.id}/proposals/${proposal}`, who.token)
    if (states.includes(answer.state)) return answer
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`the proposal ${proposal} did not become ${states.join(' or ')}`)
}
