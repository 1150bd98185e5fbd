#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""import_test.py - what was exported is the same again elsewhere.

Random histories are made through the API, exported, imported in parts that
end anywhere into an empty server, and exported again: not a byte differs, and
what clients see does not either, also when both go on from there.  Mutations
of such lines are taken whole or refused whole.
"""

import json
import os
import random
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Server

HISTORIES = 400 if LONG else 20
MUTATIONS = 300
STEPS = 60
NAMES = ["a", "b/ü", "c 😀", "%2e", "E", "f\"\\"]

BODIES = ["", "Hi!", "ü\u0000é", "😀", "a\nb\"\\", "x" * 3000]


def quoted(name):
    return urllib.parse.quote(name, safe="")


class History:
    """Random changes of a few sessions."""

    def __init__(self, seed, client):
        self.choose = random.Random(seed)
        self.client = client
        self.made = 0

    def text(self):
        return json.dumps(self.choose.choice(BODIES) + str(self.made),
                          ensure_ascii=self.choose.random() < 0.5)

    def message(self, single=False):
        """One in any of the five forms, as its bytes."""
        self.made += 1
        text = self.text()
        kind = self.choose.randrange(4 if single else 9)
        if kind == 0:
            return text
        if kind == 1:
            return '{"role":"%s","content":%s,"x":1.10}' % (
                self.choose.choice(["user", "assistant", "developer"]), text)
        if kind == 2:
            return '{"content":[{"type":"text","text":%s}],"type":"%s"}' % (
                text, self.choose.choice(["human", "AIMessageChunk"]))
        if kind == 3:
            return '{"type":"tool","data":{"content":%s,' \
                   '"tool_call_id":"c1","n":1e400}}' % text
        if kind == 4:
            return '["%s",%s]' % (
                self.choose.choice(["human", "user", "assistant"]), text)
        extra = self.choose.choice(
            ['"id":"id %d"' % self.made,
             '"id":"\\u00fc-%d","created_at":"2020-01-31T10:30:00+01:00"'
             % self.made,
             '"client_created_at":"2020-01-31T10:30:00.5Z"'])
        return '{"type":"human","data":{"content":%s},%s}' % (text, extra)

    def messages(self, most):
        return "[%s]" % ",".join(
            self.message() for _ in range(self.choose.randrange(most)))

    def step(self):
        name = quoted(self.choose.choice(NAMES))
        path = f"/sessions/{name}"
        kind = self.choose.randrange(20)
        last = self.client.get(f"{path}/messages?last=1").json()["messages"]
        seq = self.choose.randrange(1, last[0]["seq"] + 1) if last else 1
        if kind < 8:
            return "POST", f"{path}/messages", self.messages(6)
        if kind < 10:
            return "PUT", f"{path}/messages/{seq}", self.message(True)
        if kind < 13:
            return "DELETE", f"{path}/messages/{seq}", None
        if kind == 13:
            count = self.choose.randrange(1, 4)
            return "DELETE", f"{path}/messages?last={count}", None
        if kind == 14:
            return "DELETE", f"{path}/messages", None
        if kind == 15:
            other = self.choose.choice(NAMES + ["fork %d" % self.made])
            return "POST", f"{path}/fork", json.dumps(
                {"id": other, "upto": seq} if last else {"id": other})
        if kind == 16:
            return "PATCH", path, json.dumps(
                {"metadata": {"k": self.choose.choice([1, 2.50, "ü", None])},
                 "owner": self.choose.choice([None, "u1", "ü"])})
        if kind == 17:
            return "PUT", path, \
                '{"memory":{"class":"window","k":%d},' \
                '"metadata":{"x":[1.0,{}],"y":"\\u00fc"},' \
                '"ttl_seconds":%s,"retain_retired":%s}' % (
                    self.choose.randrange(5),
                    self.choose.choice(["null", "100000"]),
                    self.choose.choice(["null", "0", "60"]))
        if kind == 18:
            return "PUT", f"{path}/messages", self.messages(4)
        return ("DELETE", path, None) if self.choose.random() < 0.3 else \
            ("POST", f"{path}/save",
             '{"inputs":{"input":"i"},"outputs":{"output":"o"}}')

    def run(self, count, steps):
        for _ in range(steps):
            method, path, body = self.step()
            reply = self.client.request(method, path, body)
            count.check(reply.status < 300 or reply.status in (404, 412),
                        method, path, body, reply.status, reply.body)


def parts(choose, export):
    """Cut at line ends; a part that begins in a session says which."""
    lines = export.splitlines(keepends=True)
    session, at = b"", 0
    while at < len(lines):
        end = min(len(lines), at + choose.randrange(1, 12))
        part = b"".join(lines[at:end])
        if not lines[at].startswith(b'{"session"'):
            part = session + part
        session = next((line for line in reversed(lines[at:end])
                        if line.startswith(b'{"session"')), session)
        yield part
        at = end


def sights(client, export):
    """What clients see of every session."""
    names = [json.loads(line)["session"] for line in export.splitlines()
             if line.startswith(b'{"session"')]
    for name in names:
        path = f"/sessions/{quoted(name)}"
        for more in ("", "/messages?limit=10000", "/load",
                     "/messages?turns=2", "/messages?format=openai"):
            reply = client.get(path + more)
            yield name, more, reply.status, reply.body, reply.headers["ETag"]
    for query in ("?limit=1000", "?owner=u1", "?prefix=", "?metadata.k=1"):
        listed = client.get(f"/sessions{query}").json()["sessions"]
        yield query, sorted(json.dumps(one) for one in listed)


def same(count, seed, one, other, export):
    for here, there in zip(sights(one, export), sights(other, export)):
        count.check(here == there, seed, here, there)


def there_and_back(count, seed):
    with Server() as first, Server() as second:
        one, other = first.client(), second.client()
        history = History(seed, one)
        history.run(count, STEPS)
        export = one.get("/export").body
        for part in parts(history.choose, export):
            reply = other.post("/import", part)
            count.check(reply.status == 200, seed, reply.body, part[:500])
        count.check(other.get("/export").body == export,
                    f"{seed}: the export of the import differs")
        same(count, seed, one, other, export)
        for client in one, other:
            reply = client.post("/import", export)
            count.check(reply.status == 200 and
                        reply.json()["messages"] == 0, seed, reply.body)
            count.check(client.get("/export").body == export,
                        f"{seed}: importing it again changed it")
        both_go_on(count, seed, one, other, export)
        later(count, seed, one, other)


def both_go_on(count, seed, one, other, export):
    """The same changes have the same results; times differ."""
    for line in export.splitlines():
        if not line.startswith(b'{"session"'):
            continue
        path = f"/sessions/{quoted(json.loads(line)['session'])}"
        for method, more, body in (
                ("POST", "/messages", '["more",["ai","and more"]]'),
                ("DELETE", "/messages?oldest=1", None),
                ("PATCH", "", '{"metadata":{"again":1}}')):
            replies = [client.request(method, path + more, body)
                       for client in (one, other)]
            count.check(replies[0].headers["ETag"] ==
                        replies[1].headers["ETag"], seed, method, path,
                        [reply.body for reply in replies])


def later(count, seed, one, other):
    """What only grew since is brought by a later export."""
    for client in one, other:
        reply = client.post("/import", '{"session":"grows","messages":["1"]}')
        count.check(reply.status == 200, reply.body)
    early = one.get("/sessions/grows/export").body
    other.request("DELETE", "/sessions/grows")
    count.check(other.post("/import", early).status == 200, seed, early)
    one.post("/sessions/grows/messages", '["2","3"]')
    grown = one.get("/sessions/grows/export").body
    reply = other.post("/import", grown)
    count.check(reply.status == 200 and reply.json()["messages"] == 2,
                seed, reply.body)
    count.check(other.get("/sessions/grows/export").body == grown,
                f"{seed}: what grew is not the same")


def mutate(choose, lines):
    """Some of the lines, with a byte or a member that is another one."""
    at = choose.randrange(len(lines))
    some = [choose.choice(lines), *lines[at:at + choose.randrange(1, 8)]]
    for _ in range(choose.randrange(4)):
        which = choose.randrange(len(some))
        kind = choose.randrange(4)
        line = bytearray(some[which])
        if kind == 0:
            line[choose.randrange(len(line))] = choose.randrange(256)
        elif kind == 1:
            del line[choose.randrange(len(line))]
        elif kind == 2:
            line = choose.choice(lines)
        else:
            members = json.loads(choose.choice(lines))
            name = choose.choice(list(members) + ["dropped"])
            members[name] = choose.choice(
                [0, 1, 5, -1, "", "x", None, [], {}, True, "9f3kq0w2m5xvd"])
            line = json.dumps(members).encode() + b"\n"
        some[which] = bytes(line)
        if not line:
            break
    return b"".join(some)


def mutated(count, seed):
    """Whatever comes: all or nothing, and what is there can be moved on."""
    choose = random.Random(seed)
    with Server() as first, Server() as second:
        client = first.client()
        History(seed, client).run(count, STEPS)
        lines = client.get("/export").body.splitlines(keepends=True)
        client = second.client()
        for number in range(MUTATIONS):
            before = client.get("/export").body if number % 10 == 0 else None
            reply = client.post("/import", mutate(choose, lines))
            count.check(reply.status in (200, 400, 422), seed, reply.body)
            if before is not None and reply.status != 200:
                count.check(client.get("/export").body == before,
                            f"{seed}: refused, but something changed")
        export = client.get("/export").body
    with Server() as third:
        client = third.client()
        reply = client.post("/import", export)
        count.check(reply.status == 200, seed, reply.body)
        count.check(client.get("/export").body == export,
                    f"{seed}: what was made of mutations cannot be moved")


def main():
    count = Count()
    for seed in range(HISTORIES):
        there_and_back(count, seed)
    for seed in range(HISTORIES // 4):
        mutated(count, seed)
    count.close()


if __name__ == "__main__":
    main()
