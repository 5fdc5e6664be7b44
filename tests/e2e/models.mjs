// A server of models for the story: it streams an answer in pieces, says what was used, and holds an answer back while it is told to.
import { createServer } from 'node:http'

const WORDS = ['Rochdale ', 'is a town ', 'in Lancashire, ', 'and 罗奇代尔 ', 'in Chinese.']

/** Answers on a port of this machine until it is closed. While `holds()` answers true it says nothing after the first piece. */
export function serveModels(port) {
  let isHolding = false
  let words = WORDS
  const waiting = []
  const asked = []
  const server = createServer(async (request, answer) => {
    let text = ''
    for await (const piece of request) text += piece
    const body = JSON.parse(text || '{}')
    asked.push(body)
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' })
    const say = (chunk) => answer.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: body.model, ...chunk })}\n\n`)
    say({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
    for (const [index, content] of words.entries()) {
      if (index > 0 && isHolding) await new Promise((resolve) => waiting.push(resolve))
      say({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
    }
    say({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    say({ choices: [], usage: { prompt_tokens: 20, completion_tokens: 12, total_tokens: 32 } })
    answer.end('data: [DONE]\n\n')
  })
  server.listen(port, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    says: (...pieces) => (words = pieces),
    hold: () => (isHolding = true),
    go() {
      isHolding = false
      for (const resolve of waiting.splice(0)) resolve()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
