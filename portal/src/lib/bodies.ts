/** The bodies that decide in stages: all members, a class, or those who hold an office. */
import type { Body, Class, Role, StageBody } from './api/types'
import { ROLES } from './acts'
import { CLASSES } from './classes'
import { t } from './text/index.svelte'

const isClass = (name: string): name is Class => CLASSES.some((each) => each === name)
const isRole = (name: string): name is Role => ROLES.some((each) => each === name)

/** The name of a body in the language of the page; what this portal does not know is named as the bylaws write it. */
export function bodyName(body: Body | StageBody): string {
  const named = body as { body?: string; class?: string; role?: string }
  if (named.body === 'class' && named.class !== undefined) return t('stage.body.class', { name: isClass(named.class) ? t(`class.${named.class}`) : named.class })
  if (named.body === 'office' && named.role !== undefined) return t('stage.body.office', { name: isRole(named.role) ? t(`role.${named.role}`) : named.role })
  if (named.body === 'members') return t('stage.body.members')
  return String(named.body ?? '')
}
