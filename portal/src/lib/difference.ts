/** What differs between two texts, word by word: what stayed, what went, what came. */
export interface Piece {
  kind: 'same' | 'gone' | 'new'
  text: string
}

/** The most pairs of words that are compared; longer texts are compared line by line, and by whole where even that is too long. */
const PAIRS_MAX = 4_000_000

const words = (text: string): string[] => text.match(/\s+|\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? []
const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

export function difference(before: string, after: string): Piece[] {
  for (const parts of [words, lines]) {
    const [left, right] = [parts(before), parts(after)]
    const start = shared(left, right)
    const end = shared(left.slice(start).toReversed(), right.slice(start).toReversed())
    const [gone, come] = [left.slice(start, left.length - end), right.slice(start, right.length - end)]
    if (gone.length * come.length > PAIRS_MAX) continue
    return joined([...same(left.slice(0, start)), ...between(gone, come), ...same(left.slice(left.length - end))])
  }
  return joined([{ kind: 'gone', text: before }, { kind: 'new', text: after }])
}

/** How many first parts are the same. */
function shared(left: readonly string[], right: readonly string[]): number {
  const at = left.findIndex((part, index) => part !== right[index])
  return at === -1 ? left.length : at
}

const same = (parts: readonly string[]): Piece[] => parts.map((text) => ({ kind: 'same', text }))

/** The longest common subsequence, by a table of its lengths. */
function between(left: readonly string[], right: readonly string[]): Piece[] {
  const width = right.length + 1
  const longest = new Uint32Array((left.length + 1) * width)
  const at = (row: number, column: number) => longest[row * width + column] ?? 0
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      longest[row * width + column] = left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const pieces: Piece[] = []
  let [row, column] = [0, 0]
  while (row < left.length || column < right.length) {
    const [gone, come] = [left[row], right[column]]
    if (gone !== undefined && gone === come) {
      pieces.push({ kind: 'same', text: gone })
      row += 1
      column += 1
    } else if (gone !== undefined && (come === undefined || at(row + 1, column) >= at(row, column + 1))) {
      pieces.push({ kind: 'gone', text: gone })
      row += 1
    } else if (come !== undefined) {
      pieces.push({ kind: 'new', text: come })
      column += 1
    }
  }
  return pieces
}

/** Neighbours of one kind as one piece; what went before what came. */
function joined(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = []
  let gone = ''
  let come = ''
  const flush = () => {
    if (gone !== '') out.push({ kind: 'gone', text: gone })
    if (come !== '') out.push({ kind: 'new', text: come })
    gone = come = ''
  }
  for (const { kind, text } of pieces) {
    if (kind === 'gone') gone += text
    else if (kind === 'new') come += text
    else {
      flush()
      const last = out.at(-1)
      if (last?.kind === 'same') last.text += text
      else out.push({ kind, text })
    }
  }
  flush()
  return out
}
