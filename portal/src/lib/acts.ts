/** What may be done with a membership, by oneself or by a steward. The server decides; this only offers what it would allow. */
import type { Member, Role } from './api/types'

export const ROLES: readonly Role[] = ['steward', 'treasurer', 'auditor']

export type Act =
  | { name: 'rename' }
  | { name: 'leave' }
  | { name: 'suspend' }
  | { name: 'reinstate' }
  | { name: 'expel' }
  | { name: 'grant'; role: Role }
  | { name: 'end'; role: Role }

export function offeredActs(member: Member, me: Member): Act[] {
  const ended = member.status === 'left' || member.status === 'expelled'
  if (ended || me.status === 'left' || me.status === 'expelled') return []
  const oneself = member.id === me.id
  const active = me.status === 'active'
  const steward = active && me.roles.includes('steward')
  const acts: Act[] = []
  if (oneself && active) acts.push({ name: 'rename' })
  if (steward && member.status === 'active') {
    for (const role of ROLES) if (!member.roles.includes(role)) acts.push({ name: 'grant', role })
  }
  if (active && (steward || oneself)) for (const role of member.roles) acts.push({ name: 'end', role })
  if (steward && !oneself) {
    acts.push(member.status === 'suspended' ? { name: 'reinstate' } : { name: 'suspend' }, { name: 'expel' })
  }
  if (oneself) acts.push({ name: 'leave' })
  return acts
}

/** Who may read the history of a membership. */
export const mayReadHistory = (member: Member, me: Member): boolean =>
  member.id === me.id || (me.status === 'active' && (me.roles.includes('steward') || me.roles.includes('auditor')))

/** Who keeps the books. */
export const isTreasurer = (me: Member): boolean => me.status === 'active' && me.roles.includes('treasurer')

/** Who holds an office, and so sees what everybody owes. */
export const holdsOffice = (me: Member): boolean => me.status === 'active' && me.roles.length > 0
