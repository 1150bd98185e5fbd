#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clock_test.py - the clock jumps ahead ten years, and back.

Whatever had not really expired is there afterwards: sessions, also those whose
name was taken meanwhile, what edits and clears left for time travel, and the
replies that are kept for requests that come again.  A clock that stays ahead
for an hour is believed, and then what has expired is deleted.  Messages of a
session never seem older than those before them.
"""

import os
import sqlite3
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, history, wait_for
from preloaded import Control, library

YEAR = 365 * 86400
HOUR = 3600
TTLS = {"hour": HOUR, "day": 86400, "year": YEAR}


class Clock:
    """What the preloaded library reads: struct control of clock_fault.c."""

    def __init__(self, directory):
        self.library = library("clock_fault", directory)
        self.control = Control(directory, 16)

    def set(self, of_day, since_boot=0):
        self.control.memory[:] = struct.pack("qq", of_day, since_boot)

    def server(self, *arguments):
        return Server(*arguments, preload=self.library,
                      env={"CLOCK_FAULT": self.control.path})


def rows(server):
    """What may be deleted: rows of what is kept, table by table."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as db:
        return {table: db.execute(
            f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("session", "message", "retired", "history",
                          "idempotency_record")}


def keyed(client, text):
    return client.post("/sessions/keyed/messages", [text],
                       headers={"Idempotency-Key": text})


def fill(client):
    for name, ttl in TTLS.items():
        client.request("PUT", f"/sessions/{name}", {"ttl_seconds": ttl})
        client.post(f"/sessions/{name}/messages", [f"{name} 1", f"{name} 2"])
        client.request("PUT", f"/sessions/{name}/messages/1", '"edited"')
    client.post("/sessions/cleared/messages", ["one", "two", "three"])
    client.request("DELETE", "/sessions/cleared/messages/2")
    client.request("DELETE", "/sessions/cleared/messages")
    return [keyed(client, f"key {i}").body for i in range(3)]


def is_maintained(server, client, number):
    """Its maintenance has had a turn: what was just said is in the index."""
    word = f"turn{number}"
    client.post("/sessions/turn/messages", [word])
    return wait_for(lambda: client.get(f"/search?q={word}").json()["results"])


def is_all_there(count, client, replies, when):
    for name in TTLS:
        count.check(history(client, name) == [(1, "edited"), (2, f"{name} 2")],
                    when, name, history(client, name))
        then = client.get(f"/sessions/{name}/messages?as_of=3").json()
        count.check([m["data"]["content"] for m in then.get("messages", [])] ==
                    [f"{name} 1", f"{name} 2"], when, name, "as of 3:", then)
    then = client.get("/sessions/cleared/messages?as_of=3").json()
    count.check(len(then.get("messages", [])) == 3,
                when, "cleared as of 3:", then)
    again = [keyed(client, f"key {i}").body for i in range(3)]
    count.check(again == replies, when, "retries:", again)
    count.check(len(history(client, "keyed")) == 3, when, "doubled")


def jumps_and_comes_back(count, clock):
    server = clock.server()
    client = server.client()
    replies = fill(client)
    before = rows(server)
    for turn, ahead in enumerate((10 * YEAR, -10 * YEAR, 2 * 86400)):
        clock.set(ahead)
        gone = [client.get(f"/sessions/{name}").status for name in TTLS]
        count.check(set(gone) == ({200} if ahead < 0 else
                                  {404} if ahead > YEAR else {200, 404}),
                    "what has expired is out of sight:", ahead, gone)
        count.check(is_maintained(server, client, turn), "no maintenance")
        count.check([keyed(client, f"key {i}").body for i in range(3)] ==
                    replies, "retries while it is off by", ahead)
        now = rows(server)
        count.check(all(now[table] >= before[table] for table in before),
                    "deleted while it is off by", ahead, before, now)
        if ahead > 0:
            count.check(server.says("clock is"), "no warning")
        clock.set(0)
        is_all_there(count, client, replies, f"back from {ahead}:")
    count.stopped(server)


def a_name_is_taken(count, clock):
    """A write to what seems to have expired begins a new session."""
    server = clock.server()
    client = server.client()
    fill(client)
    clock.set(10 * YEAR)
    reply = client.post("/sessions/day/messages", ["new"])
    count.check(reply.status == 201 and reply.json()["version"] == 1,
                "no new session:", reply.status, reply.body)
    clock.set(0)
    count.check(history(client, "day") == [(1, "new")], "the new one")
    listed = [session["id"] for session in
              client.get("/sessions?prefix=day").json()["sessions"]]
    kept = [name for name in listed if name.startswith("day~expired-")]
    count.check(len(listed) == 2 and len(kept) == 1, "set aside:", listed)
    count.check(history(client, kept[0]) == [(1, "edited"), (2, "day 2")],
                "what was set aside:", history(client, kept[0]))
    count.stopped(server)


def restarted_while_it_is_off(count, clock):
    server = clock.server()
    client = server.client()
    replies = fill(client)
    count.check(client.get("/readyz").status == 200, "not ready")
    before = rows(server)
    for ahead in (10 * YEAR, 10 * YEAR, 0):
        server.kill()
        clock.set(ahead)
        server.start()
        client = server.client()
        count.check(is_maintained(server, client, ahead), "no maintenance")
        count.check(client.get("/readyz").status == 200, "not ready")
        now = rows(server)
        count.check(all(now[table] >= before[table] for table in before),
                    "deleted after a start ahead by", ahead, before, now)
        count.check(not ahead or server.says("the clock is"), "no warning")
    is_all_there(count, client, replies, "restarted:")
    count.stopped(server)


def written_while_it_was_behind(count, clock):
    """A start that follows at once does not take that for long ago."""
    server = clock.server()
    clock.set(-10 * YEAR)
    replies = fill(server.client())
    server.kill()
    clock.set(0)
    server.start()
    client = server.client()
    before = rows(server)
    count.check(is_maintained(server, client, 0), "no maintenance")
    now = rows(server)
    count.check(all(now[table] >= before[table] for table in before),
                "deleted as if it was of ten years ago:", before, now)
    count.check([keyed(client, f"key {i}").body for i in range(3)] == replies,
                "retries of what was written then")
    then = client.get("/sessions/cleared/messages?as_of=3").json()
    count.check(len(then.get("messages", [])) == 3, "cleared, then:", then)
    count.stopped(server)


def an_hour_later(count, clock):
    """It was right: what has expired is deleted."""
    server = clock.server()
    client = server.client()
    fill(client)
    clock.set(10 * YEAR)
    count.check(is_maintained(server, client, 0), "no maintenance")
    count.check(rows(server)["retired"] > 0, "deleted at once")
    clock.set(10 * YEAR + HOUR, HOUR)
    client.post("/sessions/turn/messages", ["an hour later"])
    for table in "retired", "idempotency_record":
        count.check(wait_for(lambda: rows(server)[table] == 0),
                    "not deleted:", table, rows(server))
    count.check(wait_for(lambda: rows(server)["session"] == 3),
                "sessions:", rows(server))
    count.stopped(server)


def times(client, name):
    return [message["created_at"] for message in
            client.get(f"/sessions/{name}/messages").json()["messages"]]


def it_goes_back(count, clock):
    """Also with a server that was started then, and in a fork."""
    server = clock.server()
    client = server.client()
    for i, ahead in enumerate((0, -2, -YEAR, 3, -HOUR, -10 * YEAR, 1)):
        clock.set(ahead)
        reply = client.post("/sessions/back/messages", [f"{i} a", f"{i} b"])
        count.check(reply.status == 201, reply.status, reply.body)
        if i % 2:
            server.kill()
            server.start()
            client = server.client()
    clock.set(-YEAR)
    client.request("DELETE", "/sessions/back/messages?last=3")
    client.post("/sessions/back/fork", {"id": "fork"})
    for name in "back", "fork":
        client.post(f"/sessions/{name}/messages", ["the last"])
        seen = times(client, name)
        count.check(len(seen) == 12 and seen == sorted(seen),
                    "times of", name, seen)
    clock.set(0)
    count.stopped(server)


def main():
    count = Count()
    with tempfile.TemporaryDirectory() as directory:
        clock = Clock(directory)
        for test in (jumps_and_comes_back, a_name_is_taken,
                     restarted_while_it_is_off, written_while_it_was_behind,
                     an_hour_later, it_goes_back):
            clock.set(0)
            test(count, clock)
    count.close()


if __name__ == "__main__":
    main()
