/** The shared tools in words: credits, limits, policies, and the snippet for each kind of client. */
import type { AccessGroup, AllowanceLine, Policy, PolicyRate, PolicyAllowance, ToolPeriod, Usage } from './api/types'
import type { NameOf } from './actions'
import { count, locale, t } from './text/index.svelte'

/** Micro-credits in a credit. */
const MICRO = 1_000_000

/** Whole micro-credits as credits, exactly. */
export function credits(units: number): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 6 }).format(units / MICRO)
}

/** The same with the word, as it is said of that many. */
export const creditsText = (units: number): string => count('credits', units / MICRO, { count: credits(units) })

/** What was typed as credits, as whole micro-credits; null where it is no amount, or finer than there is. */
export function unitsOf(text: string): number | null {
  const [, whole = '', part = ''] = /^(\d{1,9})(?:[.,](\d{1,6}))?$/.exec(text.trim()) ?? []
  return whole === '' ? null : Number(whole) * MICRO + Number(part.padEnd(6, '0'))
}

/** Micro-credits as they are typed into a field. */
export function typed(units: number): string {
  const part = String(units % MICRO).padStart(6, '0').replace(/0+$/, '')
  return part === '' ? String(Math.floor(units / MICRO)) : `${Math.floor(units / MICRO)}.${part}`
}

export function groupName(group: AccessGroup, nameOf: NameOf): string {
  switch (group.group) {
    case 'everyone':
      return t('tools.group.everyone')
    case 'class':
      return t('tools.group.class', { name: t(`class.${group.class}`) })
    case 'role':
      return t('tools.group.role', { name: t(`role.${group.role}`) })
    case 'member':
      return nameOf(group.member)
  }
}

export function allowanceSentence(line: PolicyAllowance, nameOf: NameOf): string {
  const values = { group: groupName(line.for, nameOf), units: creditsText(line.units), period: t(`tools.period.${line.period}`) }
  return line.for.group === 'member' ? t('policy.allowance.one', values) : t(`policy.allowance.${line.share}`, values)
}

/** Everything else that a policy says, line by line. */
export function otherSentences(policy: Policy, nameOf: NameOf): string[] {
  const groups = (list: readonly AccessGroup[]) => list.map((group) => groupName(group, nameOf)).join(t('list.join'))
  return [
    ...(policy.models ?? []).map((line) => t('policy.model', { model: line.model, groups: groups(line.for) })),
    ...(policy.weights ?? []).map((line) => t('policy.weight', { group: groupName(line.for, nameOf), weight: line.weight })),
    t(`policy.partial.${policy.partial_charge}`),
    t(`policy.expired.${policy.expired_charge}`),
    ...(policy.rate ? [rateSentence(policy.rate)] : []),
  ]
}

/** An amount in minor units as it is written, such as 12.05 EUR. */
export function owedText(minor: number, currency: string): string {
  const places = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  const digits = String(minor).padStart(places + 1, '0')
  return `${places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`} ${currency}`
}

/** What credits are worth in money. */
export const rateSentence = (rate: PolicyRate): string => t('policy.rate', { amount: owedText(rate.minor_per_million, rate.currency) })

/** Whose an allowance is, as the member who draws on it reads it. */
export function limitName(line: AllowanceLine): string {
  switch (line.limit) {
    case 'coop':
      return t('tools.limit.coop')
    case 'class':
      return t('tools.limit.class', { name: t(`class.${line.subject as 'worker'}`) })
    case 'role':
      return t('tools.limit.role', { name: t(`role.${line.subject as 'steward'}`) })
    case 'member':
      return t('tools.limit.member')
  }
}

/** What is left of an allowance for another call; null where it is not told. */
export const leftOf = (line: AllowanceLine): number | null =>
  line.spent === null || line.spent === undefined ? null : Math.max(0, line.cap - line.spent - (line.held ?? 0))

/** The most urgent line first: every one must cover a call. */
export const byUrgency = (lines: readonly AllowanceLine[]): AllowanceLine[] =>
  lines.toSorted((one, other) => (leftOf(one) ?? Infinity) / Math.max(1, one.cap) - (leftOf(other) ?? Infinity) / Math.max(1, other.cap))

export interface DayOfUse {
  /** In UTC, as the allowances count it. */
  day: string
  calls: number
  charged: number
}

const DAY_MS = 86_400_000

/** The last days up to today, the newest last, with what calls cost on each; days without a call too. */
export function daysOfUse(calls: readonly Usage[], now: number, days: number): DayOfUse[] {
  const list: DayOfUse[] = []
  for (let back = days - 1; back >= 0; back -= 1) list.push({ day: new Date(now - back * DAY_MS).toISOString().slice(0, 10), calls: 0, charged: 0 })
  const of = new Map(list.map((day) => [day.day, day]))
  for (const call of calls) {
    const day = of.get(new Date(call.at).toISOString().slice(0, 10))
    if (day === undefined) continue
    day.calls += 1
    day.charged += call.charged
  }
  return list
}

export const SNIPPETS = ['python', 'node', 'curl'] as const
export type SnippetName = (typeof SNIPPETS)[number]

/** How a program asks; the key is read from the environment, since one that stands in a program gets copied with it. */
export function snippet(name: SnippetName, origin: string, model: string): string {
  const base = `${origin}/v1`
  switch (name) {
    case 'python':
      return [
        'import os',
        'from openai import OpenAI',
        '',
        `client = OpenAI(base_url="${base}", api_key=os.environ["ROCHDALE_KEY"])`,
        'answer = client.chat.completions.create(',
        `    model="${model}",`,
        '    messages=[{"role": "user", "content": "Hello"}],',
        ')',
        'print(answer.choices[0].message.content)',
      ].join('\n')
    case 'node':
      return [
        "import OpenAI from 'openai'",
        '',
        `const client = new OpenAI({ baseURL: '${base}', apiKey: process.env.ROCHDALE_KEY })`,
        'const answer = await client.chat.completions.create({',
        `  model: '${model}',`,
        "  messages: [{ role: 'user', content: 'Hello' }],",
        '})',
        'console.log(answer.choices[0].message.content)',
      ].join('\n')
    case 'curl':
      return [
        `curl ${base}/chat/completions \\`,
        '  -H "Authorization: Bearer $ROCHDALE_KEY" \\',
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
      ].join('\n')
  }
}

/** The period of an allowance. */
export const PERIODS: readonly ToolPeriod[] = ['day', 'week', 'month']
