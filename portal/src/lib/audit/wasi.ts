/**
 * As much of WASI (preview 1) as a program needs that reads its standard input, writes and ends: there are no files, no network, no
 * environment. Whatever else it asks for is not there.
 */
const [SUCCESS, BAD_FILE, NOT_SUPPORTED] = [0, 8, 52]

/** How a program ended. */
export interface Ended {
  status: number
  output: string
  complaints: string
}

/** Thrown through the program where it ends by itself. */
class Exit {
  constructor(readonly status: number) {}
}

/** Runs a program to its end. `progress` is told which part of the input was read. */
export async function runProgram(program: WebAssembly.Module, words: readonly string[], input: Uint8Array<ArrayBuffer>, progress: (part: number) => void): Promise<Ended> {
  const encoder = new TextEncoder()
  const texts = words.map((word) => encoder.encode(`${word}\0`))
  const written: Record<number, Uint8Array[]> = { 1: [], 2: [] }
  let memory: WebAssembly.Memory
  let read = 0
  const view = () => new DataView(memory.buffer)
  /** The pieces of memory that a call names. */
  const pieces = (list: number, count: number) =>
    Array.from({ length: count }, (_, index) => new Uint8Array(memory.buffer, view().getUint32(list + index * 8, true), view().getUint32(list + index * 8 + 4, true)))
  const known: Record<string, (...given: number[]) => number> = {
    args_sizes_get(count, size) {
      view().setUint32(count!, texts.length, true)
      view().setUint32(size!, texts.reduce((sum, text) => sum + text.length, 0), true)
      return SUCCESS
    },
    args_get(list, at) {
      let end = at!
      for (const [index, text] of texts.entries()) {
        view().setUint32(list! + index * 4, end, true)
        new Uint8Array(memory.buffer).set(text, end)
        end += text.length
      }
      return SUCCESS
    },
    environ_sizes_get(count, size) {
      view().setUint32(count!, 0, true)
      view().setUint32(size!, 0, true)
      return SUCCESS
    },
    environ_get: () => SUCCESS,
    clock_time_get(_clock, _precision, at) {
      view().setBigUint64(at!, BigInt(Math.round(performance.now() * 1e6)), true)
      return SUCCESS
    },
    random_get(at, size) {
      crypto.getRandomValues(new Uint8Array(memory.buffer, at, size))
      return SUCCESS
    },
    fd_read(file, list, count, size) {
      if (file !== 0) return BAD_FILE
      let sum = 0
      for (const piece of pieces(list!, count!)) {
        const part = input.subarray(read + sum, read + sum + piece.length)
        piece.set(part)
        sum += part.length
      }
      read += sum
      view().setUint32(size!, sum, true)
      progress(input.length === 0 ? 1 : read / input.length)
      return SUCCESS
    },
    fd_write(file, list, count, size) {
      const to = written[file!]
      if (to === undefined) return BAD_FILE
      const parts = pieces(list!, count!)
      to.push(...parts.map((part) => part.slice()))
      view().setUint32(size!, parts.reduce((sum, part) => sum + part.length, 0), true)
      return SUCCESS
    },
    fd_prestat_get: () => BAD_FILE,
    proc_exit(status) {
      throw new Exit(status!)
    },
  }
  const imports: Record<string, Record<string, (...given: number[]) => number>> = {}
  for (const { module, name } of WebAssembly.Module.imports(program)) (imports[module] ??= {})[name] = known[name] ?? (() => NOT_SUPPORTED)
  const { exports } = await WebAssembly.instantiate(program, imports)
  memory = exports['memory'] as WebAssembly.Memory
  let status = 0
  try {
    ;(exports['_start'] as () => void)()
  } catch (ended) {
    if (!(ended instanceof Exit)) throw ended
    status = ended.status
  }
  const [output, complaints] = await Promise.all([1, 2].map((file) => new Blob(written[file] as BlobPart[]).text()))
  return { status, output: output!, complaints: complaints! }
}
