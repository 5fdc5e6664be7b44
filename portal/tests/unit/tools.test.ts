// Aim: credits are exact, policies and actions about tools say what they do, and a stream of a model is read whatever pieces it comes in.
// Method: tables of cases; a stream is cut at every byte.
import { describe, expect, it } from 'vitest'
import { allowanceSentence, byUrgency, credits, daysOfUse, leftOf, otherSentences, snippet, SNIPPETS, typed, unitsOf } from '../../src/lib/access'
import { actionOfTools, changesOfTools, complaintOfTools, draftOfTools, policyOf, sentenceOfTools, type ToolAction, type ToolsComplaint, type ToolsDraft } from '../../src/lib/access-actions'
import { complaintOf, draftOfAction, emptyAction, namesFrom, plannedOf } from '../../src/lib/actions'
import type { Action, AllowanceLine, Policy, Usage } from '../../src/lib/api/types'
import { ask, ChatError, lines, read, type ChatEvent } from '../../src/lib/chat'

const nameOf = namesFrom([{ id: 'm1', display_name: 'Amina' }])

describe('credits', () => {
  const cases: [string, number | null][] = [
    ['1', 1_000_000], ['0.000001', 1], ['12,5', 12_500_000], [' 7 ', 7_000_000], ['0', 0],
    ['', null], ['-1', null], ['1.0000001', null], ['1e3', null], ['1.', null], ['1 000', null], ['9999999999', null],
  ]
  it.each(cases)('%j are %s millionths', (text, units) => {
    expect(unitsOf(text)).toBe(units)
    if (units !== null) expect(unitsOf(typed(units))).toBe(units)
  })
  it('are shown to the last place', () => expect([1, 1_000_000, 1_234_567, 0].map(credits)).toEqual(['0.000001', '1', '1.234567', '0']))
})

describe('a policy in words', () => {
  const policy: Policy = {
    allowances: [
      { for: { group: 'everyone' }, share: 'together', period: 'month', units: 500_000_000 },
      { for: { group: 'class', class: 'worker' }, share: 'each', period: 'week', units: 2_500_000 },
      { for: { group: 'member', member: 'm1' }, share: 'each', period: 'day', units: 1 },
    ],
    weights: [{ for: { group: 'role', role: 'auditor' }, weight: 3 }],
    models: [{ model: 'big', for: [{ group: 'role', role: 'steward' }, { group: 'member', member: 'm1' }] }],
    partial_charge: 'counted',
    expired_charge: 'nothing',
    rate: { currency: 'EUR', minor_per_million: 12_050 },
  }
  it('says each line', () => {
    expect(policy.allowances.map((line) => allowanceSentence(line, nameOf))).toEqual([
      'All members together: 500 credits a month.',
      'Members of the class Worker, each: 2.5 credits a week.',
      'Amina: 0.000001 credits a day.',
    ])
    expect(otherSentences(policy, nameOf)).toEqual([
      'The model big is for these alone: Whoever is Steward, Amina.',
      'Whoever is Auditor: weight 3 in the queue.',
      'A call that breaks off costs its input and the output that was counted.',
      'A call whose program died costs nothing.',
      'A million credits that are used cost the member 120.50 EUR.',
    ])
  })
  it('is the same after it was a form', () => {
    const act: Action = { action: 'set_access_policy', version: 1, replaces: 4, policy }
    const draft = draftOfTools(act)
    expect(policyOf(draft)).toEqual(policy)
    expect(actionOfTools('set_access_policy', draft)).toEqual(act)
    expect(actionOfTools('set_access_policy', draftOfTools({ ...act, effective_at: 9 }))).toEqual({ ...act, effective_at: 9 })
    expect(sentenceOfTools(act, nameOf)).toContain('All members together: 500 credits a month.')
  })
})

describe('actions about tools', () => {
  const tool: Action = { action: 'set_tool', version: 1, tool: 'ours', terms: { kind: 'vllm', base_url: 'https://models.example.org/v1', external: true, data_location: 'Iceland', slots: 4, first_byte_seconds: 60, idle_seconds: 20 } }
  const model: Extract<Action, { action: 'set_model' }> = {
    action: 'set_model', version: 1, model: 'small',
    terms: { tool: 'ours', upstream_name: 'm', licence: 'MIT', context_tokens: 8192, output_tokens: 512, price: { input: 3, output: 15, call: 500_000 }, overhead: { call: 4, message: 2 }, endpoints: ['chat_completions', 'embeddings'] },
  }
  const all: [Action, string][] = [
    [tool, 'The tool ours at https://models.example.org/v1 is somebody else’s; what is sent to it goes to: Iceland.'],
    [model, 'The model small of the tool ours (licence: MIT) costs 3 credits for a million tokens of input, 15 credits for a million of output, and 0.5 credits for each call.'],
    [
      { ...model, terms: { ...model.terms, endpoints: ['chat_completions'], fallbacks: ['other', 'third'] } },
      'The model small of the tool ours (licence: MIT) costs 3 credits for a million tokens of input, 15 credits for a million of output, and 0.5 credits for each call. While it does not answer, these do in its place: other, third.',
    ],
    [{ action: 'retire_tool', version: 1, tool: 'ours' }, 'The tool ours is not used any more.'],
    [{ action: 'retire_model', version: 1, model: 'small' }, 'The model small is not served any more.'],
  ]
  it.each(all)('are the same after they were a form, and say what they do: %j', (act, sentence) => {
    const draft = draftOfAction({ act })!
    expect(complaintOf(draft, 0)).toBeNull()
    expect(plannedOf(draft, 0)).toEqual({ act })
    expect(sentenceOfTools(act, nameOf)).toBe(sentence)
  })

  const of = (act: Action, over: Partial<ToolsDraft>): ToolsDraft => ({ ...draftOfTools(act), ...over })
  const policy = (over: Partial<ToolsDraft>): ToolsDraft => ({ ...draftOfTools(null), ...over })
  const line = draftOfTools(null).allowances[0]!
  const wrongs: [string, ToolAction, ToolsDraft, ToolsComplaint | null][] = [
    ['no name', 'set_tool', of(tool, { name: '' }), 'name'],
    ['capitals', 'set_tool', of(tool, { name: 'Ours' }), 'name'],
    ['two dots', 'retire_model', of(model, { name: 'a..b' }), 'name'],
    ['a name as catalogues have them', 'retire_model', of(model, { name: 'qwen/qwen3-4b:free' }), null],
    ['somebody else’s in clear', 'set_tool', of(tool, { base_url: 'http://models.example.org/v1' }), 'url'],
    ['our own in clear', 'set_tool', of(tool, { base_url: 'http://10.0.0.2/v1', external: false }), null],
    ['a stroke at the end', 'set_tool', of(tool, { base_url: 'https://models.example.org/v1/' }), 'url'],
    ['a password in the address', 'set_tool', of(tool, { base_url: 'https://a:b@models.example.org' }), 'url'],
    ['no place', 'set_tool', of(tool, { data_location: ' ' }), 'location'],
    ['no slots', 'set_tool', of(tool, { slots: '0' }), 'numbers'],
    ['no tool', 'set_model', of(model, { tool: '' }), 'tool'],
    ['no licence', 'set_model', of(model, { licence: '' }), 'licence'],
    ['nothing to ask', 'set_model', of(model, { endpoints: [] }), 'endpoints'],
    ['half a price', 'set_model', of(model, { price: { input: '1.5', output: '1', call: '0' } }), 'numbers'],
    ['an allowance in words', 'set_access_policy', policy({ allowances: [{ ...line, credits: 'many' }] }), 'allowance'],
    ['nobody named', 'set_access_policy', policy({ allowances: [{ ...line, group: 'member', which: '' }] }), 'groups'],
    ['a model for nobody', 'set_access_policy', policy({ models: [{ model: 'small', groups: [] }] }), 'groups'],
    ['too great a weight', 'set_access_policy', policy({ weights: [{ group: 'everyone', which: '', weight: '21' }] }), 'numbers'],
    ['a currency in words', 'set_access_policy', policy({ rate_currency: 'euro', rate: '1' }), 'rate'],
    ['a price of nothing', 'set_access_policy', policy({ rate_currency: 'EUR', rate: '0' }), 'rate'],
    ['a fallback for vectors', 'set_model', of(model, { fallbacks: 'other' }), 'fallbacks'],
    ['itself as fallback', 'set_model', of(model, { fallbacks: 'small', endpoints: ['responses'] }), 'fallbacks'],
    ['two fallbacks', 'set_model', of(model, { fallbacks: ' other, third ,', endpoints: ['responses'] }), null],
    ['nobody may use anything', 'set_access_policy', policy({ allowances: [] }), null],
  ]
  it.each(wrongs)('are looked at before they are sent: %s', (_, kind, draft, wanted) => expect(complaintOfTools(kind, draft)).toBe(wanted))

  it('of one member are never shared', () => {
    const draft = { ...emptyAction('set_access_policy').tools, allowances: [{ ...line, group: 'member' as const, which: 'm1', share: 'together' as const }] }
    expect(policyOf(draft).allowances[0]).toEqual({ for: { group: 'member', member: 'm1' }, share: 'each', period: 'month', units: 10_000_000 })
  })

  it('say who gains and who loses', () => {
    const change = {
      change: 'access_policy_set' as const, version: 2, shared: [{ account: 'coop' as const, period: 'month' as const, before: null, after: 5_000_000 }],
      members: [{ what: 'allowance' as const, period: 'day' as const, before: 2_000_000, after: 1_000_000, gain: false, count: 12, members: ['m1'] }, { what: 'model' as const, model: 'big', gain: true, count: 1, members: ['m1'] }],
      partial_charge: null, expired_charge: 'nothing' as const, rate: { before: { currency: 'JPY', minor_per_million: 7 }, after: null },
    }
    expect(changesOfTools(change, nameOf)).toEqual([
      'Version 2 of the policy of use comes in force.',
      'Together, All members: from nothing to 5 credits a month.',
      '12 members lose (Amina …): from 2 credits to 1 credit a day.',
      '1 member gains (Amina): the model big.',
      'A call whose program died costs nothing.',
      'Members owe no money for what they use.',
    ])
    const dearer = { ...model.terms, price: { ...model.terms.price, input: 4 } }
    const lost = { what: 'model' as const, model: 'small', gain: false, count: 1, members: ['m1'] }
    const fewer = { what: 'tokens' as const, model: 'small', period: 'month' as const, before: null, after: 1, gain: false, count: 1, members: ['m1'] }
    const set = { change: 'model_set' as const, model: 'small', before: model.terms }
    expect(changesOfTools({ ...set, after: dearer, members: [fewer] }, nameOf)).toEqual([
      expect.stringContaining('from 3 credits to 4 credits'),
      '1 member loses (Amina): what they may use a month is for 1 token of small instead of any number of tokens.',
    ])
    expect(changesOfTools({ ...set, after: model.terms, members: [] }, nameOf)[0]).toContain('its price stays')
    const ends = ['The model small is not served any more.', 'At least 10 members used small in the last 30 days.', '1 member loses (Amina): the model small.']
    expect(changesOfTools({ change: 'model_retired', model: 'small', users: 10, members: [lost] }, nameOf)).toEqual(ends)
    expect(changesOfTools({ change: 'tool_retired', tool: 'ours', models: { small: 10 }, members: [lost] }, nameOf)).toEqual(['The tool ours is not used any more.', ...ends])
  })
})

describe('what is left', () => {
  const line = (over: Partial<AllowanceLine>): AllowanceLine => ({ limit: 'member', subject: 'm1', period: 'day', cap: 10, spent: 4, held: 3, resets_at: '', proposal: null, since: null, ...over })
  it('is what is neither spent nor set aside, and never below nothing', () => {
    expect([line({}), line({ spent: 9, held: 3 }), line({ spent: null, held: null })].map(leftOf)).toEqual([3, 0, null])
  })
  it('stands with the tightest first', () => {
    const [tight, wide, veiled] = [line({ spent: 9, held: 0 }), line({ spent: 0, held: 0 }), line({ spent: null, held: null })]
    expect(byUrgency([veiled, wide, tight])).toEqual([tight, wide, veiled])
  })
  it('of days without a call stands too', () => {
    const call = (at: string, charged: number) => ({ at, charged }) as Usage
    const days = daysOfUse([call('2026-03-02T23:59:59Z', 5), call('2026-03-02T00:00:00Z', 1), call('2026-01-01T00:00:00Z', 9)], Date.parse('2026-03-03T12:00:00Z'), 3)
    expect(days).toEqual([{ day: '2026-03-01', calls: 0, charged: 0 }, { day: '2026-03-02', calls: 2, charged: 6 }, { day: '2026-03-03', calls: 0, charged: 0 }])
  })
  it.each(SNIPPETS)('a snippet for %s names address and model, and never holds a key', (name) => {
    const text = snippet(name, 'https://vote.example.org', 'small')
    expect(text).toContain('https://vote.example.org/v1')
    expect(text).toContain('small')
    expect(text).toContain('ROCHDALE_KEY')
    expect(text).not.toContain('rdk_')
  })
})

describe('a stream', () => {
  const STREAM = [
    ': queued position=3 eta_ms=4100', '', ': working', '',
    'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}', '',
    'data: {"choices":[{"delta":{"content":"Grüß "}}]}', '',
    'data: {"choices":[{"delta":{"content":"Gott 你好"},"finish_reason":null}]}', '',
    'data: {"choices":[{"delta":{},"finish_reason":"length"}]}', '',
    'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7},"coop":{"usage_source":"final","charged_units":120}}', '',
    'data: [DONE]', '', '',
  ].join('\n')
  const TOLD: ChatEvent[] = [
    { kind: 'queued', position: 3, seconds: 5 },
    { kind: 'working' },
    { kind: 'text', text: 'Grüß ' },
    { kind: 'text', text: 'Gott 你好' },
    { kind: 'finished', why: 'length' },
    { kind: 'bill', charged: 120, input: 5, output: 7, source: 'final' },
  ]
  const bytes = new TextEncoder().encode(STREAM)
  const streamed = (...cuts: number[]) =>
    new ReadableStream<Uint8Array>({
      start(to) {
        let from = 0
        for (const cut of [...cuts, bytes.length]) to.enqueue(bytes.slice(from, (from = cut)))
        to.close()
      },
    })
  const asked = async (answer: Response) => {
    const events: ChatEvent[] = []
    let sent: [RequestInfo | URL, RequestInit | undefined] = ['', undefined]
    const send: typeof fetch = (url, init) => {
      sent = [url as string, init]
      return Promise.resolve(answer)
    }
    for await (const event of ask('rdk_x', 'small', [{ role: 'user', content: 'Hi' }], new AbortController().signal, send)) events.push(event)
    return { events, sent }
  }

  it('tells the same wherever it is cut', async () => {
    for (let cut = 1; cut < bytes.length; cut += 1) expect((await asked(new Response(streamed(cut)))).events).toEqual(TOLD)
  })
  it('is asked for with the key and no cookie', async () => {
    const { sent: [url, init] } = await asked(new Response(streamed()))
    expect(url).toBe('/v1/chat/completions')
    expect(init).toMatchObject({ credentials: 'omit', headers: { Authorization: 'Bearer rdk_x' } })
    expect(JSON.parse(init?.body as string)).toMatchObject({ model: 'small', stream: true, stream_options: { include_usage: true } })
  })
  it('may end its lines as Windows does', async () => {
    const found: string[] = []
    const pieces = async function* () {
      for (const piece of ['a\r', '\nb\r\n', '', 'c']) yield await Promise.resolve(new TextEncoder().encode(piece))
    }
    for await (const line of lines(pieces())) found.push(line)
    expect(found).toEqual(['a', 'b', 'c'])
  })
  it('that breaks off says why', () => {
    expect(() => read('data: {"error":{"message":"The key was revoked.","code":"key_revoked"}}')).toThrow(new ChatError(200, 'key_revoked', 'The key was revoked.'))
  })
  it('that is refused says it in the words of the server', async () => {
    const body = { error: { message: 'Your allowance is used up.', code: 'coop_allowance_exhausted' } }
    await expect(asked(new Response(JSON.stringify(body), { status: 429 }))).rejects.toMatchObject({ status: 429, code: 'coop_allowance_exhausted', message: 'Your allowance is used up.' })
    await expect(asked(new Response('<html>', { status: 502 }))).rejects.toMatchObject({ code: 'http-502' })
  })
  it.each(['', 'event: x', ': something', 'data:', 'data: null', 'data: 3', 'data: {"choices":[{"delta":{"content":7}}],"coop":{"charged_units":-1}}'])('says nothing by %j', (line) => expect(read(line)).toEqual([]))
  it('without an end to its line is given up', async () => {
    const endless = async function* () {
      for (;;) yield await Promise.resolve(new Uint8Array(65_536).fill(97))
    }
    await expect((async () => { for await (const _ of lines(endless())) void _ })()).rejects.toMatchObject({ code: 'line_too_long' })
  })
})
