/** One function for each operation the portal uses. Pages call these and know nothing of paths and headers. */
import type { Act } from '../acts'
import { all, keyed, once, paged } from './asking'
import type { Attempt } from './attempt'
import { client, download, read, take } from './client'
import type { AddPasskey, Adoption, ApplicationDecision, BallotBody, Class, CommentBody, ContestAnswer, ContributionBody, DelegationBody, DisputeBody, IncomeBody, JournalBody, KeyBody, LinkWallet, Member, NewAccessKey, ObjectionStepBody, PayoutCycleBody, ProposalBody, ProposalChange, ProxyVote, PublicPageBody, ReminderWish, RevenueRuleData, RulingBody, State, WebhookBody } from './types'

const V1 = '/api/v1' as const

// Identity.
export const askForAccount = (email: string) => take(client.POST(`${V1}/sign-ups`, { body: { email } }))
export const createAccount = (body: { token: string; display_name: string; password: string }) =>
  take(client.POST(`${V1}/accounts`, { body }))
export const readAccount = () => take(client.GET(`${V1}/account`))
export const renameAccount = (display_name: string) =>
  take(client.PATCH(`${V1}/account`, { body: { display_name } }))
export const changePassword = (current_password: string, new_password: string) =>
  take(client.PUT(`${V1}/account/password`, { body: { current_password, new_password } }))
export const signIn = (email: string, password: string) =>
  take(client.POST(`${V1}/sessions`, { body: { email, password } }))
export const listSessions = () =>
  all((cursor) => take(client.GET(`${V1}/sessions`, { params: { query: paged(cursor) } })))
export const signOut = () => take(client.DELETE(`${V1}/sessions/current`))
export const signOutEverywhere = () => take(client.DELETE(`${V1}/sessions`))
export const askForReset = (email: string) => take(client.POST(`${V1}/password-resets`, { body: { email } }))
export const resetPassword = (token: string, new_password: string) =>
  take(client.PUT(`${V1}/password-resets`, { body: { token, new_password } }))
export const confirmEmail = (token: string) =>
  take(client.PUT(`${V1}/email-confirmations`, { body: { token } }))
export const passkeyChallenge = () => take(client.POST(`${V1}/passkey-challenges`))
export const signInByPasskey = (body: { nonce: string; credential: string; assertion: string }) =>
  take(client.POST(`${V1}/sessions/passkey`, { body }))
export const listPasskeys = () => take(client.GET(`${V1}/account/passkeys`))
export const addPasskey = (body: AddPasskey) => take(client.POST(`${V1}/account/passkeys`, { body }))
export const removePasskey = (passkey: string) =>
  take(client.DELETE(`${V1}/account/passkeys/{passkey}`, { params: { path: { passkey } } }))
export const walletNonce = () => take(client.POST(`${V1}/siwe-nonces`))
export const signInByWallet = (body: { message: string; signature: string }) => take(client.POST(`${V1}/sessions/wallet`, { body }))
export const listWallets = () => take(client.GET(`${V1}/account/wallets`))
export const linkWallet = (body: LinkWallet) => take(client.POST(`${V1}/account/wallets`, { body }))
export const removeWallet = (wallet: string) =>
  take(client.DELETE(`${V1}/account/wallets/{wallet}`, { params: { path: { wallet } } }))

// Co-ops.
const of = (coop: string) => ({ path: { coop } })
export const readPublicPage = (slug: string) => take(client.GET(`${V1}/public/{slug}`, { params: { path: { slug } } }))
export const readPublicSetting = (coop: string) => read(client.GET(`${V1}/coops/{coop}/public-page`, { params: of(coop) }))
export const setPublicPage = (coop: string, etag: string, body: PublicPageBody) =>
  read(client.PUT(`${V1}/coops/{coop}/public-page`, { params: { ...of(coop), header: { 'If-Match': etag } }, body }))
export const listCoops = () =>
  all((cursor) => take(client.GET(`${V1}/coops`, { params: { query: paged(cursor) } })))
export const foundCoop = (attempt: Attempt, body: { slug: string; name: string; display_name: string }) =>
  once(attempt, take(client.POST(`${V1}/coops`, { params: { header: keyed(attempt, body) }, body })))
export const readDirectory = (slug: string) => take(client.GET(`${V1}/directory/{slug}`, { params: { path: { slug } } }))
export const readCoop = (coop: string) => take(client.GET(`${V1}/coops/{coop}`, { params: of(coop) }))
export const listMembers = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/members`, { params: { ...of(coop), query: paged(cursor) } })))
export const readMember = (coop: string, member: string) =>
  read(client.GET(`${V1}/coops/{coop}/members/{member}`, { params: { path: { coop, member } } }))
export const listHistory = (coop: string, member: string) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/members/{member}/history`, { params: { path: { coop, member }, query: paged(cursor) } })),
  )
const STATUS_AFTER = { leave: 'left', suspend: 'suspended', reinstate: 'active', expel: 'expelled' } as const
/** Does what a page offered; `words` is the new name or the reason. */
export function actOnMember(coop: string, member: string, etag: string, act: Act, words: string): Promise<Member> {
  const path = { coop, member }
  const header = { 'If-Match': etag }
  switch (act.name) {
    case 'rename':
      return take(
        client.PATCH(`${V1}/coops/{coop}/members/{member}`, { params: { path, header }, body: { display_name: words } }),
      )
    case 'grant':
    case 'end': {
      const options = { params: { path: { ...path, role: act.role } }, body: { reason: words } }
      const address = `${V1}/coops/{coop}/members/{member}/roles/{role}` as const
      return take(act.name === 'grant' ? client.PUT(address, options) : client.DELETE(address, options))
    }
    case 'leave':
    case 'suspend':
    case 'reinstate':
    case 'expel': {
      const body = { status: STATUS_AFTER[act.name], ...(words === '' ? {} : { reason: words }) }
      return take(client.POST(`${V1}/coops/{coop}/members/{member}/status`, { params: { path, header }, body }))
    }
  }
}
export const listInvitations = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/invitations`, { params: { ...of(coop), query: paged(cursor) } })))
export const invite = (coop: string, attempt: Attempt, body: { email: string; class: Class }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/invitations`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const revokeInvitation = (coop: string, id: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/invitations/{invitation}`, { params: { path: { coop, invitation: id } } }))
export const joinCoop = (coop: string, attempt: Attempt, body: { token: string; display_name: string }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/memberships`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const listApplications = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/applications`, { params: { ...of(coop), query: paged(cursor) } })))
export const apply = (coop: string, attempt: Attempt, body: { display_name: string; statement: string }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/applications`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const decideApplication = (
  coop: string,
  id: string,
  attempt: Attempt,
  body: ApplicationDecision,
) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/applications/{application}/decision`, {
        params: { path: { coop, application: id }, header: keyed(attempt, { id, ...body }) },
        body,
      }),
    ),
  )
export const listKeys = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/keys`, { params: { ...of(coop), query: paged(cursor) } })))
export const registerKey = (coop: string, attempt: Attempt, body: KeyBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/keys`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const endKey = (coop: string, id: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/keys/{key}`, { params: { path: { coop, key: id } } }))
export const readBylaws = (coop: string) => take(client.GET(`${V1}/coops/{coop}/bylaws`, { params: of(coop) }))
export const readBylawsVersion = (coop: string, version: number) =>
  take(client.GET(`${V1}/coops/{coop}/bylaws/{version}`, { params: { path: { coop, version } } }))
export const listAnchors = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/anchors`, { params: { ...of(coop), query: paged(cursor) } })))
export const listRecords = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/records`, { params: { ...of(coop), query: paged(cursor) } })))

// Decisions.
const about = (coop: string, proposal: string) => ({ path: { coop, proposal } })
export const listProposals = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: paged(cursor) } })))
export const readProposalsPage = (coop: string, cursor: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: paged(cursor ?? undefined) } }))
export const listInState = (coop: string, state: State) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), query: { ...paged(cursor), state } } })),
  )
export const propose = (coop: string, attempt: Attempt, body: ProposalBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/proposals`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const readProposal = (coop: string, proposal: string) =>
  read(client.GET(`${V1}/coops/{coop}/proposals/{proposal}`, { params: about(coop, proposal) }))
export const changeProposal = (coop: string, proposal: string, etag: string, body: ProposalChange) =>
  read(
    client.PATCH(`${V1}/coops/{coop}/proposals/{proposal}`, {
      params: { ...about(coop, proposal), header: { 'If-Match': etag } },
      body,
    }),
  )
export const startDiscussion = (coop: string, proposal: string, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/discussion`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['discussion', proposal]) },
      }),
    ),
  )
export const openVoting = (coop: string, proposal: string, version: number, attempt: Attempt, closes_at: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening', proposal, String(version), closes_at]) },
        body: { closes_at, version },
      }),
    ),
  )
/** Sets when voting opens by itself, in the place of what was set before. */
export const scheduleVoting = (coop: string, proposal: string, version: number, attempt: Attempt, when: { opens_at: string; closes_at: string }) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening', proposal, String(version), when]) },
        body: { ...when, version },
      }),
    ),
  )
export const unscheduleVoting = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/opening-cancellation`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['opening-cancellation', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
export const closeVoting = (coop: string, proposal: string, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/closing`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['closing', proposal]) },
      }),
    ),
  )
export const withdraw = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/withdrawal`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['withdrawal', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
export const cancel = (coop: string, proposal: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/cancellation`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['cancellation', proposal, reason]) },
        body: { reason },
      }),
    ),
  )
/** The version that was looked at is the one that is acted on. */
const based = (attempt: Attempt, content: unknown, version: number) => ({ ...keyed(attempt, content), 'If-Match': `"${version}"` })
export const readPreview = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/preview`, { params: about(coop, proposal) }))
export const sponsor = (coop: string, proposal: string, version: number, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/sponsors`, {
        params: { ...about(coop, proposal), header: based(attempt, ['sponsor', proposal, version], version) },
      }),
    ),
  )
export const objectTo = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/objections`, {
        params: { ...about(coop, proposal), header: based(attempt, ['objection', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const replyToNotice = (coop: string, proposal: string, version: number, attempt: Attempt, reply: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/reply`, {
        params: { ...about(coop, proposal), header: based(attempt, ['reply', proposal, version, reply], version) },
        body: { reply },
      }),
    ),
  )
export const adoptAlternative = (coop: string, proposal: string, version: number, attempt: Attempt, body: Adoption) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/adoptions`, {
        params: { ...about(coop, proposal), header: based(attempt, ['adoption', proposal, version, body], version) },
        body,
      }),
    ),
  )
export const putToOneVote = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/joint-vote`, {
        params: { ...about(coop, proposal), header: based(attempt, ['joint-vote', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const listVersions = (coop: string, proposal: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/versions`, { params: { ...about(coop, proposal), query: paged(cursor) } })))
export const contestResult = (coop: string, proposal: string, version: number, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/contests`, {
        params: { ...about(coop, proposal), header: based(attempt, ['contest', proposal, version, reason], version) },
        body: { reason },
      }),
    ),
  )
export const answerContest = (coop: string, proposal: string, version: number, attempt: Attempt, body: ContestAnswer) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/contest-verdicts`, {
        params: { ...about(coop, proposal), header: based(attempt, ['contest-verdict', proposal, version, body], version) },
        body,
      }),
    ),
  )
export const listConsentObjections = (coop: string, proposal: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/consent-objections`, { params: { ...about(coop, proposal), query: paged(cursor) } })))
export const takeObjectionStep = (coop: string, proposal: string, attempt: Attempt, body: ObjectionStepBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/consent-objections`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['consent-objection', proposal, body]) },
        body,
      }),
    ),
  )
export const executeAgain = (coop: string, proposal: string, version: number, attempt: Attempt) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/execution`, {
        params: { ...about(coop, proposal), header: based(attempt, ['execution', proposal, version], version) },
      }),
    ),
  )
export const castBallot = (coop: string, proposal: string, attempt: Attempt, body: BallotBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/ballots`, {
        params: { ...about(coop, proposal), header: keyed(attempt, body) },
        body,
      }),
    ),
  )
/** Whether the log holds a record. The server waits two seconds for the proof before it says that there is none yet. */
export const askStanding = (coop: string, record_hash: string) =>
  take(
    client.GET(`${V1}/coops/{coop}/receipts/{record_hash}`, {
      params: { path: { coop, record_hash }, header: { Prefer: 'wait=2' } },
    }),
  )
export const readTally = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/tally`, { params: about(coop, proposal) }))
/** Every ballot of a counted proposal, as a table. */
export const readBallotTable = async (coop: string, proposal: string) => (await downloadTable(coop, proposal, 'ballots.json')).text()
export const downloadBundle = (coop: string, proposal: string) =>
  download(`${V1}/coops/${coop}/proposals/${proposal}/bundle`)

// What waits, and what members say.
export const readInbox = () => all((cursor) => take(client.GET(`${V1}/inbox`, { params: { query: paged(cursor) } })))
export const listComments = (coop: string, proposal: string) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/comments`, { params: { ...about(coop, proposal), query: paged(cursor) } })),
  )
export const postComment = (coop: string, proposal: string, attempt: Attempt, body: CommentBody) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/comments`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['comment', proposal, body]) },
        body,
      }),
    ),
  )
const on = (coop: string, proposal: string, comment: string) => ({ path: { coop, proposal, comment } })
export const editComment = (coop: string, proposal: string, comment: string, version: number, body: string) =>
  take(
    client.PATCH(`${V1}/coops/{coop}/proposals/{proposal}/comments/{comment}`, {
      params: { ...on(coop, proposal, comment), header: { 'If-Match': `"${version}"` } },
      body: { body },
    }),
  )
export const listCommentVersions = (coop: string, proposal: string, comment: string) =>
  all((cursor) =>
    take(
      client.GET(`${V1}/coops/{coop}/proposals/{proposal}/comments/{comment}/versions`, {
        params: { ...on(coop, proposal, comment), query: paged(cursor) },
      }),
    ),
  )
export const removeComment = (coop: string, proposal: string, comment: string, attempt: Attempt, reason: string) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/comments/{comment}/removal`, {
        params: { ...on(coop, proposal, comment), header: keyed(attempt, ['removal', comment, reason]) },
        body: { reason },
      }),
    ),
  )

// How one is told.
export const readReminders = (coop: string) => take(client.GET(`${V1}/coops/{coop}/reminders`, { params: of(coop) }))
export const setReminders = (coop: string, wish: ReminderWish) =>
  take(client.PUT(`${V1}/coops/{coop}/reminders`, { params: of(coop), body: { wish } }))
export const unsubscribe = (token: string) => take(client.POST('/unsubscribe/{token}', { params: { path: { token } } }))
export const readFeeds = (coop: string) => take(client.GET(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
export const renewFeeds = (coop: string) => take(client.PUT(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
export const endFeeds = (coop: string) => take(client.DELETE(`${V1}/coops/{coop}/feeds`, { params: of(coop) }))
/** A table as a file. */
export const downloadTable = (coop: string, proposal: string | undefined, file: string) =>
  download(proposal === undefined ? `${V1}/coops/${coop}/exports/${file}` : `${V1}/coops/${coop}/proposals/${proposal}/exports/${file}`)
export const listWebhooks = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/webhooks`, { params: { ...of(coop), query: paged(cursor) } })))
export const registerWebhook = (coop: string, attempt: Attempt, body: WebhookBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/webhooks`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
const hook = (coop: string, webhook: string) => ({ path: { coop, webhook } })
export const renewWebhookSecret = (coop: string, webhook: string) =>
  take(client.PUT(`${V1}/coops/{coop}/webhooks/{webhook}/secret`, { params: hook(coop, webhook) }))
export const endWebhook = (coop: string, webhook: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/webhooks/{webhook}`, { params: hook(coop, webhook) }))
/** The newest messages; one page says enough. */
export const listDeliveries = (coop: string, webhook: string) =>
  take(client.GET(`${V1}/coops/{coop}/webhooks/{webhook}/deliveries`, { params: { ...hook(coop, webhook), query: { limit: 20 } } }))
export const memberReceipt = (coop: string, proposal: string) =>
  download(`${V1}/coops/${coop}/proposals/${proposal}/ballots/mine/receipt`)

// Letting others vote for oneself, and voting for others.
export const readDelegations = (coop: string) => take(client.GET(`${V1}/coops/{coop}/delegations`, { params: of(coop) }))
export const listReceivedDelegations = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/delegations/received`, { params: { ...of(coop), query: paged(cursor) } })))
/** Gives a delegation, or takes one back where it names neither a member nor a day. */
export const giveDelegation = (coop: string, attempt: Attempt, body: DelegationBody) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/delegations`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
/** One page of how a member voted, the newest decision first. */
export const readDelegateReport = (coop: string, member: string, limit: number) =>
  take(client.GET(`${V1}/coops/{coop}/members/{member}/delegate-report`, { params: { path: { coop, member }, query: { limit } } }))
export const readProxies = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/proxies`, { params: about(coop, proposal) }))
export const castProxyBallots = (coop: string, proposal: string, attempt: Attempt, votes: ProxyVote[]) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/proposals/{proposal}/proxy-ballots`, {
        params: { ...about(coop, proposal), header: keyed(attempt, ['proxies', proposal, votes]) },
        body: { votes },
      }),
    ),
  )
export const listCastForMe = (coop: string, proposal: string) =>
  all((cursor) =>
    take(client.GET(`${V1}/coops/{coop}/proposals/{proposal}/proxy-ballots/mine`, { params: { ...about(coop, proposal), query: paged(cursor) } })),
  )

// Emergencies.
export const listHalts = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/halts`, { params: { ...of(coop), query: paged(cursor) } })))
export const haltCoop = (coop: string, attempt: Attempt, body: { reason: string; days: number }) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/halts`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const endHalt = (coop: string, reason: string) => take(client.DELETE(`${V1}/coops/{coop}/halts/current`, { params: of(coop), body: { reason } }))

// The shared tools.
export const readAllowance = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/allowance`, { params: of(coop) }))
export const readInvariants = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/invariants`, { params: of(coop) }))
export const readTools = (coop: string) => take(client.GET(`${V1}/coops/{coop}/access/tools`, { params: of(coop) }))
export const listPolicies = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/policies`, { params: { ...of(coop), query: paged(cursor) } })))
export const listAccessKeys = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/keys`, { params: { ...of(coop), query: paged(cursor) } })))
export const makeAccessKey = (coop: string, attempt: Attempt, body: NewAccessKey) =>
  once(
    attempt,
    take(client.POST(`${V1}/coops/{coop}/access/keys`, { params: { ...of(coop), header: keyed(attempt, body) }, body })),
  )
export const rotateAccessKey = (coop: string, access_key: string, attempt: Attempt, body: { expires_in_days: number; overlap_seconds: number }) =>
  once(
    attempt,
    take(
      client.POST(`${V1}/coops/{coop}/access/keys/{access_key}/rotation`, {
        params: { path: { coop, access_key }, header: keyed(attempt, ['rotation', access_key, body]) },
        body,
      }),
    ),
  )
export const revokeAccessKey = (coop: string, member: string, access_key: string) =>
  take(client.DELETE(`${V1}/coops/{coop}/access/members/{member}/keys/{access_key}`, { params: { path: { coop, member, access_key } } }))
/** The newest calls; past the bound the list says that it goes on. */
export const listUsage = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/usage`, { params: { ...of(coop), query: paged(cursor) } })))
/** What I owe in money for what I used, newest first. */
export const listOwed = (coop: string) =>
  all((cursor) => take(client.GET(`${V1}/coops/{coop}/access/owed`, { params: { ...of(coop), query: paged(cursor) } })))
export const readUsageOfDay = (coop: string, day: string) =>
  take(client.GET(`${V1}/coops/{coop}/access/usage/{day}`, { params: { path: { coop, day } } }))
const at = (coop: string, tool: string) => ({ path: { coop, tool } })
export const giveToolKey = (coop: string, tool: string, key: string) =>
  take(client.PUT(`${V1}/coops/{coop}/access/tools/{tool}/key`, { params: at(coop, tool), body: { key } }))
export const takeToolKey = (coop: string, tool: string) => take(client.DELETE(`${V1}/coops/{coop}/access/tools/{tool}/key`, { params: at(coop, tool) }))

// The books.
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

// Revenue: income, rules, contributions, payout cycles.
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
const within = (coop: string, cycle: string) => ({ path: { coop, cycle } })
export const readPayoutCycle = (coop: string, cycle: string) => take(client.GET(`${V1}/coops/{coop}/payouts/{cycle}`, { params: within(coop, cycle) }))
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
