/** Runs the auditor's program beside the page, which goes on meanwhile. */
import { runProgram, type Ended } from './wasi'

/** What is asked: the program, what it is told, what it reads. */
export interface Task {
  program: string
  words: string[]
  file: Blob
}
/** How far it is, and then how it ended. */
export type Heard = { part: number } | { ended: Ended } | { failed: string }

/** So often is told how far it is, in parts of the whole. */
const STEP = 0.01

// The types at hand are those of a page; a worker's postMessage names no window.
const say = (heard: Heard) => (globalThis as unknown as { postMessage(heard: Heard): void }).postMessage(heard)

globalThis.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    let told = 0
    const answer = await fetch(data.program)
    if (!answer.ok) throw new Error(`${data.program}: ${answer.status}`)
    const program = await WebAssembly.compile(await answer.arrayBuffer())
    const ended = await runProgram(program, data.words, new Uint8Array(await data.file.arrayBuffer()), (part) => {
      if (part < told + STEP) return
      told = part
      say({ part })
    })
    say({ ended })
  } catch (caught) {
    say({ failed: caught instanceof Error ? caught.message : String(caught) })
  }
}
