# SPDX-License-Identifier: MIT
"""upstream.py - language models to call: somebody else's server, and ours.

Mock is @dwmkerr/mock-llm from npm, an OpenAI-compatible server that nobody
here wrote; tests/run installs it.  Upstream keeps every request as it came
and answers whatever it is told to, late, cut or wrong.
"""

import atexit
import http.client
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import responses
from harness import TOP, free_port, listens, wait_for

NODE = os.path.join(TOP, "build-test", "node")


class Mock:
    """The server from npm, by its own rules or by `rules`.

    A rule is what its documentation says: {"path": REGULAR_EXPRESSION,
    "match": JMESPATH, "response": {"status": 200, "content": TEMPLATE}}; the
    last that matches counts.
    """

    def __init__(self, rules=None, streaming=None):
        main = os.path.join(
            NODE, "node_modules", "@dwmkerr", "mock-llm", "dist", "main.js")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["node", main], stdout=self.log, stderr=self.log,
            cwd=NODE,  # there is no configuration of its own
            env={**os.environ, "HOST": "127.0.0.1", "PORT": str(self.port)})
        atexit.register(self.stop)
        if not wait_for(lambda: listens(self.port), 30):
            self.log.seek(0)
            raise RuntimeError(self.log.read().decode())
        if rules is not None:
            self.configure(rules=rules)
        if streaming is not None:
            self.configure(streaming=streaming)

    def configure(self, **members):
        """`rules`, or `streaming`: {"chunkSize": 50, "chunkIntervalMs": 50}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("PATCH", "/config", json.dumps(members),
                           {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Request:
    """One that came: method, path, headers (as sent), body (bytes)."""

    def __init__(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        self.method = handler.command
        self.path = handler.path
        self.headers = handler.headers
        self.body = handler.rfile.read(length)
        self.at = time.monotonic()

    def json(self):
        return json.loads(self.body)


def completion(content, **more):
    """A chat completion with this content; `more` are its members."""
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1,
            "model": "test", "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": content}}],
            **more}


def deltas(*pieces, usage=None):
    """The same as the events of a stream, one for each piece."""
    chunks = [{"delta": {"role": "assistant", "content": ""}},
              *({"delta": {"content": piece}} for piece in pieces),
              {"delta": {}, "finish_reason": "stop"}]
    events = [{"id": "chatcmpl-1", "object": "chat.completion.chunk",
               "created": 1, "model": "test",
               "choices": [{"index": 0, "finish_reason": None, **chunk}]}
              for chunk in chunks]
    if usage:
        events.append({**events[-1], "choices": [], "usage": usage})
    return [f"data: {json.dumps(event)}\n\n".encode() for event in events] + \
        [b"data: [DONE]\n\n"]


class Upstream:
    """Keeps each request in `requests`; `answer` says what comes of it.

    answer(request, reply) calls methods of `reply`; without it every message
    is answered with itself.  With a `certificate`, a file that holds the key
    too, it is reached by TLS.
    """

    def __init__(self, answer=None, certificate=None):
        self.requests = []
        self.connections = 0
        self.answer = answer or echo
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                upstream.connections += 1

            def handle_any(self):
                request = Request(self)
                upstream.requests.append(request)
                try:
                    upstream.answer(request, Reply(self))
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024

            def handle_error(self, request, address):
                if not isinstance(sys.exc_info()[1], OSError):
                    super().handle_error(request, address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True)
            self.url = self.url.replace("http", "https", 1)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def bodies(self):
        """The JSON bodies so far."""
        return [request.json() for request in self.requests]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Reply:
    """What an answer() has in its hands."""

    def __init__(self, handler):
        self.handler = handler

    def json(self, value, status=200, headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.head(status, [("Content-Type", "application/json"),
                           ("Content-Length", str(len(body))), *headers])
        self.raw(body)

    def stream(self, pieces, pause=0.0):
        """Server-sent events: a chunk for each, with a pause before it."""
        self.head(200, [("Content-Type", "text/event-stream"),
                        ("Transfer-Encoding", "chunked")])
        for piece in pieces:
            time.sleep(pause)
            self.raw(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.raw(b"0\r\n\r\n")

    def head(self, status, headers):
        self.handler.send_response(status)
        for name, value in headers:
            self.handler.send_header(name, value)
        self.handler.end_headers()

    def raw(self, data):
        """These bytes, whatever HTTP thinks of them."""
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def hang_up(self):
        """Breaks off, in the middle of whatever it is."""
        self.handler.close_connection = True


def unpaired(messages, pending=False):
    """What OpenAI says against calls and results; None: nothing.

    With `pending` the results of the last calls may be on their way.
    """
    waits, answered = {}, set()
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") in answered:
                return ("Duplicate value for 'tool_call_id' of "
                        f"'{message['tool_call_id']}', in messages[{at}]")
            answered.add(message.get("tool_call_id"))
            if waits.pop(message.get("tool_call_id"), None) is None:
                return (f"messages[{at}]: messages with role 'tool' must be a "
                        "response to a preceding message with 'tool_calls'")
            continue
        if waits:
            return ("An assistant message with 'tool_calls' must be followed "
                    "by tool messages responding to each 'tool_call_id': "
                    + ", ".join(waits))
        answered.clear()
        for call in message.get("tool_calls") or ():
            if call["id"] in waits:
                return f"messages[{at}]: two calls have the id {call['id']}"
            waits[call["id"]] = at
    return "calls without results: " + ", ".join(waits) \
        if waits and not pending else None


def refusal(messages, parsed=True):
    """What OpenAI says against these messages; None: it takes them."""
    for at, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in ("assistant", "tool") and \
                not isinstance(content, (str, list)):
            return f"messages[{at}].content must be a string or an array"
        if role == "assistant" and content is None and not any(
                message.get(name) for name in (
                    "tool_calls", "function_call", "refusal", "audio")):
            return f"messages[{at}].content must not be null"
        if message.get("tool_calls") == []:
            return f"messages[{at}].tool_calls is too short"
        for call in message.get("tool_calls") or () if parsed else ():
            json.loads(call["function"]["arguments"])
    return unpaired(messages)


TOLD = ("role", "content", "name", "refusal", "audio", "tool_calls",
        "tool_call_id", "function_call")


def odd_part(role, part):
    """Is this no part of a content that OpenAI takes of such a role?"""
    return not isinstance(part, dict) or part.get("type") not in (
        ("text", "image_url", "input_audio", "file") if role == "user"
        else ("text", "refusal"))


def odd_member(message, working):
    """A member that strict servers refuse; None: they take the message.

    Of an assistant that is `working` at calls all that is not empty is taken.
    """
    for name, value in message.items():
        if name == "content":
            if isinstance(value, list) and (not value or any(
                    odd_part(message["role"], part) for part in value)):
                return name
        elif value in (None, [], {}) or (
                value == "" and name != "reasoning_content"):
            return name
        elif name not in TOLD and not working:
            return name
    ids = [call["id"] for call in message.get("tool_calls", ())]
    return "tool_calls" if len(set(ids)) < len(ids) else None


def odd(messages):
    """The first such member of any message, with its place."""
    working = False
    for at, message in enumerate(messages):
        if message["role"] == "user":
            working = False
        working |= bool(message.get("tool_calls") or
                        message.get("function_call"))
        name = odd_member(
            message, working and message["role"] == "assistant")
        if name:
            return f"messages[{at}].{name}: {message[name]!r}"
    return None


def strict(answer):
    """An answer() that refuses what OpenAI refuses."""
    def checked(request, reply):
        why = refusal(request.json()["messages"])
        if why:
            return reply.json({"error": {
                "message": why, "type": "invalid_request_error"}}, 400)
        return answer(request, reply)
    return checked


def echo(request, reply):
    if request.method == "GET":
        return reply.json({"object": "list", "data": [
            {"id": "test", "object": "model"}]})
    if request.headers["Content-Type"] != "application/json":
        return reply.json({"text": f"{len(request.body)} bytes"})
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return reply.json({"error": {"message": "no object"}}, 400)
    if request.path.endswith("/responses"):
        return responses.echo(body, reply)
    if "input" in body:
        return reply.json({"object": "list", "model": "test", "data": [
            {"object": "embedding", "index": 0, "embedding": [1, 0.5]}]})
    if "messages" not in body:
        return reply.json({"id": "cmpl-1", "object": "text_completion",
                           "model": "test", "choices": [
                               {"index": 0, "text": body.get("prompt", ""),
                                "finish_reason": "stop"}]})
    last = (body["messages"] or [{}])[-1]
    content = last.get("content") if isinstance(last, dict) else last
    if not isinstance(content, str):
        content = json.dumps(content)
    if body.get("stream"):
        return reply.stream(deltas(*re.split(r"(?<=\s)", content)))
    return reply.json(completion(content))


def held(gate, answer=echo):
    """Answers when the gate is open."""
    def wait(request, reply):
        gate.wait()
        answer(request, reply)
    return wait
