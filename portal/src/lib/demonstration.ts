/**
 * The story of the demonstration. A server that plays it says so in its document and tells who may be played; no other is asked.
 */
export const isDemonstration = (): boolean => document.querySelector('meta[name="demonstration"]') !== null

/** Where it is told who can sign in. */
const FILE = '/demonstration.json'

export const PARTS = ['member', 'steward', 'treasurer', 'auditor'] as const
export type Part = (typeof PARTS)[number]

/** Who can sign in, all with one password. */
export interface Demonstration {
  slug: string
  password: string
  people: { role: string; email: string }[]
}

const isPerson = (each: unknown): boolean => typeof each === 'object' && each !== null && 'role' in each && typeof each.role === 'string' && 'email' in each && typeof each.email === 'string'

/** What the file says; null for anything else. */
export function readDemonstration(value: unknown): Demonstration | null {
  if (typeof value !== 'object' || value === null) return null
  const { slug, password, people } = value as Partial<Demonstration>
  return typeof slug === 'string' && typeof password === 'string' && Array.isArray(people) && people.every(isPerson) ? { slug, password, people } : null
}

export async function fetchDemonstration(): Promise<Demonstration> {
  const answer = await fetch(FILE, { headers: { Accept: 'application/json' } })
  const told = readDemonstration(await answer.json())
  if (told === null) throw new Error('The file of the demonstration has another form than this page knows.')
  return told
}

/** What each part does, in turn, and the page of the co-op on which it is done; `/` is the home page. */
export const STEPS = {
  member: [
    ['vote', '/'],
    ['delegate', '/delegations'],
    ['chat', '/tools/chat'],
    ['passed', ''],
    ['claim', '/revenue/payee'],
  ],
  steward: [
    ['apply', '/members'],
    ['discuss', ''],
    ['policy', '/tools/policy'],
  ],
  treasurer: [
    ['rule', '/revenue'],
    ['cycle', '/revenue/payouts'],
    ['books', '/books'],
  ],
  auditor: [
    ['record', '/record'],
    ['verify', '/verify'],
    ['bank', '/revenue/reconciliation'],
  ],
} as const satisfies Record<Part, readonly (readonly [string, string])[]>

/** Pages of the portal that are not a co-op's. */
const OWN = new Set(['/', '/verify'])
export const addressOf = (coop: string, page: string): string => (OWN.has(page) ? page : `/coops/${coop}${page}`)
