#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recalled_test.py - what is kept is what would be read.

    tests/server/recalled_test.py [STEPS [SEED]]

The same random requests go to a server without a cache and to others that have
one, and each reply is the same but for the ids and the times in it.
"""

import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Keyed, Server, wait_for

STEPS = 3000 if LONG else 250
CACHES = "0", "96K", "32M"          # the first is the one that is right
KEYS = "one", "two", "two-again"    # of two tenants
READERS = *KEYS, "wrong"
NAMES = "a", "b", "c%2Fc", "a%20a"
OWNERS = "ann", "bob"
# Ids, marks and times are a server's own.
OWN = re.compile(rb"(?<![0-9a-z])[0-9a-z]{13}(?![0-9a-z])|"
                 rb"\b\d{4}-\d\d-\d\dT[0-9:.]+Z")
OWN_FIELDS = "X-Request-Id", "Date"

MESSAGES = (
    "Hi!", {"type": "system", "data": {"content": "Be brief."}},
    {"type": "ai", "data": {"content": "Well \U0001f642, \u00e9."}},
    {"type": "ai", "data": {"content": "", "tool_calls": [
        {"id": "c1", "name": "f", "args": {"x": 1}}]}},
    {"type": "tool", "data": {"content": "3", "tool_call_id": "c1"}})

READS = (
    "messages", "messages?", "messages?last=2", "messages?l%61st=2",
    "messages?last=%32", "messages?last=02", "messages?last=2&last=2",
    "messages?last=3&format=openai", "messages?format=openai&last=3",
    "messages?limit=2&order=desc", "messages?order=desc&limit=2",
    "messages?after=2&limit=3", "messages?before=4", "messages?type=human",
    "messages?type=human&calls=false", "messages?format=text",
    "messages?format=ai-sdk", "messages?turns=2", "messages?max_tokens=30",
    "messages?max_tokens=30&tokenizer=approx", "messages?last=4&align=3",
    "messages?as_of=2", "messages?%61s_of=2", "messages?last=x",
    "messages?wrong=1", "messages?type=" + ",".join(["human"] * 60),
    "load", "load?last=2", "load?return_messages=true", "load?format=text",
    "load?return_messages=true&format=openai", "load?class=window&k=1",
    "load?class=token_buffer&max_token_limit=20", "load?class=vector&k=2",
    "load?human_prefix=Me&ai_prefix=It", "load?memory_key=m",
    "load?as_of=1", "load?string_format=langchain-python", "load?class=none",
    "items", "items?limit=2", "items?order=asc&limit=3", "items?limit=x",
    "items?include=message.output_text.logprobs")

FIELDS = ({}, {}, {}, {}, {"If-Match": "*"}, {"If-Match": '"2"'},
          {"If-None-Match": "*"}, {"Accept": "text/plain"},
          {"Accept-Encoding": "gzip"}, {"Origin": "http://x.example"},
          {"Origin": "http://y.example"}, {"Idempotency-Key": "k"})

PROFILES = (
    {"metadata": {"n": 1}}, {"metadata": {"n": 2}}, {"owner": "ann"},
    {"owner": "bob"}, {"owner": None}, {"ttl_seconds": 86400},
    {"ttl_seconds": None}, {"retain_retired": 0}, {"retain_retired": 60},
    {"memory": {"class": "window", "k": 2}}, {"memory": {"class": "buffer"}},
    {"memory": {"class": "vector", "k": 1}},
    {"memory": {"class": "token_buffer", "max_token_limit": 12}},
    {"memory": {"human_prefix": "I", "return_messages": True}},
    {"memory": {"memory_key": "m", "string_format": "langchain-python"}})


class Steps:
    """Random requests, each a method, the rest of a path and a body."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        self.turn = 0
        self.settle()

    def said(self):
        self.turn += 1
        return self.choose.choice((*MESSAGES, f"Turn {self.turn}.",
                                   "Long " * self.choose.choice((9, 2000))))

    def append(self):
        count = self.choose.choice((1, 1, 2, 5, 40))
        return "POST", "/messages", [self.said() for _ in range(count)]

    def append_and_note(self):
        return "POST", "/messages", {
            "messages": [self.said()], "metadata": {"turn": self.turn}}

    def save(self):
        return "POST", "/save", {"inputs": {"input": f"Q{self.turn}"},
                                 "outputs": {"output": "A."}}

    def replace(self):
        return "PUT", "/messages", [self.said() for _ in range(3)]

    def edit(self):
        return "PUT", f"/messages/{self.choose.randint(1, 9)}", {
            "type": "human", "data": {"content": f"Edit {self.turn}."}}

    def drop(self):
        return "DELETE", f"/messages/{self.choose.randint(1, 9)}", None

    def cut(self):
        return "DELETE", "/messages?" + self.choose.choice(
            ("last=1", "oldest=2", "before=4", "last=2&format=openai")), None

    def clear(self):
        return "DELETE", "/messages", None

    def erase(self):
        return "DELETE", "", None

    def profile(self):
        return (self.choose.choice(("PUT", "PATCH", "PATCH")), "",
                self.choose.choice(PROFILES))

    def fork(self):
        return "POST", "/fork", {"id": self.choose.choice(("a", "b", "d"))}

    def keep(self):
        return self.choose.choice((("DELETE", "/memory", None),
                                   ("PUT", "/memory", {"facts": "x"})))

    def change(self):
        wishes = ((self.append, 12), (self.append_and_note, 2), (self.save, 4),
                  (self.replace, 2), (self.edit, 4), (self.drop, 3),
                  (self.cut, 3), (self.clear, 1), (self.erase, 2),
                  (self.profile, 8), (self.fork, 3), (self.keep, 1))
        actions, weights = zip(*wishes)
        return self.choose.choices(actions, weights)[0]()

    def settle(self):
        """What is asked for a while: an answer is kept if it comes again."""
        self.names = self.choose.sample(NAMES, 2)
        self.reads = self.choose.sample(READS, 2)

    def read(self):
        method = self.choose.choices(
            ("GET", "POST", "HEAD", "OPTIONS"), (12, 8, 2, 1))[0]
        what = self.choose.choice(self.reads)
        body = None
        if method == "POST" and what.startswith("load"):
            body = self.choose.choice((None, None, {"input": "Turn?"}, []))
        elif method == "POST":
            method = "GET"      # to append is no read
        return method, "/" + what, body


class Several:
    """The servers, each with a client of every key."""

    def __init__(self, servers, count):
        self.servers, self.count = servers, count
        self.clients = [{key: (Keyed(server.port, key),
                               Keyed(server.port, key)) for key in READERS}
                        for server in servers]

    def ask(self, who, method, path, body, fields):
        """Of each the reply, without what is its own."""
        key, at = who
        replies = []
        for clients in self.clients:
            client = clients[key][at]
            own = dict(fields)
            if own.get("If-None-Match") == "own":
                own["If-None-Match"] = client.request(
                    "GET", path).headers.get("ETag") or '"0"'
            reply = client.request(method, path, body, own)
            replies.append((reply.status, OWN.sub(b"-", reply.body), {
                name: OWN.sub(b"-", value.encode()) for name, value in
                reply.headers.items() if name not in OWN_FIELDS}))
        shown = replies
        if key == "wrong":      # 429 if there were too many within a second
            shown = [reply[0] if reply[0] != 429 else 401 for reply in replies]
        self.count.check(all(one == shown[0] for one in shown) and
                         shown[0] != 200,
                         who, method, path, body, fields, *replies)
        return replies[0]

    def move(self, who, path):
        """Each takes in its own export of a session that it has erased."""
        for clients in self.clients:
            client = clients[who[0]][who[1]]
            lines = client.get(f"{path}/export")
            if lines.status != 200:
                continue
            client.request("DELETE", path)
            reply = client.post("/import", lines.body, headers={
                "Content-Type": "application/x-ndjson"})
            self.count.check(reply.status == 200, reply.body)

    def expire(self, who, path):
        """It is gone from each, whatever was kept of it."""
        if self.ask(who, "PATCH", path, {"ttl_seconds": 1}, {})[0] != 200:
            return
        for clients in self.clients:
            client = clients[who[0]][who[1]]
            self.count.check(wait_for(lambda: client.get(
                f"{path}/messages?last=2").json().get("version") == 0))


def address(path, rest):
    """Items are those of a conversation, which is a session."""
    if rest.startswith("/items"):
        path = path.replace("/sessions/", "/v1/conversations/")
    return path + rest


def play(several, steps, number):
    choose = steps.choose
    for step in range(number):
        if step % 8 == 0:
            steps.settle()
        who = choose.choice(KEYS), choose.randrange(2)
        path = f"/sessions/{choose.choice(steps.names)}"
        dice = choose.random()
        if dice < 0.01:
            several.ask(who, "DELETE",
                        f"/sessions?owner={choose.choice(OWNERS)}", None, {})
        elif dice < 0.03:
            several.move(who, path)
        elif dice < 0.05:
            several.expire(who, path)
        elif dice < 0.8:
            method, rest, body = steps.change()
            several.ask(who, method, path + rest, body, choose.choice(
                ({}, {}, {}, {}, {"If-Match": '"3"'},
                 {"Idempotency-Key": f"k{steps.turn}"})))
        for _ in range(choose.randint(1, 4)):
            method, rest, body = steps.read()
            fields = choose.choice((*FIELDS, {"If-None-Match": "own"}))
            for _ in range(choose.randint(1, 3)):
                reader = choose.choice(READERS), choose.randrange(2)
                several.ask(choose.choice((who, who, reader)), method,
                            address(path, rest), body, fields)


def main():
    number = int(sys.argv[1]) if sys.argv[1:] else STEPS
    seed = sys.argv[2] if sys.argv[2:] else str(random.randrange(10 ** 6))
    print("seed", seed)
    count = Count()
    servers = [Server("--cache", cache, "--allow-origin", "http://x.example",
                      env={"CHATMEM_API_KEY": "one:one,two:two,two:two-again"})
               for cache in CACHES]
    play(Several(servers, count), Steps(seed), number)
    for server in servers:
        count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
