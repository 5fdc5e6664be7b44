/**
 * A decision rule as a sentence, in the language of the page. The English is word for word the sentence of the server, which a
 * test holds to; other languages say the same.
 */
import type { Ratio, Rule } from './api/types'
import type { Key, Values } from './text/index.svelte'

export type Translate = (key: Key, values?: Values) => string

/** A share as people read it: 1/2. */
export const ratioText = (ratio: Ratio): string => `${ratio.share}/${ratio.whole}`

export function ruleSentence(rule: Rule, t: Translate): string {
  const quorum = rule.quorum.share.share === 0
    ? t('rule.no_quorum')
    : t(`rule.quorum.${rule.quorum.counts}`, { share: ratioText(rule.quorum.share) })
  if (rule.method === 'yes_no') {
    const majority = t('rule.motion', {
      threshold: t(`rule.threshold.${rule.majority.threshold}`),
      share: ratioText(rule.majority.share),
      base: t(`rule.base.${rule.majority.base}`),
    })
    return t('rule.join', { quorum, rest: majority })
  }
  const places =
    rule.seats === 0
      ? t('rule.seats.open')
      : rule.seats === 1
        ? t('rule.seats.single')
        : t('rule.seats.many', { seats: String(rule.seats) })
  const election = t('rule.election', { places, tie: t(`rule.tie.${rule.tie}`) })
  return t('rule.join', { quorum, rest: election })
}
