/**
 * A decision rule as a sentence, in the language of the page. The English is word for word the sentence of the server, which a
 * test holds to; other languages say the same.
 */
import type { Ratio, Rule } from './api/types'
import type { Key, Values } from './text/index.svelte'

export type Translate = (key: Key, values?: Values) => string

/** A share as people read it: 1/2. */
export const ratioText = (ratio: Ratio): string => `${ratio.share}/${ratio.whole}`

function quorumText(quorum: Rule['quorum'], t: Translate): string {
  if (quorum === null) return t('rule.no_quorum')
  const { at_least: needed } = quorum
  const share =
    needed.base === 'roll'
      ? t('rule.needed.roll', { share: ratioText(needed.share) })
      : needed.base === 'constant'
        ? t('rule.needed.constant', { votes: String(needed.votes) })
        : t('rule.needed.square_root')
  return t('rule.quorum', { needed: share, act: t(`rule.quorum.${quorum.counts}`) })
}

export function ruleSentence(rule: Rule, t: Translate): string {
  const { counting } = rule
  const quorum = quorumText(rule.quorum, t)
  if (counting.method === 'yes_no') {
    const majority = t('rule.motion', {
      threshold: t(`rule.threshold.${counting.majority.threshold}`),
      share: ratioText(counting.majority.share),
      base: t(`rule.base.${counting.majority.base}`),
    })
    return t('rule.join', { quorum, rest: majority })
  }
  const places =
    counting.seats === 0
      ? t('rule.seats.open')
      : counting.seats === 1
        ? t('rule.seats.single')
        : t('rule.seats.many', { seats: String(counting.seats) })
  const election = t('rule.election', { places, tie: t(`rule.tie.${counting.tie}`) })
  return t('rule.join', { quorum, rest: election })
}
