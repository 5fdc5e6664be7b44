"""Asks a real model until the allowance is used up, waits for a line, and asks once more; then for vectors."""

import sys

import openai

URL, KEY = sys.argv[1:3]
client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=2, timeout=120)
MESSAGES = [{"role": "user", "content": "What is a co-operative? Answer in one sentence."}]


def show(name, *values):
    """A line at once."""
    print(f"{name}:", *values, flush=True)


def ask():
    """One call: what it cost, how it ended, how many tokens it took, and what was answered."""
    answer = client.chat.completions.create(model="smollm2", max_tokens=24, messages=MESSAGES)
    usage, choice = answer.usage, answer.choices[0]
    words = len(choice.message.content.split())
    show("asked", answer.coop["charged_units"], choice.finish_reason, usage.prompt_tokens, usage.completion_tokens, words > 0)


ask()
try:
    while True:
        ask()
except openai.RateLimitError as error:
    show("refused", error.status_code, error.code, error.body["message"])
sys.stdin.readline()
ask()
stream = client.chat.completions.create(
    model="smollm2", max_tokens=8, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
)
pieces = list(stream)
show("streamed", sum(len(piece.choices) for piece in pieces) > 1, pieces[-1].usage.completion_tokens)
near, far = (client.embeddings.create(model="e5", input=[one, other]).data for one, other in (("a loom", "weaving"), ("a loom", "tax law")))
alike = lambda pair: sum(x * y for x, y in zip(pair[0].embedding, pair[1].embedding))
show("vectors", len(near[0].embedding), alike(near) > alike(far))
