#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chat_test.py - turns with a language model: what it is asked, what is kept.

Somebody else's server (from npm) answers the plain cases, ours those in which
an upstream fails: then the error is clear and the history is as it was.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "clients", "forms")]

from harness import LONG, Count, Gate, Server, free_port, wait_for
from made import FORMS, Maker
from upstream import (NODE, Mock, Upstream, completion, deltas, echo, held, odd,
                      refusal, unpaired)

PROMPT = """The following is a friendly conversation between a human and an \
AI. The AI is talkative and provides lots of specific details from its \
context. If the AI does not know the answer to a question, it truthfully \
says it does not know.

Current conversation:
%s
Human: %s
AI:"""

count = Count()
check = count.check


def user(text):
    return {"role": "user", "content": text}


def bot(text):
    return {"role": "assistant", "content": text}


def chat(client, name, text, query="", **more):
    return client.post(f"/sessions/{name}/chat{query}", {"input": text},
                       **more)


def complete(client, messages, session=None, headers=(), **members):
    headers = dict(headers)
    if session:
        headers["X-Session-Id"] = session
    return client.post("/v1/chat/completions",
                       {"model": "m", "messages": messages, **members},
                       headers=headers)


def history(client, name):
    reply = client.get(f"/sessions/{name}/messages?format=openai")
    return reply.json()["messages"]


def events(body):
    """[(name, data)] of a stream."""
    found = []
    for block in body.decode().split("\n\n"):
        lines = [line.split(": ", 1) for line in block.split("\n")
                 if line and not line.startswith(":")]
        if lines:
            fields = dict(lines)
            found.append((fields.get("event"), fields["data"]))
    return found


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


# --- what the model is asked -------------------------------------------------

def test_text(server, upstream):
    client = server.client()
    equal(chat(client, "text", "Hi! I'm Jim.", "?prompt=string").json(),
          {"response": PROMPT % ("", "Hi! I'm Jim.")}, "first text")
    client.request("PUT", "/sessions/text/messages",
                   ["Hi! I'm Jim.", ["ai", " Hi Jim!"]])
    chat(client, "text", "What's my name?", "?prompt=string")
    equal(upstream.requests[-1].path, "/v1/completions", "path")
    equal(upstream.bodies()[-1], {"model": "m", "prompt": PROMPT % (
        "Human: Hi! I'm Jim.\nAI:  Hi Jim!", "What's my name?")}, "second")


def test_template(server, upstream):
    client = server.client()
    refused = client.request("PUT", "/sessions/own", {
        "memory": {"prompt_template": "{history"}})
    equal((refused.status, refused.json()["error"]["message"]),
          (400, "Unclosed '{' in template; a brace that stands for itself "
                "is written {{ or }}"), "bad template")
    client.request("PUT", "/sessions/own", {"memory": {
        "prompt_template": "{{}}{history}>{input}", "class": "window",
        "k": 1, "human_prefix": "H"}})
    for text in ("a", "b", "c"):
        chat(client, "own", text)
    equal(upstream.bodies()[-1]["prompt"],
          "{}H: b\nAI: {}H: a\nAI: {}>a>b>c", "own template")


def test_messages(server, upstream):
    client = server.client()
    client.request("PUT", "/sessions/talk",
                   {"memory": {"system": "Be kind."}})
    chat(client, "talk", "one")
    reply = client.post("/sessions/talk/chat", {
        "input": "two", "stop": ["X"], "temperature": 0.5, "model": "other"})
    equal(reply.json(), {"response": "two"}, "response")
    equal(upstream.bodies()[-1], {
        "messages": [{"role": "system", "content": "Be kind."}, user("one"),
                     bot("one"), user("two")],
        "stop": ["X"], "temperature": 0.5, "model": "other"}, "messages")
    stored = client.get("/sessions/talk/messages").json()["messages"]
    equal([m["data"] for m in stored[2:]], [
        {"content": "two", "additional_kwargs": {}, "response_metadata": {}},
        {"content": "two", "tool_calls": [], "invalid_tool_calls": [],
         "additional_kwargs": {}, "response_metadata": {}}], "as saved")


def test_window_is_valid(server, upstream):
    call = {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c", "type": "function",
         "function": {"name": "f", "arguments": "{ }"}}]}
    client = server.client()
    client.post("/sessions/tools/messages", [
        user("a"), call, {"role": "tool", "tool_call_id": "c",
                          "content": "4"}, bot("four")])
    chat(client, "tools", "b", "?class=window&k=1")
    equal(upstream.bodies()[-1]["messages"], [bot("four"), user("b")],
          "no result without its call")
    chat(client, "tools", "c")
    equal(upstream.bodies()[-1]["messages"][1], call, "a call as it came")


def test_pictures_are_named(server, upstream):
    """A prompt of text has no base64; a chat hands it on."""
    client = server.client()
    said = [{"type": "text", "text": "see"}, {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64," + "A" * 5000}}]
    client.post("/sessions/seen/messages",
                [{"role": "user", "content": said}, bot("A cat.")])
    chat(client, "seen", "b", "?prompt=string")
    prompt = upstream.bodies()[-1]["prompt"]
    equal(prompt[prompt.index("Human:"):],
          "Human: see\n[image]\nAI: A cat.\nHuman: b\nAI:", "a prompt")
    chat(client, "seen", "c")
    equal(upstream.bodies()[-1]["messages"][0]["content"], said, "a chat")
    equal(client.get("/sessions/seen/load").body.count(b"A" * 5000), 1,
          "what is loaded is as LangChain has it")


def calls(*ids, content=None):
    return {"role": "assistant", "content": content, "tool_calls": [
        {"id": id_, "type": "function",
         "function": {"name": "f", "arguments": "{}"}} for id_ in ids]}


def result(id_):
    return {"role": "tool", "tool_call_id": id_, "content": "4"}


def test_calls_have_results(server, upstream):
    """What dies between a call and its result ends no session."""
    client = server.client()
    systems = [{"role": "system", "content": "S"},
               {"role": "developer", "content": "D"}]
    client.post("/sessions/died/messages", systems + [
        user("a"), calls("x", "y"), result("y"), calls("z"), user("b"),
        calls("x", content="I look"), user("c"), calls("x", "y"), result("x")])
    healed = systems + [user("a"), calls("y"), result("y"), user("b"),
                        bot("I look"), user("c")]
    chat(client, "died", "d", "?turns=9")
    equal(upstream.bodies()[-1]["messages"],
          healed + [calls("x"), result("x"), user("d")], "a chat, cut")
    client.request("DELETE", "/sessions/died/messages?last=2")
    chat(client, "died", "d")
    equal(upstream.bodies()[-1]["messages"],
          healed + [calls("x"), result("x"), user("d")], "a chat")
    client.request("DELETE", "/sessions/died/messages?last=2")
    complete(client, [result("y")], "died")
    equal(upstream.bodies()[-1]["messages"],
          healed + [calls("x", "y"), result("x"), result("y")],
          "the result that was on its way")
    client.request("DELETE", "/sessions/died/messages?last=2")
    complete(client, [user("d")], "died")
    equal(upstream.bodies()[-1]["messages"],
          healed + [calls("x"), result("x"), user("d")], "another question")
    client.request("DELETE", "/sessions/died/messages?last=2")
    complete(client, [user("d"), calls("n")], "died")
    equal(upstream.bodies()[-1]["messages"][-1], calls("n"),
          "calls of the request are the client's")


def test_blocks_become_calls(server, upstream):
    """Anthropic's blocks and the Responses API's parts, in OpenAI's form."""
    client = server.client()
    said = [
        {"role": "user", "content": [{"type": "input_text", "text": "a"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "I look"},
            {"type": "tool_use", "id": "x", "name": "f",
             "input": {"city": "Oslo"}},
            {"type": "tool_use", "id": "y", "name": "f", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "y", "content": "4"},
            {"type": "tool_result", "tool_use_id": "x", "content": [
                {"type": "text", "text": "5\n"},
                {"type": "image", "source": {"data": "AAAA"}}]},
            {"type": "text", "text": "b"}]},
        {"type": "ai", "data": {
            "content": [{"type": "tool_use", "id": "z", "name": "f",
                         "input": {}}],
            "tool_calls": [{"name": "f", "args": {}, "id": "z"}]}},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "z"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"}]}]
    client.post("/sessions/blocks/messages", said)
    chat(client, "blocks", "c")
    one, two = calls("x", "y")["tool_calls"]
    one["function"]["arguments"] = '{"city":"Oslo"}'
    text = {"type": "text", "text": "I look"}
    expected = [
        user("a"),
        {"role": "assistant", "content": [text], "tool_calls": [one, two]},
        {"role": "tool", "tool_call_id": "y", "content": "4"},
        {"role": "tool", "tool_call_id": "x", "content": "5\n\n[image]"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        calls("z"), {"role": "tool", "tool_call_id": "z", "content": ""},
        bot("")]
    equal(upstream.bodies()[-1]["messages"], expected + [user("c")], "a chat")
    read = client.get("/sessions/blocks/messages?format=openai").json()
    equal(read["messages"][1], said[1], "it is stored as it came")


def test_calls_are_joined(server, upstream):
    """Two messages of calls before the results are one for a model."""
    client = server.client()
    client.post("/sessions/two/messages", [
        user("a"), calls("x", content="I look"),
        {"type": "ai", "data": {"content": "here", "tool_calls": [
            {"name": "f", "args": {}, "id": "y"}]}},
        result("y"), result("x"), bot("four"),
        calls("x"), dict(calls("z"), name="bob"), result("x")])
    chat(client, "two", "b")
    both = calls("x", "y", content="I look\nhere")
    equal(upstream.bodies()[-1]["messages"], [
        user("a"), both, result("y"), result("x"), bot("four"),
        calls("x"), result("x"), user("b")], "two messages, and one")
    complete(client, [result("z")], "two")
    equal(upstream.bodies()[-1]["messages"][:5],
          [user("a"), both, result("y"), result("x"), bot("four")], "a proxy")
    # Where they are no model's they stay as they are: the last has its result
    read = client.get("/sessions/two/messages?turns=9&format=openai").json()
    equal(read["messages"][1:4], [
        bot("I look"), calls("y", content="here"), result("y")], "a window")


def test_every_form(server, upstream):
    """Whatever the messages came as, a strict model takes them.

    Calls in a second place that are not in the first are nobody's, with their
    results.
    """
    client = server.client()
    seed = os.environ.get("CHATMEM_SEED") or (
        str(time.time_ns()) if LONG else "1795990837157731469")
    for number in range(2000 if LONG else 150):
        maker = Maker(f"{seed} {number}")
        mixed = maker.random.random() < 0.3
        forms = ["mixed"] if mixed else maker.any(
            list(FORMS), [maker.any(*FORMS)])
        said = [getattr(maker, maker.any(*forms))()
                for _ in range(maker.random.randrange(1, 12))]
        name = f"form{number}"
        equal(client.post(f"/sessions/{name}/messages", json.dumps(said))
              .status, 201, seed, number)
        chat(client, name, "q")
        sent = upstream.bodies()[-1]["messages"]
        why = odd(sent) or refusal(sent, parsed=False)
        check(not why, seed, number, why, said, sent)
        # Blocks of another API are no calls in OpenAI's form, but a chat's.
        windows = () if mixed and '"type": "tool_' in json.dumps(said) else (
            "turns=2", "turns=9", "max_tokens=60")
        for window in windows:
            read = client.get(f"/sessions/{name}/messages?format=openai&"
                              f"as_of={len(said)}&{window}").json()["messages"]
            why = unpaired(read, pending=True)
            check(not why, seed, number, window, why, said, read)


def test_odd_answers(server, upstream):
    """An empty answer is one, and so is one in parts."""
    client = server.client()
    for content, text in (("", ""), (None, ""), ([
            {"type": "thinking", "thinking": [{"type": "text", "text": "x"}]},
            {"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            "ab")):
        upstream.answer = lambda request, reply: reply.json(
            completion(content))
        equal(chat(client, "odd", "q").json(), {"response": text}, content)
        equal(history(client, "odd")[-1], bot(text), content)
        equal(complete(client, [user("q")], "odder").status, 200, content)
        equal(history(client, "odder")[-1]["content"], content, content)
    upstream.answer = lambda request, reply: reply.stream(deltas())
    key = {"Idempotency-Key": "empty"}
    for _ in range(2):
        got = events(chat(client, "odd", "q", "?stream=true",
                          headers=key).body)
        equal([name for name, _ in got], ["done"], "an empty stream")
    upstream.answer = echo


def test_long_history(server, upstream):
    client = server.client()
    for _ in range(2):
        client.post("/sessions/long/messages", ["a"] * 9000)
    equal(chat(client, "long", "b").status, 200, "a long history")
    equal(len(upstream.bodies()[-1]["messages"]), 18001, "a long history")


def test_refusals(server, upstream):
    client = server.client()
    before = len(upstream.requests)
    for body, words in (
            ({}, "input values have 0 keys, you must specify an input key "
                 "or pass only 1 key as input; there are none"),
            ({"input": "a", "history": "b"},
             "input values have 2 keys, you must specify an input key or "
             "pass only 1 key as input; there are: input, history; say "
             "input_key=input in the query or in the session's memory"),
            ({"input": "a", "stream": True},
             "input values have 2 keys, you must specify an input key or "
             "pass only 1 key as input; there are: input, stream; say "
             "input_key=input in the query or in the session's memory; for a "
             "stream ask with ?stream=true, not in the body"),
            ({"input": ""}, 'the input "input" is empty'),
            ({"input": {"content": "a"}},
             'the input must be a string, not {"content":"a"}; /chat takes '
             '{"input":"Hi!"}, /v1/chat/completions messages'),
            ([], "the body must be an object with an input, not []")):
        reply = client.post("/sessions/refused/chat", body)
        equal((reply.status, reply.json()["error"]["message"]), (400, words),
              "refusal of", body)
    for query in ("?stream=yes", "?prompt=x", "?nothing=1", "?last=x"):
        equal(chat(client, "refused", "a", query).status, 400, query)
    equal(chat(client, "refused", "a",
               "?prompt=string&memory_key=talk").status, 400, "no variable")
    for session in (".", "x" * 256, b"\xff"):
        equal(complete(client, [user("a")], session).status, 400, session)
    for name in (7, "", "..", "\ud83d", "a\0b", "x" * 256):
        equal(complete(client, [user("a")],
                       metadata={"session_id": name}).status, 400, name)
    equal(complete(client, [user("a")], "one",
                   metadata={"session_id": "two"}).status, 400, "two names")
    equal(complete(client, ["a"], "s").status, 400, "no role")
    equal(complete(client, "a", "s").status, 400, "no messages")
    equal(len(upstream.requests), before, "calls")


# --- streams -----------------------------------------------------------------

def test_stream(server, upstream):
    client = server.client()
    reply = chat(client, "s", "one two", "?stream=true")
    got = events(reply.body)
    equal(reply.headers["Content-Type"], "text/event-stream", "type")
    equal([json.loads(data) for name, data in got[:-1]],
          [{"delta": "one "}, {"delta": "two"}], "deltas")
    name, data = got[-1]
    done = json.loads(data)
    equal((name, done["response"], done["session"], done["version"],
           [m["seq"] for m in done["messages"]]),
          ("done", "one two", "s", 2, [1, 2]), "done")
    equal(upstream.bodies()[-1]["stream"], True, "asked to stream")


def test_stream_comes_as_it_comes(server, upstream):
    go = Gate()

    def answer(request, reply):
        pieces = deltas("first", "second")

        def slow():
            yield from pieces[:2]
            go.wait()
            yield from pieces[2:]
        reply.stream(slow())

    upstream.answer = answer
    client = server.client()
    body = b'{"input":"a"}'
    client.send(b"POST /sessions/live/chat?stream=true HTTP/1.1\r\n"
                b"Host: localhost\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body))
    seen = b""
    while b"first" not in seen:
        seen += client.socket.recv(4096)
    equal(history(server.client(), "live"), [], "before the end")
    go.set()
    while b"done" not in seen:
        seen += client.socket.recv(4096)
    equal(history(server.client(), "live"), [user("a"), bot("firstsecond")],
          "when the last event is there")
    upstream.answer = echo


def test_proxied_stream(server, upstream):
    """What is cut inside of an event does not spoil the one that says so."""
    client = server.client()
    whole = b": wait\r\n\r\nid: 7\ndata: {}\n\n"
    for rest in (b"", b"data: [DONE]\n", b"{}"):
        raw = whole + rest
        for size in (1, 2, 100):
            upstream.answer = lambda request, reply: reply.stream(
                [raw[i:i + size] for i in range(0, len(raw), size)])
            equal(complete(client, [user("a")], stream=True).body, raw,
                  "as it came, in pieces of", size)

    def cut(request, reply):
        reply.head(200, [("Content-Type", "text/event-stream"),
                         ("Content-Length", "1000")])
        reply.raw(whole + b'data: {"cho')
        reply.hang_up()

    upstream.answer = cut
    equal(complete(client, [user("a")], stream=True).body,
          whole + b'data: {"error":{"message":"the upstream cut its answer",'
          b'"type":"server_error","param":null,"code":"upstream"}}\n\n',
          "cut")
    upstream.answer = echo


def test_whole_instead_of_a_stream(server, upstream):
    """Some servers answer at once, whatever they were asked for."""
    client = server.client()
    answer = json.dumps(completion("all of it")).encode()
    for kind in ("application/json", "Application/JSON;charset=utf-8"):
        def whole(request, reply):
            reply.head(200, [("Content-Type", kind),
                             ("Content-Length", str(len(answer)))])
            reply.raw(answer)

        upstream.answer = whole
        name = f"whole{len(kind)}"
        for session in (None, name):
            for _ in "ab":  # the second is the first again
                reply = complete(client, [user("a")], session, {
                    "Idempotency-Key": kind} if session else {}, stream=True)
                equal((reply.status, reply.headers["Content-Type"],
                       reply.body), (200, "application/json", answer), kind)
        for _ in "ab":
            reply = chat(client, name, "b", "?stream=true", headers={
                "Idempotency-Key": "chat" + kind})
            equal(reply.headers["Content-Type"], "text/event-stream", kind)
            got = events(reply.body)
            equal(got[0], (None, '{"delta":"all of it"}'), kind)
            equal((got[1][0], json.loads(got[1][1])["response"], len(got)),
                  ("done", "all of it", 2), kind)
        equal(history(client, name), [user("a"), bot("all of it"), user("b"),
                                      bot("all of it")], kind)
    upstream.answer = lambda request, reply: reply.json(
        {"error": {"message": "no streams"}})
    for ask in (lambda: chat(client, name, "c", "?stream=true"),
                lambda: complete(client, [user("c")], name, stream=True)):
        reply = ask()
        check(reply.status == 502 and b"no streams" in reply.body,
              "no completion:", reply.status, reply.body)
    upstream.answer = echo


def test_slow_reader(server, upstream):
    """An answer that is not fetched counts among the bodies in flight."""
    def held():
        return server.metric("chatmem_body_bytes")

    upstream.answer = lambda request, reply: reply.json(
        completion("x", more="x" * size))
    size = 12_000_000
    client = server.client()
    for session in (b"", b"X-Session-Id: slow\r\n"):
        body = b'{"messages":[{"role":"user","content":"a"}]}'
        client.send(b"")
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                    b"%sContent-Length: %d\r\n\r\n%s"
                    % (session, len(body), body))
        client.socket.recv(1)
        now = held()
        check(now >= size, session, "held:", now)
        client.close()
        check(wait_for(lambda: held() == 0), "still held:", held())
    upstream.answer = echo


# --- the API of OpenAI, with memory ------------------------------------------

def test_completions(server, upstream):
    client = server.client()
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    upstream.answer = lambda request, reply: reply.json(
        completion("hello", usage=usage, service_tier="x"))
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}],' \
           b'"x":1.10,"metadata":{"session_id":"caf\\u00e9","k":"v"}}'
    reply = client.post("/v1/chat/completions", body)
    equal(reply.json(), completion("hello", usage=usage, service_tier="x"),
          "answer")
    equal(upstream.requests[-1].body,
          b'{"model":"m","messages":[{"role":"user","content":"hi"}],'
          b'"x":1.10,"metadata":{"k":"v"}}', "what was sent")
    equal(complete(client, [user("again")], "caf\xe9".encode()).status, 200,
          "by header")
    equal(upstream.bodies()[-1]["messages"],
          [user("hi"), bot("hello"), user("again")], "with memory")
    equal(complete(client, [user("plain")]).status, 200, "without")
    equal(upstream.bodies()[-1]["messages"], [user("plain")], "a proxy")
    equal(history(client, "caf%C3%A9"),
          [user("hi"), bot("hello"), user("again"), bot("hello")], "kept")
    upstream.answer = echo


def test_promises_need_a_session(server, upstream):
    client = server.client()
    before = len(upstream.requests)
    for field in ("If-Match", "If-None-Match", "Idempotency-Key"):
        reply = complete(client, [user("a")], headers={field: "*"})
        equal((reply.status, reply.json()["error"]["message"]),
              (400, f"{field} needs a session: name it in X-Session-Id or in "
               "metadata.session_id"), field)
    equal(len(upstream.requests), before, "calls")
    equal(complete(client, [user("a")], headers={
        "X-Stainless-Retry-Count": "1"}).status, 200, "a counted retry")


def test_what_is_new(server, upstream):
    client = server.client()
    system = {"role": "system", "content": "S"}
    complete(client, [system, user("a")], "new")
    equal(history(client, "new"), [system, user("a"), bot("a")], "first")
    complete(client, [system, user("a"), bot("a"), user("b")], "new")
    equal(len(history(client, "new")), 5, "the whole history and more")
    complete(client, [system, user("c")], "new")
    equal(upstream.bodies()[-1]["messages"],
          [system, user("a"), bot("a"), user("b"), bot("b"), user("c")],
          "the same system message is told once")
    complete(client, [{"role": "developer", "content": "D"}, user("d")],
             "new")
    equal(upstream.bodies()[-1]["messages"],
          [{"role": "developer", "content": "D"}, user("a"), bot("a"),
           user("b"), bot("b"), user("c"), bot("c"), user("d")],
          "in place of the history's")
    equal(history(client, "new")[5:],
          [user("c"), bot("c"), user("d"), bot("d")], "not stored")
    complete(client, [user("a")], "new")
    equal(len(history(client, "new")), 11, "a part of it is new")


CALLS = [
    {"id": "a", "type": "function",
     "function": {"name": "f", "arguments": '{"x": 1}'}},
    {"id": "b", "type": "custom", "custom": {"name": "g", "input": "y"}}]


def test_tools(server, upstream):
    message = {"role": "assistant", "content": None, "refusal": None,
               "tool_calls": CALLS}
    whole = completion("")
    whole["choices"][0].update(message=message, finish_reason="tool_calls")
    chunks = [{"index": 0, "delta": delta} for delta in (
        {"role": "assistant", "content": None},
        {"tool_calls": [{"index": 0, **CALLS[0], "function": {
            "name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 1, **CALLS[1]}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]})]
    chunks.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    raw = b"".join(b"data: %s\n\n" % json.dumps(
        {"object": "chat.completion.chunk", "choices": [chunk]}).encode()
        for chunk in chunks) + b"data: [DONE]\n\n"

    def answer(request, reply):
        if request.json()["messages"][-1]["role"] == "tool":
            return reply.json(completion("done"))
        if request.json().get("stream"):
            return reply.stream([raw[i:i + 7] for i in range(0, len(raw), 7)])
        return reply.json(whole)

    upstream.answer = answer
    client = server.client()
    results = [{"role": "tool", "tool_call_id": "a", "content": "1"},
               {"role": "tool", "tool_call_id": "b", "content": "2"}]
    for name, stream in (("whole", False), ("streamed", True)):
        reply = complete(client, [user("go")], name, stream=stream)
        if stream:
            check(reply.body.endswith(raw), "the stream as it came",
                  reply.body)
        complete(client, results, name)
        kept = history(client, name)
        equal(kept[1]["tool_calls"], CALLS, name, "calls")
        equal(kept[2:], [*results, bot("done")], name, "results")
        told = [{name: value for name, value in said.items()
                 if name != "refusal"} for said in kept[:-1]]
        equal(upstream.bodies()[-1]["messages"], told, name, "sent")
    equal(history(client, "whole")[1], message, "verbatim")
    upstream.answer = echo


# --- once --------------------------------------------------------------------

def test_repeats(server, upstream):
    before = len(upstream.requests)
    key = {"Idempotency-Key": "k1"}
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: chat(
            server.client(), "once", "a", headers=key), range(4)))
    equal({reply.body for reply in replies}, {b'{"response":"a"}'}, "same")
    equal(len(upstream.requests), before + 1, "paid once")
    client = server.client()
    equal(chat(client, "once", "b", headers=key).status, 422, "other body")
    for stream in (False, True):
        head = {"Idempotency-Key": f"k2{stream}"}
        first, second = (complete(client, [user("x y")], "twice", head,
                                  stream=stream) for _ in range(2))
        equal(second.headers["Content-Type"], first.headers["Content-Type"],
              "type of a repeat")
        if stream:
            text = "".join(
                json.loads(data)["choices"][0]["delta"].get("content", "")
                for _, data in events(second.body)[:-1])
            equal((text, events(second.body)[-1][1]), ("x y", "[DONE]"),
                  "a stream again")
        else:
            equal(second.body, first.body, "again")
    equal(len(history(client, "twice")), 4, "stored once each")
    upstream.answer = lambda request, reply: reply.json(
        b"\n\n" + json.dumps(completion("late")).encode())
    first, second = (complete(client, [user("x")], "spaced",
                              {"Idempotency-Key": "k3"}) for _ in range(2))
    equal((second.headers["Content-Type"], second.body),
          ("application/json", first.body), "an answer that kept us waiting")
    upstream.answer = lambda request, reply: reply.stream(deltas(""))
    first, second = (chat(client, "mute", "x", "?stream=true",
                          headers={"Idempotency-Key": "k4"})
                     for _ in range(2))
    equal((second.headers["Content-Type"], second.body),
          ("text/event-stream", first.body), "a stream of nothing")
    upstream.answer = echo
    for retry in ("0", "1", "2"):
        complete(client, [user("r")], "retry",
                 {"x-stainless-retry-count": retry})
    equal(history(client, "retry"), [user("r"), bot("r")],
          "an SDK's retries")
    equal(len(upstream.requests), before + 6, "paid")


def test_order(server, upstream):
    """Each turn sees those that were asked for before it."""
    hold = Gate()
    upstream.answer = held(hold)
    first = len(upstream.requests)
    server.comes_to("chatmem_tasks", 0)     # those of others have ended
    threads = []
    for i in range(8):
        threads.append(threading.Thread(
            target=chat, args=(server.client(), "line", f"t{i}")))
        threads[-1].start()
        server.comes_to("chatmem_tasks", len(threads))
    wait_for(lambda: len(upstream.requests) > first)
    server.client().post("/sessions/line/messages", user("meanwhile"))
    equal(len(upstream.requests) - first, 1, "one at a time")
    hold.set()
    for thread in threads:
        thread.join()
    said = [m["content"] for m in history(server.client(), "line")]
    equal(said, ["meanwhile"] + [f"t{i // 2}" for i in range(16)], "order")
    asked = [[m["content"] for m in body["messages"]]
             for body in upstream.bodies()[first:]]
    equal(asked[0], ["t0"], "the first prompt")
    equal(asked[-1], said[:-1], "the last prompt")
    upstream.answer = echo


# --- ends --------------------------------------------------------------------

def test_ends(server, upstream):
    """A turn is stored into the session that it began with, or nowhere."""
    ask = {"chat": lambda c, n: chat(c, n, "late"),
           "chat, streamed": lambda c, n: chat(c, n, "late", "?stream=true"),
           "completions": lambda c, n: complete(c, [user("late")], n),
           "completions, streamed":
               lambda c, n: complete(c, [user("late")], n, stream=True)}
    for i, (kind, send) in enumerate(ask.items()):
        client = server.client()

        def erase_first(request, reply):
            client.request("DELETE", f"/sessions/erased{i}")
            client.post(f"/sessions/erased{i}/messages", user("new"))
            echo(request, reply)

        client.post(f"/sessions/erased{i}/messages", user("a"))
        upstream.answer = erase_first
        reply = send(server.client(), f"erased{i}")
        said = reply.body.decode()
        check(reply.status == (200 if "streamed" in kind else 404) and
              "ended during the turn" in said, kind, "erased:", reply.status,
              said)
        equal(history(client, f"erased{i}"), [user("new")], kind)

    def expire_first(request, reply):
        client.request("PATCH", "/sessions/brief", {"ttl_seconds": 1})
        wait_for(lambda: client.get("/sessions/brief").status == 404)
        echo(request, reply)

    client.request("PUT", "/sessions/brief", {"ttl_seconds": 3600})
    upstream.answer = expire_first
    equal(chat(server.client(), "brief", "a").status, 404, "expired")
    equal(history(client, "brief"), [], "expired")
    upstream.answer = echo


def test_settings_change(server, upstream):
    """What a turn began with is stored, whatever it is called by then."""
    client = server.client()
    asked = {"q": "a", "x": "b"}
    for before, body, after in (
            ({}, {"input": "a"}, {"input_key": "new"}),
            ({"input_key": "q"}, asked, {"input_key": "x"}),
            ({"input_key": "q"}, asked, {"class": "buffer"}),
            ({}, asked, {"prompt_template": "{input}{history}"})):
        def answer(request, reply):
            changed = server.client().request(
                "PUT", "/sessions/changed", {"memory": after})
            equal(changed.status, 200, "a change to", after)
            echo(request, reply)

        client.request("DELETE", "/sessions/changed")
        client.request("PUT", "/sessions/changed", {"memory": before})
        upstream.answer = answer
        template = "prompt_template" in after
        reply = client.post("/sessions/changed/chat" +
                            "?input_key=q&prompt=chat" * template, body)
        equal((reply.status, history(client, "changed")),
              (200, [user("a"), bot("a")]), before, "became", after)
    upstream.answer = echo


def test_client_goes(server, upstream):
    for i, query in enumerate((b"", b"?stream=true")):
        gate, client = Gate(), server.client()
        upstream.answer = held(gate)
        before = len(upstream.requests)
        client.send(b"POST /sessions/gone%d/chat%s HTTP/1.1\r\nHost: localhost"
                    b"\r\nContent-Length: 13\r\n\r\n{\"input\":\"a\"}"
                    % (i, query))
        wait_for(lambda: len(upstream.requests) > before)
        client.close()
        gate.set()
        wait_for(lambda: history(server.client(), f"gone{i}"))
        equal(history(server.client(), f"gone{i}"), [user("a"), bot("a")],
              "the turn of a client that went")
    upstream.answer = echo


def test_killed(upstream):
    """The server, in the middle of turns: of each it is all there, or none."""
    with Server("--llm-url", upstream.url) as server:
        answered = []

        def talk(i):
            client = server.client()
            try:
                for n in range(1000):
                    if chat(client, f"k{i}", f"{n}").status == 200:
                        answered.append((i, n))
            except OSError:
                pass
        threads = [threading.Thread(target=talk, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        check(wait_for(lambda: len(answered) >= 40), "no turns")
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        for i in range(8):
            said = [m["content"]
                    for m in history(server.client(), f"k{i}")]
            turns = [str(n) for n in range(len(said) // 2) for _ in "ab"]
            acknowledged = [n for j, n in answered if j == i]
            check(said == turns and len(acknowledged) * 2 <= len(said),
                  "killed: session", i, "has", said, acknowledged)


# --- memories that ask -------------------------------------------------------

def about_jim(request, reply):
    said = request.json()["messages"][-1]["content"]
    for start, text in (("Progressively", "They met."),
                        ("You are an AI assistant reading", "Jim"),
                        ("You are an AI assistant helping", "A friend.")):
        if said.startswith(start):
            return reply.json(completion(text))
    return echo(request, reply)


def test_classes():
    """A memory that asks the model itself asks before the turn does."""
    upstream = Upstream(about_jim)
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    client = server.client()
    for name, wanted in (
            ("summary", [{"role": "system", "content": "They met."}]),
            ("entity", [user("Hi Jim!"), bot("Hi Jim!"), {
                "role": "system", "content": '{"Jim":"A friend."}'}])):
        client.request("PUT", f"/sessions/{name}", {
            "memory": {"class": name}})
        chat(client, name, "Hi Jim!")
        known = wanted[-1]["content"].split('"')[-2:][0]
        wait_for(lambda: known in client.post(
            f"/sessions/{name}/load", {"input": "Jim"}).body.decode())
        for ask in (lambda: chat(client, name, "Who?"),
                    lambda: complete(client, [user("Who?")], name)):
            start = len(upstream.requests)
            equal(ask().status, 200, name)
            asked = [request.json()["messages"]
                     for request in upstream.requests[start:]]
            check(any(messages[-1] == user("Who?") and
                      [m for m in messages[:-1] if m["role"] == "system"] ==
                      [m for m in wanted if m["role"] == "system"]
                      for messages in asked), name, "was asked", asked)
        equal(len(history(client, name)), 6, name)
    upstream.answer = lambda request, reply: reply.json({}, 500)
    equal(chat(client, "entity", "Who?").status, 502, "a failing memory")
    equal(len(history(client, "entity")), 6, "a failing memory")
    count.stopped(server)
    upstream.stop()


# --- failing upstreams -------------------------------------------------------

def cut_stream(request, reply):
    """Half of the answer, and then nothing."""
    if request.json().get("stream"):
        return reply.stream(deltas("half", "of it")[:2])
    reply.head(200, [("Content-Type", "application/json"),
                     ("Content-Length", "1000")])
    reply.raw(b'{"choices":[')
    return reply.hang_up()


def broken_stream(request, reply):
    if request.json().get("stream"):
        return reply.stream([*deltas("half")[:2], b'data: {"error":{'
                             b'"message":"out of coffee"}}\n\n'])
    return reply.json({"error": {"message": "out of coffee"}}, 500)


def huge(request, reply):
    reply.head(200, [("Content-Type", "text/event-stream"
                      if request.json().get("stream") else
                      "application/json")])
    for _ in range(10000):
        reply.raw(b"data: " + b" " * (1 << 20))


def silent(request, reply):
    """Until the server has had enough."""
    with contextlib.suppress(OSError):
        while reply.handler.connection.recv(1):
            pass
    reply.hang_up()


def says(status, body):
    return lambda request, reply: reply.json(body, status)


# What it does; status and words of a chat and, handed on, of completions.
FAILURES = {
    "refusing": (says(400, {"error": {"message": "bad model"}}), 502,
                 "bad model", 400, "bad model"),
    "unauthorized": (says(401, {"error": {"message": "bad key"}}), 502,
                     "401", 401, "bad key"),
    "failing": (says(500, b"oops"), 502, "500", 500, "oops"),
    "busy": (says(429, {}), 429, "429", 429, "{}"),
    "rubbish": (says(200, b"<html>"), 502, "status 200"),
    "no choices": (says(200, {"choices": []}), 502, "status 200"),
    "no message": (says(200, {"choices": [{"index": 0}]}), 502,
                   "status 200"),
    "cut": (cut_stream, 502, ""),
    "broken": (broken_stream, 502, "", 500, "out of coffee"),
    "silent": (silent, 504, ""),
    "huge": (huge, 502, ""),
}


def failing(kind):
    """An upstream of this kind, which is well again afterwards."""
    answer, status, words, *handed_on = FAILURES[kind]
    upstream = Upstream(answer)
    brief = ["--llm-timeout", "1"] if kind == "silent" else []
    with Server("--llm-url", upstream.url, *brief) as server:
        one_failure(server, kind, status, words, handed_on)
        upstream.answer = echo
        if not brief:
            equal(chat(server.client(), "f", "a").status, 200, "after", kind)
    upstream.stop()


def test_failures():
    with ThreadPoolExecutor(len(FAILURES)) as pool:
        for done in [pool.submit(failing, kind) for kind in FAILURES]:
            done.result()
    with Server("--llm-url", f"http://127.0.0.1:{free_port()}/v1") as server:
        one_failure(server, "nobody", 502, "")
    with Server() as server:
        for send in (lambda c: chat(c, "x", "a"),
                     lambda c: complete(c, [user("a")]),
                     lambda c: complete(c, [user("a")], "x")):
            reply = send(server.client())
            check(reply.status == 501 and "--llm-url" in reply.body.decode(),
                  "not configured:", reply.status, reply.body)


def one_failure(server, kind, status, words, handed_on=()):
    client = server.client()
    client.request("PUT", "/sessions/f/messages", [user("before")])
    version = client.get("/sessions/f").json()["version"]
    for stream in (False, True) if kind != "silent" else (True,):
        for what, reply in (
                ("chat", chat(client, "f", "a",
                              "?stream=true" if stream else "")),
                ("completions", complete(client, [user("a")], "f",
                                         stream=stream))):
            said = reply.body.decode("utf-8", "replace")
            begun = stream and reply.status == 200
            if what == "completions" and handed_on and not begun:
                equal((reply.status, handed_on[1] in said),
                      (handed_on[0], True), kind)
                continue
            last = said.rstrip("\n").rsplit("data: ", 1)[-1]
            check((begun or reply.status == status) and words in said and
                  ('"code":"upstream' in last or '"code":"rate"' in last),
                  kind, what, stream, reply.status, said[-300:])
    after = client.get("/sessions/f").json()
    equal((after["version"], after["message_count"]), (version, 1), kind)


def test_tenants():
    """A session is its tenant's, and the upstream sees its own key only."""
    upstream = Upstream()
    server = Server("--llm-url", upstream.url, env={
        "CHATMEM_API_KEY": "one:k1,two:k2", "CHATMEM_LLM_KEY": "secret"})
    client = server.client()
    for key in ("k1", "k2"):
        equal(complete(client, [user(key)], "s", {
            "Authorization": f"Bearer {key}"}).status, 200, key)
        equal(chat(client, "s", "a", headers={"X-API-Key": key}).status, 200,
              key)
        equal(upstream.bodies()[-1]["messages"],
              [user(key), bot(key), user("a")], key)
    equal(complete(client, [user("a")], "s").status, 401, "no key")
    equal({request.headers["Authorization"] for request in upstream.requests},
          {"Bearer secret"}, "keys")
    count.stopped(server)
    upstream.stop()


# --- somebody else's ---------------------------------------------------------

def test_mock():
    mock = Mock()
    with Server("--llm-url", mock.url, "--llm-model", "gpt-4") as server:
        client = server.client()
        equal(chat(client, "m", "Hello!").json(), {"response": "Hello!"},
              "mock-llm")
        got = events(chat(client, "m", "How are you?", "?stream=true").body)
        equal(json.loads(got[-1][1])["response"], "How are you?", "streamed")
        reply = complete(client, [user("And you?")], "m", stream=True)
        check(reply.body.endswith(b"data: [DONE]\n\n"), reply.body)
        equal([m["content"] for m in history(client, "m")],
              ["Hello!"] * 2 + ["How are you?"] * 2 + ["And you?"] * 2,
              "mock-llm's history")
    mock.stop()


def main():
    upstream = Upstream()
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    for name, test in list(globals().items()):
        if name.startswith("test_") and test.__code__.co_argcount == 2:
            test(server, upstream)
    count.stopped(server)
    test_killed(upstream)
    test_classes()
    test_tenants()
    test_failures()
    upstream.stop()
    if os.path.isdir(os.path.join(NODE, "node_modules")):
        test_mock()
    else:
        count.check(False, "no packages from npm in", NODE)
    count.close()


if __name__ == "__main__":
    main()
