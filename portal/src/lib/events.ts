/** Reading a stream of server-sent events (HTML, section 9.2.6), whatever pieces it comes in. */
export interface ServerEvent {
  id: string | null
  kind: string
  data: unknown
}

/** The most characters of one event; ours have a few hundred. */
const EVENT_MAX = 65_536

export class EventReader {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The events that are whole now. An event whose data are no JSON is passed over. */
  read(piece: Uint8Array): ServerEvent[] {
    this.#rest += this.#decoder.decode(piece, { stream: true }).replaceAll('\r', '')
    if (this.#rest.length > EVENT_MAX) throw new Error('The stream sends an event without an end.')
    const blocks = this.#rest.split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.map(eventOf).filter((event) => event !== null)
  }
}

function eventOf(block: string): ServerEvent | null {
  const event: ServerEvent = { id: null, kind: 'message', data: null }
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [name, value] = field(line)
    if (name === 'id') event.id = value
    else if (name === 'event') event.kind = value
    else if (name === 'data') data.push(value)
  }
  if (data.length === 0) return null
  try {
    event.data = JSON.parse(data.join('\n'))
    return event
  } catch {
    return null
  }
}

function field(line: string): [string, string] {
  const colon = line.indexOf(':')
  // A line that begins with a colon is a comment: it keeps the connection awake.
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}
