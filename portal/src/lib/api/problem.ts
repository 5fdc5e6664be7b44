/** A refusal of the server (RFC 9457) or of the network, as it is shown: what happened, and what to do next. */
export interface ProblemDocument {
  type?: string
  title?: string
  status?: number
  detail?: string
  instance?: string
  [member: string]: unknown
}

export class Problem extends Error {
  readonly status: number
  /** The permanent name of the kind, such as `revision-conflict`; `offline` where no answer came. */
  readonly slug: string
  readonly document: ProblemDocument

  constructor(status: number, slug: string, document: ProblemDocument) {
    super(document.detail ?? document.title ?? slug)
    this.name = 'Problem'
    this.status = status
    this.slug = slug
    this.document = document
  }

  /** No answer came: the request may or may not have arrived. A creating request keeps its key, so sending again is safe. */
  static offline(): Problem {
    return new Problem(0, 'offline', {})
  }

  /** Reads an answer that is not a success; whatever stands in the body, a problem comes out. */
  static read(status: number, body: unknown): Problem {
    const document = isObject(body) ? (body as ProblemDocument) : {}
    const slug = typeof document.type === 'string' ? (document.type.split('/').pop() ?? '') : ''
    return new Problem(status, slug === '' ? `http-${status}` : slug, document)
  }

  get isOffline(): boolean {
    return this.slug === 'offline'
  }

  /** The field that is wrong, where the server names one. */
  get field(): string | null {
    return typeof this.document.field === 'string' ? this.document.field : null
  }

  /** The page that explains this kind of problem; an address of this server and no other. */
  get page(): string | null {
    return /^\/problems\/[a-z-]+$/.test(this.document.type ?? '') ? (this.document.type ?? null) : null
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new Problem(0, 'browser', { detail })
}
