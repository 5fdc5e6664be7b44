/** The states of an anchor in the four words that matter to a reader. */
export type AnchorStage = 'preparing' | 'sent' | 'final' | 'halted'

export function anchorStage(state: string): AnchorStage {
  if (state === 'final') return 'final'
  if (state === 'halted') return 'halted'
  return state === 'sealed' || state === 'assigned' || state === 'signed' ? 'preparing' : 'sent'
}
