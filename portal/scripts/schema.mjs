// Writes src/lib/api/schema.ts from the description of the API. Where the description can only say "string" or "object", the names
// of src/lib/api/named.ts take their place, so that the client is exact from end to end. A place that is gone is an error.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

export const DESCRIPTION = process.env.OPENAPI ?? fileURLToPath(new URL('../../openapi/openapi.json', import.meta.url))
const SCHEMA = fileURLToPath(new URL('../src/lib/api/schema.ts', import.meta.url))

const NAMED = {
  'ProposalAnswer/method': 'Method',
  'ProposalAnswer/state': 'State',
  'ProposalAnswer/rule': 'Rule',
  'ProposalAnswer/secrecy': 'Tier',
  'NewProposal/secrecy': 'Tier',
  'EditProposal/secrecy': 'Tier',
  'ProposalSummary/method': 'Method',
  'ProposalSummary/state': 'State',
  'QuestionProposal/state': 'State',
  'TallyAnswer/method': 'Method',
  'TallyAnswer/outcome': 'Outcome',
  'TallyAnswer/count': 'Count',
  'PlannedAction/act': 'Action',
  'PreviewedAction/changes': 'Change[]',
  'NewProposal/actions': 'PlannedInput[]',
  'EditProposal/actions': 'PlannedInput[]',
  'ExecutionAttempt/outcome': 'ExecutionOutcome',
  'DelegateVote/outcome': 'Outcome',
  'DelegationView/signature_kind': 'SignatureKind',
  'BallotReceipt/receipt': 'ReceiptRecord',
  'BallotReceipt/signature_kind': 'SignatureKind',
  'BylawsView/content': 'BylawsContent',
  'InvitationView/state': 'InvitationState',
  'ApplicationView/status': 'ApplicationStatus',
  'RollKey/kind': 'KeyKind',
  'BallotSignature/kind': 'KeyKind',
  'WebhookDelivery/state': 'DeliveryState',
  'ToolView/terms': 'ToolTerms',
  'ModelTermsView/terms': 'ModelTerms',
  'PolicyVersion/policy': 'Policy',
  'AllowanceLine/period': 'ToolPeriod',
  'AllowanceLine/limit': 'LimitOf',
  'UsageView/ending': 'CallEnding',
  'JournalView/kind': 'JournalKind',
  'AccountLine/kind': 'AccountLineKind',
  'PreviewRevenueRule/rule': 'RevenueRuleData',
  'ContributionView/state': 'ContributionState',
  'ContributionSignature/kind': 'KeyKind',
  'LegalFindingView/standing': 'Standing',
  'PayoutCycleView/state': 'CycleState',
  'PayoutCycleSummary/state': 'CycleState',
  'PayoutCycleView/stage': 'CycleStage',
  'PayoutCycleSummary/stage': 'CycleStage',
  'PayoutNext/stage': 'CycleStage',
  'PayoutStatement/state': 'CycleState',
  'PaymentSum/state': 'PaymentStanding',
  'PayoutPaymentView/state': 'PaymentStanding',
  'PaymentFileView/state': 'PaymentFileState',
  'PaymentFileView/rail': 'PaymentFileRail',
  'ClaimRootView/state': 'ClaimRootState',
  'PaymentEvidenceView/outcome': 'PaymentOutcome',
  'PaymentEvidenceView/verdict': 'EvidenceVerdict',
  'BankItemView/says': 'BankWord',
  'BankItemView/becomes': 'PaymentStanding',
  'PayeeView/rail': 'PayeeRail',
  'ReconciliationAlarm/kind': 'AlarmKind',
  'UnmatchedItem/side': 'UnmatchedSide',
}

/** Every name that `value` refers to, and what those refer to in turn. */
function reached(value, schemas, found = new Set()) {
  for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (found.has(name)) continue
    found.add(name)
    reached(schemas[name], schemas, found)
  }
  return found
}

const mayBeNull = (schema) => schema.type?.includes?.('null') || schema.oneOf?.some((choice) => choice.type === 'null')

/** What the server does and its description does not say. */
function sharpen(description) {
  const schemas = description.components.schemas
  const operations = Object.values(description.paths).flatMap((item) => Object.values(item))
  const asked = reached(operations.map((operation) => operation.requestBody), schemas)
  for (const [name, schema] of Object.entries(schemas)) {
    // A page repeats the schema of its items instead of naming it.
    const item = name.replace(/^Page_/, '')
    if (item !== name && schemas[item]) schema.properties.items.items = { $ref: `#/components/schemas/${item}` }
    // In answers a field without a value is null and never left out.
    if (asked.has(name)) continue
    for (const part of [schema, ...(schema.allOf ?? [])]) {
      const always = Object.keys(part.properties ?? {}).filter((field) => mayBeNull(part.properties[field]))
      if (always.length > 0) part.required = [...new Set([...(part.required ?? []), ...always])]
    }
  }
  return description
}

/** The text of schema.ts for a description. */
export async function schemaText(description) {
  const left = new Set(Object.keys(NAMED))
  const ast = await openapiTS(sharpen(JSON.parse(description)), {
    transform(schema, { path }) {
      const place = (path ?? '').replace('#/components/schemas/', '')
      const name = NAMED[place]
      if (name === undefined) return undefined
      // Of a list the items are asked for too; the name is that of the whole.
      const isList = name.endsWith('[]')
      if (isList && !(schema.type === 'array' || schema.type?.includes?.('array'))) return undefined
      left.delete(place)
      const one = ts.factory.createTypeReferenceNode(`Named.${name.replace('[]', '')}`)
      const named = isList ? ts.factory.createArrayTypeNode(one) : one
      const nullable = Array.isArray(schema.type) && schema.type.includes('null')
      return nullable ? ts.factory.createUnionTypeNode([named, ts.factory.createLiteralTypeNode(ts.factory.createNull())]) : named
    },
  })
  if (left.size > 0) throw new Error(`the description has no ${[...left].join(', ')} any more`)
  return `// Generated by scripts/schema.mjs from openapi/openapi.json; do not edit.\nimport type * as Named from './named'\n\n${astToString(ast)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!existsSync(DESCRIPTION)) throw new Error(`there is no ${DESCRIPTION}`)
  writeFileSync(SCHEMA, await schemaText(readFileSync(DESCRIPTION, 'utf8')))
}
