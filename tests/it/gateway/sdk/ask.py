"""Asks the gateway with the official client and prints what it understood, a line for each call."""

import asyncio
import sys

import openai

URL, KEY = sys.argv[1:3]
CLIENT = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=2, timeout=30)
MESSAGES = [{"role": "user", "content": "hi"}]


def show(name, value):
    print(f"{name}: {value}", flush=True)


def fails(name, ask):
    try:
        ask()
    except openai.APIStatusError as error:
        show(name, f"{type(error).__name__} {error.status_code} {error.code} {bool(error.request_id)}")
    except openai.APIError as error:
        show(name, f"{type(error).__name__} {error.code}")
    else:
        show(name, "no error")


def stream(**more):
    return list(CLIENT.chat.completions.create(model="small", messages=MESSAGES, stream=True, **more))


def main():
    chat = CLIENT.chat.completions.create(model="small", messages=MESSAGES)
    show("chat", f"{chat.choices[0].message.content} {chat.usage.total_tokens} {chat.model_extra['coop']['charged_units']}")
    chunks = stream(stream_options={"include_usage": True})
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    show("stream", f"{text} {chunks[-1].usage.completion_tokens} {chunks[-1].model_extra['coop']['charged_units']}")
    show("models", [model.id for model in CLIENT.models.list()])
    show("model", CLIENT.models.retrieve("small").id)
    show("embeddings", CLIENT.embeddings.create(model="small", input="hi").data[0].embedding)
    show("floats", CLIENT.embeddings.create(model="small", input="hi", encoding_format="float").data[0].embedding)
    response = CLIENT.responses.create(model="small", input="hi")
    show("responses", f"{response.id} {response.output_text} {response.status}")
    events = list(CLIENT.responses.create(model="small", input="hi", stream=True))
    show("response events", [event.type for event in events])
    fails("stored", lambda: CLIENT.responses.create(model="small", input="hi", store=True))
    fails("unknown model", lambda: CLIENT.chat.completions.create(model="none", messages=MESSAGES))
    fails("broken stream", lambda: stream(user="break"))
    other = CLIENT.with_options(api_key="rdk_none")
    fails("bad key", lambda: other.chat.completions.create(model="small", messages=MESSAGES))
    fails("used up", lambda: CLIENT.chat.completions.create(model="small", messages=[{"role": "user", "content": "x" * 2000}]))
    tools = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]
    pieces = [piece for chunk in stream(tools=tools) if chunk.choices for piece in chunk.choices[0].delta.tool_calls or []]
    show("tool", f"{pieces[0].id} {pieces[0].function.name} {''.join(piece.function.arguments or '' for piece in pieces)}")
    choice = CLIENT.chat.completions.create(model="small", messages=MESSAGES, tools=tools).choices[0]
    show("tool at once", f"{choice.message.tool_calls[0].function.arguments} {choice.finish_reason}")
    more = {"n": 2, "seed": 7, "logprobs": True, "top_logprobs": 1, "response_format": {"type": "json_object"}}
    choices = CLIENT.chat.completions.create(model="small", messages=MESSAGES, **more).choices
    show("two", f"{[choice.message.content for choice in choices]} {[choice.logprobs.content[0].token for choice in choices]}")
    completion = CLIENT.completions.create(model="small", prompt="hi")
    show("completion", f"{completion.choices[0].text} {completion.usage.total_tokens}")
    again = CLIENT.chat.completions.with_raw_response.create(model="small", messages=MESSAGES)
    show("again", f"{again.parse().choices[0].message.content} {again.retries_taken}")


main()
