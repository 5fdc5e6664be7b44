import type { Approvals, BylawsContent, Watch } from './api/types'

/** What bylaws mean that do not speak of it. */
const USUAL: Approvals = {
  tiers: [
    { upto: '10000.00', approvals: 1 },
    { upto: '100000.00', approvals: 2 },
  ],
  above: 3,
}

/** How many approve payouts under these bylaws. */
export const approvalsOf = (content: BylawsContent): Approvals => content.approvals ?? USUAL

const USUAL_WATCH: Watch = { unmatched_days: 10, unknown_days: 5 }

/** For how long the books may differ from the bank under these bylaws. */
export const watchOf = (content: BylawsContent): Watch => content.reconciliation ?? USUAL_WATCH
