#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""index_test.py - whatever becomes of the index of words, messages are served.

The index is made of the messages.  It is damaged in every way that was ever
seen, under a server and without one: the server, one with --search off, an
export and erasures go on, and the index is made anew by itself.  Then sessions
are erased by the thousand, with a restart now and then: each erasure leaves a
trace in the index's own record, which may not grow for ever.
"""

import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, LONG, Count, Server, history, wait_for

ERASURES = 3000 if LONG else 300
RESTART = 500 if LONG else 100
PAGE = 4096
DAMAGED_PAGE = b"\1\2\3".ljust(PAGE, b"\0")

# As SQL, or the table whose root page is overwritten.
DAMAGES = {
    "no records": "DELETE FROM words_data",
    "no structure": "DELETE FROM words_data WHERE id = 10",
    "no segments": "DELETE FROM words_data WHERE id > 10",
    "another structure": "UPDATE words_data SET block = x'ffffffffffffffff'"
                         " WHERE id = 10",
    "garbled segments": "UPDATE words_data SET block = CAST(replace(hex("
                        "zeroblob(length(block))), '00', char(255)) AS BLOB)"
                        " WHERE id > 10",
    "too many levels": "UPDATE words_data SET block = CAST(x'00000000' ||"
                       " x'8f5200' || x'00' || zeroblob(4004) AS BLOB)"
                       " WHERE id = 10",
    "a page of words_data": "words_data",
    "a page of words_idx": "words_idx",
}


def damage(server, how):
    with sqlite3.connect(server.database) as db:
        if how.startswith("words_"):
            root = db.execute("SELECT rootpage FROM sqlite_schema"
                              " WHERE name = ?", (how,)).fetchone()[0]
        else:
            db.executescript(how)
    db.close()
    if how.startswith("words_"):
        with open(server.database, "r+b") as file:
            file.seek((root - 1) * PAGE)
            file.write(DAMAGED_PAGE)


def fill(client):
    for number in range(60):
        for name in "kept", "gone", "later":
            client.post(f"/sessions/{name}/messages", [f"{name}word {number}"])
    return wait_for(lambda: found(client, "laterword 59"))


def found(client, words):
    """How many; an answer that is no 200 must be a 503 that passes."""
    reply = client.get(f"/search?limit=100&q={words.replace(' ', '+')}")
    if reply.status == 503 and reply.headers["Retry-After"]:
        return 0
    if reply.status != 200:
        raise RuntimeError((reply.status, reply.body))
    return len(reply.json()["results"])


def exported(server):
    """How many messages `chatmem export` prints of what is kept."""
    done = subprocess.run([CHATMEM, "export", "--db", server.database],
                          capture_output=True)
    return -1 if done.returncode else done.stdout.count(b"keptword")


def erased(client, name):
    return client.request("DELETE", f"/sessions/{name}").status == 200


def goes_on(count, server, what, search=True):
    """Everything works, and what is found is what is there."""
    client = server.client()
    count.check(client.get("/readyz").status == 200, what, "not ready")
    count.check(exported(server) == 60, what, "no export")
    count.check(history(client, "kept") ==
                [(n + 1, f"keptword {n}") for n in range(60)], what, "read")
    count.check(erased(client, "gone"), what, "no erasure")
    count.check(client.post("/sessions/other/messages",
                            ["otherword"]).status == 201, what, "no append")
    if search:
        count.check(wait_for(lambda: found(client, "keptword") == 60 and
                             found(client, "otherword") == 1),
                    what, "not found:", found(client, "keptword"))
        count.check(found(client, "goneword") == 0, what, "erased and found")
    count.check(erased(client, "later"), what, "no second erasure")


def end(count, server, when):
    server.process.terminate()
    status = server.process.wait()
    server.reader.join()
    count.check(status == 0, "its end:", when, status, server.log[-3:])


def damaged(count, what, how):
    server = Server("--free-space-floor", "0")
    count.check(fill(server.client()), what, "no index")
    if not how.startswith("words_"):    # pages are in the server's cache
        damage(server, how)
        goes_on(count, server, f"{what}, live:")
    count.stopped(server)
    server = Server("--free-space-floor", "0")
    count.check(fill(server.client()), what, "no index")
    for search in "off", "on":
        end(count, server, what)
        if search == "off":
            damage(server, how)
        server.arguments = ["--search", search, "--free-space-floor", "0"]
        server.start()
        if search == "off":
            goes_on(count, server, f"{what}, without search:", search=False)
    client = server.client()
    count.check(wait_for(lambda: found(client, "keptword") == 60),
                what, "not made anew")
    count.stopped(server)


def run(*arguments):
    done = subprocess.run([CHATMEM, *arguments], capture_output=True)
    return done.returncode, done.stderr


def backed_up(count, what, how):
    """A copy has the damage too, says so if it is of pages, and serves."""
    pages = how.startswith("words_")
    server = Server("--free-space-floor", "0")
    backup = os.path.join(server.directory, "backup.db")
    count.check(fill(server.client()), what, "no index")
    end(count, server, what)
    damage(server, how)
    status, words = run("backup", backup, "--db", server.database)
    count.check(status == (3 if pages else 0) and
                (b"keep the backups" in words) == pages,
                what, "no backup", status, words)
    with open(backup, "rb") as file:
        copied = file.read()
    count.check(not pages or DAMAGED_PAGE in copied, what,
                "the damage was not copied")
    if pages:
        status, words = run("restore", backup, "--db", server.database)
        count.check(status == 3 and b"--accept-damage" in words, what, words)
    status, words = run("restore", backup, "--db", server.database,
                        "--erase-again", "--accept-damage")
    count.check(status == 0, what, "no restore", status, words)
    server.start()
    goes_on(count, server, f"{what}, restored:")
    count.stopped(server)


def many_erasures(count):
    server = Server("--free-space-floor", "0")
    client = server.client()
    for number in range(ERASURES):
        client.post(f"/sessions/s{number}/messages", [f"word{number}"])
    count.check(wait_for(lambda: found(client, f"word{ERASURES - 1}")),
                "no index")
    failed = 0
    for number in range(ERASURES):
        failed += not erased(client, f"s{number}")
        if (number + 1) % RESTART == 0:
            count.check(found(client, f"word{number}") == 0, "found", number)
            end(count, server, number)
            server.start()
            client = server.client()
    count.check(not failed, failed, "erasures failed")
    client.post("/sessions/s/messages", ["theend"])
    count.check(wait_for(lambda: found(client, "theend") == 1), "no search")
    count.stopped(server)


def main():
    count = Count()
    for what, how in DAMAGES.items():
        damaged(count, what, how)
        backed_up(count, what, how)
    many_erasures(count)
    count.close()


if __name__ == "__main__":
    main()
