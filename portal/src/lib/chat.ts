/**
 * Asking a model of the co-op over `/v1/chat/completions`, as any client does, with a stream for an answer: its text as it comes, the place
 * in the queue while it waits, and what it cost. Written from docs/gateway.md.
 */
export interface Turn {
  role: 'user' | 'assistant'
  content: string
}

/** What a stream tells. */
export type ChatEvent =
  /** It waits until a slot is free. */
  | { kind: 'queued'; position: number; seconds: number }
  /** The model has begun and says nothing yet. */
  | { kind: 'working' }
  | { kind: 'text'; text: string }
  /** The end of an answer, and why. */
  | { kind: 'finished'; why: string }
  | { kind: 'bill'; charged: number; input: number | null; output: number | null; source: string }

/** What went wrong, in the words of the server. */
export class ChatError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'ChatError'
    this.status = status
    this.code = code
  }

  /** Reads the body of an error, or the event of a stream that broke off. */
  static read(status: number, body: unknown): ChatError {
    const error = typeof body === 'object' && body !== null && 'error' in body ? (body as { error: unknown }).error : null
    const { message, code } = (typeof error === 'object' && error !== null ? error : {}) as { message?: unknown; code?: unknown }
    return new ChatError(status, typeof code === 'string' ? code : `http-${status}`, typeof message === 'string' ? message : `The answer has the status ${status}.`)
  }
}

/** The longest line of a stream that is taken, in characters: one event of a model is never near it. */
const LINE_MAX = 1_048_576

/** Cuts bytes into lines, whatever pieces they come in. */
export async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true })
    let end = rest.search(/\r?\n/)
    while (end >= 0) {
      yield rest.slice(0, end)
      rest = rest.slice(end + (rest[end] === '\r' ? 2 : 1))
      end = rest.search(/\r?\n/)
    }
    if (rest.length > LINE_MAX) throw new ChatError(200, 'line_too_long', 'The stream sends a line without an end.')
  }
  if (rest !== '') yield rest
}

interface Chunk {
  error?: unknown
  choices?: { delta?: { content?: unknown }; finish_reason?: unknown }[]
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
  coop?: { charged_units?: unknown; usage_source?: unknown }
}

const whole = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null)

/** What one line of the stream says; an empty list for what says nothing here. */
export function read(line: string): ChatEvent[] {
  const queued = /^: queued position=(\d+) eta_ms=(\d+)$/.exec(line)
  if (queued !== null) return [{ kind: 'queued', position: Number(queued[1]), seconds: Math.ceil(Number(queued[2]) / 1000) }]
  if (line === ': queued') return [{ kind: 'queued', position: 0, seconds: 0 }]
  if (line === ': working') return [{ kind: 'working' }]
  if (!line.startsWith('data:')) return []
  const data = line.slice(5).trim()
  if (data === '' || data === '[DONE]') return []
  const chunk = JSON.parse(data) as Chunk | null
  if (typeof chunk !== 'object' || chunk === null) return []
  if (chunk.error !== undefined) throw ChatError.read(200, chunk)
  const events: ChatEvent[] = []
  for (const choice of chunk.choices ?? []) {
    if (typeof choice.delta?.content === 'string' && choice.delta.content !== '') events.push({ kind: 'text', text: choice.delta.content })
    if (typeof choice.finish_reason === 'string') events.push({ kind: 'finished', why: choice.finish_reason })
  }
  const charged = whole(chunk.coop?.charged_units)
  if (charged !== null) {
    const source = typeof chunk.coop?.usage_source === 'string' ? chunk.coop.usage_source : ''
    events.push({ kind: 'bill', charged, input: whole(chunk.usage?.prompt_tokens), output: whole(chunk.usage?.completion_tokens), source })
  }
  return events
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Not every browser iterates over a stream.
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}

/** Asks, and gives what the stream tells as it comes. */
export async function* ask(key: string, model: string, turns: readonly Turn[], signal: AbortSignal, send: typeof fetch = fetch): AsyncGenerator<ChatEvent> {
  const answer = await send('/v1/chat/completions', {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model, messages: turns, stream: true, stream_options: { include_usage: true } }),
    signal,
    credentials: 'omit',
  })
  if (!answer.ok || answer.body === null) throw ChatError.read(answer.status, await answer.json().catch(() => null))
  for await (const line of lines(pieces(answer.body))) yield* read(line)
}
