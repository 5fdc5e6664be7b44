/** The name of a kind of decision: the two founding ones in the reader's language, others as the bylaws write them. */
import { t } from './text/index.svelte'

export function kindName(kind: string): string {
  if (kind === 'motion') return t('kind.motion')
  if (kind === 'election') return t('kind.election')
  return kind.replaceAll('_', ' ')
}

/** The kinds of the bylaws by name. */
export const kindsInOrder = (bylaws: { content: { kinds: object } }): string[] => Object.keys(bylaws.content.kinds).toSorted()
