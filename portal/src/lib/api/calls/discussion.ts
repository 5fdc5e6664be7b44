/** What waits for me, and what members say about a proposal. */
import { V1, about, all, keyed, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, take } from '../client'
import type { CommentBody } from '../types'

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
