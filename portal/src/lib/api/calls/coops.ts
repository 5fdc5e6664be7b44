/** A co-op: members, invitations, applications, voting keys, bylaws, its record, its public page. */
import type { Act } from '../../acts'
import { V1, all, keyed, of, once, paged } from '../asking'
import type { Attempt } from '../attempt'
import { client, read, take } from '../client'
import type { ApplicationDecision, Class, ImportMember, KeyBody, Member, PublicPageBody } from '../types'

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
/** Enters people as members by their keys, all or none. */
export const importMembers = (coop: string, attempt: Attempt, members: ImportMember[]) =>
  once(attempt, take(client.POST(`${V1}/coops/{coop}/member-imports`, { params: { ...of(coop), header: keyed(attempt, members) }, body: { members } })))
/** The first members whose names hold a part. */
export const findMembers = (coop: string, named: string) =>
  take(client.GET(`${V1}/coops/{coop}/members`, { params: { ...of(coop), query: { ...paged(undefined), named } } }))
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
/** A page of the anchors, the newest first. */
export const readAnchors = (coop: string, cursor: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/anchors`, { params: { ...of(coop), query: paged(cursor ?? undefined) } }))
/** The anchors that were the first to cover a record of a proposal; a page holds them all. */
export const listAnchorsOf = (coop: string, proposal: string) =>
  take(client.GET(`${V1}/coops/{coop}/anchors`, { params: { ...of(coop), query: { proposal } } }))
/** A page of the records, in their order. */
export const readRecords = (coop: string, cursor: string | null) =>
  take(client.GET(`${V1}/coops/{coop}/records`, { params: { ...of(coop), query: paged(cursor ?? undefined) } }))
