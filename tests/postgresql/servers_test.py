#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""servers_test.py - two servers over one PostgreSQL keep every promise.

    tests/postgresql/servers_test.py            everything
    tests/postgresql/servers_test.py WORD...    the parts with such a name
"""

import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import Database
from harness import Count, Server, history, wait_for

count = Count()


def said(text):
    return {"type": "human", "content": text}


def texts(client, name):
    return [text for _, text in history(client, name)]


class Pair:
    """Two servers, and a client of each."""

    def __init__(self, database, *arguments):
        self.database = database
        self.servers = [Server("--db", database.url(), *arguments)
                        for _ in range(2)]
        self.a, self.b = (server.client() for server in self.servers)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        for server in self.servers:
            count.stopped(server)


class Later(threading.Thread):
    """A request whose answer comes when it comes."""

    def __init__(self, server, method, path, body=None, headers=()):
        super().__init__(daemon=True)
        self.client = server.client()
        self.what = (method, path, body, headers)
        self.reply = None
        self.start()

    def run(self):
        self.reply = self.client.request(*self.what)

    def status(self):
        self.join()
        return self.reply.status if self.reply else None


# --- the parts ---------------------------------------------------------------

def requests_alternate(database):
    """What one server stored the other one knows at once."""
    with Pair(database) as pair:
        for i in range(10):
            to = (pair.a, pair.b)[i % 2]
            reply = to.post("/sessions/alternating/messages", said(f"{i}"),
                            headers={"If-Match": reply.headers["ETag"]}
                            if i else {})
            count.check(reply.status == 201 and
                        reply.json()["messages"][0]["seq"] == i + 1,
                        "an append at its version", reply.body)
        for client in (pair.a, pair.b):
            count.check(texts(client, "alternating") ==
                        [f"{i}" for i in range(10)], "all of them, in order")


def reads_wait_elsewhere(database):
    """A read that waits for the database keeps no other connection waiting."""
    with Pair(database) as pair:
        server, client = pair.servers[1], pair.b
        pair.a.post("/sessions/base/messages", said("here"))
        pair.a.post("/sessions/base/fork", {"id": "read"})
        other = database.session()
        other.run("BEGIN; LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        reads = [Later(server, "GET", "/sessions/read/messages")
                 for _ in range(8)]
        count.check(wait_for(lambda: database.waiting(8)),
                    "eight reads wait for the lock")
        for path in ("/healthz", "/metrics", "/openapi.json", "/",
                     "/sessions"):
            count.check(client.get(path).status == 200,
                        "beside reads that wait", path)
        other.run("COMMIT")
        other.end()
        count.check([read.status() for read in reads] == [200] * 8,
                    "then they are answered")


def tails_leave_readers(database):
    """Those that follow have half of the readers."""
    with Pair(database, "--db-readers", "2") as pair:
        server, client = pair.servers[1], pair.b
        for i in range(3):
            pair.a.post("/sessions/tail/messages", said(f"{i}"))
        other = database.session()
        other.run("BEGIN; LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        tails = [server.client() for _ in range(6)]
        for tail in tails:
            tail.send(b"GET /sessions/tail/events?after=0 HTTP/1.1\r\n"
                      b"Host: 127.0.0.1:%d\r\n\r\n" % server.port)
        count.check(wait_for(lambda: server.metric("chatmem_tails") == 6 and
                             database.waiting(1)), "six tails, one reads")
        count.check(client.get("/sessions").status == 200,
                    "a read passes those that follow")
        other.run("COMMIT")
        other.end()
        for tail in tails:
            got = b""
            while b'"content":"2"' not in got:
                got += tail.socket.recv(65536)
            count.check(b'"content":"0"' in got, "a tail has all of it")
            tail.close()


PARTS = (requests_alternate, reads_wait_elsewhere, tails_leave_readers)


def main():
    database = Database()
    try:
        for part in PARTS:
            if not sys.argv[1:] or any(word in part.__name__
                                       for word in sys.argv[1:]):
                part(database)
    finally:
        database.end()
    count.close()


main()
