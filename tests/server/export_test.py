#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""export_test.py - lines of sessions: as they were, whole, and no more.

A slow reader gets each session as of its first line whatever happens to it
meanwhile; what cannot be shown so is dropped in words; an answer that was not
finished is seen not to be.
"""

import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, PATIENCE, Count, Server, wait_for
from import_test import NAMES, History, quoted

SLOW = 64 << 10
SEEDS = 20 if LONG else 4


class Reader:
    """Reads an export as slowly as it is told to."""

    def __init__(self, server, path="/export"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n"
                            f"Host: 127.0.0.1:{server.port}\r\n"
                            "Connection: close\r\n\r\n".encode())
        self.raw = bytearray()
        # The head may come alone; the first line is made after it.
        while b'{"' not in self.raw:
            had = len(self.raw)
            try:
                self.more(1)
            except ConnectionResetError:
                break
            if len(self.raw) == had:
                break

    def more(self, size):
        """Takes at least so many bytes, if they come."""
        end = len(self.raw) + size
        while len(self.raw) < end and (data := self.socket.recv(SLOW)):
            self.raw += data

    def body(self):
        """The rest; None if it was not all."""
        try:
            self.more(1 << 40)
        except ConnectionResetError:
            pass
        self.socket.close()
        body, at = bytearray(), self.raw.index(b"\r\n\r\n") + 4
        while at < len(self.raw):
            end = self.raw.find(b"\r\n", at)
            size = int(self.raw[at:end], 16) if end > 0 else -1
            if size <= 0:
                return bytes(body) if size == 0 else None
            body += self.raw[end + 2:end + 2 + size]
            at = end + size + 4
        return None


def fill(client, session, letter, messages=40, size=200000):
    texts = [f"{i}:" + letter * size for i in range(messages)]
    each = max(1, 8_000_000 // size)
    for first in range(0, messages, each):
        reply = client.post(f"/sessions/{session}/messages",
                            json.dumps(texts[first:first + each]))
        assert reply.status == 201, reply.body


def sessions(body):
    """Splits an export: the session's line and its messages' lines."""
    found = []
    for line in body.splitlines():
        if line.startswith(b'{"session"'):
            found.append([])
        found[-1].append(line)
    return found


def while_it_changes(count, server, client):
    """Whatever changes, a session is as its first line says."""
    fill(client, "m", "m")
    fill(client, "n", "n", messages=3)
    before = client.get("/sessions/m/export").body
    reader = Reader(server)
    changes = (
        ("PUT", "/sessions/m/messages/30", '"edited"'),
        ("DELETE", "/sessions/m/messages/38", None),
        ("POST", "/sessions/m/messages", '["new"]'),
        ("DELETE", "/sessions/m/messages?last=5", None),
        ("PATCH", "/sessions/m", '{"metadata":{"a":1}}'),
        ("POST", "/sessions/m/fork", '{"id":"z"}'),
        ("DELETE", "/sessions/m/messages", None),
        ("POST", "/sessions/m/messages", '["after the end"]'),
        ("POST", "/sessions/n/messages", '["before its line"]'),
        ("PUT", "/sessions/a", "{}"),
    )
    for method, path, body in changes:
        reply = client.request(method, path, body)
        count.check(reply.status < 300, method, path, reply.body)
    first, second, fork = sessions(reader.body())
    count.check(b"\n".join(first) + b"\n" == before,
                "a session is not as of its first line")
    count.check(b"before its line" in second[-1],
                "a session whose line was to come is as it was before")
    count.check(len(fork) == 36 and b'"z"' in fork[0],
                f"a fork of {len(fork)} lines")


def while_it_ends(count, server, client):
    """Erased: dropped, the next one follows."""
    fill(client, "m", "m")
    reader = Reader(server)
    reply = client.request("DELETE", "/sessions/m")
    count.check(reply.status == 200, reply.body)
    first, last, following = sessions(reader.body())[1:4]
    mark = json.loads(first[0])["mark"]
    count.check(len(first) < 40, "it was all written before it was erased")
    count.check(json.loads(last[0]) == {
        "session": "m", "mark": mark, "dropped": True}, last[0][:200])
    count.check(json.loads(following[0])["session"] == "n",
                following[0][:200])


def while_nothing_is_retained(count, server, client):
    """What it was is not kept: dropped, and begun anew."""
    client.request("PUT", "/sessions/m", {"retain_retired": 0})
    fill(client, "m", "m")
    reader = Reader(server, "/sessions/m/export")
    reply = client.request("DELETE", "/sessions/m/messages/39")
    count.check(reply.status == 200, reply.body)
    first, dropped, again = sessions(reader.body())
    count.check(len(first) < 40 and json.loads(dropped[0])["dropped"],
                dropped[0][:200])
    count.check(b"\n".join(again) + b"\n" ==
                client.get("/sessions/m/export").body,
                "the second attempt is not the session as it is")


def while_anything_happens(count, seed, server, client):
    """Every session is as the server says that it was at that version."""
    history = History(seed, client)
    for name in NAMES:
        fill(client, quoted(name), "x", messages=15)
    reader, before = Reader(server), -1
    while len(reader.raw) > before:
        before = len(reader.raw)
        history.run(count, 4)
        reader.more(400000)
    shown = dropped = 0
    for first, *lines in sessions(reader.body()):
        head = json.loads(first)
        if "dropped" in head:
            dropped += 1
            continue
        then = client.get(f"/sessions/{quoted(head['session'])}/messages"
                          f"?limit=10000&as_of={head['version']}")
        if then.status != 200 or head["mark"] not in then.headers["ETag"]:
            continue
        shown += 1
        count.check(len(lines) == head["message_count"] and
                    [brief(json.loads(line)) for line in lines] ==
                    [brief(message) for message
                     in then.json()["messages"]], seed, first)
    count.check(shown > 1, f"{seed}: hardly a session is left")
    return shown, dropped


def brief(message):
    return [message.get(name) for name in
            ("seq", "id", "created_at", "updated_at", "client_created_at")]


def memory_of(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) >> 10 for line in file
                    if line.startswith("VmRSS"))


def in_constant_memory(count):
    """200 MB in messages of 200 kB, to a reader that takes its time."""
    with Server() as server:
        client = server.client()
        fill(client, "long", "x", messages=1000)
        client.get("/sessions/long/messages?last=1")
        before = memory_of(server)
        reader = Reader(server)
        most, size = 0, 0
        while True:
            had = len(reader.raw)
            reader.more(4 << 20)
            size += len(reader.raw) - had
            most = max(most, memory_of(server))
            if len(reader.raw) == had:
                break
            reader.raw.clear()
        count.check(size > 200_000_000, f"{size} bytes")
        count.check(most - before <= 24,
                    f"{before} MB before, {most} MB at most")
        print(f"{size >> 20} MB exported, {before} MB before, "
              f"{most} MB at most")


OVER = "the bodies in flight"


def in_bounded_memory(count):
    """What slow readers are sent counts among the bodies in flight."""
    with Server() as server:
        client = server.client()
        fill(client, "long", "x", messages=2, size=8_000_000)
        wanted = len(client.get("/export").body)
        readers = [Reader(server) for _ in range(40)]
        held = server.metric("chatmem_body_bytes")
        # A tenant leaves a quarter of 256 MiB to others.
        count.check(180_000_000 < held <= 192 << 20, f"{held} bytes held")
        count.check(server.says(OVER), "nobody was refused")
        # The first to come have room, and the last of those gets all of it.
        while (body := readers.pop().body()) is None:
            pass
        count.check(len(body) == wanted, f"{len(body)} of {wanted} bytes")
        # A reader behind it may have been broken off meanwhile.
        broken = 39 - len(readers)
        count.check(wait_for(lambda: sum(
            OVER in line for line in server.log) >= broken),
                    f"{broken} broke off, not all for want of room")
        count.check(12 < broken < 18, f"{broken} of 40 broke off")
        for reader in readers:
            reader.socket.close()
        count.check(wait_for(lambda: not server.metric("chatmem_body_bytes")),
                    "still held")
        count.check(len(Reader(server).body()) == wanted, "no more")


def when_the_server_stops(count):
    """A reader that reads gets all of it."""
    server = Server("--drain-timeout", "3600")
    client = server.client()
    fill(client, "m", "m", messages=100)
    whole = client.get("/export").body
    client.close()
    reader = Reader(server)
    server.process.send_signal(signal.SIGTERM)
    count.check(server.says("stopping"), "no end")
    count.check(reader.body() == whole, "the end cut what was read")
    server.process.wait(PATIENCE)
    count.stopped(server)


def when_it_gives_up(count):
    """A reader that does not read sees that it is not all."""
    server = Server("--drain-timeout", "1")
    client = server.client()
    fill(client, "m", "m", messages=100)
    client.close()
    reader = Reader(server)
    count.stopped(server)
    count.check(reader.body() is None, "a part looked like the whole")


def expired(directory, count):
    """A hundred thousand sessions that have, and one that has not, last."""
    with Server(directory=directory) as server:
        client = server.client()
        client.request("PUT", "/sessions/z", {})
        client.request("PUT", "/sessions/a", {"ttl_seconds": 3600})
        client.close()
        count.stopped(server)
        with sqlite3.connect(server.database) as file:
            names = [row[1] for row in
                     file.execute("PRAGMA table_info(session)")]
            values = {"id": "at", "history": "at", "name": "name || at",
                      "created_at": "created_at - 7200000",
                      "touched_at": "touched_at - 7200000",
                      "checksum": "NULL"}
            file.execute(
                "WITH RECURSIVE n (at) AS (SELECT 10 UNION ALL SELECT at + 1"
                f" FROM n WHERE at < 100000) INSERT INTO session"
                f" ({', '.join(names)}) SELECT"
                f" {', '.join(values.get(name, name) for name in names)}"
                " FROM session, n WHERE name = 'a'")
            file.execute("UPDATE session SET touched_at = touched_at - 7200000"
                         ", checksum = NULL WHERE name = 'a'")
            made = file.execute("SELECT count(*) FROM session").fetchone()[0]
            count.check(made == 99_993, f"{made} sessions were made")
        file.close()


def with_what_is_archived(count):
    """A client's own window moves on: the transcript is exported, in order."""
    server = Server()
    client = server.client()
    texts = [f"{i}:" + "x" * 1000 for i in range(3000)]
    for first in range(0, 2900, 100):
        client.request("PUT", "/sessions/w/messages?dropped=archive",
                       json.dumps(texts[first:first + 150]))
    lines = client.get("/sessions/w/export").body
    head, *rest = (json.loads(line) for line in lines.splitlines())
    count.check(head["message_count"] == 150, head)
    count.check([line["message"] for line in rest] == texts[:2950],
                f"{len(rest)} lines of a transcript")
    count.check(sum("archived" in line for line in rest) == 2800,
                "what is archived says so")
    client.request("DELETE", "/sessions/w")
    reply = client.post("/import", lines)
    count.check(reply.json()["messages"] == 2950, reply.body)
    count.check(client.get("/sessions/w/export").body == lines,
                "it is exported again as it was")
    client.close()
    count.stopped(server)


def past_what_has_expired(count):
    with tempfile.TemporaryDirectory() as directory:
        expired(directory, count)
        with Server(directory=directory) as server:
            body = Reader(server).body()
            count.check(body and [json.loads(line)["session"] for line in
                                  body.splitlines()] == ["z"],
                        "an export past what has expired is", body)
            count.stopped(server)


def main():
    count = Count()
    server = Server()
    client = server.client()
    while_it_changes(count, server, client)
    while_it_ends(count, server, client)
    while_nothing_is_retained(count, server, client)
    client.close()
    count.stopped(server)
    figures = []
    for seed in range(SEEDS):
        with Server() as server:
            figures.append(while_anything_happens(count, seed, server,
                                                  server.client()))
    print("shown and dropped:", figures)
    with_what_is_archived(count)
    past_what_has_expired(count)
    in_constant_memory(count)
    in_bounded_memory(count)
    when_the_server_stops(count)
    when_it_gives_up(count)
    count.close()


if __name__ == "__main__":
    main()
