#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""memory_fault_test.py - every allocation of a request fails once.

A preloaded allocator fails the nth allocation while one request is served,
alone or with all that follow.  The answer is 503, the right one, or none; it
is never a refusal of the client's good input.  Afterwards the next request
is right, and the history holds what was acknowledged or nothing of it.
"""

import collections
import http.client
import itertools
import os
import re
import struct
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, wait_for
from preloaded import Control, library
from upstream import Upstream

MESSAGES = [{"type": "human", "data": {"content": "a", "x": {"y": [1, 2]}},
             "id": "m-1"}, {"role": "assistant", "content": "b"},
            ["ai", "c\u00e9\ud83d"], "d"]
# NAME is the session's.
IMPORT = """{"session":"NAME","messages":[["human","first"],["ai","second"],
{"role":"user","content":"third"}],"metadata":{"a":1}}
{"session":"NAME-i","mark":"9f3kq0w2m5xvd","version":3,"last_seq":2,\
"message_count":1,"created_at":"2026-01-31T09:30:00.000Z","updated_at":\
"2026-01-31T09:30:00.000Z","owner":"o","memory":{"k":1},"metadata":{"b":"c"}}
{"seq":2,"id":"\\u00fc","created_at":"2026-01-31T09:30:00.000Z",\
"message":["ai","x"]}
""".replace(',\n{"role', ',{"role')
COMPLETIONS = {"stream": True, "metadata": {"k": "v"}, "messages": [
    {"role": "system", "content": "s"}, {"role": "user", "content": "a b"}]}
REQUESTS = (
    ("POST", "/messages", {"messages": MESSAGES, "metadata": {"a": 1}}),
    ("POST", "/save?input_key=i", {"inputs": {"i": "a", "j": "b"},
                                   "outputs": {"o": "c"}}),
    ("PUT", "", {"memory": {"k": 2, "class": "window"},
                 "metadata": {"a": {"b": 1}, "t": "c"}, "owner": "o",
                 "ttl_seconds": 60}),
    ("PATCH", "", {"metadata": {"a": {"b": None, "c": 2}}}),
    ("GET", "/messages?format=openai&type=human,ai", None),
    ("GET", "/messages?format=text&last=2", None),
    ("GET", "/load?return_messages=true", None),
    ("GET", "/load", None),
    ("GET", "", None),
    ("GET", "/export", None),
    ("POST", "/import", IMPORT),
    ("POST", "/chat", {"input": "a b"}),
    ("POST", "/chat?stream=true", {"input": "a b"}),
    ("POST", "/v1/chat/completions", COMPLETIONS),
    ("DELETE", "/messages", None),
    ("DELETE", "", None),
)
ERASURE = REQUESTS[-1]
ERASERS = 12        # servers that erase side by side
UNAVAILABLE = b'"code":"unavailable"'
SEEDED = [["human", "first"], ["ai", "second"]]


class Allocator(Control):
    """The file that the server's allocator looks at."""

    def arm(self, nth, sticky):
        self.memory[8:24] = struct.pack("qq", sticky, 0)
        self.memory[0:8] = struct.pack("q", nth)

    def disarm(self):
        """Returns how many allocations there were."""
        self.memory[0:8] = bytes(8)
        return struct.unpack("q", self.memory[16:24])[0]


def blur(path, body):
    """A reply without what differs from one session to the next."""
    name = path.rsplit("/", 1)[1].encode()
    body = body.replace(name, b"NAME")
    return re.sub(rb"[0-9a-z]{13}-(?=\d)|(?<=mark\":\")\w+|"
                  rb"\d{4}-\d\d-\d\dT[0-9:.]{12}Z", b"", body)


def state(client, path):
    """All that can be read of a session."""
    return [blur(path, client.get(path + suffix).body)
            for suffix in ("/messages", "/load", "")]


class Starving:
    """One kind of request, again and again with another failure."""

    def __init__(self, count, server, allocator, number):
        self.count = count
        self.server = server
        self.allocator = allocator
        self.number = number
        self.method, self.suffix, self.body = REQUESTS[number]
        self.client = server.client()
        self.sessions = 0
        path = self.session()
        self.before = state(self.client, path)
        self.right = self.ask(self.client, path)
        self.after = state(self.client, path)

    def session(self):
        """A new one, with two messages."""
        self.sessions += 1
        path = f"/sessions/starved-{self.number}-{self.sessions}"
        self.client.post(path + "/messages", SEEDED)
        return path

    def ask(self, client, path):
        if self.body is IMPORT:
            name = path.rsplit("/", 1)[1]
            reply = client.post("/import", IMPORT.replace("NAME", name),
                                headers={"Idempotency-Key": path})
            return reply.status, reply.body
        headers = {"Idempotency-Key": path, "If-Match": "*"}
        if self.body is COMPLETIONS:
            headers["X-Session-Id"] = path.rsplit("/", 1)[1]
        target = self.suffix if self.body is COMPLETIONS else \
            path + self.suffix
        reply = client.request(self.method, target, self.body, headers)
        # A stream that has begun is refused by its last event.
        begun = self.body is COMPLETIONS or \
            self.suffix.endswith("stream=true")
        status = 503 if begun and UNAVAILABLE in reply.body else reply.status
        return status, blur(path, reply.body)

    def attempt(self, path, nth, sticky):
        """The reply with this failure, or None; how many allocations."""
        client = self.server.client()
        self.allocator.arm(nth, sticky)
        try:
            return self.ask(client, path), self.allocator.disarm()
        except (OSError, http.client.HTTPException):
            return None, self.allocator.disarm()
        finally:
            client.close()

    def run(self, sticky, first=1, step=1):
        """Fails the first, the second, … until none is left."""
        statuses = collections.Counter()
        for nth in itertools.count(first, step):
            path = self.session()
            reply, allocations = self.attempt(path, nth, sticky)
            self.judge(f"{self.method} {self.suffix}, allocation {nth}, "
                       f"sticky {sticky}:", path, reply)
            statuses[reply and reply[0]] += 1
            if allocations < nth:
                break
        print(f"{self.method:6} {self.suffix[:20]:20} sticky {sticky}: "
              f"{nth - 1} allocations, {dict(statuses)}", flush=True)
        self.count.check(nth > 10, "hardly an allocation")

    def judge(self, what, path, reply):
        """The answer, what is stored, and that the next request is right."""
        # A turn goes on when its client has gone.
        wait_for(lambda: b"\nchatmem_tasks 0\n" in
                 self.client.get("/metrics").body)
        after = state(self.client, path)
        if reply and b'"code":"unknown"' in reply[1]:
            reply = None
        if reply and reply[0] != 503:
            self.count.check(reply == self.right, what, reply)
            self.count.check(after == self.after, what, reply[0], after)
        elif reply:
            self.count.check(after == self.before, what, 503, after)
        else:
            self.count.check(after in (self.before, self.after), what,
                             "no answer", after)
        # What an erasure left to do must not be what fails next.
        if REQUESTS[self.number] == ERASURE and after == self.after:
            self.client.request("DELETE", path)
        if after == self.before:
            again = self.ask(self.client, path)
            self.count.check(again == self.right, what, "then", again)


def starve(count, path, url, requests, first=1, step=1):
    """These requests, one after the other, at a server of their own."""
    with tempfile.TemporaryDirectory() as directory:
        allocator = Allocator(directory, 4096)
        # Memory is short here and no power is cut: most of the time would
        # go into waiting for the disk.
        server = Server("--llm-url", url, "--durability", "normal",
                        preload=path, env={"MALLOC_FAULT": allocator.path})
        for number, request in requests:
            try:
                starving = Starving(count, server, allocator, number)
                starving.run(0, first, step)
                # An erasure waits until there is memory again.
                if request != ERASURE:
                    starving.run(1, first, step)
            except OSError as error:
                count.check(False, request[:2], "the server is gone:", error,
                            "status", server.process.poll(),
                            "".join(server.log[-20:]))
                server.start()
        count.stopped(server)


def main():
    count = Count()
    upstream = Upstream()
    requests = list(enumerate(REQUESTS))
    with tempfile.TemporaryDirectory() as directory:
        path = library("malloc_fault", directory)
        starve(count, path, upstream.url, requests[:-1])
        # An erasure that fails is tried again when the writer is idle.
        with ThreadPoolExecutor(ERASERS) as pool:
            for done in [pool.submit(
                    starve, count, path, upstream.url, requests[-1:],
                    first, ERASERS) for first in range(1, ERASERS + 1)]:
                done.result()
    count.close()


if __name__ == "__main__":
    main()
