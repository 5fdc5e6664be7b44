/** Bylaws as lines of text, for what one version changed in the one before. */
import type { Bylaws, BylawsContent, KindBylaws } from './api/types'
import { approvalsOf, watchOf } from './approvals'
import { bodyName } from './bodies'
import { span } from './format'
import { kindName } from './kinds'
import { figure } from './revenue'
import { hidesNames, tiersOf } from './secrecy'
import { count, number, t } from './text/index.svelte'
import { inLanguage } from './text/server.svelte'

const HOUR = 3600
const MONTH = 30 * 24 * HOUR
/** The periods of a kind after its vote, and what else of it is a number. */
export const LATER = ['objection_seconds', 'contest_seconds', 'reply_seconds', 'timelock_seconds', 'execution_seconds'] as const
export const PERIODS = ['discussion_seconds', 'voting_seconds_min', 'voting_seconds_max', ...LATER] as const
export const COUNTS = ['sponsors', 'objectors'] as const
export const periodOf = (kind: KindBylaws, field: (typeof PERIODS)[number]): number => kind[field] ?? (field === 'execution_seconds' ? MONTH : 0)

/** The same value with the names of each object in order, so that equal values are equal as text. */
export const sorted = (value: unknown): unknown =>
  value !== null && typeof value === 'object'
    ? Array.isArray(value)
      ? value.map(sorted)
      : Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => left.localeCompare(right)).map(([key, each]) => [key, sorted(each)]))
    : value
export const isSame = (one: BylawsContent, other: BylawsContent): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

/** What stands in a kind beside its rule and its vote; what is not set says nothing. */
function further(bylaws: Bylaws, name: string, kind: KindBylaws): string[] {
  const line = (label: string, value: string) => t('bylaws.line', { label, value })
  const stages = (kind.stages ?? []).map((stage, index) => line(t('amend.stage', { number: index + 1 }), `${bodyName(stage.who)}, ${t(`method.${stage.rule.counting.method}`)}`))
  const periods = LATER.filter((field) => periodOf(kind, field) > 0).map((field) => line(t(`amend.${field}`), number(periodOf(kind, field) / HOUR)))
  const counts = COUNTS.filter((field) => (kind[field] ?? 0) > 0).map((field) => line(t(`amend.${field}`), number(kind[field] ?? 0)))
  const { privacy, alternatives } = kind
  const group = privacy && tiersOf(bylaws, name).some(hidesNames) ? [t(`bylaws.group.${privacy.small_group}`, { group: privacy.group_min })] : []
  const joint = alternatives ? [line(t('amend.alternatives'), t(`method.${alternatives.counting.method}`))] : []
  return [...stages, ...periods, ...counts, ...joint, ...group]
}

/** From when on somebody must look at what does not match. */
export function watchSentence(content: BylawsContent): string {
  const { unmatched_days: unmatched, unknown_days: unknown } = watchOf(content)
  return t('bylaws.watch.text', { unmatched: count('span.day', unmatched), unknown: count('span.day', unknown) })
}

export function bylawsLines(bylaws: Bylaws): string[] {
  const kinds = Object.entries(bylaws.content.kinds).flatMap(([name, kind]) => [
    kindName(name),
    inLanguage(bylaws.sentences[name] ?? '', bylaws.sentences_zh[name] ?? ''),
    kind.discussion_seconds === 0 ? t('bylaws.no_discussion') : t('bylaws.discussion', { span: span(kind.discussion_seconds) }),
    t('bylaws.voting', { min: span(kind.voting_seconds_min), max: span(kind.voting_seconds_max) }),
    kind.close_when_all_voted ? t('bylaws.early') : t('bylaws.not_early'),
    t('bylaws.secrecy', { tiers: tiersOf(bylaws, name).map((tier) => t(`secrecy.name.${tier}`)).join(t('list.join')) }),
    ...further(bylaws, name, kind),
    '',
  ])
  const approvals = approvalsOf(bylaws.content).tiers.map((tier) => t('bylaws.approvals.upto', { upto: figure(tier.upto), count: tier.approvals }))
  approvals.push(t('bylaws.approvals.above', { count: approvalsOf(bylaws.content).above }))
  return [...kinds, t(`bylaws.admission.${bylaws.content.admission}`), ...approvals, watchSentence(bylaws.content)]
}
