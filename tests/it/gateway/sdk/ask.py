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


main()
