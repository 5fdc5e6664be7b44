// Asks until the allowance is used up, waits for a line, and asks once more.
import { once } from 'node:events';
import { createRequire } from 'node:module';

const [url, key, folder] = process.argv.slice(2);
const { default: OpenAI, RateLimitError } = createRequire(`${folder}/package.json`)('openai');
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 2, timeout: 30_000 });
const messages = [{ role: 'user', content: 'Hello there' }];

async function ask() {
  const answer = await client.chat.completions.create({ model: 'small', max_tokens: 5, messages });
  return `${answer.choices[0].message.content} ${answer.coop.charged_units}`;
}

console.log(`first: ${await ask()}`);
try {
  console.log(`second: ${await ask()}`);
} catch (error) {
  if (!(error instanceof RateLimitError)) throw error;
  console.log(`second: ${error.status} ${error.code} ${error.error.message}`);
}
await once(process.stdin, 'data');
process.stdin.destroy();
console.log(`third: ${await ask()}`);
