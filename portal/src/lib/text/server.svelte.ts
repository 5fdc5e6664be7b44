/**
 * The sentences of the server, in the language of the page. Their English is their key: the file of each other language says them once
 * more, sentence by sentence as they stand in the Rust sources, with the same `{places}`, and a test fails for each one that is missing.
 * Those that the server writes in two languages itself are shown as it wrote them, to whoever reads one of the two.
 *
 * What stood in a place goes into the translation as it is, so that nobody's words are changed. `{place!}` holds a sentence of the server
 * in its turn, `{place!state}` a word that the portal has as `state.…`, `{place&}` and `{place&role}` several of them, and `{place@}` a
 * moment in seconds.
 */
import { dateTime } from '../format'
import { language, t, type Key } from './index.svelte'
import en from './en.json'

type Texts = Readonly<Record<string, string>>
type Section = Record<string, () => Promise<Texts>>

const server: Section = import.meta.glob<Texts>('./languages/*.json', { query: '?section=server', import: 'default' })
const auditor: Section = import.meta.glob<Texts>('./languages/*.json', { query: '?section=audit', import: 'default' })

/** What the server writes by itself: the two sentences of a pair, in this order, and its pages about problems. */
const SERVER_WRITES = ['en', 'zh-Hans']
/** Longer ones are shown as they are: looking at one takes time. */
const LENGTH_MAX = 2000
/** Sentences in sentences are read to this depth; the server writes none deeper. */
const DEPTH_MAX = 6

interface Phrase {
  /** Which place ends where is not always plain: the shortest words are tried, then the longest. */
  patterns: RegExp[]
  text: string
}
interface Said {
  text: string
  /** Whether every sentence in it is known too. */
  isWhole: boolean
}

/** The sentences of the server in one language. */
export class Phrases {
  readonly #whole = new Map<string, string>()
  readonly #phrases: Phrase[] = []

  constructor(texts: Texts) {
    // The more a sentence says by itself, the earlier it is tried.
    const weight = (sentence: string) => sentence.replaceAll(/\{\w+\}/g, '').length
    for (const [sentence, text] of Object.entries(texts).toSorted(([one], [other]) => weight(other) - weight(one))) {
      if (/\{\w+\}/.test(sentence)) this.#phrases.push({ patterns: [patternOf(sentence, '.+?'), patternOf(sentence, '.+')], text })
      else this.#whole.set(sentence, text)
    }
  }

  /** The sentence in this language; null where it is not known. */
  say(sentence: string): string | null {
    return this.#say(sentence, 0)?.text ?? null
  }

  #say(sentence: string, depth: number): Said | null {
    const whole = this.#whole.get(sentence)
    if (whole !== undefined) return { text: whole, isWhole: true }
    if (sentence.length > LENGTH_MAX || depth > DEPTH_MAX) return null
    let partly: Said | null = null
    for (const { patterns, text } of this.#phrases) {
      for (const pattern of patterns) {
        const values = pattern.exec(sentence)?.groups
        if (values === undefined) break
        const said = this.#fill(text, values, depth)
        if (said.isWhole) return said
        partly ??= said
      }
    }
    return partly
  }

  #fill(text: string, values: Record<string, string>, depth: number): Said {
    let isWhole = true
    const inTurn = (part: string): string => {
      // Numbers read the same in every language.
      if (!/\p{L}{2}/u.test(part)) return part
      const said = this.#say(part, depth + 1)
      if (said?.isWhole) return said.text
      // Several sentences may stand there, one after the other.
      const several = part.split(/(?<=\.) (?=[A-Z])/).map((one) => this.#say(one, depth + 1))
      if (several.length > 1 && several.every((one) => one?.isWhole)) return several.map((one) => one!.text).join(t('sentence.join'))
      isWhole = false
      return said?.text ?? part
    }
    const filled = text.replaceAll(/\{(\w+)(?:([!&@])([\w.]*))?\}/g, (_, place: string, mark: string | undefined, group: string) => {
      const value = values[`p${place}`] ?? ''
      if (mark === undefined) return value
      if (mark === '@') return dateTime(new Date(Number(value) * 1000).toISOString())
      if (mark === '!' && group === '') return inTurn(value)
      const words = mark === '&' ? value.split(/, | and no | and | or /) : [value]
      return words.map((word) => (Object.hasOwn(en, `${group}.${word}`) ? t(`${group}.${word}` as Key) : word)).join(t('list.join'))
    })
    return { text: filled, isWhole }
  }
}

/** Matches a sentence whose places are filled; a place that stands twice holds the same both times. */
function patternOf(sentence: string, filling: string): RegExp {
  const seen = new Set<string>()
  const source = sentence
    .split(/(\{\w+\})/)
    .map((part) => {
      const place = /^\{(\w+)\}$/.exec(part)?.[1]
      if (place === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
      const isAgain = seen.has(place)
      seen.add(place)
      return isAgain ? String.raw`\k<p${place}>` : `(?<p${place}>${filling})`
    })
    .join('')
  return new RegExp(`^${source}$`, 's')
}

/** What says the sentences of a program in the language of the page, and loads them when the first is needed. */
function speaker(sections: readonly Section[]): (sentence: string) => string {
  const loaded = $state<Record<string, Phrases | 'missing'>>({})
  const asked = new Set<string>()
  return (sentence) => {
    const path = `./languages/${language()}.json`
    if (sections[0]![path] === undefined || sentence === '') return sentence
    if (!asked.has(path)) {
      asked.add(path)
      Promise.all(sections.map((section) => section[path]!())).then(
        (texts) => (loaded[path] = new Phrases(Object.assign({}, ...texts) as Texts)),
        () => (loaded[path] = 'missing'),
      )
    }
    const phrases = loaded[path]
    if (phrases === undefined) return '…'
    return phrases === 'missing' ? sentence : (phrases.say(sentence) ?? sentence)
  }
}

/** A sentence of the server in the language of the page; where nothing is known of it, as the server wrote it. */
export const serverSays = speaker([server])
/** A sentence of the auditor's program, which shares some with the server. */
export const auditSays = speaker([server, auditor])

/** The one of a pair in the language of the page; undefined in a language that the server does not write. */
export const given = <Words>(...pair: readonly [english: Words, chinese: Words]): Words | undefined => pair[SERVER_WRITES.indexOf(language())]
/** A sentence that the server wrote in both its languages, in the language of the page. */
export const inLanguage = (english: string, chinese: string): string => given(english, chinese) ?? serverSays(english)
/** The one of the server's languages to read its own pages in. */
export const readable = (): string => SERVER_WRITES.find((each) => each === language()) ?? SERVER_WRITES[0]!
