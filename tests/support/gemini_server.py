"""A stand-in for Gemini's API on loopback; its `mood` says how it answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-key-that-nobody-may-read"
"""What some of its errors quote."""

TOKENS = 120
"""What it says that each of its answers took."""


class Gemini(ThreadingHTTPServer):
    """The server; it keeps the requests for an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answerer)
        self.mood = "good"
        self.requests: list[dict[str, Any]] = []


@contextmanager
def served() -> Iterator[Gemini]:
    """Yields the server while it answers."""
    with Gemini() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Answerer(BaseHTTPRequestHandler):
    """One way to answer for each mood."""

    server: Gemini

    def log_message(self, *_: object) -> None:
        """Says nothing on the terminal."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith(":countTokens"):
            return self.reply(200, {"totalTokens": 10})
        self.server.requests.append(body)
        return getattr(self, f"be_{self.server.mood}")(body)

    def be_good(self, body: Any) -> None:
        self.work(body, "**Decision.** Order $25,000 of stock now; the week of 26 October 2012 brought $12.0K.")

    def be_inventive(self, body: Any) -> None:
        self.work(body, "Order $25,000 now, which will earn $777,777, see [more](http://evil.example/1).")

    def be_poisonous(self, body: Any) -> None:
        self.work(
            body, "Order $25,000\x00 now\x1b[2J\ud800, ![a [b]](&#104;ttps://evil.example/t.png) &amp; \x9b1m<b>go</b>."
        )

    def be_refusing(self, _: Any) -> None:
        self.say("I can't help with that.")

    def be_verbose(self, body: Any) -> None:
        self.work(body, "Sales rose by $1,234 and fell again. " * 2_000)

    def be_stubborn(self, body: Any) -> None:
        """Asks for the same tool again and again, two at a time, and never says a word."""
        name = body["tools"][0]["functionDeclarations"][0]["name"] if "tools" in body else "nothing"
        self.candidate([{"functionCall": {"name": name, "args": {}}}] * 2)

    def be_blocking(self, _: Any) -> None:
        self.reply(200, {"promptFeedback": {"blockReason": "SAFETY"}})

    def be_limited(self, _: Any) -> None:
        self.reply(429, {"error": {"code": 429, "message": f"quota of key {KEY}", "status": "RESOURCE_EXHAUSTED"}})

    def be_unwilling(self, _: Any) -> None:
        self.reply(403, {"error": {"code": 403, "message": f"bad key {KEY}", "status": "PERMISSION_DENIED"}})

    def be_slow(self, _: Any) -> None:
        self.rfile.read()  # ends once the client has given up

    def be_garbled(self, _: Any) -> None:
        self.reply(200, b"<html>not json")

    def be_away(self, _: Any) -> None:
        self.connection.close()

    def work(self, body: Any, words: str) -> None:
        """Calls the first tool once, then answers."""
        has_looked = any("functionResponse" in part for turn in body["contents"] for part in turn["parts"])
        if has_looked:
            self.say(words)
        else:
            name = body["tools"][0]["functionDeclarations"][0]["name"]
            self.candidate([{"functionCall": {"name": name, "args": {}}}])

    def say(self, words: str) -> None:
        self.candidate([{"text": words}])

    def candidate(self, parts: Any) -> None:
        usage = {"promptTokenCount": TOKENS - 20, "candidatesTokenCount": 20, "totalTokenCount": TOKENS}
        content = {"role": "model", "parts": parts}
        self.reply(200, {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage})

    def reply(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
