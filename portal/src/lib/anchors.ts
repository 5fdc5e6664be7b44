import { t } from './text/index.svelte'

/** The states of an anchor in the four words that matter to a reader. */
export type AnchorStage = 'preparing' | 'sent' | 'final' | 'halted'

export function anchorStage(state: string): AnchorStage {
  if (state === 'final') return 'final'
  if (state === 'halted') return 'halted'
  return state === 'sealed' || state === 'assigned' || state === 'signed' ? 'preparing' : 'sent'
}

const HALTS = ['other_past', 'finality_violated', 'not_poster', 'closed', 'reverted'] as const
/** Why a person must look at an anchor; a reason that is not known here, as the server named it. */
export function haltWords(reason: string): string {
  const known = HALTS.find((each) => each === reason)
  return known === undefined ? reason : t(`anchor.halt.${known}`)
}
