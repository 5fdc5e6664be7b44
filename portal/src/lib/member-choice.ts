/** Members to choose from: each once, those whose name holds what was typed, by name. */
import type { Member } from './api/types'

const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{Mark}/gu, '').toLowerCase()

export function narrowed(members: readonly Member[], typed: string): Member[] {
  const part = folded(typed.trim())
  const once = new Map(members.map((member) => [member.id, member]))
  return [...once.values()].filter((member) => folded(member.display_name).includes(part)).sort((one, other) => one.display_name.localeCompare(other.display_name))
}
