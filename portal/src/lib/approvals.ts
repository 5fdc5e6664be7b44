import type { Approvals, BylawsContent } from './api/types'

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
