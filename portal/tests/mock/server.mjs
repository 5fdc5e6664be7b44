// A stand-in for the server while the portal is developed: the contract of the API in memory, and the built portal under the
// real content security policy. Tests alone use it; `rochdale` is the server.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { accounts, anchors, bylaws, coop, election, iso, log, makeProposal, members, PASSWORD, proposals, records } from './data.mjs'
import { digest, keySigned, newId, randomWord, serverKey, serverSign, structHash, textHash, word } from './record.mjs'

const PORT = Number(process.env.PORT ?? 8099)
const DIST = fileURLToPath(new URL('../../dist', import.meta.url))
/** The policy of a page; what is not a page needs none here. */
const csp = (nonce) =>
  `default-src 'none'; script-src 'nonce-${nonce}' 'strict-dynamic'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html rochdale-audit`
const AUDITOR_CSP = "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'"
const MEDIA = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.wasm': 'application/wasm' }
const ZERO = `0x${'0'.repeat(64)}`

const sessions = new Map()
const keys = []
const effects = new Map()
const wishes = new Map()
const feeds = new Map()
const hooks = []
const invitations = [{ id: newId(), email: 'gita@example.org', class: 'worker', state: 'open', created_by: members[0].id, created_at: iso(Date.now()), expires_at: iso(Date.now() + 6e8), used_by: null }]
const applications = [{ id: newId(), display_name: 'Hana Sato', statement: 'I build small language models for schools.', status: 'pending', created_at: iso(Date.now()), decided_at: null, decided_by: null, reason: null }]
let sequence = 100
// So many decisions more, long over; for how a list of them behaves.
for (let index = 0; index < Number(process.env.MOCK_DECIDED ?? 0); index += 1) {
  const at = iso(Date.now() - (index + 40) * 3_600_000)
  proposals.push(makeProposal({ kind: 'motion', title: `Decision ${index + 1}: shall the looms stand nearer to the window?`, body: '', options: [], author: { id: members[0].id, display_name: members[0].display_name }, created_at: at, state: 'passed', opens_at: at, closes_at: at }))
}

class Refusal extends Error {
  constructor(status, slug, title, detail, members = {}) {
    super(detail)
    this.document = { type: `/problems/${slug}`, title, status, detail, instance: newId(), ...members }
  }
}
const notFound = () => new Refusal(404, 'not-found', 'Nothing is here', 'There is nothing here, or it is not yours to see. Check the address.')
const page = (items) => ({ items, next_cursor: null })
const publicMember = ({ account: _, ...rest }) => rest

function grant(account) {
  const token = randomBytes(16).toString('hex')
  const refresh = randomBytes(16).toString('hex')
  sessions.set(token, account)
  sessions.set(`refresh:${refresh}`, account)
  const { password: _, ...view } = account
  return { status: 201, body: { access_token: token, token_type: 'Bearer', expires_in: 600, account: { ...view, is_confirmed: true, created_at: iso(Date.now() - 4e9) } }, cookie: `rochdale_refresh=${refresh}; HttpOnly; SameSite=Strict; Path=/` }
}
const summary = ({ id, kind, method, title, state, author, created_at, opens_at, closes_at }) => ({ id, kind, method, title, state, author, created_at, opens_at, closes_at })

function view(proposal, me) {
  const { ballots, ...rest } = proposal
  const mine = ballots.get(me.id) ?? null
  const canVote = proposal.roll !== null && me.class !== 'observer'
  return {
    ...rest,
    turnout: proposal.roll ? { cast: Math.min(proposal.roll.count, ballots.size + 9), of: proposal.roll.count } : null,
    is_on_roll: canVote,
    my_ballot: mine,
    signing: proposal.state === 'open' && canVote ? { domain: coop.domain, namespace: coop.namespace, proposal: word(proposal.id), proposal_hash: proposal.record_hash, voter: word(me.id), next_revision: (mine?.revision ?? 0) + 1 } : null,
  }
}

function cast(proposal, me, body) {
  if (proposal.state !== 'open') throw new Refusal(409, 'voting-closed', 'Voting is closed', 'Voting on this proposal has ended; the ballot was not stored.')
  const last = proposal.ballots.get(me.id)?.revision ?? 0
  if (body.revision !== last + 1) throw new Refusal(409, 'revision-conflict', 'Another ballot came first', `Your last ballot is number ${last}; read it, then send number ${last + 1}.`)
  const record = { ns: coop.namespace, proposal: word(proposal.id), proposalHash: proposal.record_hash, voter: word(me.id), revision: body.revision, options: body.options, points: body.points, reason: body.reason ? textHash(body.reason) : ZERO, salt: body.salt }
  if (body.signature && !keySigned(body.signature.public_key, digest(coop.domain, 'BallotV1', record), body.signature.signature)) {
    throw new Refusal(422, 'signature-refused', 'The signature is not valid', 'The signature does not match the key and the record.')
  }
  const at = Math.floor(Date.now() / 1000)
  const receipt = { namespace: coop.namespace, subject: word(proposal.id), record_hash: structHash('BallotV1', record), sequence: ++sequence, at, salt: body.salt }
  const { namespace: ns, record_hash: recordHash, ...others } = receipt
  log.append('BallotV1', recordHash)
  const answer = { record_hash: recordHash, sequence, at: iso(at * 1000), revision: body.revision, signature_kind: body.signature?.kind ?? 'session', receipt, receipt_signature: serverSign(digest(coop.domain, 'ReceiptV1', { ns, recordHash, ...others }, false)), server_key: serverKey }
  proposal.ballots.set(me.id, { options: body.options, points: body.points, reason: body.reason, salt: body.salt, public_key: body.signature?.public_key ?? serverKey, signature: body.signature?.signature ?? `0x${'0'.repeat(128)}`, ...answer })
  return { status: 201, body: answer }
}

function tallyOf(proposal) {
  const common = { proposal: proposal.id, method: proposal.method, record: {}, record_hash: randomWord(), record_sequence: 8, published_at: iso(Date.now()), lot: null, signed_ballots: 14, attested_ballots: 7, weights: { direct: 21, delegated: 0, by_proxy: 0, uncast: 1 }, attested_delegations: 0, motion: null, count: null, elected: [] }
  if (proposal.method === 'scottish_stv') {
    return { ...common, outcome: 'passed', reasons: ['No quorum is asked for; 21 of 22 took part.'], turnout: { cast: 21, of: 22 }, election, elected: election.elected.map((candidate) => ({ candidate, name: proposal.options[candidate - 1] })) }
  }
  const motion = { yes: 8, no: 9, abstain: 3, blank: 1 }
  for (const { options } of proposal.ballots.values()) motion[['yes', 'no', 'abstain', 'blank'][options[0]]] += 1
  const passed = motion.yes > motion.no
  return { ...common, outcome: passed ? 'passed' : 'rejected', reasons: ['The quorum is met: 21 of 22 took part, at least 1/5 are needed.', `The majority ${passed ? 'is' : 'is not'} met: ${motion.yes} yes of ${motion.yes + motion.no}, more than 1/2 are needed.`], turnout: { cast: 21, of: 22 }, motion }
}

const STEPS = {
  discussion: (proposal) => Object.assign(proposal, { state: 'discussion', discussed_at: iso(Date.now()), opens_from: iso(Date.now() + 3 * 86_400_000) }),
  opening: (proposal, body) => Object.assign(proposal, { state: 'open', opens_from: null, opens_at: iso(Date.now()), closes_at: body.closes_at, roll: { root: randomWord(), count: 22, weight: 22 }, record_hash: randomWord() }),
  closing: (proposal) => {
    setTimeout(() => Object.assign(proposal, { state: tallyOf(proposal).outcome }), 1500)
    return Object.assign(proposal, { state: 'closed', closed_at: iso(Date.now()) })
  },
  withdrawal: (proposal) => Object.assign(proposal, { state: 'withdrawn' }),
  cancellation: (proposal, body) => Object.assign(proposal, { state: 'cancelled', end_reason: body.reason }),
}

async function receipt(hash, prefer) {
  const body = await log.standing(hash, prefer)
  if (body === null) throw notFound()
  return { body }
}

function inCoop(method, rest, body, account, query, prefer) {
  const me = members.find((member) => member.account === account.id)
  if (!me) throw notFound()
  const [area, id, verb, ...more] = rest
  const whole = { ...coop, me: publicMember(me) }
  if (area === undefined) return { body: whole }
  if (area === 'members' && verb === 'delegate-report') return { body: page([]) }
  if (area === 'members') return { body: page(members.map(publicMember)) }
  if (area === 'webhooks') {
    const hook = hooks.find((each) => each.id === id)
    if (method === 'POST') hooks.push({ id: newId(), ...body, has_secret: false, created_by: me.id, created_at: iso(Date.now()), ended_at: null })
    if (method === 'POST') return { status: 201, body: hooks.at(-1) }
    if (verb === 'secret') return Object.assign(hook, { has_secret: true }), { body: { secret: `whsec_${randomBytes(32).toString('base64')}` } }
    if (method === 'DELETE') return Object.assign(hook, { ended_at: iso(Date.now()) }), { status: 204 }
    return { body: page(verb === 'deliveries' ? [] : hooks) }
  }
  if (area === 'delegations') return { body: id === 'received' ? page([]) : { given: [], trusted_by: 0 } }
  if (area === 'halts') return { body: page([]) }
  if (area === 'feeds') {
    if (method === 'DELETE') return feeds.delete(me.id), { status: 204 }
    if (method === 'PUT') feeds.set(me.id, { made_at: iso(Date.now()), base: `localhost:${PORT}/api/v1/feeds/rdf_${newId()}` })
    const made = feeds.get(me.id)
    return { body: made ? { calendar: `http://${made.base}/calendar.ics`, webcal: `webcal://${made.base}/calendar.ics`, atom: `http://${made.base}/atom.xml`, made_at: made.made_at } : { calendar: null, webcal: null, atom: null, made_at: null } }
  }
  if (area === 'reminders') {
    if (method === 'PUT') wishes.set(me.id, body.wish)
    return { body: { wish: wishes.get(me.id) ?? 'both' } }
  }
  if (area === 'bylaws') return { body: bylaws }
  if (area === 'anchors') return { body: page(anchors) }
  if (area === 'records') return { body: page(records) }
  if (area === 'receipts') return receipt(id, prefer)
  if (area === 'invitations') {
    if (method === 'POST') invitations.push({ ...invitations[0], id: newId(), ...body, state: 'open' })
    if (method === 'DELETE') Object.assign(invitations.find((each) => each.id === id) ?? {}, { state: 'revoked' })
    return method === 'GET' ? { body: page(invitations) } : method === 'POST' ? { status: 201, body: invitations.at(-1) } : { status: 204 }
  }
  if (area === 'applications') {
    if (verb === 'decision') Object.assign(applications.find((each) => each.id === id) ?? {}, { status: body.decision })
    return { body: method === 'GET' ? page(applications) : { application: applications[0], member: null } }
  }
  if (area === 'keys') {
    if (method === 'GET') return { body: page(keys.filter((key) => key.member === me.id).map(({ member: _, ...key }) => key)) }
    if (method === 'DELETE') {
      Object.assign(keys.find((key) => key.id === id) ?? {}, { ended_at: iso(Date.now()) })
      return { status: 204 }
    }
    const record = { ns: coop.namespace, member: word(me.id), kind: 4, publicKey: body.public_key, salt: body.salt }
    if (body.proof.kind === 'signature' && !keySigned(body.public_key, digest(coop.domain, 'KeyRegistrationV1', record), body.proof.signature)) {
      throw new Refusal(422, 'key-refused', 'The key is not accepted', 'The signature does not match the key and the record.')
    }
    // The mock lets a key sign at once, as if it had been there when voting opened.
    const key = { id: newId(), member: me.id, kind: body.kind, public_key: body.public_key, salt: body.salt, proof: body.proof.kind, registered_sequence: 10, registered_at: iso(Date.now() - 20 * 86_400_000), ended_at: null }
    keys.push(key)
    return { status: 201, body: key }
  }
  if (area !== 'proposals') throw notFound()
  if (id === undefined) {
    if (method === 'GET') {
      const found = proposals.filter((each) => (query.get('state') ?? each.state) === each.state)
      const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? found.length)]
      return { body: { items: found.slice(from, from + limit).map(summary), next_cursor: from + limit < found.length ? String(from + limit) : null } }
    }
    const made = makeProposal({ ...body, author: { id: me.id, display_name: me.display_name }, created_at: iso(Date.now()) })
    proposals.unshift(made)
    return { status: 201, body: view(made, me) }
  }
  const proposal = proposals.find((each) => each.id === id)
  if (!proposal) throw notFound()
  if (verb === undefined) {
    if (method === 'PATCH') Object.assign(proposal, body, { version: proposal.version + 1 })
    return { body: view(proposal, me), etag: `"${proposal.version}"` }
  }
  if (verb === 'ballots') return cast(proposal, me, body)
  if (verb === 'proxies') return { body: { members: [], is_cut: false } }
  if (verb === 'proxy-ballots') return { body: page([]) }
  if (verb === 'preview') return { body: { actions: [], obstacle: null } }
  if (verb === 'comments') return talk(method, proposal, me, body, more)
  if (verb === 'tally') return { body: tallyOf(proposal) }
  if (verb === 'bundle') return { raw: gzipSync(JSON.stringify({ section: 'header' })), name: `${coop.slug}-proposal-${proposal.id}.rochdale` }
  if (STEPS[verb]) {
    STEPS[verb](proposal, body)
    proposal.version += 1
    return { body: view(proposal, me) }
  }
  throw notFound()
}

const threads = new Map()

function talk(method, proposal, me, body, [id, verb]) {
  const thread = threads.get(proposal.id) ?? []
  threads.set(proposal.id, thread)
  const speaker = { id: me.id, display_name: me.display_name }
  const now = iso(Date.now())
  if (id === undefined && method === 'GET') return { body: page(thread.map(({ versions: _, ...comment }) => comment)) }
  if (id === undefined) {
    const parent = body.parent ?? null
    const depth = parent === null ? 0 : thread.find((each) => each.id === parent).depth + 1
    const comment = { id: newId(), parent, depth, author: speaker, body: body.body, version: 1, created_at: now, written_at: now, removed: null, versions: [{ version: 1, body: body.body, written_at: now }] }
    thread.push(comment)
    return { status: 201, body: comment }
  }
  const comment = thread.find((each) => each.id === id)
  if (!comment) throw notFound()
  if (verb === 'versions') return { body: page(comment.versions) }
  if (verb === 'removal') Object.assign(comment, { body: null, removed: { by: speaker, reason: body.reason, at: now }, versions: [] })
  else {
    comment.versions.push({ version: comment.version + 1, body: body.body, written_at: now })
    Object.assign(comment, { body: body.body, version: comment.version + 1, written_at: now })
  }
  return { body: comment }
}

function route(request, url, body, account) {
  const parts = url.pathname.slice('/api/v1/'.length).split('/')
  const [area, id, ...rest] = parts
  const call = `${request.method} ${parts.join('/')}`
  if (call === 'POST sessions') {
    const found = Object.values(accounts).find((each) => each.email === body.email && body.password === PASSWORD)
    if (!found) throw new Refusal(401, 'sign-in-failed', 'The address or the password is not right', 'Check both and try again, or ask for a new password.')
    return grant(found)
  }
  if (call === 'POST sessions/refresh') {
    const known = sessions.get(`refresh:${/rochdale_refresh=(\w+)/.exec(request.headers.cookie ?? '')?.[1]}`)
    if (!known || request.headers['x-rochdale-refresh'] !== '1') throw new Refusal(401, 'refresh-refused', 'The session cannot be prolonged', 'Sign in again.')
    return grant(known)
  }
  if (area === 'sign-ups' || (area === 'password-resets' && request.method === 'POST')) return { status: 202 }
  if (area === 'password-resets' || area === 'email-confirmations') return { status: 204 }
  if (call === 'POST accounts') {
    if (body.password.length < 10) throw new Refusal(422, 'password-refused', 'The password is not acceptable', 'Choose one of at least 10 characters.')
    return grant({ ...accounts.new, display_name: body.display_name })
  }
  if (area === 'directory') return { body: { id: coop.id, slug: coop.slug, name: coop.name, namespace: coop.namespace, admission: 'application' } }
  if (!account) throw new Refusal(401, 'unauthenticated', 'Sign in first', 'Sign in, then repeat the request.')
  if (area === 'account') {
    if (id === undefined && request.method === 'PATCH') account.display_name = body.display_name
    const { password: _, ...shown } = account
    return id === 'password' ? { ...grant(account), status: 200 } : { body: shown }
  }
  if (area === 'sessions') return request.method === 'GET' ? { body: page([{ id: newId(), created_at: iso(Date.now()), last_refreshed_at: iso(Date.now()), expires_at: iso(Date.now() + 1e9), is_current: true }, { id: newId(), created_at: iso(Date.now() - 9e7), last_refreshed_at: iso(Date.now() - 8e6), expires_at: iso(Date.now() + 1e9), is_current: false }]) } : { status: 204 }
  if (area === 'siwe-nonces') return { status: 201, body: { nonce: 'abcdef0123456789', chain_id: 1, expires_at: iso(Date.now() + 3e5) } }
  if (area === 'inbox') {
    const me = members.find((member) => member.account === account.id)
    const waiting = me ? proposals.filter((proposal) => proposal.state === 'open' && !proposal.ballots.has(me.id)) : []
    return { body: page(waiting.map((proposal) => ({ coop: { id: coop.id, slug: coop.slug, name: coop.name }, proposal: summary(proposal) }))) }
  }
  if (area !== 'coops') throw notFound()
  if (id === undefined) {
    const me = members.find((member) => member.account === account.id)
    if (request.method === 'POST') return { status: 201, body: { ...coop, me: publicMember(members[0]) } }
    return { body: page(me ? [{ id: coop.id, slug: coop.slug, name: coop.name, me: publicMember(me) }] : []) }
  }
  if (rest[0] === 'memberships') return { status: 201, body: publicMember(members[1]) }
  return inCoop(request.method, rest, body, account, url.searchParams, request.headers.prefer)
}

async function api(request, response, url) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  let answer
  try {
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}
    const key = request.headers['idempotency-key']
    answer = (key && effects.get(key)) || (await route(request, url, body, sessions.get((request.headers.authorization ?? '').replace('Bearer ', ''))))
    if (key) effects.set(key, answer)
  } catch (error) {
    const document = error.document ?? { type: '/problems/internal', title: 'The server failed', status: 500, detail: String(error.stack), instance: newId() }
    response.writeHead(document.status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    return response.end(JSON.stringify(document))
  }
  const headers = { 'cache-control': 'no-store' }
  if (answer.cookie) headers['set-cookie'] = answer.cookie
  if (answer.etag) headers.etag = answer.etag
  if (answer.raw) headers['content-disposition'] = `attachment; filename="${answer.name}"`
  headers['content-type'] = answer.raw ? 'application/gzip' : 'application/json'
  response.writeHead(answer.status ?? 200, headers)
  return response.end(answer.raw ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body)))
}

async function file(response, path) {
  const wanted = join(DIST, normalize(path))
  const content = await readFile(wanted.startsWith(DIST) && extname(wanted) ? wanted : join(DIST, 'index.html')).catch(() => null)
  const nonce = randomBytes(16).toString('hex')
  const media = MEDIA[extname(wanted)] ?? MEDIA['.html']
  const policy = path.startsWith('/assets/audit-worker-') ? AUDITOR_CSP : csp(nonce)
  response.writeHead(content ? 200 : 404, { 'content-type': media, 'content-security-policy': policy, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
  response.end(media === MEDIA['.html'] ? content?.toString().replaceAll('nonce-of-this-answer', nonce) : (content ?? undefined))
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const work = url.pathname.startsWith('/api/v1/') ? api(request, response, url) : url.pathname === '/api/openapi.json' ? readFile(new URL('../../../openapi/openapi.json', import.meta.url)).then((text) => response.writeHead(200, { 'content-type': 'application/json' }).end(text), () => response.writeHead(404).end()) : file(response, url.pathname)
  work.catch(() => response.destroy())
})
server.listen(PORT, '127.0.0.1', () => process.stdout.write(`mock on http://localhost:${server.address().port}\n`))
