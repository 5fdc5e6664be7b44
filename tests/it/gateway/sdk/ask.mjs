// Asks the gateway with the official client and prints what it understood, a line for each call.
import { createRequire } from 'node:module';

const [url, key, folder] = process.argv.slice(2);
const { default: OpenAI, APIError } = createRequire(`${folder}/package.json`)('openai');
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 2, timeout: 30_000 });
const messages = [{ role: 'user', content: 'hi' }];
const list = (values) => `[${values.map((value) => (typeof value === 'string' ? `'${value}'` : Number.isInteger(value) ? value.toFixed(1) : value)).join(', ')}]`;
const show = (name, value) => console.log(`${name}: ${value}`);

async function fails(name, ask) {
  try {
    await ask();
    show(name, 'no error');
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const kind = error.constructor.name;
    show(name, error.status ? `${kind} ${error.status} ${error.code} ${error.requestID ? 'True' : 'False'}` : `${kind} ${error.code}`);
  }
}

async function stream(more) {
  const chunks = [];
  for await (const chunk of await client.chat.completions.create({ model: 'small', messages, stream: true, ...more })) chunks.push(chunk);
  return chunks;
}

const chat = await client.chat.completions.create({ model: 'small', messages });
show('chat', `${chat.choices[0].message.content} ${chat.usage.total_tokens} ${chat.coop.charged_units}`);
const chunks = await stream({ stream_options: { include_usage: true } });
const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
show('stream', `${text} ${chunks.at(-1).usage.completion_tokens} ${chunks.at(-1).coop.charged_units}`);
const models = [];
for await (const model of client.models.list()) models.push(model.id);
show('models', list(models));
show('model', (await client.models.retrieve('small')).id);
show('embeddings', list((await client.embeddings.create({ model: 'small', input: 'hi' })).data[0].embedding));
show('floats', list((await client.embeddings.create({ model: 'small', input: 'hi', encoding_format: 'float' })).data[0].embedding));
const response = await client.responses.create({ model: 'small', input: 'hi' });
show('responses', `${response.id} ${response.output_text} ${response.status}`);
const events = [];
for await (const event of await client.responses.create({ model: 'small', input: 'hi', stream: true })) events.push(event.type);
show('response events', list(events));
await fails('stored', () => client.responses.create({ model: 'small', input: 'hi', store: true }));
await fails('unknown model', () => client.chat.completions.create({ model: 'none', messages }));
await fails('broken stream', () => stream({ user: 'break' }));
const other = client.withOptions({ apiKey: 'rdk_none' });
await fails('bad key', () => other.chat.completions.create({ model: 'small', messages }));
await fails('used up', () => client.chat.completions.create({ model: 'small', messages: [{ role: 'user', content: 'x'.repeat(2000) }] }));
const tools = [{ type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } }];
const pieces = (await stream({ tools })).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
show('tool', `${pieces[0].id} ${pieces[0].function.name} ${pieces.map((piece) => piece.function.arguments ?? '').join('')}`);
const [choice] = (await client.chat.completions.create({ model: 'small', messages, tools })).choices;
show('tool at once', `${choice.message.tool_calls[0].function.arguments} ${choice.finish_reason}`);
const more = { n: 2, seed: 7, logprobs: true, top_logprobs: 1, response_format: { type: 'json_object' } };
const { choices } = await client.chat.completions.create({ model: 'small', messages, ...more });
show('two', `${list(choices.map((each) => each.message.content))} ${list(choices.map((each) => each.logprobs.content[0].token))}`);
const completion = await client.completions.create({ model: 'small', prompt: 'hi' });
show('completion', `${completion.choices[0].text} ${completion.usage.total_tokens}`);
let asked = 0;
const counting = client.withOptions({ fetch: (...request) => { asked += 1; return fetch(...request); } });
const again = await counting.chat.completions.create({ model: 'small', messages });
show('again', `${again.choices[0].message.content} ${asked - 1}`);
