#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""upstream_test.py - the language model's server, whatever it is like.

The whole server asks somebody else's upstream, and then one of ours that
refuses, is late, cuts, lies and never ends; each must come out as one error
with the upstream's words, and nothing ever shows the key.  `without` tests a
chatmem that was built with CHATMEM_CALLS=OFF.
"""

import base64
import concurrent.futures
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, Count, Gate, Server, wait_for
from upstream import Mock, Upstream

KEY = "sk-this-is-shown-to-nobody"
MODELS = b'{"object": "list","data":[{"id":"x","n":1.10,"\\u00e9":[]}],"k":{}}'

count = Count()


def server(url, *arguments):
    return Server("--llm-url", url, *arguments,
                  env={"CHATMEM_LLM_KEY": KEY})


def models(running):
    client = running.client()
    reply = client.get("/v1/models")
    client.close()
    return reply


def refusal(running, status, code, words, what):
    """The next request fails like this, and does not show the key."""
    reply = models(running)
    error = reply.json().get("error")
    count.check((reply.status, error) ==
                (status, {
                    "message": words, "type": "server_error", "param": None,
                    "code": code}),
                what, reply.status, error)


def handed_on(running, status, body, what):
    """The next request is refused as the upstream refuses it."""
    reply = models(running)
    count.check((reply.status, reply.json()) == (status, body),
                what, reply.status, reply.body)


def silent_about_the_key(running):
    count.check(KEY not in "".join(running.log), "the key is in the log")
    count.stopped(running)


def test_nobody():
    running = Server()
    reply = models(running)
    count.check(reply.status == 501 and
                reply.json()["error"]["code"] == "not_configured" and
                "--llm-url" in reply.json()["error"]["message"],
                "no upstream:", reply.body)
    count.stopped(running)


def test_without_calls():
    """Of a chatmem that was built so."""
    running = server("http://127.0.0.1:1/v1")
    refusal(running, 501, "not_configured", "this chatmem was built without "
            "requests to a language model", "built without calls")
    silent_about_the_key(running)


def test_somebody_elses():
    mock = Mock()
    running = server(mock.url)
    reply = models(running)
    count.check(reply.status == 200 and reply.json()["data"][0]["id"] and
                reply.headers["Content-Type"] == "application/json",
                "mock-llm:", reply.status, reply.body)
    mock.configure(rules=[{
        "path": "/v1/models", "response": {
            "status": 401, "content":
                '{"error":{"message":"Key {{jmes request '
                'headers.authorization}} is wrong.","code":"k"}}'}}])
    handed_on(running, 401, {"error": {
        "message": "Key Bearer " + "*" * len(KEY) + " is wrong.",
        "code": "k"}}, "mock-llm refuses")
    mock.stop()
    refusal(running, 502, "upstream", "the upstream refused the connection",
            "mock-llm is gone")
    silent_about_the_key(running)


def test_what_is_sent_and_handed_on():
    upstream = Upstream(lambda request, reply: reply.json(MODELS))
    running = server(upstream.url + "/")
    for _ in range(5):
        reply = models(running)
        count.check(reply.body == MODELS, "handed on:", reply.body)
    sent = upstream.requests[0]
    count.check(sent.method == "GET" and sent.path == "/v1/models" and
                sent.headers["Authorization"] == f"Bearer {KEY}" and
                sent.headers["User-Agent"].startswith("chatmem/"),
                "sent:", sent.path, sent.headers)
    count.check(upstream.connections == 1, "connections:",
                upstream.connections)
    silent_about_the_key(running)
    upstream.stop()


def cut(request, reply):
    reply.head(200, [("Content-Length", "100")])
    reply.raw(b'{"object":')
    reply.hang_up()


def endless(request, reply):
    reply.head(200, [("Content-Type", "application/json")])
    while True:
        reply.raw(b"x" * 65536)


BAD = (
    ("nothing said", lambda request, reply: reply.json(b"", 400), 400,
     "upstream", "the upstream answered 400", 1),
    ("elsewhere", lambda request, reply: reply.json(
        {}, 307, [("Location", "/v1/other")]), 502, "upstream",
     "the upstream answered 307: {}", 1),
    ("cut", cut, 502, "upstream", "the upstream cut its answer", 1),
    ("hung up", lambda request, reply: reply.hang_up(), 502, "upstream",
     "the upstream closed the connection unanswered", 1),
    ("no HTTP", lambda request, reply: (reply.raw(b"\0\1\2 what?\r\n\r\n"),
                                        reply.hang_up()), 502, "upstream",
     "the upstream does not answer in HTTP", 1),
    ("no JSON", lambda request, reply: reply.json(b"<html>"), 502, "upstream",
     "the upstream answered what is no JSON: line 1, column 1: expected a "
     "value", 1),
    ("10 GB", endless, 502, "upstream",
     "the upstream answered more than 16 MiB", 1),
)


def test_final_refusals():
    """OpenAI's SDKs do not ask again what would be refused again."""
    upstream = Upstream()
    running = server(upstream.url)
    for status, final in ((400, True), (401, True), (404, True), (422, True),
                          (307, False), (408, False), (409, False),
                          (429, False), (500, False), (503, False)):
        upstream.answer = lambda request, reply: reply.json({}, status)
        reply = models(running)
        count.check(reply.status == (status if status >= 400 else 502) and
                    reply.headers.get("X-Should-Retry") ==
                    ("false" if final else None),
                    status, "->", reply.status, reply.headers)
    silent_about_the_key(running)
    upstream.stop()


def test_bad_answers():
    upstream = Upstream()
    running = server(upstream.url)
    for status, body, headers, times in (
            (429, {"error": {"message": "slow down"}}, (), 3),
            (503, {}, (("Retry-After", "3600"),), 1),
            (400, {"error": {"message": "too long", "type": "invalid",
                             "code": "context_length_exceeded"}}, (), 1),
            (500, {"detail": ["it broke"]}, (), 1)):
        upstream.answer = lambda request, reply: reply.json(
            body, status, headers)
        del upstream.requests[:]
        handed_on(running, status, body, status)
        count.check(len(upstream.requests) == times, status, "was asked",
                    len(upstream.requests), "times")
    upstream.answer = lambda request, reply: reply.json(
        f"<p>{KEY}</p>".encode(), 418)
    reply = models(running)
    count.check(reply.status == 418 and KEY.encode() not in reply.body and
                reply.headers["Content-Type"] == "text/plain; charset=utf-8",
                reply.status, reply.headers, reply.body)
    for what, answer, status, code, words, times in BAD:
        upstream.answer = answer
        del upstream.requests[:]
        refusal(running, status, code, words, what)
        count.check(len(upstream.requests) == times, what, "was asked",
                    len(upstream.requests), "times")
    upstream.answer = lambda request, reply: reply.json(MODELS)
    count.check(models(running).body == MODELS, "after all that")
    silent_about_the_key(running)
    upstream.stop()


def test_too_many_requests():
    """A 429 is one here too, with the time that it asks for."""
    upstream = Upstream()
    running = server(upstream.url)
    for headers, after in ((), "1"), ((("Retry-After", "77"),), "77"):
        upstream.answer = lambda request, reply: reply.json(
            {"error": {"message": "slow down"}}, 429, headers)
        for send in (models, lambda running: running.client().post(
                "/v1/chat/completions", {"model": "m", "messages": [
                    {"role": "user", "content": "a"}]},
                headers={"X-Session-Id": "s"})):
            del upstream.requests[:]
            reply = send(running)
            count.check((reply.status, reply.headers.get("Retry-After"),
                         reply.json()["error"]["message"]) ==
                        (429, after, "slow down"), "429 ->", reply.status,
                        reply.headers, reply.body)
            count.check(len(upstream.requests) == (1 if headers else 3),
                        "asked", len(upstream.requests), "times")
    upstream.answer = lambda request, reply: reply.json(
        {}, 503, [("Retry-After", "78")])
    count.check(models(running).headers.get("Retry-After") == "78",
                "the Retry-After of a 503")
    silent_about_the_key(running)
    upstream.stop()


def chat_event(content):
    return ('data: {"choices":[{"index":0,"delta":{"role":"assistant",'
            f'"content":"{content}"' + '}}]}\n\n').encode()


ESCAPED = "".join(f"\\u{ord(c):04X}" for c in KEY)
END = (b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
       b"\n\ndata: [DONE]\n\n")
ECHOES = {
    "a refusal": f'{{"error":{{"message":"bad {KEY}"}}}}'.encode(),
    "an answer": ('{"object":"list","choices":[{"index":0,"message":{"role":'
                  f'"assistant","content":"so {KEY}."}}}}]}}').encode(),
    "escapes": ('{"object":"list","choices":[{"index":0,"message":{"role":'
                f'"assistant","content":"so {ESCAPED}."}}}}]}}').encode(),
    "junk": f"<html>{KEY}</html>".encode(),
    "no completion": f'{{"what":"{KEY}"}}'.encode(),
    "a stream": chat_event("a ") + chat_event(KEY + ".") + END,
    "an error event": chat_event("a") +
        f'data: {{"error":{{"message":"{KEY}"}}}}\n\n'.encode(),
    "an error in words": chat_event("a") +
        f'data: {{"error":"{KEY}"}}\n\n'.encode(),
    "a junk event": chat_event("a") + f"data: {KEY}\n\n".encode(),
    "a cut event": chat_event("a") + f"data: {KEY}".encode(),
    "half of it": chat_event("a") + f"data: {KEY[:-2]}".encode(),
    "escapes in a call's arguments": (
        '{"object":"list","choices":[{"index":0,"message":{"role":"assistant",'
        '"content":null,"tool_calls":[{"id":"c","type":"function","function":'
        '{"name":"f","arguments":"{\\"a\\":\\"' +
        ESCAPED.replace("\\", "\\\\") + '\\"}"}}]}}]}').encode(),
    "escapes in a refusal":
        f'{{"error":{{"message":"bad {ESCAPED}"}}}}'.encode(),
    "base64": chat_event("a " + base64.b64encode(
        b"x:" + KEY.encode()).decode()) + END,
    "base64 in a refusal": b'{"error":"' + base64.b64encode(
        b":" + KEY.encode()) + b'"}',
    "a URL": chat_event("a?key=" + "".join(
        f"%{ord(c):02X}" for c in KEY)) + END,
}
# The middle of the key in each of three places among three bytes, and others.
SPELLINGS = [KEY[:-2], ESCAPED, ESCAPED.replace("\\", "\\\\"),
             "".join(f"%{ord(c):02X}" for c in KEY)] + [
                 base64.b64encode(b"x" * n + KEY.encode()).decode()[8:-8]
                 for n in range(3)]


def test_the_key_is_in_no_reply():
    """Whatever the model's server says, however that comes in pieces."""
    upstream = Upstream()
    running = server(upstream.url)
    client = running.client()
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    for what, said in ECHOES.items():
        at = max(said.find(KEY.encode()[:5]), said.find(b"\\u0073"), 40)
        for status, kind in ((200, "application/json"), (401, "text/plain"),
                             (200, "text/event-stream"), (206, KEY),
                             (206, "x" * 110 + KEY)):
            for cut in (0, at + 1, at + 7, at + len(KEY) - 1):
                def answer(request, reply):
                    reply.head(status, [("Content-Type", kind),
                                        ("Content-Length", len(said))])
                    reply.raw(said[:cut])
                    if cut:
                        time.sleep(0.002)
                    reply.raw(said[cut:])
                upstream.answer = answer
                shown = [models(running)]
                for stream in False, True:
                    shown.append(client.post(
                        "/v1/chat/completions", {**body, "stream": stream}))
                    shown.append(client.post(
                        "/v1/chat/completions", {**body, "stream": stream},
                        headers={"X-Session-Id": what}))
                shown.append(client.post(f"/sessions/{what[2:4]}x/chat",
                                         {"input": "a"}))
                for reply in shown:
                    text = reply.body.decode("utf-8", "replace") + \
                        str(reply.headers)
                    if any(spelling in text for spelling in SPELLINGS):
                        count.check(False, "shown:", what, status, kind, cut,
                                    reply.status, text)
                count.check(all(reply.status for reply in shown))
    not_stored(running)
    silent_about_the_key(running)
    upstream.stop()


def not_stored(running):
    export = running.client().get("/export").body.decode()
    with open(running.database, "rb") as file:
        kept = file.read()
    for spelling in SPELLINGS:
        count.check(spelling not in export, "stored:", spelling)
        count.check(spelling.encode() not in kept, "in the file:", spelling)


def chunk(index=0, **delta):
    return b"data: " + json.dumps({"choices": [
        {"index": index, "delta": delta}]}).encode() + b"\n\n"


def call(arguments, index=0):
    return chunk(tool_calls=[{"index": index, "id": f"c{index}",
                              "type": "function", "function": {
                                  "name": "f", "arguments": arguments}}])


def pieces(text, size):
    return [text[at:at + size] for at in range(0, len(text), size)]


def spread(size):
    """The key in pieces, in each place where a model says something."""
    parts = pieces(KEY, size)
    yield "content", [chunk(content=part) for part in ["a "] + parts + ["."]]
    yield "nothing around it", [chunk(content=part) for part in parts]
    yield "a false start", [chunk(content=part) for part in [
        KEY[:7]] + parts + ["."]]
    yield "escapes", [chunk(content="a")] + [
        chunk(content="#").replace(b"#", "".join(
            f"\\u{ord(c):04x}" for c in part).encode()) for part in parts]
    yield "reasoning", [chunk(reasoning_content=part) for part in parts] + [
        chunk(content="a")]
    yield "arguments", [call(part) for part in ['{"a":"'] + parts + ['"}']]
    yield "two calls", [event for part in parts
                        for event in (call(part, 0), call("x", 1))]
    yield "two choices", [event for part in parts for event in (
        chunk(content=part), chunk(1, content="else"))]
    yield "comments between", [event for part in parts for event in (
        chunk(content=part), b": wait\n\n")]
    yield "pieces in an array", [chunk(content=[
        {"type": "text", "text": part}]) for part in parts]


def said(body):
    """What the events say, each text put together."""
    texts = {}

    def walk(value, path):
        if isinstance(value, str):
            texts[path] = texts.get(path, "") + value
        elif isinstance(value, list):
            for number, item in enumerate(value):
                walk(item, path + (number,))
        elif isinstance(value, dict):
            for name, item in value.items():
                walk(item, path + (value.get("index"), name))

    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("data: {"):
            walk(json.loads(line[6:]), ())
    return texts


def test_the_key_in_pieces():
    """An event each: it is in no reply, and in no text that is kept."""
    upstream = Upstream()
    running = server(upstream.url)
    client = running.client()
    body = {"model": "m", "stream": True,
            "messages": [{"role": "user", "content": "a"}]}
    for size in 1, 2, 3, 7, len(KEY) - 1:
        for what, events in spread(size):
            for together in True, False:
                def answer(request, reply):
                    reply.head(200, [("Content-Type", "text/event-stream"),
                                     ("Connection", "close")])
                    if together:
                        reply.raw(b"".join(events) + END)
                    else:
                        for event in events + [END]:
                            reply.raw(event)
                    reply.hang_up()
                upstream.answer = answer
                name = f"{what}-{size}-{together}".replace(" ", "-")
                for headers in {}, {"X-Session-Id": name}:
                    reply = client.post("/v1/chat/completions", body,
                                        headers=headers)
                    texts = said(reply.body)
                    count.check(reply.status == 200 and texts and not any(
                        KEY[:-2] in text for text in texts.values()),
                        "shown:", what, size, together, texts)
                reply = client.post(f"/sessions/{name}/chat",
                                    {"input": "a", "stream": True})
                count.check(KEY[:-2] not in "".join(
                    said(reply.body).values()), "shown by /chat:", what, size)
    not_stored(running)
    silent_about_the_key(running)
    upstream.stop()


def test_nothing_waits_for_a_key_that_does_not_come():
    """An event is shown as soon as it is known to hold none of the key."""
    gate = [Gate() for _ in range(4)]
    texts = ["so s", "k-thi", "s is not i", "t", "."]

    def answer(request, reply):
        reply.head(200, [("Content-Type", "text/event-stream"),
                         ("Connection", "close")])
        for number, text in enumerate(texts):
            reply.raw(chunk(content=text))
            if number in (0, 2, 3):
                gate[number].wait()
        reply.raw(END)
        reply.hang_up()

    upstream = Upstream(answer)
    running = server(upstream.url)
    client = running.client()
    body = json.dumps({"model": "m", "stream": True, "messages": [
        {"role": "user", "content": "a"}]}).encode()
    client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                b"Connection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body)
    got = b""
    for number in 0, 2, 3:
        # Nothing more is said before the text so far has come.
        while texts[number].encode() not in got:
            piece = client.socket.recv(65536)
            if not piece:
                break
            got += piece
        count.check(texts[number].encode() in got, "no", texts[number])
        gate[number].set()
    while piece := client.socket.recv(65536):
        got += piece
    count.check("".join(re.findall(r'"content": ?"([^"]*)"', got.decode()))
                == "".join(texts), "all of it:", got)
    silent_about_the_key(running)
    upstream.stop()


def test_handed_on_as_it_is():
    """The status is the upstream's, and the log has no query."""
    upstream = Upstream()
    running = server(upstream.url)
    client = running.client()
    for status in 201, 202, 204:
        for kind in "application/json", "text/plain":
            body = b"" if status == 204 else b"{}"

            def answer(request, reply):
                reply.head(status, [("Content-Type", kind)] + (
                    [("Content-Length", "2")] if body else []))
                reply.raw(body)

            upstream.answer = answer
            reply = client.post("/v1/images/generations", {"prompt": "p"})
            count.check((reply.status, reply.body) == (status, body),
                        status, kind, reply.status, reply.body)
    upstream.answer = lambda request, reply: reply.json({}, 400)
    client.post("/v1/images/generations?a=hushhush", {"prompt": "p"})
    wait_for(lambda: "path=/images/generations reason" in "".join(running.log))
    count.check("hushhush" not in "".join(running.log), "a query in the log")

    def endless_event(request, reply):
        reply.stream(b"data: %d" % at + b"a" * 2 ** 20 for at in range(64))

    upstream.answer = endless_event
    reply = client.post("/v1/images/generations", {"stream": True})
    error = json.loads(reply.body.split(b"data: ")[-1])["error"]
    count.check((reply.status, error["code"]) == (200, "upstream") and
                "16 MiB" in error["message"], "an endless event", error)
    silent_about_the_key(running)
    upstream.stop()


def test_silence():
    gate = Gate()
    upstream = Upstream(lambda request, reply: gate.wait())
    running = server(upstream.url, "--llm-timeout", "1")
    refusal(running, 504, "upstream_timeout",
            "the upstream sent nothing for 1 s", "silence")
    count.check(len(upstream.requests) == 1, "silence was asked again")
    gate.set()
    silent_about_the_key(running)
    upstream.stop()


def certificate(directory, name):
    """A file with a key and what certifies it, for this name only."""
    path = os.path.join(directory, name + ".pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={name}",
         "-keyout", path + ".key", "-out", path], check=True,
        capture_output=True)
    with open(path, "a", encoding="ascii") as both, \
            open(path + ".key", encoding="ascii") as key:
        both.write(key.read())
    return path


def test_certificates():
    with tempfile.TemporaryDirectory() as directory:
        good = certificate(directory, "IP:127.0.0.1")
        other = certificate(directory, "DNS:elsewhere.example")
        for pem, trusted, works in ((good, good, True), (good, None, False),
                                    (good, other, False),
                                    (other, other, False)):
            upstream = Upstream(lambda request, reply: reply.json(MODELS),
                                certificate=pem)
            running = server(upstream.url, *(
                ["--llm-ca-file", trusted] if trusted else []))
            if works:
                count.check(models(running).body == MODELS, "with TLS")
            else:
                refusal(running, 502, "upstream", "the upstream has a "
                        "certificate that is not trusted", pem)
                count.check(not upstream.requests, "it was sent the key")
            silent_about_the_key(running)
            upstream.stop()


def test_side_by_side():
    """None is answered before all of them have come."""
    everyone = threading.Barrier(200)

    def meet(request, reply):
        everyone.wait(PATIENCE)
        reply.json(MODELS)

    upstream = Upstream(meet)
    running = server(upstream.url)
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        replies = list(pool.map(lambda _: models(running), range(200)))
    count.check(all(reply.body == MODELS for reply in replies),
                "200 side by side")
    silent_about_the_key(running)
    upstream.stop()


def test_stopping():
    """The server ends before its call does."""
    gate = Gate()
    upstream = Upstream(lambda request, reply: gate.wait())
    running = server(upstream.url, "--drain-timeout", "1")
    replies = []
    waiting = threading.Thread(
        target=lambda: replies.append(models(running)))
    waiting.start()
    count.check(wait_for(lambda: upstream.requests), "no call")
    silent_about_the_key(running)
    waiting.join()
    count.check(replies[0].status == 503, "stopped during a call:",
                replies[0].status, replies[0].body)
    gate.set()
    upstream.stop()


def test_calls_have_descriptors_of_their_own():
    """Beside those of a thousand connections: the database needs some too."""
    running = Server("--llm-url", "http://127.0.0.1:1/v1", under=[
        "bash", "-c", 'ulimit -Sn 256 && exec "$@"', "bash"])
    soft, hard = resource.prlimit(running.process.pid,
                                  resource.RLIMIT_NOFILE)
    count.check(soft > 2000 or soft == hard, "open files:", soft, "of", hard)
    count.stopped(running)


def test_key_file():
    upstream = Upstream(lambda request, reply: reply.json(MODELS))
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("sk-from-a-file\n")
        file.flush()
        running = server(upstream.url, "--llm-key-file", file.name)
        models(running)
        count.check(upstream.requests[0].headers["Authorization"] ==
                    "Bearer sk-from-a-file", "the key of the file")
        count.stopped(running)
    upstream.stop()


if sys.argv[1:] == ["without"]:
    test_without_calls()
else:
    for name, test in list(globals().items()):
        if name.startswith("test_") and test is not test_without_calls:
            test()
count.close()
