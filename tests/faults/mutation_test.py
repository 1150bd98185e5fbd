#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutation_test.py - valid requests, damaged at random.

The server goes on answering, and what is stored changes only with a 2xx.
The requests are those of tests/exchanges that succeed.  `mutation_test.py
SEED` runs the same mutations again.
"""

import collections
import glob
import json
import os
import random
import re
import socket
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(sys.path[0], "exchanges"))

from exchange_test import ask, parse
from harness import LONG, TESTS, Count, Server, encode, wait_for

MUTATIONS = 20000 if LONG else 1000
OPEN = 50           # conversations whose answer may still come
PIECES = [encode(piece) for piece in (
    '"', "\\", "{", "}", "[", "]", ",", ":", "null", "-", "1e999", "\\u0000",
    "\\ud800", "%00", "%2F", "..", "/", "?", "&", "=", "\r\n", "\n", " ",
    "\t", ":", "Content-Length: 5", "Transfer-Encoding: chunked", "\r\n\r\n",
    "Host: a", "A" * 5000, "[" * 100, '{"a":' * 70, "é", "\U0001f600",
    '"role":"user"', '"type":"ai"', '"id":"x"', '"content":null')]
PIECES += [b"\xff", b"\x00", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbb\xbf"]


def valid_requests():
    """The exchanges' requests that get a 2xx, as (head, body).

    Left out are those that need a header or something from an earlier reply.
    """
    for path in sorted(glob.glob(f"{TESTS}/exchanges/*.txt")):
        for kind, exchange in parse(path):
            if kind != "exchange" or exchange.status not in (200, 201) or \
                    exchange.headers:
                continue
            body = "\n".join(exchange.request).rstrip("\n")
            try:
                target, body = ask(exchange.path, {}), ask(body, {})
            except KeyError:
                continue
            yield (encode(exchange.method) + b" " + target +
                   b" HTTP/1.1\r\nHost: localhost\r\n", body)


def mutate(choose, data):
    """One to three damages."""
    data = bytearray(data)
    for _ in range(choose.choice((1, 1, 2, 3))):
        at = choose.randrange(len(data) + 1)
        to = min(len(data), at + choose.choice((1, 1, 2, 5, 40)))
        data[at:to] = choose.choice((
            lambda: b"",
            lambda: data[at:to] + choose.choice(PIECES),
            lambda: choose.choice(PIECES),
            lambda: data[at:to] * 2,
            lambda: bytes(choose.randrange(256) for _ in range(to - at)),
            lambda: bytes(byte ^ 1 << choose.randrange(8)
                          for byte in data[at:to]),
        ))()
    return bytes(data)


def places(value):
    """Yields (container, key) of each member and element in it."""
    keys = value if isinstance(value, dict) else \
        range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def other_value(choose, body):
    """JSON in which a member is gone, or is something else."""
    value = json.loads(body)
    found = list(places(value))
    if not found:
        return b"{}"
    container, key = choose.choice(found)
    if choose.randrange(2):
        del container[key]
    else:
        container[key] = choose.choice((None, {}, [], "", 0, -1, True, "x",
                                        [None], {"a": None}))
    return encode(json.dumps(value))


def damaged(choose, head, body):
    """The request with a damage in its body, its head or anywhere."""
    where = choose.randrange(4)
    if where == 0 and body:
        body = mutate(choose, body)
    elif where == 3 and body[:1] in (b"{", b"["):
        try:
            body = other_value(choose, body)
        except ValueError:  # lines, each of which is JSON
            body = mutate(choose, body)
    elif where == 1:
        head = mutate(choose, head)
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    data = head + length + b"\r\n" + body
    return mutate(choose, data) if where == 2 else data


class Conversation:
    """A connection of one's own; what is sent is seldom a whole request."""

    def __init__(self, port, data):
        self.got = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        try:
            self.socket.sendall(data)
            self.listen(0.02)
        except ConnectionError:
            pass

    def listen(self, seconds):
        """Reads what comes within this time; False if nothing did."""
        self.socket.settimeout(seconds)
        try:
            more = self.socket.recv(1 << 20)
            self.got += more
            return bool(more)
        except (TimeoutError, ConnectionError):
            return False

    def succeeded(self):
        """True if a request in it, perhaps a later one, has got a 2xx."""
        self.listen(0.001)
        return bool(re.search(rb"HTTP/1\.1 20[0-9] ", self.got))


def one_succeeds(conversations):
    """Takes out the one that gets a 2xx: the last, or one that was slow."""
    def found():
        for conversation in reversed(conversations):
            if conversation.succeeded():
                conversations.remove(conversation)
                conversation.socket.close()
                return True
        return False
    return wait_for(found)


class Watch:
    """What clients can see of the tables, seen from another process.

    What is left of an erased session goes later and is nobody's business.
    """

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True,
                                  isolation_level=None)
        self.db.text_factory = bytes

    def version(self):
        return self.db.execute("PRAGMA data_version").fetchone()

    def rows(self):
        return [self.db.execute(sql).fetchall() for sql in (
            "SELECT id, tenant, name, mark, last_seq, edits, removed,"
            " ttl_seconds, retain_retired, owner, memory, metadata"
            " FROM session",
            "SELECT message.* FROM message"
            " JOIN session USING (history)")]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else \
        int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}, {MUTATIONS} mutations")
    choose = random.Random(seed)
    requests = [(head, body) for head, body in valid_requests()
                if len(body) < 100000]
    count = Count()
    server = Server()
    client = server.client()
    watch = Watch(server.database)
    version, rows, stored = watch.version(), watch.rows(), 0
    open_ones = collections.deque()     # without a 2xx until now
    for number in range(MUTATIONS):
        data = damaged(choose, *choose.choice(requests))
        conversation = Conversation(server.port, data)
        right = client.get("/healthz").status == 200
        open_ones.append(conversation)
        done = conversation.succeeded()     # what it stored is seen now
        now = watch.version()
        if now != version:
            version, before, rows = now, rows, watch.rows()
            stored += rows != before
            right &= rows == before or one_succeeds(open_ones)
        if not count.check(right, f"mutation {number}: {data[:2000]!r}\n"
                           f"  {conversation.got[:1000]!r}"):
            break
        if done and conversation in open_ones:
            open_ones.remove(conversation)
            conversation.socket.close()
        if len(open_ones) > OPEN:
            open_ones.popleft().socket.close()
    print(f"{stored} of them stored something, with a 2xx")
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
