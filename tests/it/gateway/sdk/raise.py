"""Asks until the allowance is used up, waits for a line, and asks once more."""

import sys

import openai

URL, KEY = sys.argv[1:3]
client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=2, timeout=30)


def ask():
    """One call: what was answered and what it cost."""
    messages = [{"role": "user", "content": "Hello there"}]
    answer = client.chat.completions.create(model="small", max_tokens=5, messages=messages)
    return f"{answer.choices[0].message.content} {answer.coop['charged_units']}"


def show(name, value):
    """A line at once."""
    print(f"{name}: {value}", flush=True)


show("first", ask())
try:
    show("second", ask())
except openai.RateLimitError as error:
    show("second", f"{error.status_code} {error.code} {error.body['message']}")
sys.stdin.readline()
show("third", ask())
