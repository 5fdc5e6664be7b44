/** Actions of a proposal: as they are filled in, as they are sent, and in words. */
import { actionOfTools, changesOfTools, complaintOfTools, draftOfTools, isOfTools, sentenceOfTools, TOOL_ACTIONS, type ToolsComplaint, type ToolsDraft } from './access-actions'
import type { Action, Bylaws, BylawsContent, Change, Class, PlannedInput, Role } from './api/types'
import { kindName } from './kinds'
import { findingLine, readRule, sentencesOf, writeRule } from './revenue'
import { count, t } from './text/index.svelte'
import { serverSays } from './text/server.svelte'

export const ACTION_KINDS = ['grant_role', 'end_role', 'seat_winners', 'admit', 'suspend', 'reinstate', 'expel', 'amend_bylaws', 'adopt_revenue_rule', ...TOOL_ACTIONS] as const
/** Terms of money are written over the API, and only read here. */
export type ActionKind = Exclude<Action['action'], 'set_money_terms'>
/** The server takes no more. */
export const ACTIONS_MAX = 20

/** An action as it is being filled in: every field there may be, empty where it is not filled. */
export interface ActionDraft {
  kind: ActionKind
  /** The option that must be elected for it, or empty: the proposal must be carried. */
  option: string
  member: string
  role: Role
  reason: string
  application: string
  class: Class
  /** The member behind each option, in the order of the options. */
  candidates: string[]
  replaces: number
  bylaws: BylawsContent | null
  /** What it says of the shared tools. */
  tools: ToolsDraft
  /** A revenue rule as it is typed, in JSON. */
  revenue: string
}

export const emptyAction = (kind: ActionKind): ActionDraft => ({
  kind,
  option: '',
  member: '',
  role: 'treasurer',
  reason: '',
  application: '',
  class: 'worker',
  candidates: [],
  replaces: 0,
  bylaws: null,
  tools: draftOfTools(null),
  revenue: '',
})

/** What an action needs before it can be sent. */
export type ActionComplaint = ToolsComplaint | 'member' | 'reason' | 'application' | 'candidates' | 'bylaws' | 'rule'

export function complaintOf(draft: ActionDraft, options: number): ActionComplaint | null {
  const { kind } = draft
  if (isOfTools(kind)) return complaintOfTools(kind, draft.tools)
  switch (kind) {
    case 'grant_role':
    case 'end_role':
    case 'suspend':
    case 'reinstate':
    case 'expel':
      return draft.member === '' ? 'member' : draft.reason.trim() === '' ? 'reason' : null
    case 'admit':
      return draft.application === '' ? 'application' : null
    case 'seat_winners': {
      const named = draft.candidates.slice(0, options)
      return options === 0 || named.length < options || named.includes('') || new Set(named).size < named.length ? 'candidates' : null
    }
    case 'amend_bylaws':
      return draft.bylaws === null ? 'bylaws' : null
    case 'adopt_revenue_rule':
      return readRule(draft.revenue) === null ? 'rule' : null
  }
}

export function plannedOf(draft: ActionDraft, options: number): PlannedInput {
  const act = actOf(draft, options)
  return draft.option === '' || draft.kind === 'seat_winners' ? { act } : { option: Number(draft.option), act }
}

function actOf(draft: ActionDraft, options: number): Action {
  const { kind, member, role } = draft
  if (isOfTools(kind)) return actionOfTools(kind, draft.tools)
  const reason = draft.reason.trim()
  switch (kind) {
    case 'grant_role':
    case 'end_role':
      return { action: kind, version: 1, member, role, reason }
    case 'suspend':
    case 'reinstate':
    case 'expel':
      return { action: kind, version: 1, member, reason }
    case 'admit':
      return { action: 'admit', version: 1, application: draft.application, class: draft.class }
    case 'seat_winners':
      return { action: 'seat_winners', version: 1, role, candidates: draft.candidates.slice(0, options) }
    case 'amend_bylaws':
      if (draft.bylaws === null) throw new Error('There are no bylaws to put in force.')
      return { action: 'amend_bylaws', version: 1, replaces: draft.replaces, bylaws: draft.bylaws }
    case 'adopt_revenue_rule':
      return { action: kind, version: 1, rule: readRule(draft.revenue) ?? {} }
  }
}

/** What stands in a proposal, to be changed; null where this portal does not know the kind, so that it changes nothing of it. */
export function draftOfAction(planned: { option?: number | null; act: Action }): ActionDraft | null {
  const { act } = planned
  if (act.action === 'set_money_terms' || !(ACTION_KINDS as readonly string[]).includes(act.action)) return null
  const option = planned.option == null ? '' : String(planned.option)
  if (isOfTools(act.action)) return { ...emptyAction(act.action), option, tools: draftOfTools(act) }
  if (act.action === 'adopt_revenue_rule') return { ...emptyAction(act.action), option, revenue: writeRule(act.rule) }
  const { action: _, version: __, ...fields } = act
  return { ...emptyAction(act.action), option, ...fields }
}

/** How members and applicants are called; an unknown one by the beginning of the identifier. */
export type NameOf = (id: string) => string
export const namesFrom = (known: readonly { id: string; display_name: string }[]): NameOf => {
  const names = new Map(known.map((each) => [each.id, each.display_name]))
  return (id) => names.get(id) ?? `${id.slice(0, 8)}…`
}

/** A sentence of the server, in the language of the page, with names in the place of identifiers, where they are known. */
export const withNames = (text: string, nameOf: NameOf): string =>
  serverSays(text).replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => (nameOf(id).endsWith('…') ? id : nameOf(id)))

/** An action in the language of the page; `sentence` is the server's own, for kinds that this portal does not know. */
export function actionSentence(act: Action, nameOf: NameOf, sentence: string): string {
  switch (act.action) {
    case 'amend_bylaws':
      return count('act.sentence.amend_bylaws', Object.keys(act.bylaws.kinds).length, { replaces: act.replaces })
    case 'admit':
      return t('act.sentence.admit', { name: nameOf(act.application), class: t(`class.${act.class}`) })
    case 'suspend':
    case 'reinstate':
    case 'expel':
      return t(`act.sentence.${act.action}`, { name: nameOf(act.member), reason: act.reason })
    case 'grant_role':
    case 'end_role':
      return t(`act.sentence.${act.action}`, { name: nameOf(act.member), role: t(`role.${act.role}`), reason: act.reason })
    case 'seat_winners':
      return t('act.sentence.seat_winners', { role: t(`role.${act.role}`) })
    case 'adopt_revenue_rule':
      return t('act.sentence.adopt_revenue_rule', { version: String(act.rule.version), currency: String(act.rule.currency) })
    case 'set_money_terms':
      return t('act.sentence.set_money_terms', { version: String(act.terms.version), currency: String(act.terms.currency) })
    default:
      return sentenceOfTools(act, nameOf) ?? sentence
  }
}

/** What an action changes, line by line. */
export function changeSentences(change: Change, nameOf: NameOf): string[] {
  switch (change.change) {
    case 'bylaws_amended':
      return [
        t('change.bylaws', { version: change.version }),
        ...Object.entries(change.kinds).map(([kind, how]) => t(`change.kind.${how}`, { kind: kindName(kind) })),
        ...(change.admission ? [t('change.admission')] : []),
      ]
    case 'member_admitted':
      return [t('change.admitted', { name: nameOf(change.application), class: t(`class.${change.class}`) })]
    case 'status_changed':
      return [
        t('change.status', { name: nameOf(change.member), from: t(`status.${change.from}`), to: t(`status.${change.to}`) }),
        ...change.roles_ended.map((role) => t('change.role_ended', { name: nameOf(change.member), role: t(`role.${role}`) })),
      ]
    case 'role_granted':
    case 'role_ended':
      return [t(`change.${change.change}`, { name: nameOf(change.member), role: t(`role.${change.role}`) })]
    case 'role_contested': {
      const role = t(`role.${change.role}`)
      const list = (ids: readonly string[]) => ids.map(nameOf).join(t('list.join'))
      return [
        t('change.contested', { role, names: list(change.candidates) }),
        change.holders.length > 0 ? t('change.contested.holders', { role, names: list(change.holders) }) : t('change.contested.nobody', { role }),
      ]
    }
    case 'revenue_rule_adopted':
      return [t('change.revenue', { version: change.version, currency: change.currency }), ...sentencesOf(change.reading), ...change.reading.findings.map(findingLine)]
    case 'money_terms_set':
      return [t('change.money', { version: change.version }), ...sentencesOf(change)]
    default:
      return changesOfTools(change, nameOf)
  }
}

/** An amendment begins with the bylaws in force. */
export const amendment = (bylaws: Bylaws): ActionDraft => ({
  ...emptyAction('amend_bylaws'),
  replaces: bylaws.version,
  bylaws: JSON.parse(JSON.stringify(bylaws.content)) as BylawsContent,
})
