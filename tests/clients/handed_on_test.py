#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""handed_on_test.py - what of /v1 is no conversation goes to the model's server.

OpenAI's packages for Python and JavaScript ask for embeddings, voices,
pictures and the like; then come clients that leave and servers that cut
their answers, never end them, or show the key.  Run by build-test/python.
"""

import http.client
import json
import os
import subprocess
import sys
import threading

import openai

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, TESTS, Count, Gate, Server
from upstream import NODE, Upstream, echo

KEY = "sk-of-the-operator-alone"
SOUND = bytes(range(256)) * 4096
MIB = 1 << 20

count = Count()
check = count.check


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


# --- what the model's server says -------------------------------------------

def sound(request, reply):
    reply.head(200, [("Content-Type", "audio/mpeg"),
                     ("Transfer-Encoding", "chunked"),
                     ("Set-Cookie", "a=b"), ("OpenAI-Organization", "org")])
    for at in range(0, len(SOUND), 100000):
        piece = SOUND[at:at + 100000]
        reply.raw(b"%x\r\n%s\r\n" % (len(piece), piece))
    reply.raw(b"0\r\n\r\n")


def picture(request, reply):
    if request.json()["prompt"] == "limit":
        return reply.json({"error": {
            "message": "slower", "type": "requests", "param": None,
            "code": "rate_limit_exceeded"}}, 400 + 29, [("Retry-After", "99")])
    return reply.json({"created": 1, "data": [{"b64_json": "AAAA"}]})


ANSWERS = {
    "/v1/audio/speech": sound,
    "/v1/audio/transcriptions": lambda request, reply: reply.json({
        "text": "whole" if b"\x00\xff\r\n" in request.body else "damaged"}),
    "/v1/images/generations": picture,
    "/v1/moderations": lambda request, reply: reply.json({
        "id": "m", "model": "m", "results": [{"flagged": False}]}),
    "/v1/models/org%2Fone": lambda request, reply: reply.json({
        "id": "org/one", "object": "model", "created": 1, "owned_by": "x"}),
}


def answer(request, reply):
    ANSWERS.get(request.path.partition("?")[0], echo)(request, reply)


# --- the packages ------------------------------------------------------------

def refused(call):
    try:
        call()
    except openai.APIStatusError as error:
        return type(error), error.code
    return None


def test_python(server, upstream):
    client = openai.OpenAI(
        api_key="the-client's", max_retries=0,
        base_url=f"http://127.0.0.1:{server.port}/v1")
    equal(client.embeddings.create(
        model="m", input="one", encoding_format="float").data[0].embedding,
        [1, 0.5], "an embedding")
    equal(client.completions.create(model="m", prompt="one").choices[0].text,
          "one", "a completion")
    equal(client.moderations.create(input="x").results[0].flagged, False,
          "a moderation")
    equal(client.audio.transcriptions.create(
        model="m", file=("a.wav", b"\x00\xff\r\n" * 100000)).text, "whole",
        "an upload")
    with client.audio.speech.with_streaming_response.create(
            model="m", voice="alloy", input="one") as speech:
        equal(speech.headers["Content-Type"], "audio/mpeg", "its type")
        equal({name for name in speech.headers
               if name in ("set-cookie", "openai-organization")}, set(),
              "headers of the operator's")
        equal(b"".join(speech.iter_bytes()), SOUND, "a voice")
    equal(client.models.retrieve("org/one").id, "org/one", "a model")
    equal(client.images.generate(model="m", prompt="x").data[0].b64_json,
          "AAAA", "a picture")
    equal(refused(lambda: client.images.generate(model="m", prompt="limit")),
          (openai.RateLimitError, "rate_limit_exceeded"), "a limit")
    for name, call in (
            ("files", client.files.list), ("batches", client.batches.list),
            ("a deletion", lambda: client.models.delete("org"))):
        seen = refused(call)
        check(seen and issubclass(seen[0], openai.APIStatusError), name, seen)
    equal({request.headers["Authorization"] for request in upstream.requests},
          {f"Bearer {KEY}"}, "the key")
    check(not any("client's" in str(request.headers)
                  for request in upstream.requests), "the client's key")


def test_javascript(server):
    run = subprocess.run(
        ["node", os.path.join(TESTS, "clients", "handed_on.mjs"),
         f"http://127.0.0.1:{server.port}/v1"],
        env={**os.environ, "NODE_PACKAGES": NODE}, text=True,
        capture_output=True, timeout=PATIENCE)
    if check(run.returncode == 0, run.stderr):
        equal(json.loads(run.stdout), {
            "embedding": [1, 0.5], "speech": len(SOUND), "text": "whole",
            "flagged": False, "model": "org/one",
            "limited": "RateLimitError 429 rate_limit_exceeded",
            "files": "NotFoundError 404 not_found"}, "JavaScript")


# --- routes ------------------------------------------------------------------

def test_routes(server, upstream):
    """No other path is reached, however it is spelled."""
    client = server.client()
    before = len(upstream.requests)
    for method, path, status in (
            ("GET", "/v1/files", 404), ("POST", "/v1/files", 404),
            ("POST", "/v1/batches", 404), ("GET", "/v1/organization/x", 404),
            ("GET", "/v1/models/..%2Ffiles", 400),
            ("GET", "/v1/models/a%2F..%2F..%2Ffiles", 400),
            ("GET", "/v1/models/a%2F%2Fb", 400),
            ("POST", "/v1/audio/..%2Ffiles", 404),
            ("POST", "/v1/audio%2Fspeech", 404),
            ("GET", "/v1/embeddings", 405), ("DELETE", "/v1/models/m", 405)):
        reply = client.request(method, path, "{}" if method == "POST" else None)
        check(reply.status == status and "message" in reply.json()["error"],
              method, path, reply.status, reply.body)
    equal(client.post("/v1/embeddings", None).status, 400, "no body")
    equal(len(upstream.requests), before, "requests that went on")
    reply = client.post("/v1/rerank?a=%20b&c", '{"input": "x"}', headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    sent = upstream.requests[-1]
    equal((reply.status, sent.path, sent.headers["Content-Type"], sent.body),
          (200, "/v1/rerank?a=%20b&c", "application/json", b'{"input": "x"}'),
          "as it came")
    client.post("/openai/v1/ocr/pages", '{"input": 1}')
    equal(upstream.requests[-1].path, "/v1/ocr/pages", "--llm-pass")
    equal(client.post("/v1/ocr", "{}").status, 404, "half of it")
    equal(client.get("/v1/ocr/pages").status, 405, "only a POST")


# --- answers that are wrong --------------------------------------------------

def ask(server, path="/v1/audio/speech"):
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("POST", path, "{}")
    return connection


def test_answers(server, upstream):
    def cut(request, reply):
        reply.head(200, [("Content-Type", "audio/mpeg"),
                         ("Content-Length", "100")])
        reply.raw(b"half")
        reply.hang_up()

    def page(request, reply):
        body = f"<script>{request.headers['Authorization']}</script>".encode()
        reply.head(200, [("Content-Type", "text/html"),
                         ("Content-Length", str(len(body)))])
        reply.raw(body)

    upstream.answer = cut
    try:
        ask(server).getresponse().read()
        check(False, "a cut answer passes for a whole one")
    except http.client.IncompleteRead as error:
        equal(error.partial, b"half", "what came")
    upstream.answer = page
    reply = ask(server).getresponse()
    equal((reply.headers["Content-Type"], reply.read()),
          ("text/plain", b"<script>Bearer " + b"*" * len(KEY) + b"</script>"),
          "a page that shows the key")
    upstream.answer = lambda request, reply: (
        reply.raw(b"\0\1 what?\r\n\r\n"), reply.hang_up())
    reply = ask(server, "/v1/embeddings").getresponse()
    equal((reply.status, json.loads(reply.read())["error"]["type"]),
          (502, "server_error"), "no HTTP")


def test_clients_that_leave(server, upstream):
    """The call ends with its client, before the answer and in its middle."""
    asked, over = Gate(), Gate()

    def silent(request, reply):
        asked.set()
        if reply.handler.connection.recv(1) == b"":
            over.set()

    def begun(request, reply):
        reply.head(200, [("Content-Type", "audio/mpeg"),
                         ("Content-Length", "100")])
        reply.raw(b"half")
        silent(request, reply)

    for answers in (silent, begun):
        upstream.answer = answers
        connection = ask(server)
        if answers is begun:
            equal(connection.getresponse().read(4), b"half", "the beginning")
        asked.wait()
        connection.sock.close() if connection.sock else None
        connection.close()
        check(over.wait(), "the call went on without its client")
        asked.clear(), over.clear()


def test_no_end(server, upstream):
    """A server that never ends waits for its reader."""
    sent = [0]
    over = threading.Event()

    def endless(request, reply):
        reply.head(200, [("Content-Type", "audio/mpeg")])
        try:
            while True:
                reply.raw(b"x" * 65536)
                sent[0] += 65536
        finally:
            over.set()

    upstream.answer = endless
    connection = ask(server)
    reply = connection.getresponse()
    most = 0
    for read in range(1, 81):
        check(len(reply.read(MIB)) == MIB, "the answer ended")
        most = max(most, sent[0] - read * MIB)
    check(most < 40 * MIB, most, "bytes are on their way")
    reply.close()
    connection.close()
    check(over.wait(PATIENCE), "the call went on without its client")


def main():
    upstream = Upstream(answer)
    server = Server("--llm-url", upstream.url, "--llm-pass", "x,ocr/pages",
                    env={"CHATMEM_LLM_KEY": KEY})
    test_python(server, upstream)
    test_javascript(server)
    test_routes(server, upstream)
    for test in (test_answers, test_clients_that_leave, test_no_end):
        test(server, upstream)
        upstream.answer = answer
    check(KEY not in "".join(server.log), "the key is in the log")
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
