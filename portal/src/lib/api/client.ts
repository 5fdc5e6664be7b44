/** The typed client: adds the access token, renews it once when it has run out, and turns every failure into a Problem. */
import createClient from 'openapi-fetch'
import { accessToken, refresh, session } from '../session.svelte'
import type { paths } from './schema'
import { Problem } from './problem'
import { told } from './waiting.svelte'

type Send = (request: Request) => Promise<Response>

/** As soon as an answer begins. */
async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    throw Problem.offline()
  }
}

/** Answers that have no body, whose like cannot be made with one. */
const BODILESS = new Set([204, 205, 304])

/** When the whole answer is here: a network may stall in the middle of one too. */
const sendWhole: Send = (request) =>
  told(async (signal) => {
    try {
      const answer = await fetch(request, { signal: AbortSignal.any([request.signal, signal]) })
      const body = await answer.blob()
      return new Response(BODILESS.has(answer.status) ? null : body, answer)
    } catch {
      throw Problem.offline()
    }
  })

function authorised(request: Request): Request {
  const token = accessToken()
  if (token !== null) request.headers.set('Authorization', `Bearer ${token}`)
  return request
}

async function sendAuthorised(request: Request, by: Send = sendWhole): Promise<Response> {
  const again = request.clone()
  const answer = await by(authorised(request))
  if (answer.status !== 401 || session.phase !== 'in') return answer
  // 401 also answers a wrong password, which no renewal of the session mends.
  const { slug } = Problem.read(401, await answer.clone().json().catch(() => null))
  if (slug !== 'unauthenticated' && slug !== 'http-401') return answer
  return (await refresh()) ? by(authorised(again)) : answer
}

export const client = createClient<paths>({ baseUrl: '', fetch: (request) => sendAuthorised(request) })

interface Result<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** The data of a success, with its ETag; anything else is thrown as a Problem. */
export async function read<Data>(result: Promise<Result<Data>>): Promise<{ data: Data; etag: string | null }> {
  const { data, error, response } = await result
  if (!response.ok) throw Problem.read(response.status, error)
  return { data: data as Data, etag: response.headers.get('ETag') }
}

export async function take<Data>(result: Promise<Result<Data>>): Promise<Data> {
  return (await read(result)).data
}

/** A stream that needs the access token, piece by piece; `last` is the id of the event that came last. */
export async function stream(path: string, last: string | null, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const headers = { Accept: 'text/event-stream', ...(last === null ? {} : { 'Last-Event-ID': last }) }
  const answer = await sendAuthorised(new Request(path, { headers, signal, cache: 'no-store' }), send)
  if (!answer.ok || answer.body === null) throw Problem.read(answer.status, await answer.json().catch(() => null))
  return pieces(answer.body.getReader())
}

/** Not every browser iterates over a stream by itself. */
async function* pieces(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

/** A file that needs the access token, as bytes. */
export async function download(path: string): Promise<Blob> {
  const answer = await sendAuthorised(new Request(path, { headers: { Accept: '*/*' } }))
  if (!answer.ok) throw Problem.read(answer.status, await answer.json().catch(() => null))
  return answer.blob()
}
