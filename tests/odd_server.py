"""A server that speaks as OpenAI's does and behaves as a test says: late, busy, broken, or well.

What it answers is a rule: the names that it knows, as JSON, in the sentence that it is asked about.
No model stands behind it; ``tests/backends/test_served_model.py`` has a real one.
"""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMES = {"张三": "PER", "李四": "PER", "王五": "PER", "上海": "LOC", "北京": "LOC", "广州": "LOC"}


def question_of(asked):
    """What a request asks, whichever way."""
    return asked["messages"][0]["content"] if "messages" in asked else asked["prompt"]


def sentence_of(asked):
    """The sentence that a request is about: the last line but one of its prompt."""
    return question_of(asked).strip().split("\n")[-2].partition("：")[2]


def entities(asked):
    """What the rule finds, as a model would write it."""
    sentence = sentence_of(asked) if "：" in question_of(asked) else ""
    found = sorted((sentence.find(name), name) for name in NAMES if name in sentence)
    listed = [{"text": name, "label": NAMES[name]} for _, name in found]
    return json.dumps({"entities": listed}, ensure_ascii=False)


def said(text, **more):
    """A well-formed reply."""
    message = {"role": "assistant", "content": text} | more
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    choice = {"message": message, "text": text, "finish_reason": "stop"}
    return {"model": "odd-1", "choices": [choice], "usage": usage}


class OddServer(ThreadingHTTPServer):
    """Calls ``behave(handler, asked)`` for each request, and keeps what was asked, in order."""

    daemon_threads = True

    def __init__(self, behave):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave, self.asked, self.keys = behave, [], []
        self.lock = threading.Lock()
        self.under_way = self.most_at_once = self.stayed = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def sentences(self):
        """The sentences that it was asked about, probes left out."""
        return [sentence_of(asked) for asked in self.asked if "：" in question_of(asked)]

    def handle_error(self, request, client_address):
        """A client that went away is no error here."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(asked)
            self.server.keys.append(self.headers.get("Authorization"))
            self.server.under_way += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.under_way)
        try:
            self.server.behave(self, asked)
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    def log_message(self, *arguments):
        """Nothing is printed."""

    def send(self, value, status=200, **headers):
        """A whole reply; bytes go as they are."""
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, each in headers.items():
            self.send_header(name.replace("_", "-"), each)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_part(self, content, promised):
        """A reply that breaks off."""
        self.send_response(200)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        self.close_connection = True

    def drip(self, seconds):
        """A reply without end, until the client leaves; one that stays is counted."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        until = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while time.monotonic() < until:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.02)
            self.server.stayed += 1


def well(handler, asked):
    """Answer as the rule does."""
    handler.send(said(entities(asked)))


@contextlib.contextmanager
def serving(behave=well):
    """An odd server, for as long as the block lasts."""
    server = OddServer(behave)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
