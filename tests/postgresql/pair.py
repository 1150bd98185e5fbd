# SPDX-License-Identifier: MIT
"""pair.py - two servers over one database, and requests that take their time.
"""

import sys
import threading

from cluster import Database
from harness import Count, Server, history

count = Count()


def said(text):
    return {"type": "human", "content": text}


def texts(client, name):
    return [text for _, text in history(client, name)]


class Pair:
    """Two servers, and a client of each."""

    def __init__(self, database, *arguments):
        self.database = database
        if "--db" not in arguments:
            arguments += ("--db", database.url())
        self.servers = [Server(*arguments)
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


def run(parts):
    """All of them, or those that have a word of the command in their name."""
    database = Database(lets_in="local replication all trust\n")
    try:
        for part in parts:
            if not sys.argv[1:] or any(word in part.__name__
                                       for word in sys.argv[1:]):
                part(database)
    finally:
        database.end()
    count.close()
