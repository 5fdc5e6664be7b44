/** The name of a kind of decision: the founding ones and those called as a method in the reader's language, others as the bylaws write them. */
import type { Method } from './api/types'
import { t } from './text/index.svelte'

// A record, so that a method that is added is missed by the compiler.
const METHODS: Record<Method, true> = {
  yes_no: true, plurality: true, approval: true, score: true, majority_judgment: true, quadratic: true, dots: true, budget: true,
  irv: true, scottish_stv: true, meek: true, schulze: true, copeland: true, consent: true, optimistic: true,
}
const isMethod = (kind: string): kind is Method => Object.hasOwn(METHODS, kind)

export function kindName(kind: string): string {
  if (kind === 'motion') return t('kind.motion')
  if (kind === 'election') return t('kind.election')
  if (isMethod(kind)) return t(`method.${kind}`)
  return kind.replaceAll('_', ' ')
}

/** The kinds of the bylaws by name. */
export const kindsInOrder = (bylaws: { content: { kinds: object } }): string[] => Object.keys(bylaws.content.kinds).toSorted()
