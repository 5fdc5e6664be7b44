/** Bylaws as lines of text, for what one version changed in the one before. */
import type { Bylaws } from './api/types'
import { approvalsOf } from './approvals'
import { span } from './format'
import { kindName } from './kinds'
import { inLanguage } from './rule'
import { tiersOf } from './secrecy'
import { t } from './text/index.svelte'

export function bylawsLines(bylaws: Bylaws): string[] {
  const kinds = Object.entries(bylaws.content.kinds).flatMap(([name, kind]) => [
    kindName(name),
    inLanguage(bylaws.sentences[name] ?? '', bylaws.sentences_zh[name] ?? ''),
    kind.discussion_seconds === 0 ? t('bylaws.no_discussion') : t('bylaws.discussion', { span: span(kind.discussion_seconds) }),
    t('bylaws.voting', { min: span(kind.voting_seconds_min), max: span(kind.voting_seconds_max) }),
    kind.close_when_all_voted ? t('bylaws.early') : t('bylaws.not_early'),
    t('bylaws.secrecy', { tiers: tiersOf(bylaws, name).map((tier) => t(`secrecy.name.${tier}`)).join(t('list.join')) }),
    '',
  ])
  const approvals = approvalsOf(bylaws.content).tiers.map((tier) => t('bylaws.approvals.upto', { upto: tier.upto, count: tier.approvals }))
  approvals.push(t('bylaws.approvals.above', { count: approvalsOf(bylaws.content).above }))
  return [...kinds, t(`bylaws.admission.${bylaws.content.admission}`), ...approvals]
}
