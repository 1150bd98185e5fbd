#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recent_test.py - no read is older than what was acknowledged before it.

    tests/server/recent_test.py [REQUESTS]

Each session has one writer, which knows what the session says at each version,
and readers beside it: what they read is what was said at its version, and that
is none below the one that was acknowledged, or read, before they asked.
"""

import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Server

REQUESTS = 4000 if LONG else 400    # of each writer
WRITERS = 4
READERS = 4
# Their queries, and how many of the newest messages they show; None: all.
READS = (("messages?last=3", 3), ("messages?last=40", 40),
         ("messages?order=desc&limit=2", 2), ("messages", None),
         ("load?last=4&return_messages=true", 4),
         ("load?return_messages=true", None))


class Talk:
    """A session, and what it says at each version; erased, it begins anew."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.begin(0)

    def begin(self, life):
        self.life = life
        self.acknowledged = 0
        self.seqs = 0
        self.said = {0: []}

    def now(self):
        with self.lock:
            return self.life, self.acknowledged


class Writer(threading.Thread):
    """Its requests, one after the other, each acknowledged."""

    def __init__(self, server, talk, requests, problems):
        super().__init__(daemon=True)
        self.client, self.talk = server.client(), talk
        self.requests, self.problems = requests, problems
        self.choose = random.Random(talk.name)
        self.path = f"/sessions/{talk.name}"

    def said(self):
        return list(self.talk.said[self.talk.acknowledged])

    def expect(self, method, path, body, texts, steps=1):
        """So many versions later it says this."""
        talk = self.talk
        with talk.lock:
            version = talk.acknowledged + steps
            talk.said[version] = texts
        reply = self.client.request(method, self.path + path, body)
        if reply.status not in (200, 201):
            self.problems.append((method, path, reply.status, reply.body))
        with talk.lock:
            talk.acknowledged = version

    def append(self):
        texts = self.said()
        count = self.choose.randint(1, 3)
        for _ in range(count):
            self.talk.seqs += 1
            texts.append((self.talk.seqs, f"{self.talk.seqs}"))
        self.expect("POST", "/messages", [text for _, text in texts[-count:]],
                    texts, count)

    def edit(self):
        texts = self.said()
        if texts:
            at = self.choose.randrange(len(texts))
            seq, text = texts[at]
            texts[at] = (seq, text + "'")
            self.expect("PUT", f"/messages/{seq}", {
                "type": "human", "data": {"content": text + "'"}}, texts)

    def drop(self):
        if texts := self.said():
            self.expect("DELETE", "/messages?last=1", None, texts[:-1])

    def clear(self):
        if self.said():
            self.expect("DELETE", "/messages", None, [])

    def note(self):
        if self.talk.acknowledged:
            self.expect("PATCH", "", {"metadata": {
                "at": self.talk.acknowledged}}, self.said())

    def erase(self):
        """From then on nothing of before is read."""
        if not self.talk.acknowledged:
            return
        with self.talk.lock:
            self.talk.life = None
        reply = self.client.request("DELETE", self.path)
        if reply.status != 200:
            self.problems.append(("erase", reply.status, reply.body))
        with self.talk.lock:
            self.talk.begin(self.requests)

    def run(self):
        wishes = ((self.append, 12), (self.edit, 3), (self.drop, 2),
                  (self.note, 1), (self.clear, 0.3), (self.erase, 0.3))
        actions, weights = zip(*wishes)
        while self.requests and not self.problems:
            self.choose.choices(actions, weights)[0]()
            self.requests -= 1


class Reader(threading.Thread):
    def __init__(self, server, talks, number, problems):
        super().__init__(daemon=True)
        self.client, self.talks = server.client(), talks
        self.problems, self.over = problems, False
        self.choose = random.Random(number)
        self.last = {}              # by talk: its life, and the version read
        self.read = 0

    def version(self, talk, reply):
        """That of the ETag, if it is of this life."""
        return int(reply.headers["ETag"].strip('"').split("-")[0])

    def ask(self, talk):
        life, least = talk.now()
        query, newest = self.choose.choice(READS)
        reply = self.client.get(f"/sessions/{talk.name}/{query}")
        with talk.lock:
            if life is None or talk.life != life:
                return
            if self.last.get(talk, (life, 0))[0] == life:
                least = max(least, self.last.get(talk, (life, 0))[1])
            version = self.version(talk, reply)
            said = talk.said.get(version)
        self.read += 1
        self.last[talk] = life, version
        value = reply.json()
        texts = [message["data"]["content"] for message in
                 value.get("messages") or value.get("history") or []]
        if "desc" in query:
            texts.reverse()
        wanted = said and [text for _, text in said][-(newest or len(said)):]
        if version < least or (said is not None and texts != (wanted or [])):
            self.problems.append((talk.name, query, "version", version,
                                  "not below", least, texts, wanted))

    def run(self):
        while not self.over and not self.problems:
            self.ask(self.choose.choice(self.talks))


SAID = "messages?last=3", "load?last=3", "load?return_messages=true"


def without(headers):
    """The header fields of a reply, but for those that each has anew."""
    return {name: value for name, value in headers.items()
            if name not in ("X-Request-Id", "Date")}


def again(server, count):
    """Asked again and again, it says the same until something has changed."""
    client, other = server.client(), server.client()
    path = "/sessions/again"

    def asked(query):
        replies = [client.get(f"{path}/{query}") for _ in range(4)]
        count.check(len({(reply.status, reply.body) for reply in replies}) == 1
                    and all(without(reply.headers) == without(
                        replies[0].headers) for reply in replies),
                    query, [(reply.headers, reply.body) for reply in replies])
        unchanged = other.get(f"{path}/{query}", headers={
            "If-None-Match": replies[0].headers["ETag"]})
        count.check(unchanged.status == 304 and not unchanged.body, query,
                    "unchanged", unchanged.status, unchanged.body)
        head = other.request("HEAD", f"{path}/{query}")
        count.check(without(head.headers) == without(replies[0].headers),
                    query, "HEAD", head.headers, replies[0].headers)
        return replies[-1].body

    def changed(method, rest, body, *queries):
        before = {query: asked(query) for query in SAID}
        client.request(method, path + rest, body)
        for query in SAID:
            count.check((asked(query) != before[query]) == (query in queries),
                        query, "after", method, rest)

    changed("POST", "/messages", ["Hi!"], *SAID)
    changed("POST", "/save", {"inputs": {"input": "You?"},
                              "outputs": {"output": "Me."}}, *SAID)
    changed("PUT", "/messages/1", {"type": "human", "data": {
        "content": "Ho!"}}, *SAID)
    changed("PATCH", "", {"memory": {"human_prefix": "I"}},
            "messages?last=3", "load?last=3")
    changed("DELETE", "/messages?last=1", None, *SAID)
    changed("DELETE", "", None, *SAID)
    changed("POST", "/messages", ["Hi!"], *SAID)
    # With a body, a past or the arguments of a tool it is another question.
    inputs = {"input": "Hm?"}
    count.check(client.post(f"{path}/load?last=3", inputs).status == 200)
    count.check(client.get(f"{path}/messages?last=3&as_of=0").json()
                ["messages"] == [])
    for last in 0, 1, 0:
        called = client.post("/mcp", {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": "load", "arguments": {
                    "session": "again", "last": last}}}).json()
        count.check(called["result"]["structuredContent"] == {
            "history": "Human: Hi!" if last else ""}, called)


def main():
    requests = int(sys.argv[1]) if sys.argv[1:] else REQUESTS
    count, problems = Count(), []
    with Server() as server:
        again(server, count)
        talks = [Talk(f"talk-{number}") for number in range(WRITERS)]
        writers = [Writer(server, talk, requests, problems) for talk in talks]
        readers = [Reader(server, talks, number, problems)
                   for number in range(READERS)]
        for thread in writers + readers:
            thread.start()
        for writer in writers:
            writer.join()
        for reader in readers:
            reader.over = True
            reader.join()
        count.check(not problems, *problems[:3])
        count.check(all(reader.read for reader in readers), "nothing was read")
        print(sum(reader.read for reader in readers), "reads beside",
              requests * WRITERS, "writes")
    count.close()


if __name__ == "__main__":
    main()
