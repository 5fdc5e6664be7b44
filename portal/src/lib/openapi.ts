/** The description of the interface (OpenAPI 3.1), read for people. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  const?: unknown
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: Schema | boolean
  example?: unknown
}
interface Media {
  schema?: Schema
}
interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[]
  requestBody?: { content?: Record<string, Media> }
  responses?: Record<string, { description?: string; content?: Record<string, Media> }>
  security?: Record<string, string[]>[]
}
export interface Description {
  info: { title: string; version: string; description?: string }
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}
export interface Entry extends Operation {
  method: string
  path: string
  anchor: string
  open: boolean
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Operations by their first tag, in the order of the description. */
export function groupsOf(description: Description, filter: string): { name: string; entries: Entry[] }[] {
  const groups = new Map<string, Entry[]>()
  const wanted = filter.trim().toLowerCase()
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of METHODS) {
      const operation = item[method]
      if (operation === undefined) continue
      const anchor = operation.operationId ?? `${method}-${path}`
      const found = `${method} ${path} ${anchor} ${operation.summary ?? ''}`.toLowerCase().includes(wanted)
      if (!found) continue
      const open = operation.security === undefined || operation.security.some((way) => Object.keys(way).length === 0)
      const name = operation.tags?.[0] ?? 'other'
      const entries = groups.get(name) ?? []
      entries.push({ ...operation, method: method.toUpperCase(), path, anchor, open })
      groups.set(name, entries)
    }
  }
  return [...groups].map(([name, entries]) => ({ name, entries }))
}

/** A description without the marks of its source: line breaks inside a sentence, backquotes. */
export const plain = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('`', '')

/** The paragraphs of a description; the section on errors only points to the answers, which are listed. */
export function paragraphs(text: string | undefined): string[] {
  const [before = ''] = (text ?? '').split(/^# Errors$/m)
  return before.split(/\n\s*\n/).map((part) => plain(part).trim()).filter((part) => part !== '')
}

/** The name that a reference points to. */
export const refName = (schema: Schema | undefined): string | null => schema?.$ref?.split('/').pop() ?? null

/** A schema in a few words; a reference is given by its name. */
export function typeText(schema: Schema | undefined): string {
  if (schema === undefined) return ''
  const name = refName(schema)
  if (name !== null) return name
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf
  if (choices !== undefined) return choices.map(typeText).join(schema.allOf ? ' & ' : ' | ')
  const types = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? ['any'] : [schema.type]
  return types
    .map((type) => (type === 'array' ? `${typeText(schema.items) || 'any'}[]` : schema.format && type !== 'null' ? `${type} (${schema.format})` : type))
    .join(' | ')
}

/** The first reference inside a schema, to link to. */
export function linked(schema: Schema | undefined): string | null {
  if (schema === undefined) return null
  const inside = [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(schema.items ? [schema.items] : [])]
  // One level is enough for what the description holds; anything deeper is shown as text.
  return refName(schema) ?? inside.map(refName).find((name) => name !== null) ?? null
}
