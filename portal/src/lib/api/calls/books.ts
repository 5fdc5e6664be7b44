/** The books: accounts, balances, the journal, one's own account and shares. */
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, download, take } from '../client'
import type { JournalBody } from '../types'

export const listLedgerAccounts = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/ledger/accounts`, { params: { ...of(coop), query: paged(cursor) } })))
export const openLedgerAccounts = (coop: string, attempt: Attempt, body: { currency: string; paths?: string[]; token_digits?: number }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/ledger/accounts`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
/** What every account comes to: by everything recorded, or by what took effect up to a day. */
export const readBalances = (coop: string, on: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/ledger/balances`, { params: { ...of(coop), query: on === null ? {} : { on } } }))
/** The own statement of account. */
export const readOwnAccount = (coop: string) => take(client.GET(`${V1}/coops/{coop}/money/account`, { params: of(coop) }))
/** The register of shares, as of now or of the end of a day. */
export const readShareRegister = (coop: string, on: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/shares/register`, { params: { ...of(coop), query: on === null ? {} : { on } } }))
/** One page of the journal, the newest first. */
export const readJournalPage = (coop: string, cursor: string | null, limit: number) =>
  take(client.GET(`${V1}/coops/{coop}/journal`, { params: { ...of(coop), query: cursor === null ? { limit } : { limit, cursor } } }))
export const previewJournal = (coop: string, body: JournalBody) =>
  take(client.POST(`${V1}/coops/{coop}/journal/preview`, { params: of(coop), body }))
export const postJournal = (coop: string, attempt: Attempt, body: JournalBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/journal`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const reverseJournal = (coop: string, journal: string, attempt: Attempt, body: { reason: string; effective_on: string }) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/journal/{journal}/reversal`, {
        params: { path: { coop, journal }, header: keyed(attempt, ['reversal', journal, body]) },
        body,
      }),
    ),
  )
export const downloadBooks = (coop: string, file: string) => download(`${V1}/coops/${coop}/ledger/exports/${file}`)
