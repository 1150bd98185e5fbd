#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lists_test.py - sessions that expire, owners that go, lists that move.

What needs time or many sessions: everywhere an expired session is none, its
rows leave the file by themselves, all sessions of an owner are gone at once,
and a list that is read page by page while sessions come, go and move shows
none twice and misses none that stayed where it was.
"""

import os
import random
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, wait_for

COUNT = Count()
SECRET = "SECRETMARK"


def rows(server, table):
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def put(client, name, **profile):
    reply = client.request("PUT", f"/sessions/{name}", profile)
    if reply.status not in (200, 201):
        raise RuntimeError(reply.body)
    return reply


def mark(reply):
    return reply.headers["ETag"].strip('"').split("-")[1]


def expired_is_none(server):
    client = server.client()
    old = put(client, "a", ttl_seconds=3600, owner="u",
              metadata={"k": SECRET})
    ends = [client.get("/sessions/a").json()["expires_at"]]
    for _ in range(2):
        time.sleep(0.01)
        client.post("/sessions/a/messages", [SECRET])
        ends.append(client.get("/sessions/a").json()["expires_at"])
    COUNT.check(ends == sorted(set(ends)),
                "a write does not put the end off", ends)
    shown = client.get("/sessions?owner=u").json()["sessions"]
    COUNT.check([s["id"] for s in shown] == ["a"], "not listed", shown)
    client.request("PATCH", "/sessions/a", {"ttl_seconds": 1})
    wait_for(lambda: client.get("/sessions/a").status == 404)
    COUNT.check(client.get("/sessions/a").status == 404, "GET finds it")
    for query in ("", "?owner=u", "?prefix=", f"?metadata.k={SECRET}"):
        listed = client.get("/sessions" + query).json()
        COUNT.check(listed == {"sessions": [], "next_cursor": None},
                    "a list shows it:", query, listed)
    page = client.get("/sessions/a/messages")
    COUNT.check(page.headers["ETag"] == '"0"' and
                page.json()["messages"] == [], "its messages", page.body)
    COUNT.check(client.get("/sessions/a/load").json() == {"history": ""},
                "load sees it")
    for method, body in (("PATCH", {}), ("DELETE", None)):
        reply = client.request(method, "/sessions/a", body)
        COUNT.check(reply.status == 404, method, reply.status)
    reply = client.request("POST", "/sessions/a/messages", ["new"],
                           headers={"If-None-Match": "*"})
    COUNT.check(reply.status == 201 and reply.json()["version"] == 1 and
                mark(reply) != mark(old), "not a new one:", reply.body)
    reply = client.get("/sessions/a").json()
    COUNT.check(reply["owner"] is None and reply["expires_at"] is None and
                reply["metadata"] == {}, "it kept something:", reply)
    client.request("DELETE", "/sessions/a")


def expired_leaves_the_file(server):
    """Nobody asks for these again."""
    client = server.client()
    for i in range(300):
        client.post(f"/sessions/e{i}/messages", [SECRET, SECRET])
        put(client, f"e{i}", ttl_seconds=1, metadata={"k": SECRET})
    put(client, "stays", metadata={"k": "v"})
    client.post("/sessions/stays/messages", ["m"])
    COUNT.check(wait_for(lambda: rows(server, "session") == 1), "sessions:",
                rows(server, "session"))
    COUNT.check(wait_for(lambda: rows(server, "message") == 1), "messages:",
                rows(server, "message"))
    COUNT.check(rows(server, "tag") == 1 and rows(server, "history") == 1,
                "tags or histories are left")
    # The log is emptied when the writer is idle.
    COUNT.check(wait_for(lambda: not secret_is_in(server)),
                "its bytes are in", secret_is_in(server))


def secret_is_in(server):
    """The files that hold it."""
    return [suffix or "the file" for suffix in ("", "-wal")
            if SECRET.encode() in read(server.database + suffix)]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def owner_goes_at_once(server):
    """No page shows a part of an owner's sessions."""
    client = server.client()
    for i in range(200):
        put(client, f"o{i}", owner="fred", metadata={"k": SECRET})
        client.post(f"/sessions/o{i}/messages", [SECRET] * (i % 3))
    seen, stop = set(), threading.Event()

    def watch():
        watcher = server.client()
        while not stop.is_set():
            page = watcher.get("/sessions?owner=fred&limit=1000").json()
            seen.add(len(page["sessions"]))

    watching = threading.Thread(target=watch)
    watching.start()
    wait_for(lambda: seen)
    receipt = client.request("DELETE", "/sessions?owner=fred").json()
    stop.set()
    watching.join()
    COUNT.check(seen <= {200, 0}, "parts were seen:", seen)
    COUNT.check(receipt["deleted_sessions"] == 200 and
                receipt["deleted_messages"] == sum(i % 3 for i in range(200)),
                "the receipt:", receipt)
    COUNT.check(not secret_is_in(server), "bytes after the receipt in",
                secret_is_in(server))


def read_list(client, query, limit):
    """All pages; returns the names in order."""
    names, cursor = [], ""
    while True:
        page = client.get(f"/sessions?{query}&limit={limit}{cursor}").json()
        names += [s["id"] for s in page["sessions"]]
        if page["next_cursor"] is None:
            return names
        cursor = "&cursor=" + page["next_cursor"]


def lists_stay_right(server):
    client = server.client()
    still = {f"s{i:03}" for i in range(150)}
    for i in range(300):
        name = f"s{i // 2:03}" if i % 2 else f"m{i:03}"
        put(client, name, owner="u", metadata={"k": 1})
    stop = threading.Event()

    def stir():
        writer, at = server.client(), 0
        chance = random.Random(1)
        while not stop.is_set():
            at += 1
            name = f"m{2 * chance.randrange(200):03}"
            if chance.random() < 0.4:
                writer.request("DELETE", f"/sessions/{name}")
            else:
                put(writer, name, owner="u", metadata={"k": 1, "n": at})

    stirring = threading.Thread(target=stir)
    stirring.start()
    for query in ("owner=u", "prefix=", "metadata.k=1", "owner=u&metadata.k=1",
                  "order"):
        names = read_list(client, "" if query == "order" else query, 7)
        COUNT.check(len(names) == len(set(names)), query, "shows one twice:",
                    sorted(n for n in set(names) if names.count(n) > 1))
        COUNT.check(still <= set(names), query, "misses",
                    sorted(still - set(names)))
    stop.set()
    stirring.join()


def a_page_has_bounded_work(server):
    """Whatever a query leaves out; the cursor goes on behind it."""
    server.kill()
    with sqlite3.connect(server.database) as db:
        db.executemany(
            "INSERT INTO session (tenant, name, mark, history, last_seq,"
            " edits, removed, inherited, purged, created_at, touched_at,"
            " owner, memory, metadata) VALUES ('', ?, '0123456789abc', ?, 0,"
            " 1, 0, 0, 0, ?, ?, ?, '{}', '{}')",
            ((f"h{i:05}", 100000 + i, i, i, "last" if i == 9999 else "u")
             for i in range(1, 10000)))
    server.start()
    client = server.client()
    for query in ("prefix=h&owner=last", "prefix=h&metadata.k=1"):
        pages, page = 1, client.get(f"/sessions?{query}").json()
        while page["next_cursor"]:
            pages += 1
            cursor = page["next_cursor"]
            page = client.get(f"/sessions?{query}&cursor={cursor}").json()
        COUNT.check(pages == 3, query, "took", pages, "pages")
        COUNT.check([s["id"] for s in page["sessions"]] ==
                    (["h09999"] if "last" in query else []), page)
    names = read_list(client, "owner=u", 1000)
    COUNT.check(names == [f"h{i:05}" for i in range(9998, 0, -1)],
                "the owner's:", len(names))


def main():
    for test in (expired_is_none, expired_leaves_the_file,
                 owner_goes_at_once, lists_stay_right,
                 a_page_has_bounded_work):
        server = Server()
        test(server)
        COUNT.stopped(server)
    COUNT.close()


if __name__ == "__main__":
    main()
