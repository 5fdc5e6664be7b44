// The sentences that stand as text in the Rust sources, as keys of src/lib/text/languages/*.json.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Sentence {
  file: string
  key: string
  /** The statement that it stands in, as far as it came before it. */
  before: string
}

/** Every text of a source, with the code before it in which each text is empty. */
function* texts(source: string): Generator<{ text: string; code: string }> {
  let code = ''
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at, at + 16)
    const letter = /^'(?:\\.[^']*|[^\\'])'/.exec(rest)
    const raw = /\w$/.test(code) ? null : /^r(#*)"/.exec(rest)
    if (rest.startsWith('//')) {
      const end = source.indexOf('\n', at)
      if (end < 0) return
      at = end
    } else if (letter !== null) {
      code += "''"
      at += letter[0].length
    } else if (raw !== null) {
      const end = source.indexOf(`"${raw[1]}`, at + raw[0].length)
      yield { text: source.slice(at + raw[0].length, end), code }
      code += '""'
      at = end + 1 + raw[1]!.length
    } else if (rest.startsWith('"')) {
      let end = at + 1
      while (source[end] !== '"') end += source[end] === '\\' ? 2 : 1
      const text = source.slice(at + 1, end).replaceAll(/\\\n\s*/g, '').replaceAll(/\\(["n\\])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
      yield { text, code }
      code += '""'
      at = end + 1
    } else {
      code += source[at]
      at += 1
    }
  }
}

/** `{}` by their number, `{name:?}` by the name. */
function keyOf(text: string): string {
  let next = 0
  return text.replaceAll(/\{\{|\}\}|\{(\w*)(?::[^}]*)?\}/g, (whole, name: string | undefined) => {
    if (whole === '{{' || whole === '}}') return whole.slice(1)
    return `{${name === '' || name === undefined ? next++ : name}}`
  })
}

/** The texts of every source below the folders, tests left out. */
export function sentencesOf(folders: readonly string[]): Sentence[] {
  const found: Sentence[] = []
  for (const folder of folders) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).toSorted()
    for (const name of names.filter((each) => each.endsWith('.rs') && !/(^|\/|_)tests(\.rs|\/)/.test(each))) {
      const file = join(folder, name)
      const source = readFileSync(join(root, file), 'utf8').split('#[cfg(test)]\nmod tests {')[0]!
      for (const { text, code } of texts(source)) {
        const begin = Math.max(code.lastIndexOf(';'), code.lastIndexOf('}'), code.lastIndexOf('\n\n')) + 1
        found.push({ file, key: keyOf(text), before: code.slice(begin).replaceAll(/\s+/g, ' ') })
      }
    }
  }
  return found
}
