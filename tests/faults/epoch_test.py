#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""epoch_test.py - what was given out before a restore, and after it.

A backup does not know what came after it.  Whatever a server gave since then
(ETags, ids of events and of messages) names nothing of the restored file, and
is never given to anything else; what the backup has keeps its ids.
"""

import gzip
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

from command_test import run
from harness import TESTS, Count, Server

READS = ("/sessions/{}", "/sessions/{}/messages", "/sessions/{}/load",
         "/sessions/{}/messages/2")
# The sessions of the backup: as they are made, edited, cut, forked.
BEFORE = ("plain", "edited", "cleared", "parent", "child")


class Given:
    """All that clients were ever told: ETags, ids of events and messages."""

    def __init__(self):
        self.etags, self.events = set(), set()
        self.messages = {}  # id: (session, text)

    def read(self, client, session):
        """The ETag, and the messages as (id, text)."""
        replies = [client.get(path.format(session)) for path in READS]
        etags = {reply.headers["ETag"] for reply in replies} - {None}
        rows = [(message["id"], message["data"]["content"])
                for message in replies[1].json()["messages"]]
        return etags, rows

    def take(self, client, session):
        etags, rows = self.read(client, session)
        self.etags |= etags
        self.events |= {etag.strip('"') for etag in etags}
        for name, text in rows:
            self.messages.setdefault(name, (session, text))
        return etags, rows


def same(known, text):
    """An edit keeps the id."""
    return known == text or text.endswith((" edited", " copied"))


def texts(session, *numbers):
    return [f"{session} {number}" for number in numbers]


def fill(client):
    for session in BEFORE[:-1]:
        client.post(f"/sessions/{session}/messages", texts(session, 1, 2, 3))
    client.request("PUT", "/sessions/edited/messages/2", '"edited 2 again"')
    client.request("DELETE", "/sessions/cleared/messages")
    client.post("/sessions/cleared/messages", texts("cleared", 4, 5))
    client.post("/sessions/parent/fork", {"id": "child"})
    client.post("/sessions/child/messages", texts("child", 4))


def go_on(client, round):
    """What every life of the server writes behind the backup."""
    for session in BEFORE:
        client.post(f"/sessions/{session}/messages",
                    texts(session, f"{round}-1", f"{round}-2"))
    client.request("PUT", "/sessions/plain/messages/4",
                   json.dumps(f"{round} edited"))
    client.request("PUT", "/sessions/child/messages/1",
                   json.dumps(f"{round} copied"))
    client.post("/sessions/plain/fork", {"id": "twig"})
    client.post("/sessions/new/messages", texts("new", round))
    client.request("DELETE", "/sessions/cleared/messages")
    client.post("/sessions/cleared/messages", texts("cleared", round))


def event_of(client, session, last):
    """The name of the first event that a reader gets, or None."""
    client.send((f"GET /sessions/{session}/events HTTP/1.1\r\nHost: "
                 f"127.0.0.1:{client.port}\r\nLast-Event-ID: {last}\r\n\r\n"
                 ).encode())
    data = b""
    while b"\nid: " not in data:
        data += client.socket.recv(4096)
    client.close()
    found = re.search(rb"event: (\w+)", data)
    return found and found.group(1).decode()


def check_old_etags(count, client, session, given):
    """Each is refused, and told the one that is."""
    etags, _ = given.read(client, session)
    count.check(len(etags) == 1 and not etags & given.etags, session, etags)
    now = etags.pop()
    for old in sorted(given.etags):
        reply = client.post(f"/sessions/{session}/messages", '"lost"',
                            headers={"If-Match": old})
        count.check(reply.status == 412 and reply.headers["ETag"] == now,
                    session, old, reply.status, reply.headers["ETag"])
        reply = client.get(f"/sessions/{session}/messages",
                           headers={"If-None-Match": old})
        count.check(reply.status == 200, session, old, reply.status)
    reply = client.get(f"/sessions/{session}/messages",
                       headers={"If-None-Match": now})
    count.check(reply.status == 304, session, now, reply.status)


def check_restored(count, client, kept, given):
    for session in BEFORE:
        check_old_etags(count, client, session, given)
        for last in sorted(given.events):
            count.check(event_of(client, session, last) == "resync",
                        session, "from", last)
        count.check(given.read(client, session)[1] == kept[session],
                    session, given.read(client, session)[1])
    for name, (session, text) in given.messages.items():
        there = (name, text) in kept.get(session, [])
        reply = client.get(f"/sessions/{session}/messages/{name}")
        count.check(reply.status == (200 if there else 404), name, reply.body)


def check_later(count, client, given):
    """What comes has ids of its own, by which it is found."""
    for session in (*BEFORE, "new", "twig"):
        etags, rows = given.read(client, session)
        count.check(not etags & given.etags, session, etags)
        for name, text in rows:
            known = given.messages.get(name, (session, text))
            reply = client.get(f"/sessions/{session}/messages/{name}").json()
            count.check(same(known[1], text) and reply["id"] == name and
                        reply["data"]["content"] == text, name, text, known)
        given.take(client, session)


def check_posted_back(count, client, given):
    """A message that was lost may come again, under the id that it had."""
    name, (_, text) = next(
        (name, row) for name, row in given.messages.items()
        if row[0] == "plain" and row[1] == "plain 0-2")
    message = {"type": "human", "data": {"content": text}, "id": name}
    reply = client.post("/sessions/plain/messages", message)
    count.check(reply.status == 201 and
                reply.json()["messages"][0]["id"] == name, reply.body)
    again = client.post("/sessions/plain/messages", message).json()
    count.check(again["version"] == reply.json()["version"], again)


def check_export(count, parent, path, client):
    """An import gives ids and ETags back, whatever epoch they are of."""
    lines = run("export", "--db", path)[1]
    other = os.path.join(parent, "other.db")
    count.check(run("import", "-", "--db", other, text=lines)[0] == 0 and
                run("export", "--db", other)[1] == lines, "another file")
    with Server("--db", other) as server:
        theirs = server.client()
        for session in BEFORE:
            count.check(Given().read(client, session) ==
                        Given().read(theirs, session), session)
    status, out, words = run("import", "-", "--db", other, text=lines)
    count.check(status == 0 and run("export", "--db", other)[1] == lines,
                out, words)
    for suffix in ("", ".lock"):
        os.unlink(other + suffix)


def check_older(count, parent):
    """A backup with the tables of before stays one until the next start."""
    backup, path = (os.path.join(parent, name) for name in ("10.db", "c10.db"))
    with gzip.open(f"{TESTS}/sqlite/files/0010.db.gz") as file, \
            open(backup, "wb") as copy:
        copy.write(file.read())
    marks = []
    for _ in range(2):
        status, _, words = run("restore", backup, "--db", path)
        count.check(status == 0, words)
        with open(path, "rb") as file:
            count.check(file.read(64)[60:] == bytes((0, 0, 0, 10)), "tables")
        run("migrate", "--db", path)
        marks += re.findall(rb'"mark":"(\w+)"', run("export", "--db", path)[1])
    count.check(len(marks) > 1 and len(set(marks)) == len(marks), marks)


def main():
    count, given, kept = Count(), Given(), {}
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as parent:
        path = os.path.join(parent, "c.db")
        backup = os.path.join(parent, "b.db")
        with Server("--db", path) as server:
            client = server.client()
            fill(client)
            for session in BEFORE:
                kept[session] = given.take(client, session)[1]
            run("backup", backup, "--db", path)
            go_on(client, 0)
            for session in (*BEFORE, "new", "twig"):
                given.take(client, session)
        # Of the same backup, again and again.
        for round in (1, 2, 3):
            status, _, words = run("restore", backup, "--db", path)
            count.check(status == 0, words)
            with Server("--db", path) as server:
                client = server.client()
                check_restored(count, client, kept, given)
                check_posted_back(count, client, given)
                go_on(client, round)
                check_later(count, client, given)
                check_export(count, parent, path, client)
        # And of one that was made since.
        os.unlink(backup)
        run("backup", backup, "--db", path)
        run("restore", backup, "--db", path)
        with Server("--db", path) as server:
            client = server.client()
            for session in BEFORE:
                etags, rows = given.read(client, session)
                count.check(not etags & given.etags, session, etags)
                count.check(all(same(given.messages[name][1], text)
                                for name, text in rows), session, rows)
            check_later(count, client, given)
        check_older(count, parent)
    count.close()


if __name__ == "__main__":
    main()
