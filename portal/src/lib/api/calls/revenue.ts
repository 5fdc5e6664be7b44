/** Revenue: income, rules, contributions, payout cycles. */
import { V1, all, keyed, of, once, paged, within } from '../asking'
import type { Attempt } from '../attempt'
import { client, download, take } from '../client'
import type { BallotBody, ContributionBody, DisputeBody, IncomeBody, PayoutCycleBody, RevenueRuleData, RulingBody } from '../types'

export const previewIncome = (coop: string, body: IncomeBody) => take(client.POST(`${V1}/coops/{coop}/income/preview`, { params: of(coop), body }))
export const recordIncome = (coop: string, attempt: Attempt, body: IncomeBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/income`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
export const listRevenueRules = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/revenue/rules`, { params: { ...of(coop), query: paged(cursor) } })))
export const previewRevenueRule = (coop: string, rule: RevenueRuleData) =>
  take(client.POST(`${V1}/coops/{coop}/revenue/rules/preview`, { params: of(coop), body: { rule } }))
export const listContributions = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/contributions`, { params: { ...of(coop), query: paged(cursor) } })))
export const previewContributions = (coop: string, body: ContributionBody) =>
  take(client.POST(`${V1}/coops/{coop}/contributions/preview`, { params: of(coop), body }))
export const submitContributions = (coop: string, attempt: Attempt, body: ContributionBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/contributions`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
export const readContribution = (coop: string, contribution: string) =>
  take(client.GET(`${V1}/coops/{coop}/contributions/{contribution}`, { params: { path: { coop, contribution } } }))
export const signContributions = (coop: string, contribution: string, attempt: Attempt, body: NonNullable<BallotBody['signature']>) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/contributions/{contribution}/signature`, {
        params: { path: { coop, contribution }, header: keyed(attempt, ['sign', contribution]) },
        body,
      }),
    ),
  )
export const contributionFile = (coop: string, contribution: string) =>
  download(`${V1}/coops/${coop}/contributions/${contribution}/file`)
export const disputeContribution = (coop: string, contribution: string, attempt: Attempt, body: DisputeBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/contributions/{contribution}/disputes`, {
        params: { path: { coop, contribution }, header: keyed(attempt, ['dispute', contribution, body]) },
        body,
      }),
    ),
  )
export const decideDispute = (coop: string, contribution: string, member: string, attempt: Attempt, body: RulingBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/contributions/{contribution}/disputes/{member}/ruling`, {
        params: { path: { coop, contribution, member }, header: keyed(attempt, ['ruling', contribution, member, body]) },
        body,
      }),
    ),
  )
export const listPayoutCycles = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/payouts`, { params: { ...of(coop), query: paged(cursor) } })))
export const openPayoutCycle = (coop: string, attempt: Attempt, body: PayoutCycleBody) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/payouts`, { params: { ...of(coop), header: keyed(attempt, body) }, body })))
export const readPayoutCycle = (coop: string, cycle: string) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}`, { params: within(coop, cycle) }))
/** What the next step will do, before anybody takes it. */
export const previewPayoutStep = (coop: string, cycle: string) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/next`, { params: within(coop, cycle) }))
export const previewFreezing = (coop: string, cycle: string) =>
  take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/freezing`, { params: within(coop, cycle) }))
/** Takes the next step of a cycle; approving and cancelling say more and stand apart. */
export const takePayoutStep = (coop: string, cycle: string, step: 'freezing' | 'computation' | 'verification' | 'proposal' | 'posting', attempt: Attempt) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/${step}`, { params: { ...within(coop, cycle), header: keyed(attempt, [step, cycle]) } })),
  )
export const approvePayoutCycle = (coop: string, cycle: string, attempt: Attempt, body: { digest: string; payout_digest: string }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/payouts/{cycle}/approvals`, { params: { ...within(coop, cycle), header: keyed(attempt, ['approval', cycle, body]) }, body })),
  )
export const cancelPayoutCycle = (coop: string, cycle: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/payouts/{cycle}/cancellation`, {
        params: { ...within(coop, cycle), header: keyed(attempt, ['cancellation', cycle, reason]) },
        body: { reason },
      }),
    ),
  )
export const readStatement = (coop: string, cycle: string) =>
  take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}/statement`, { params: within(coop, cycle) }))
export const downloadPayoutBundle = (coop: string, cycle: string) => download(`${V1}/coops/${coop}/payouts/${cycle}/bundle`)
