/**
 * The auditor's program, `rochdale-audit`, in this page: the same Rust, built for WebAssembly, run by a worker that may do nothing but run
 * it. `cargo xtask portal` builds it; where it could not, the page says that it is not there.
 */
import workerUrl from './audit-worker?worker&url'
import type { Heard, Task } from './audit-worker'
import type { Ended } from './wasi'

export type Level = 'L0' | 'L1' | 'L2' | 'L3'
export const LEVELS: readonly Level[] = ['L0', 'L1', 'L2', 'L3']
export type Standing = 'holds' | 'contradicted' | 'lacking' | 'not_asked' | 'not_in_this_bundle'

export type Section = 'header' | 'rule' | 'proposal' | 'roll' | 'event' | 'ballot' | 'delegation' | 'proxy' | 'lot' | 'tally' | 'anchor' | 'checkpoint' | 'cover' | 'end'

/** What the program reports, as far as the page shows it. */
export interface Report {
  /** 0 all that is required holds, 1 a contradiction anywhere, 2 evidence is missing. */
  status: 0 | 1 | 2
  levels: Record<Level, Standing>
  checks: { level: Level; section: Section; what: string; made: number; failed: number }[]
  findings: { level: Level; section: Section; line: number | null; kind: 'contradiction' | 'missing'; text: string }[]
  findings_more: number
  not_proved: string[]
}

const built = Object.values(import.meta.glob<string>('./rochdale-audit.wasm', { query: '?url', import: 'default', eager: true }))[0]

const policy = (): { createScriptURL(url: string): unknown } => {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown } } }
  const rules = { createScriptURL: () => workerUrl }
  return trustedTypes?.createPolicy('rochdale-audit', rules) ?? rules
}
let trusted: ReturnType<typeof policy> | null = null

/** Verifies a bundle; null where the program is not there. What one knows of the co-op's keys from elsewhere, it is told. */
export function audit(file: Blob, known: { serverKey: string; logKey: string } | null, progress: (part: number) => void): Promise<Report> | null {
  if (built === undefined) return null
  const keys = known === null ? [] : ['--server-key', known.serverKey, ...(known.logKey === '' ? [] : ['--log-key', known.logKey])]
  const task: Task = { program: new URL(built, location.href).href, words: ['rochdale-audit', 'verify', '--json', ...keys, '-'], file }
  trusted ??= policy()
  const worker = new Worker(trusted.createScriptURL(workerUrl) as string, { type: 'module' })
  const ended = new Promise<Ended>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the auditor could not be started'))
    worker.onmessage = ({ data }: MessageEvent<Heard>) => {
      if ('part' in data) progress(data.part)
      else if ('ended' in data) resolve(data.ended)
      else reject(new Error(data.failed))
    }
    worker.postMessage(task)
  })
  return ended
    .then(({ status, output, complaints }) => {
      if (status > 2) throw new Error(complaints)
      return JSON.parse(output) as Report
    })
    .finally(() => worker.terminate())
}
