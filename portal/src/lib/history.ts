/** An event of a membership in words. What this portal does not know yet is shown as the server names it. */
import { ROLES } from './acts'
import { CLASSES } from './classes'
import { t } from './text/index.svelte'
import { serverSays } from './text/server.svelte'

const KINDS = ['joined', 'imported', 'status_changed', 'role_granted', 'role_ended', 'key_registered', 'key_ended', 'renamed'] as const
const STATUSES = ['active', 'suspended', 'left', 'expelled'] as const

/** Reasons that the server gives itself; others are the words of people. */
const REASONS = ['by application', 'by invitation', 'founded the co-op', 'by a decision of the members'] as const

const known = <T extends string>(list: readonly T[], value: string): T | undefined => list.find((each) => each === value)

export function eventText(kind: string): string {
  const name = known(KINDS, kind)
  return name === undefined ? kind : t(`history.${name}`)
}

export function eventDetail(kind: string, detail: string): string {
  const role = kind.startsWith('role_') ? known(ROLES, detail) : undefined
  if (role !== undefined) return t(`role.${role}`)
  const status = kind === 'status_changed' ? known(STATUSES, detail) : undefined
  if (status !== undefined) return t(`status.${status}`)
  const memberClass = kind === 'joined' || kind === 'imported' ? known(CLASSES, detail) : undefined
  return memberClass === undefined ? detail : t(`class.${memberClass}`)
}

export const eventReason = (reason: string): string => (known(REASONS, reason) === undefined ? reason : serverSays(reason))
