// Aim: the auditor's program says the same in a page as on an auditor's machine, of honest bundles and of forged ones. Method: the tests of
// audit/ keep the bundles that they verify, and what was found; the program as it is built for the page finds it once more, run as the page
// runs it. All that hold or lack something, and a sample of the many that contradict themselves; all of them where the tests run whole.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../src/lib/audit/wasi'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const program = here('../../src/lib/audit/rochdale-audit.wasm')
const folder = process.env.ROCHDALE_BUNDLES ?? here('../../../target/xtask/bundles')
const SAMPLE = process.env.ROCHDALE_FULL === '1' ? Infinity : 250

const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.rochdale')).toSorted() : []
const lacks = !existsSync(program) ? 'it is not built (cargo xtask portal)' : names.length === 0 ? `the tests of audit kept no bundles in ${folder}` : null

const audited = async (module: WebAssembly.Module, words: string[], file: Uint8Array<ArrayBuffer>) => runProgram(module, ['rochdale-audit', ...words], file, () => undefined)

describe.runIf(lacks === null)('the auditor’s program in a page', () => {
  it('finds what it finds elsewhere', { timeout: 300_000 }, async () => {
    const module = await WebAssembly.compile(readFileSync(program))
    const statuses = new Map<number, number>()
    const found = names.map((name) => ({ name, wanted: JSON.parse(readFileSync(`${folder}/${name.replace(/rochdale$/, 'json')}`, 'utf8')) as { status: number } }))
    const [forged, others] = [found.filter(({ wanted }) => wanted.status === 1), found.filter(({ wanted }) => wanted.status !== 1)]
    for (const { name, wanted } of [...others, ...forged.slice(0, SAMPLE)]) {
      const { status, output } = await audited(module, ['verify', '--json', '-'], new Uint8Array(readFileSync(`${folder}/${name}`)))
      expect(JSON.parse(output), name).toEqual(wanted)
      expect(status, name).toBe(wanted.status)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    // Honest ones, forged ones, and ones that lack something.
    expect([...statuses.keys()].toSorted()).toEqual([0, 1, 2])
  })

  it('reads no file of the machine', async () => {
    const module = await WebAssembly.compile(readFileSync(program))
    const { status, complaints } = await audited(module, ['verify', '/etc/passwd'], new Uint8Array())
    expect([status, complaints]).toEqual([3, expect.stringContaining('cannot open /etc/passwd')])
  })

  it('tells how much it read', async () => {
    const module = await WebAssembly.compile(readFileSync(program))
    const parts: number[] = []
    await runProgram(module, ['rochdale-audit', 'verify', '-'], new Uint8Array(readFileSync(here('../data/approval.rochdale'))), (part) => parts.push(part))
    expect(parts.at(-1)).toBe(1)
    expect(parts).toEqual(parts.toSorted((one, other) => one - other))
  })
})

describe.runIf(lacks !== null)('the auditor’s program in a page', () => {
  it('is not looked at', () => {
    const line = `NOT RUN: the auditor's program in a page, ${lacks}\n`
    process.stderr.write(line)
    if (process.env.ROCHDALE_NOT_RUN) appendFileSync(process.env.ROCHDALE_NOT_RUN, line)
  })
})
