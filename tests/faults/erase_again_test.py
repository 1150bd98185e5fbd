#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""erase_again_test.py - a backup brings back what was erased since, or not.

A restore says how many sessions; with --erase-again they are erased before
the file has its name, wherever the restore is killed, and their words are in
no file of the database.
"""

import glob
import os
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

from check_test import change, overwrite
from command_test import run
from harness import LONG, Count, Server
from restore_test import KILLS_MOST, Killer

AGAIN = "--erase-again"
BACK = b"since the backup and are back: "
DONE = b"erased again, as they were since the backup: "
ALONE = ("one", "two")
OWNED = ("three", "four")
STAYS = ("five", "six")
BEFORE = "zero"  # erased before the backup


def names(path):
    """Of the sessions, as an export tells them."""
    lines = run("export", "--db", path)[1].decode().splitlines()
    return {line.split('"')[3] for line in lines if '"session"' in line[:12]}


def words_of(session):
    return f"secret of {session} ".encode()


def found(path, sessions):
    """Those whose words are in a file of the database, but not in what is
    kept beside it."""
    data = b""
    for name in glob.glob(path + "*"):
        if ".before-" not in name:
            with open(name, "rb") as file:
                data += file.read()
    return {session for session in sessions if words_of(session) in data}


def erase(client, session):
    return client.request("DELETE", f"/sessions/{session}").status == 200


# Back to the tables of version 15, whose rows had fewer sums, or none.
OLDER = "; ".join((
    "DROP TABLE erased", "DROP TABLE seal_fill", "DROP TABLE response",
    "DROP INDEX idempotency_record_alone", "DROP TRIGGER moved_message_gone",
    "DROP TRIGGER moved_retired_gone", "DROP TABLE moved_message",
    "DROP TABLE packing", "DROP INDEX history_mark", "DROP INDEX message_item",
    *(f"ALTER TABLE {table} DROP COLUMN {column}" for table, column in (
        ("session", "checksum"), ("session", "profile_checksum"),
        ("history", "seal"), ("retired", "seal"), ("epoch", "seal"),
        ("owner_erasure", "seal"), ("idempotency_record", "checksum"),
        ("memory_state", "checksum"), ("memory_item", "checksum"))),
    *(f"UPDATE {table} SET checksum = NULL" for table in (
        "message", "retired")), "PRAGMA user_version = 15"))


class Place:
    """A directory with a file and a backup of before its erasures."""

    def __init__(self, parent):
        self.killer = Killer(parent)
        self.path = os.path.join(parent, "place")
        self.kept = os.path.join(parent, "kept")
        self.db = os.path.join(self.path, "c.db")
        self.backup = os.path.join(self.path, "b.db")
        os.mkdir(self.path)
        with Server("--db", self.db) as server:
            client = server.client()
            for session in (*ALONE, *OWNED, *STAYS, BEFORE):
                client.post(f"/sessions/{session}/messages",
                            [words_of(session).decode() * 3] * 40)
            for session in OWNED:
                client.request("PATCH", f"/sessions/{session}",
                               {"owner": "ann"})
            erase(client, BEFORE)
        run("backup", self.backup, "--db", self.db)
        server = Server("--db", self.db)
        client = server.client()
        client.post("/sessions/new/messages", [words_of("new").decode()])
        self.good = all(erase(client, session) for session in (*ALONE, "new"))
        self.good &= client.request(
            "DELETE", "/sessions?owner=ann").status == 200
        client.post("/sessions/one/messages", ["it begins anew"])
        server.kill()
        shutil.copytree(self.path, self.kept)

    def again(self):
        shutil.rmtree(self.path)
        shutil.copytree(self.kept, self.path)

    def restore(self, *more):
        return run("restore", self.backup, "--db", self.db, *more)

    def killed(self, nth):
        self.again()
        return self.killer.killed(nth, "restore", self.backup, "--db",
                                  self.db, AGAIN)

    def start(self):
        """A start for writing, which removes what a kill left."""
        return run("import", "-", "--db", self.db, text=b"")


def told(count, place):
    """Without the flag all is back, and said; it may be erased later."""
    place.again()
    count.check(place.good, "erasures")
    status, out, words = place.restore()
    count.check(status == 0 and
                BACK + b"4;" in out
                and AGAIN.encode() in out, status, out, words)
    count.check(names(place.db) == {*ALONE, *OWNED, *STAYS}, names(place.db))
    status, out, words = place.restore(AGAIN)
    count.check(status == 0 and DONE + b"4" in out, status, out, words)
    count.check(names(place.db) == set(STAYS), names(place.db))
    place.start()
    count.check(not found(place.db, (*ALONE, *OWNED, "new", BEFORE)) and
                found(place.db, STAYS) == set(STAYS), "words of",
                found(place.db, (*ALONE, *OWNED, "new", BEFORE)))
    status, out, words = place.restore(AGAIN)
    count.check(status == 0 and DONE + b"4" in out, "for ever", out, words)


def later(count, place):
    """What was brought back stays in the backups of then."""
    place.again()
    place.restore()
    later = os.path.join(place.path, "later.db")
    run("backup", later, "--db", place.db)
    with Server("--db", place.db) as server:
        client = server.client()
        erase(client, "five")
        count.check(erase(client, "one"), "one")
    status, out, words = run("restore", later, "--db", place.db, AGAIN)
    count.check(status == 0 and DONE + b"2" in out and
                names(place.db) == {"two", "six", *OWNED}, out, words,
                names(place.db))
    lines = run("export", "--db", place.backup, "--session", "one")[1]
    status, _, words = run("import", "-", "--db", place.db, text=lines)
    count.check(status == 0 and "one" in names(place.db), words)
    status, out, words = run("restore", later, "--db", place.db, AGAIN)
    count.check(status == 0 and DONE + b"1" in out and
                "one" in names(place.db), "imported again", out, words)


def places_to_kill(place):
    """The last changes, in which names are changed, and some before them."""
    first, last = 1, KILLS_MOST
    while last - first > 1:
        middle = (first + last) // 2
        if place.killed(middle):
            first = middle
        else:
            last = middle
    return [nth for nth in range(1, first + 1)
            if LONG or nth % 16 == 0 or nth > first - 20]


def kills(count, place):
    """Nothing that was erased is seen again, nor is anything else lost."""
    seen = {"old": 0, "new": 0, "refused": 0}
    for nth in places_to_kill(place):
        count.check(place.killed(nth), "not killed at", nth)
        refused, _, words = place.start()
        has = names(place.db)
        state = ("refused" if refused else "old" if has == {"one", *STAYS}
                 else "new" if has == set(STAYS) else "wrong")
        count.check(state in seen, "kill", nth, state, has, words)
        seen[state] = seen.get(state, 0) + 1
        if refused:
            status, _, words = place.restore(AGAIN)
            count.check(status == 0 and names(place.db) == set(STAYS),
                        "kill", nth, words, names(place.db))
            continue
        left = found(place.db, (*ALONE, *OWNED, "new"))
        count.check(not left, "kill", nth, state, "words of", left)
    count.check(seen["old"] and seen["refused"], seen)
    print(f"{sum(seen.values())} restores killed: {seen}")


def unknown(count, place):
    """Where the journal does not say it, that is said."""
    for harm in ("damaged", "older", "gone"):
        place.again()
        if harm == "older":
            place.start()
            change(place.db, "DROP TABLE erased")
        elif harm == "damaged":
            place.start()
            overwrite(place.db, 1)
        else:
            for name in glob.glob(place.db + "*"):
                os.unlink(name)
        status, _, words = place.restore(AGAIN)
        count.check(status == 2 and "no journal" in words, harm, words)
        status, out, words = place.restore()
        count.check(status == 0 and
                    (b"more may be back" in out) == (harm != "gone"),
                    harm, out, words)
    place.again()
    change(place.backup, OLDER)
    status, out, words = place.restore(AGAIN)
    count.check(status == 0 and DONE + b"4" in out and
                b"more may be back" in out, "an older backup", out, words)


def older(count, place):
    """A backup with the tables of before is brought up to date by it."""
    place.again()
    change(place.backup, OLDER)
    status, out, words = place.restore(AGAIN)
    count.check(status == 0 and DONE + b"4" in out, out, words)
    place.start()
    count.check(names(place.db) == set(STAYS), names(place.db))
    count.check(not found(place.db, (*ALONE, *OWNED)), "words")


def held(count, place):
    """What expired since the backup is the server's to delete, who doubts its
    clock for an hour."""
    place.again()
    with Server("--db", place.backup) as server:
        client = server.client()
        reply = client.request("PATCH", "/sessions/five", {"ttl_seconds": 1})
        count.check(reply.status == 200, reply.body)
        client.close()
        count.stopped(server)
    time.sleep(1.1)
    status, out, words = place.restore(AGAIN)
    count.check(status == 0 and DONE + b"4" in out, out, words)
    with sqlite3.connect(place.db) as database:
        left = {name for name, in database.execute("SELECT name FROM session")}
    database.close()
    count.check(left == set(STAYS), "expired", left)


def main():
    count = Count()
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as parent:
        place = Place(parent)
        told(count, place)
        later(count, place)
        unknown(count, place)
        older(count, place)
        held(count, place)
        kills(count, place)
    count.close()


if __name__ == "__main__":
    main()
