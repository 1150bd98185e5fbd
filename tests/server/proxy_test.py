#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy_test.py - chat completions with a session: each turn is stored once.

Clients of all kinds, by themselves and at random, against a model that refuses
what OpenAI refuses.  A client knows what it said, so a test knows what must be
stored.
"""

import json
import os
import random
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from clients.forms.made import FORMS, Maker
from harness import LONG, Count, Gate, Server
from upstream import Upstream, completion, deltas, held, strict, unpaired

count = Count()
check = count.check

TALKS = 2000 if LONG else 250  # of random clients
ENDS = 600 if LONG else 40     # of histories that end in each form


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def user(text):
    return {"role": "user", "content": text}


def bot(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


def result(call, text="42"):
    return {"role": "tool", "tool_call_id": call, "content": text}


def calls(*ids, content=None):
    return {"role": "assistant", "content": content, "tool_calls": [
        {"id": call, "type": "function",
         "function": {"name": "f", "arguments": '{"a": 1}'}} for call in ids]}


def streamed(message):
    """A message in pieces, a character of its text in each."""
    chunks = deltas(*(message.get("content") or ""))
    more = {name: value for name, value in message.items()
            if name not in ("role", "content")}
    for index, call in enumerate(more.get("tool_calls", ())):
        call = {"index": index, **call}
        chunks.insert(1, b"data: %s\n\n" % json.dumps({"choices": [
            {"index": 0, "delta": {"tool_calls": [call]}}]}).encode())
    more.pop("tool_calls", None)
    if more:
        chunks.insert(1, b"data: %s\n\n" % json.dumps({"choices": [
            {"index": 0, "delta": more}]}).encode())
    return chunks


class Model:
    """Says what it is told to, in order; refuses what OpenAI refuses."""

    def __init__(self):
        self.says = []
        self.asked = []
        self.lock = threading.Lock()

    def __call__(self, request, reply):
        body = request.json()
        with self.lock:
            self.asked.append(body["messages"])
            message = self.says.pop(0) if self.says else bot("ok")
        if body.get("stream"):
            return reply.stream(streamed(message))
        whole = completion("")
        whole["choices"][0]["message"] = message
        return reply.json(whole)


class Talk:
    """A session, and what its client sends to it."""

    def __init__(self, server, model, name):
        self.client = server.client()
        self.model = model
        self.name = name

    def ask(self, messages, says=None, headers=(), **members):
        if says:
            self.model.says.append(says)
        return self.client.post(
            "/v1/chat/completions",
            {"model": "m", "messages": messages, **members},
            headers={"X-Session-Id": self.name, **dict(headers)})

    def answer(self, messages, says=None, headers=()):
        reply = self.ask(messages, says, headers)
        check(reply.status == 200, self.name, reply.status, reply.body)
        return reply.json()["choices"][0]["message"]

    def stored(self, query=""):
        return self.client.get(f"/sessions/{self.name}/messages"
                               f"?format=openai{query}").json()["messages"]


# --- clients, one by one -----------------------------------------------------

def test_tools(talk):
    """The natural loop: all of it each time, and a new call in each turn."""
    said = []
    for turn in range(3):
        said.append(user(f"u{turn}"))
        ids = [f"c{turn}a", f"c{turn}b"]
        said.append(talk.answer(said, calls(*ids)))
        said += [result(call) for call in ids]
        said.append(talk.answer(said, bot(f"a{turn}")))
    equal(talk.stored(), said, "a loop")
    equal(talk.model.asked[-1], said[:-1], "what the model was asked")


def test_rewritten(talk):
    """Clients write messages again as they like."""
    sent = calls("c", content="")
    sent["tool_calls"][0]["function"]["arguments"] = '{"a":1.0}'
    sent["name"] = "agent"
    talk.answer([user("a")], calls("c"))
    talk.answer([user("a"), sent, result("c")],
                {"role": "assistant", "content": None,
                 "reasoning_content": "r"})
    talk.answer([user("a"), sent, result("c"), {"role": "assistant"},
                 user("b")], bot("x"))
    equal(talk.stored(), [
        user("a"), calls("c"), result("c"),
        {"role": "assistant", "content": None, "reasoning_content": "r"},
        user("b"), bot("x")], "as they came first")


def test_dies(talk):
    """A client that dies between a call and its result."""
    talk.answer([user("a")], calls("c"))
    talk.answer([user("b")], bot("x"), {"Chatmem-Send": "new"})
    talk.answer([user("a"), user("b"), bot("x"), user("c")], bot("y"))
    equal(talk.stored(), [user("a"), calls("c"), user("b"), bot("x"),
                          user("c"), bot("y")], "it goes on")


def test_own(talk):
    """Examples, heads and summaries are sent, and stored no second time."""
    said = [user("a"), bot("b"), user("c"), bot("d")]
    talk.client.post(f"/sessions/{talk.name}/messages", said)
    talk.answer([system("sum 1"), user("sum 2"), *said[2:], user("e")],
                bot("f"))
    said += [user("e"), bot("f")]
    equal(talk.stored(), said, "a summary")
    equal(talk.model.asked[-1],
          [system("sum 1"), user("sum 2"), *said[:-1]], "and what is asked")
    # A call of its own, whose result is in the history.
    talk.client.post(f"/sessions/{talk.name}/messages",
                     [calls("h"), result("h"), bot("g")])
    talk.answer([user("x"), calls("i"), result("h"), bot("g"), user("j")],
                bot("k"))
    equal(talk.stored()[-2:], [user("j"), bot("k")], "a call of its own")


def test_without_ids(talk):
    """Ollama's calls have no ids: a model gets some, and takes them back."""
    def call(city):
        return {"function": {"name": "w", "arguments": {"city": city}}}

    said = [user("a")]
    for _ in range(2):  # the same calls again
        said += [{"role": "assistant", "content": "",
                  "tool_calls": [call("Oslo"), call("Rome")]},
                 *({"role": "tool", "tool_name": "w", "content": text}
                   for text in ("11", "22")), bot("b")]
    talk.client.post(f"/sessions/{talk.name}/messages", said)
    told = talk.stored()
    ids = [call["id"] for message in told
           for call in message.get("tool_calls", ())]
    equal(len(set(ids)), 4, "each call has an id", ids)
    equal([message["tool_call_id"] for message in told
           if message["role"] == "tool"], ids, "and its result the same")
    talk.answer([*told, user("c")], bot("d"))
    equal(talk.model.asked[-1], [*told, user("c")], "what is asked")
    equal(talk.stored(), [*told, user("c"), bot("d")], "stored once")


def test_same_ids(talk):
    """Calls of one id: a model gets others, and the client has them back."""
    said = [user("a"), calls("c", "c"), result("c", "1"), result("c", "2"),
            bot("b")]
    talk.client.post(f"/sessions/{talk.name}/messages", said)
    told = talk.stored("&turns=9")
    ids = [call["id"] for call in told[1]["tool_calls"]]
    equal((len(set(ids)), [message["tool_call_id"] for message in told[2:4]]),
          (2, ids), "each has its own")
    for sent in ([*told, user("c")],
                 [*said, user("c"), bot("d"), user("e")]):
        talk.answer(sent, bot("d"))
        equal(talk.model.asked[-1], [*told, *sent[5:]], "what is asked")
    equal(talk.stored(), [*said, user("c"), bot("d"), user("e"), bot("d")],
          "stored once, as they came")


def test_back(talk):
    """Edited, made again, stopped: what is replaced can be read for ever."""
    talk.client.request("PUT", f"/sessions/{talk.name}",
                        {"retain_retired": 0})
    said = [user("a"), talk.answer([user("a")], bot("b")), user("c")]
    talk.answer(said, bot("d"))
    talk.answer(said, bot("e"))
    equal(talk.stored(), [*said, bot("e")], "made again")
    equal(talk.model.asked[-1], said, "without the old answer")
    version = int(talk.client.get(
        f"/sessions/{talk.name}").json()["version"])
    talk.answer([*said[:2], user("C")], bot("f"))
    equal(talk.stored(), [*said[:2], user("C"), bot("f")], "edited")
    talk.answer([*said[:2], user("C"), bot(""), user("g")], bot("h"))
    equal(talk.stored(), [*said[:2], user("C"), bot(""), user("g"),
                          bot("h")], "stopped")
    equal(talk.stored(f"&as_of={version}"), [*said, bot("e")], "as it was")
    # An edited first question looks like a new one, until it is said.
    said = talk.stored()
    talk.answer([user("A")], bot("B"))
    equal(talk.stored(), [*said, user("A"), bot("B")], "a new one")
    talk.answer([user("A")], bot("C"), {"Chatmem-Send": "all"})
    equal(talk.stored(), [user("A"), bot("C")], "the first one")
    equal(talk.model.asked[-1], [user("A")], "alone")
    equal(talk.client.request("DELETE", f"/sessions/{talk.name}").status, 200,
          "erased")


def test_leaves(server, model, upstream):
    """A stream's client leaves and asks on: the answer is cut where it was."""
    talk = Talk(server, model, "leaves")
    gate = Gate()

    def slowly(request, reply):
        pieces = deltas("on", "e two")
        reply.head(200, [("Content-Type", "text/event-stream"),
                         ("Transfer-Encoding", "chunked")])
        for at, piece in enumerate(pieces):
            if at == 2:
                gate.wait()
            reply.raw(b"%x\r\n%s\r\n" % (len(piece), piece))
        reply.raw(b"0\r\n\r\n")

    upstream.answer = slowly
    body = json.dumps({"model": "m", "stream": True,
                       "messages": [user("a")]}).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n"
                       b"Host: localhost\r\nX-Session-Id: leaves\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        seen = b""
        while b'"on"' not in seen:
            seen += client.recv(65536)
    upstream.answer = strict(model)
    waiting = threading.Thread(target=talk.answer, args=(
        [user("a"), bot("on"), user("b")], bot("c")))
    waiting.start()
    server.comes_to("chatmem_tasks", 2)
    gate.set()
    waiting.join()
    equal(talk.stored(), [user("a"), bot("on"), user("b"), bot("c")],
          "cut where its client left")


def send_and_leave(server, name, messages, stream):
    """Sends a request, and closes before the answer can come."""
    body = json.dumps({"model": "m", "messages": messages,
                       "stream": stream}).encode()
    server.comes_to("chatmem_tasks", 0)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\n"
                       b"Host: localhost\r\nX-Session-Id: %s\r\n"
                       b"Content-Length: %d\r\n\r\n%s"
                       % (name.encode(), len(body), body))
        server.comes_to("chatmem_tasks", 1)


def test_lost(server, model, upstream, stream):
    """The same body again is a replay, if the reply got lost, and else not."""
    talk = Talk(server, model, f"lost{stream}")
    gate = Gate()
    upstream.answer = held(gate, model)
    model.says.append(bot("one"))
    send_and_leave(server, talk.name, [user("a")], stream)
    asked = len(model.asked)
    again = threading.Thread(target=talk.ask, args=([user("a")],),
                             kwargs={"stream": stream})
    again.start()
    server.comes_to("chatmem_tasks", 2)
    gate.set()
    again.join()
    equal(len(model.asked), asked + 1, talk.name, "asked once")
    upstream.answer = strict(model)
    equal(talk.stored(), [user("a"), bot("one")], talk.name, "a replay")
    for _ in range(3):
        reply = talk.ask([user("a")], bot("two"), stream=stream)
        equal((reply.status, "Idempotent-Replay" in reply.headers),
              (200, False), talk.name)
    equal(len(talk.stored()), 8, talk.name, "new turns, of the same words")


def test_lost_by_a_crash(model, upstream):
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    talk = Talk(server, model, "crash")
    first = talk.ask([user("a")], bot("one"))
    server.kill()
    server.start()
    talk = Talk(server, model, "crash")
    again = talk.ask([user("a")])
    equal((again.body, again.headers.get("Idempotent-Replay")),
          (first.body, "true"), "nobody knows whether it arrived")
    talk.ask([user("a")], bot("two"))
    equal(talk.stored(), [user("a"), bot("one"), user("a"), bot("two")],
          "now it did")
    count.stopped(server)


def test_at_once(server, model, upstream):
    """Three requests from one base are all kept."""
    talk = Talk(server, model, "once")
    base = [user("a"), talk.answer([user("a")], bot("b"))]
    gate = Gate()
    upstream.answer = held(gate, model)
    server.comes_to("chatmem_tasks", 0)
    threads = [threading.Thread(target=Talk(server, model, "once").ask, args=(
        [*base, user(text)], bot(f"to {text}"))) for text in "xyz"]
    for number, thread in enumerate(threads):
        thread.start()
        server.comes_to("chatmem_tasks", number + 1)
    gate.set()
    for thread in threads:
        thread.join()
    upstream.answer = strict(model)
    stored = talk.stored()
    equal(stored[:2], base, "the base")
    equal([m["content"] for m in stored[2::2]], ["x", "y", "z"], "questions")
    equal(len(stored), 8, "all are kept")


def test_exported(server, model):
    """A model's answer is one elsewhere, too."""
    talk = Talk(server, model, "moved")
    said = [user("a"), talk.answer([user("a")], bot("b")), user("c")]
    talk.answer(said, bot("d"))
    lines = talk.client.get("/sessions/moved/export").body
    equal(lines.count(b'"answer":true'), 2, "told")
    talk.client.request("DELETE", "/sessions/moved")
    equal(talk.client.post("/import", lines).status, 200, "imported")
    talk.answer(said, bot("e"))
    equal(talk.stored(), [*said, bot("e")], "made again")
    lines = talk.client.get("/sessions/moved/export").body
    equal(lines.count(b'"archived":'), 1, "what was replaced is there")
    talk.client.request("DELETE", "/sessions/moved")
    equal(talk.client.post("/import", lines).status, 200, "imported again")
    equal(talk.client.get("/sessions/moved/export").body, lines, "and there")


def test_answers(server, model):
    """Refusals, and what else a model says, stay."""
    talk = Talk(server, model, "no")
    no = {"role": "assistant", "content": None, "refusal": "No.",
          "annotations": [{"type": "x"}], "reasoning_content": "Hm.",
          "x": {"y": 1}}
    for stream in ("", "?stream=true"):
        model.says.append(no)
        reply = talk.client.post("/sessions/no/chat" + stream, {"input": "a"})
        check(b'"response":"No."' in reply.body, stream, reply.body)
        equal(talk.stored("&last=1"), [{**no, "content": ""}],
              "kept by /chat")
    equal(talk.answer([user("b")], no, {"Chatmem-Send": "new"}), no, "whole")
    equal(talk.stored("&last=1"), [no], "kept")


# --- clients at random -------------------------------------------------------

class Roamer:
    """A client that goes on, goes back and forgets; knows what was said."""

    def __init__(self, talk, seed):
        self.talk = talk
        self.dice = random.Random(seed)
        self.said = []
        self.number = 0
        self.view = self.dice.choice(
            (self.all, self.end, self.head, self.summary, self.texts))
        self.faithful = self.view == self.all

    def word(self, kind):
        self.number += 1
        return f"{kind}{self.number}"

    # What it sends, of `old` messages that were answered and those after.

    def all(self, old):
        return self.said

    def end(self, old):
        return self.said[self.dice.randrange(max(old, 1)):] if old \
            else self.said

    def head(self, old):
        if old < 4:
            return self.said
        start = self.dice.randrange(2, old)
        return self.said[:self.dice.randrange(start)] + self.said[start:]

    def summary(self, old):
        return [user(self.word("summary"))] * bool(old) + self.end(old)

    def texts(self, old):
        turn = max((at for at, message in enumerate(self.said)
                    if message["role"] == "user"), default=0)
        return [message for at, message in enumerate(self.said)
                if at >= turn or (message["role"] != "tool" and
                                  not message.get("tool_calls"))]

    def ask(self, fresh, says):
        messages = self.view(len(self.said) - fresh)
        if self.dice.random() < .3:
            messages = [system(self.word("system")), *messages]
        self.said.append(self.talk.answer(messages, says))

    def turn(self):
        self.said.append(user(self.word("u")))
        fresh = 1
        for _ in range(self.dice.randrange(3)):
            ids = [self.word("c") for _ in range(self.dice.randrange(1, 3))]
            self.ask(fresh, calls(*ids))
            self.said += [result(call, self.word("r")) for call in ids]
            fresh = len(ids)
        self.ask(fresh, bot(self.word("a")))

    def back(self):
        at = max(at for at, message in enumerate(self.said)
                 if message["role"] == "user")
        if at < 2:
            return
        self.said = self.said[:at + 1]
        if self.dice.random() < .5:
            self.said[at] = user(self.word("u"))
        self.ask(0, bot(self.word("a")))

    def run(self):
        self.turn()
        for _ in range(self.dice.randrange(1, 6)):
            if self.faithful and self.dice.random() < .3:
                self.back()
            else:
                self.turn()
        stored = self.talk.stored()
        if stored and stored[0]["role"] == "system":
            stored = stored[1:]
        return equal(stored, self.said, self.talk.name, self.view.__name__)


def test_random(server, model):
    for seed in range(TALKS):
        if not Roamer(Talk(server, model, f"random{seed}"), seed).run():
            return


# --- histories of every form -------------------------------------------------

class Mixed:
    """A history of any forms that ends in messages of one."""

    def __init__(self, talk, form, seed):
        self.talk = talk
        self.form = form
        self.dice = random.Random(f"{form} {seed}")
        self.maker = Maker(f"{form} {seed}")

    def some(self, form, most):
        return [getattr(self.maker, form)()
                for _ in range(self.dice.randrange(1, most))]

    def run(self):
        path = f"/sessions/{self.talk.name}/messages"
        said = [user("begin")] * self.dice.randrange(2)
        for _ in range(self.dice.randrange(3)):
            said += self.some(self.dice.choice(list(FORMS)), 4)
        said += self.some(self.form, 6)
        reply = self.talk.client.post(path, said)
        if not check(reply.status == 201, reply.body, said):
            return False
        told = self.talk.stored()
        first = next((at for at, message in enumerate(told)
                      if message["role"] not in ("system", "developer")),
                     len(told))
        # All of it or its end; and its beginning, when that is said.
        for start, end, headers in (
                (0, len(told), {}),
                (self.dice.randrange(len(told) + 1), len(told) + 2, {}),
                (0, self.dice.randrange(first, len(told) + 1),
                 {"Chatmem-Send": "all"})):
            told = told[:end]
            sent = [*told[start:], user(self.talk.name)]
            told += [user(self.talk.name), bot("answer")]
            self.talk.answer(sent, bot("answer"), headers)
            if not equal(self.talk.stored(), told, self.talk.name, start, end,
                         said):
                return False
        return True


def test_forms(server, model, upstream):
    """What format=openai gives of stored messages is known when it comes."""
    upstream.answer = model
    for form in FORMS:
        for seed in range(ENDS):
            talk = Talk(server, model, f"{form}{seed}")
            Mixed(talk, form, seed).run()
    upstream.answer = strict(model)


# --- windows of items --------------------------------------------------------

def items(dice, count):
    """An answer with so many calls, of few ids, and some of the results."""
    said = [{"type": "message", "role": "user", "content": "q"}]
    calls = [(dice.choice("abc"), number) for number in range(count)]
    lost = dice.choice("abcdef")
    for call, number in calls:
        if dice.random() < .3:
            said.append({"type": "reasoning", "id": "r", "summary": []})
        said.append({"type": "function_call", "call_id": call, "name": "f",
                     "arguments": json.dumps({"n": number})})
    calls.sort(key=lambda call: (dice.random() < .5, call[1]))
    order = {call: iter(sorted(n for c, n in calls if c == call))
             for call, _ in calls}
    said += [{"type": "function_call_output", "call_id": call,
              "output": str(next(order[call]))}
             for call, _ in calls if call != lost]
    return [*said, {"type": "message", "role": "assistant", "content": "a"}]


def test_windows(server):
    """Each call of a window has an id and its own result, of one message."""
    client = server.client()
    for seed in range(TALKS):
        dice = random.Random(seed)
        said = [item for _ in range(dice.randrange(1, 4))
                for item in items(dice, dice.randrange(1, 6))]
        client.post(f"/sessions/window{seed}/messages", [*said, user("e")])
        for query in ("turns=9", f"turns={dice.randrange(1, 4)}",
                      f"max_tokens={dice.randrange(20, 500)}"):
            told = client.get(f"/sessions/window{seed}/messages?format=openai"
                              f"&{query}").json()["messages"]
            numbers = {}
            for message in told:
                numbers |= {
                    call["id"]: json.loads(call["function"]["arguments"])["n"]
                    for call in message.get("tool_calls", ())}
                if message["role"] == "tool":
                    equal(int(message["content"]),
                          numbers.get(message["tool_call_id"]), query, told)
            equal(unpaired(told), None, query, said, told)


def main():
    model = Model()
    upstream = Upstream(strict(model))
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    for test in (test_tools, test_rewritten, test_dies, test_own,
                 test_without_ids, test_same_ids, test_back):
        test(Talk(server, model, test.__name__))
        equal(model.says, [], test.__name__, "all was said")
    test_leaves(server, model, upstream)
    for stream in (False, True):
        test_lost(server, model, upstream, stream)
    test_lost_by_a_crash(model, upstream)
    test_at_once(server, model, upstream)
    test_exported(server, model)
    test_answers(server, model)
    test_random(server, model)
    test_forms(server, model, upstream)
    test_windows(server)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
