/** The actions of a proposal that are about the shared tools: as they are filled in, as they are sent, and in words. */
import { allowanceSentence, creditsText, groupName, otherSentences, rateSentence, typed, unitsOf } from './access'
import type { NameOf } from './actions'
import type { AccessGroup, Action, Change, ModelTerms, PartialCharge, Policy, PolicyDifference, ToolEndpoint, ToolPeriod, ToolTerms } from './api/types'
import { count, number, t } from './text/index.svelte'

export const TOOL_ACTIONS = ['set_tool', 'set_model', 'set_access_policy', 'retire_tool', 'retire_model'] as const
export type ToolAction = (typeof TOOL_ACTIONS)[number]
export const isOfTools = (kind: Action['action']): kind is ToolAction => (TOOL_ACTIONS as readonly string[]).includes(kind)
export const ENDPOINTS: readonly ToolEndpoint[] = ['chat_completions', 'completions', 'responses', 'embeddings']
export const CHARGES: readonly PartialCharge[] = ['full_hold', 'counted', 'input_only', 'nothing']

/** Whom a line is about, as a form has it. */
export interface GroupDraft {
  group: AccessGroup['group']
  /** The class, the office or the member; empty for everyone. */
  which: string
}
export interface AllowanceDraft extends GroupDraft {
  share: 'together' | 'each'
  period: ToolPeriod
  /** In credits, as it is typed. */
  credits: string
}
export interface WeightDraft extends GroupDraft {
  weight: string
}
export interface PermissionDraft {
  model: string
  groups: GroupDraft[]
}

/** Every field that an action about tools may have; numbers as they are typed. */
export interface ToolsDraft {
  /** The tool or the model, by name. */
  name: string
  kind: ToolTerms['kind']
  base_url: string
  external: boolean
  data_location: string
  slots: string
  first_byte_seconds: string
  idle_seconds: string
  tool: string
  upstream_name: string
  licence: string
  context_tokens: string
  output_tokens: string
  price: { input: string; output: string; call: string }
  overhead: { call: string; message: string }
  endpoints: ToolEndpoint[]
  /** Names of models, with commas between them. */
  fallbacks: string
  replaces: number
  allowances: AllowanceDraft[]
  weights: WeightDraft[]
  models: PermissionDraft[]
  partial_charge: PartialCharge
  expired_charge: PartialCharge
  /** The currency in which members owe what they use; empty where they owe nothing. */
  rate_currency: string
  /** Its minor units for a million credits. */
  rate: string
  /** Kept as it stands where the policy begins later than its execution. */
  effective_at: number | null
}

export const emptyAllowance = (): AllowanceDraft => ({ group: 'everyone', which: '', share: 'each', period: 'month', credits: '10' })

const draftOfGroup = (group: AccessGroup): GroupDraft => {
  switch (group.group) {
    case 'everyone':
      return { group: 'everyone', which: '' }
    case 'class':
      return { group: 'class', which: group.class }
    case 'role':
      return { group: 'role', which: group.role }
    case 'member':
      return { group: 'member', which: group.member }
  }
}

/** The lists of a policy as a form has them. */
export const draftOfPolicy = (policy: Policy, replaces: number): Pick<ToolsDraft, 'replaces' | 'allowances' | 'weights' | 'models' | 'partial_charge' | 'expired_charge' | 'rate_currency' | 'rate'> => ({
  replaces,
  allowances: policy.allowances.map((line) => ({ ...draftOfGroup(line.for), share: line.share, period: line.period, credits: typed(line.units) })),
  weights: (policy.weights ?? []).map((line) => ({ ...draftOfGroup(line.for), weight: String(line.weight) })),
  models: (policy.models ?? []).map((line) => ({ model: line.model, groups: line.for.map(draftOfGroup) })),
  partial_charge: policy.partial_charge,
  expired_charge: policy.expired_charge,
  rate_currency: policy.rate?.currency ?? '',
  rate: policy.rate ? String(policy.rate.minor_per_million) : '',
})

/** What stands in an action, to be changed; an empty form for none. */
export function draftOfTools(act: Action | null): ToolsDraft {
  const draft: ToolsDraft = {
    name: '', kind: 'llama_cpp', base_url: '', external: false, data_location: '', slots: '2', first_byte_seconds: '60', idle_seconds: '30',
    tool: '', upstream_name: '', licence: '', context_tokens: '8192', output_tokens: '2048',
    price: { input: '1', output: '3', call: '0' }, overhead: { call: '16', message: '8' }, endpoints: ['chat_completions'], fallbacks: '',
    replaces: 0, allowances: [emptyAllowance()], weights: [], models: [], partial_charge: 'counted', expired_charge: 'input_only', rate_currency: '', rate: '', effective_at: null,
  }
  if (act === null) return draft
  switch (act.action) {
    case 'set_tool': {
      const { slots, first_byte_seconds, idle_seconds, ...terms } = act.terms
      return { ...draft, ...terms, name: act.tool, slots: String(slots), first_byte_seconds: String(first_byte_seconds), idle_seconds: String(idle_seconds) }
    }
    case 'set_model': {
      const { context_tokens, output_tokens, price, overhead, fallbacks, ...terms } = act.terms
      return {
        ...draft, ...terms, name: act.model, context_tokens: String(context_tokens), output_tokens: String(output_tokens),
        price: { input: String(price.input), output: String(price.output), call: String(price.call) },
        overhead: { call: String(overhead.call), message: String(overhead.message) },
        fallbacks: (fallbacks ?? []).join(', '),
      }
    }
    case 'retire_tool':
      return { ...draft, name: act.tool }
    case 'retire_model':
      return { ...draft, name: act.model }
    case 'set_access_policy':
      return { ...draft, ...draftOfPolicy(act.policy, act.replaces), effective_at: act.effective_at ?? null }
    default:
      return draft
  }
}

export type ToolsComplaint = 'name' | 'url' | 'location' | 'numbers' | 'tool' | 'licence' | 'endpoints' | 'fallbacks' | 'allowance' | 'groups' | 'rate'

const NAME = /^[a-z0-9](?:[a-z0-9._:/-]{0,62}[a-z0-9])?$/
const isName = (name: string): boolean => NAME.test(name) && !name.includes('..') && !name.includes('//')
const whole = (text: string): number | null => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : null)
const isWhole = (text: string, least: number, most: number): boolean => {
  const value = whole(text)
  return value !== null && value >= least && value <= most
}
const isAddress = (text: string, external: boolean): boolean => {
  const fits = (external ? /^https:\/\/[^\s@?#\\]+$/ : /^https?:\/\/[^\s@?#\\]+$/).test(text)
  return fits && !text.endsWith('/') && text.length <= 300
}
const isGroup = ({ group, which }: GroupDraft): boolean => (group === 'everyone' ? which === '' : which !== '')

/** What an action lacks before it can be sent. The server looks again. */
export function complaintOfTools(kind: ToolAction, draft: ToolsDraft): ToolsComplaint | null {
  if (kind !== 'set_access_policy' && !isName(draft.name.trim())) return 'name'
  switch (kind) {
    case 'retire_tool':
    case 'retire_model':
      return null
    case 'set_tool':
      if (!isAddress(draft.base_url.trim(), draft.external)) return 'url'
      if (draft.data_location.trim() === '') return 'location'
      return isWhole(draft.slots, 1, 10_000) && isWhole(draft.first_byte_seconds, 1, 600) && isWhole(draft.idle_seconds, 1, 600) ? null : 'numbers'
    case 'set_model': {
      if (draft.tool === '' || draft.upstream_name.trim() === '') return 'tool'
      if (draft.licence.trim() === '') return 'licence'
      if (draft.endpoints.length === 0) return 'endpoints'
      const names = fallbacksOf(draft)
      const isWrong = !names.every(isName) || names.includes(draft.name.trim()) || names.length > 4 || (names.length > 0 && draft.endpoints.includes('embeddings'))
      if (isWrong) return 'fallbacks'
      const numbers = [draft.output_tokens, draft.price.input, draft.price.output, draft.price.call, draft.overhead.call, draft.overhead.message]
      return isWhole(draft.context_tokens, 1, 16_777_216) && numbers.every((text) => isWhole(text, 0, 1_000_000_000)) ? null : 'numbers'
    }
    case 'set_access_policy': {
      if (draft.allowances.some((line) => unitsOf(line.credits) === null)) return 'allowance'
      const groups = [...draft.allowances, ...draft.weights, ...draft.models.flatMap((line) => line.groups)]
      const isWrong = !groups.every(isGroup) || draft.models.some((line) => line.model === '' || line.groups.length === 0)
      if (isWrong) return 'groups'
      const isPriced = draft.rate_currency.trim() !== ''
      if (isPriced && !(/^[A-Z]{3}$/.test(draft.rate_currency.trim()) && isWhole(draft.rate, 1, 1_000_000_000))) return 'rate'
      return draft.weights.every((line) => isWhole(line.weight, 1, 20)) ? null : 'numbers'
    }
  }
}

const groupOf = ({ group, which }: GroupDraft): AccessGroup => {
  switch (group) {
    case 'everyone':
      return { group }
    case 'class':
      return { group, class: which as 'worker' }
    case 'role':
      return { group, role: which as 'steward' }
    case 'member':
      return { group, member: which }
  }
}
/** The names that a form lists. */
const fallbacksOf = ({ fallbacks }: ToolsDraft): string[] => fallbacks.split(',').map((name) => name.trim()).filter((name) => name !== '')
const said = (text: string): number => whole(text) ?? 0

/** The policy of a form; complete where {@link complaintOfTools} finds nothing. */
export function policyOf(draft: ToolsDraft): Policy {
  return {
    // One member alone has nobody to share with.
    allowances: draft.allowances.map((line) => ({ for: groupOf(line), share: line.group === 'member' ? 'each' : line.share, period: line.period, units: unitsOf(line.credits) ?? 0 })),
    weights: draft.weights.map((line) => ({ for: groupOf(line), weight: said(line.weight) })),
    models: draft.models.map((line) => ({ model: line.model, for: line.groups.map(groupOf) })),
    partial_charge: draft.partial_charge,
    expired_charge: draft.expired_charge,
    ...(draft.rate_currency.trim() === '' ? {} : { rate: { currency: draft.rate_currency.trim(), minor_per_million: said(draft.rate) } }),
  }
}

export function actionOfTools(kind: ToolAction, draft: ToolsDraft): Action {
  const name = draft.name.trim()
  switch (kind) {
    case 'set_tool': {
      const { external } = draft
      const [slots, first_byte_seconds, idle_seconds] = [said(draft.slots), said(draft.first_byte_seconds), said(draft.idle_seconds)]
      const terms: ToolTerms = { kind: draft.kind, base_url: draft.base_url.trim(), external, data_location: draft.data_location.trim(), slots, first_byte_seconds, idle_seconds }
      return { action: kind, version: 1, tool: name, terms }
    }
    case 'set_model': {
      const terms: ModelTerms = {
        tool: draft.tool,
        upstream_name: draft.upstream_name.trim(),
        licence: draft.licence.trim(),
        context_tokens: said(draft.context_tokens),
        output_tokens: said(draft.output_tokens),
        price: { input: said(draft.price.input), output: said(draft.price.output), call: said(draft.price.call) },
        overhead: { call: said(draft.overhead.call), message: said(draft.overhead.message) },
        endpoints: ENDPOINTS.filter((endpoint) => draft.endpoints.includes(endpoint)),
      }
      const fallbacks = fallbacksOf(draft)
      if (fallbacks.length > 0) terms.fallbacks = fallbacks
      return { action: kind, version: 1, model: name, terms }
    }
    case 'retire_tool':
      return { action: kind, version: 1, tool: name }
    case 'retire_model':
      return { action: kind, version: 1, model: name }
    case 'set_access_policy':
      return { action: kind, version: 1, replaces: draft.replaces, ...(draft.effective_at === null ? {} : { effective_at: draft.effective_at }), policy: policyOf(draft) }
  }
}

const priceOf = ({ price }: ModelTerms) => ({ input: count('credits', price.input), output: count('credits', price.output), call: creditsText(price.call) })

const fallbackSentence = ({ fallbacks = [] }: ModelTerms): string[] => (fallbacks.length === 0 ? [] : [t('act.sentence.set_model.fallbacks', { names: fallbacks.join(t('list.join')) })])

/** An action about tools in the language of the page; null for any other. */
export function sentenceOfTools(act: Action, nameOf: NameOf): string | null {
  switch (act.action) {
    case 'set_tool':
      return t(act.terms.external ? 'act.sentence.set_tool.external' : 'act.sentence.set_tool.own', { tool: act.tool, url: act.terms.base_url, location: act.terms.data_location })
    case 'set_model':
      return [t('act.sentence.set_model', { model: act.model, tool: act.terms.tool, licence: act.terms.licence, ...priceOf(act.terms) }), ...fallbackSentence(act.terms)].join(' ')
    case 'retire_tool':
      return t('act.sentence.retire_tool', { tool: act.tool })
    case 'retire_model':
      return t('act.sentence.retire_model', { model: act.model })
    case 'set_access_policy': {
      const lines = act.policy.allowances.map((line) => allowanceSentence(line, nameOf))
      return [t('act.sentence.set_access_policy'), ...lines, ...otherSentences(act.policy, nameOf)].join(' ')
    }
    default:
      return null
  }
}

const some = (units: number | null) => (units === null ? t('change.policy.nothing') : creditsText(units))

function differenceSentence(difference: PolicyDifference, nameOf: NameOf): string {
  const names = difference.members.slice(0, 10).map(nameOf).join(t('list.join')) + (difference.count > Math.min(10, difference.members.length) ? ' …' : '')
  const of = count(difference.gain ? 'change.policy.gain' : 'change.policy.loss', difference.count, { names })
  switch (difference.what) {
    case 'allowance':
      return `${of} ${t('change.policy.allowance', { period: t(`tools.period.${difference.period}`), before: some(difference.before), after: some(difference.after) })}`
    case 'weight':
      return `${of} ${t('change.policy.weight', { before: number(difference.before), after: number(difference.after) })}`
    case 'model':
      return `${of} ${t('change.policy.model', { model: difference.model })}`
    case 'tokens': {
      const tokens = (of: number | null) => (of === null ? t('change.tokens.free') : count('change.tokens', of))
      return `${of} ${t('change.policy.tokens', { model: difference.model, period: t(`tools.period.${difference.period}`), before: tokens(difference.before), after: tokens(difference.after) })}`
    }
    case 'access':
      return `${of} ${t('change.policy.access')}`
  }
}

/** Who used a model lately; nothing where few did, of whom nothing is told. */
const usersOf = (model: string, users: number | null) => (users === null ? [] : [count('change.model.users', users, { model })])

/** What an action about tools changes, line by line. */
export function changesOfTools(change: Change, nameOf: NameOf): string[] {
  switch (change.change) {
    case 'tool_set':
      return [t(change.before === null ? 'change.tool.new' : 'change.tool.changed', { tool: change.tool }), ...Object.entries(change.models).flatMap(([model, users]) => [t('change.tool.serves', { model }), ...usersOf(model, users)])]
    case 'tool_retired':
      return [t('change.tool.retired', { tool: change.tool }), ...Object.entries(change.models).flatMap(([model, users]) => [t('change.model.retired', { model }), ...usersOf(model, users)]), ...change.members.map((difference) => differenceSentence(difference, nameOf))]
    case 'model_set': {
      const { before, after, model } = change
      const differences = change.members.map((difference) => differenceSentence(difference, nameOf))
      if (before === null) return [t('change.model.new', { model, ...priceOf(after) }), ...differences]
      const [was, is] = [priceOf(before), priceOf(after)]
      return [was.input === is.input && was.output === is.output && was.call === is.call ? t('change.model.changed', { model }) : t('change.model.price', { model, input: was.input, output: was.output, to_input: is.input, to_output: is.output }), ...differences]
    }
    case 'model_retired':
      return [t('change.model.retired', { model: change.model }), ...usersOf(change.model, change.users), ...change.members.map((difference) => differenceSentence(difference, nameOf))]
    case 'access_policy_set':
      return [
        t('change.policy', { version: number(change.version) }),
        ...change.shared.map((each) => {
          const group: AccessGroup = each.account === 'coop' ? { group: 'everyone' } : each.account === 'class' ? { group: 'class', class: each.class } : each.account === 'role' ? { group: 'role', role: each.role } : { group: 'member', member: each.member }
          return t('change.policy.shared', { group: groupName(group, nameOf), period: t(`tools.period.${each.period}`), before: some(each.before), after: some(each.after) })
        }),
        ...change.members.map((difference) => differenceSentence(difference, nameOf)),
        ...(change.partial_charge === null ? [] : [t(`policy.partial.${change.partial_charge}`)]),
        ...(change.expired_charge === null ? [] : [t(`policy.expired.${change.expired_charge}`)]),
        ...(change.rate === null ? [] : [change.rate.after === null ? t('policy.rate.none') : rateSentence(change.rate.after)]),
      ]
    default:
      return []
  }
}
