#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""erase_then_append_test.py - what was erased does not come back.

Sessions are erased, one after the other, and after each receipt others are
written to and edited: the pages that held the words are written again.  The
words are then looked for in the raw files, in small letters and capitals;
after all of them also in the files that kill -9 leaves, in those of the next
server, and in a backup.  Another process that still reads what was is in the
way of a receipt, not of what is written.
"""

import glob
import hashlib
import os
import random
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, LONG, Count, Server, wait_for

ERASURES = 1000 if LONG else 40
HELD = 60 if LONG else 0    # seconds that a reader keeps its snapshot
KEPT = 7
# The index leaves out the letters that a word and the one before it begin
# with, so only a word's end is looked for.
END = re.compile(rb"([0-9a-fA-F]{10})[wW][qQ]")
READER = """
import sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True,
                     isolation_level=None)
db.execute("BEGIN")
rows = db.execute("SELECT count(*) FROM message").fetchone()
print("reading", flush=True)
sys.stdin.readline()
print(rows == db.execute("SELECT count(*) FROM message").fetchone())
"""


def marker(number):
    return hashlib.md5(b"%d" % number).hexdigest()[:16]


def spelled(number):
    """Neither in small letters only nor in capitals only."""
    return marker(number)[:13].upper() + marker(number)[13:] + "Wq"


def found(names, gone):
    """The ends of words that are in one of these files and should not be."""
    ends = set()
    for name in names:
        with open(name, "rb") as file:
            ends |= {end.lower() for end in END.findall(file.read())}
    return {end.decode() for end in ends} & gone


def files(server):
    return glob.glob(server.database + "*")


def finds(client, word):
    return client.get(f"/search?q={word}").json()["results"]


def say(client, session, text):
    return client.post(f"/sessions/{session}/messages", [text]).status == 201


def write_on(client, choose):
    """An append to each session that stays, and edits of what it has."""
    good = True
    for i in range(KEPT):
        name = f"kept-{i}"
        reply = client.post(f"/sessions/{name}/messages",
                            [long_or_short(choose, "kept")])
        good &= reply.status == 201
        last = reply.json()["messages"][0]["seq"]
        for seq in range(last, max(last - 12, 0), -3):
            # One that was removed is none to be edited.
            good &= client.request("PUT", f"/sessions/{name}/messages/{seq}",
                                   '"edited"').status in (200, 404)
    return good


def long_or_short(choose, word):
    """Of many lengths: bytes are left behind where a page is built anew."""
    return f"{word} " * choose.choice((1, 9, 60, 150, 700))


def fill(client, choose, number, name):
    """Messages to be erased among others, all cleared now and then."""
    good = True
    for _ in range(10):
        kept = f"kept-{choose.randrange(KEPT)}"
        for session, word in (name, spelled(number)), (kept, "kept"):
            if choose.randrange(8) == 0:
                client.request("DELETE", f"/sessions/{session}/messages")
            texts = [long_or_short(choose, word)
                     for _ in range(choose.randrange(1, 6))]
            good &= client.post(f"/sessions/{session}/messages",
                                texts).status == 201
    return good


def erase_one(count, server, client, choose, number, gone, search):
    name, end = f"gone-{number}", marker(number)[-10:]
    good = fill(client, choose, number, name)
    if search and number % 3 == 0:  # the others are not in the index yet
        good &= wait_for(lambda: finds(client, marker(number) + "wq"))
    # Again and again: the log may be copied into the file meanwhile.
    count.check(good and wait_for(lambda: found(files(server), {end})),
                "nothing to erase")
    reply = client.request("DELETE", f"/sessions/{name}")
    gone.add(end)
    count.check(reply.status == 200, name, reply.status, reply.body)
    good = write_on(client, choose)
    left = found(files(server), gone)
    count.check(good and not left, f"after {name}:", left)


def insist(server, name, replies):
    """Asks for the receipt until it comes."""
    client = server.client()
    while not replies or replies[-1].status == 503:
        replies.append(client.request("DELETE", f"/sessions/{name}"))


def erase_beside_a_reader(count, server, client, choose, gone):
    number, replies = ERASURES, []
    count.check(fill(client, choose, number, "read"), "nothing to read")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, server.database],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    count.check(reader.stdout.readline() == "reading\n", "no reader")
    eraser = threading.Thread(target=insist, args=(server, "read", replies))
    eraser.start()
    count.check(wait_for(
        lambda: client.get("/sessions/read").status == 404), "not erased")
    count.check(write_on(client, choose), "no writes beside a reader")
    time.sleep(HELD)
    count.check(not [reply for reply in replies if reply.status != 503],
                "a receipt beside a reader of what was")
    count.check(found(files(server), {marker(number)[-10:]}),
                "the reader has nothing to read")
    reader.stdin.write("\n")
    reader.stdin.close()
    count.check(reader.stdout.read() == "True\n", "the reader's state")
    reader.wait()
    eraser.join()
    count.check(replies[-1].status == 200 and
                all("Retry-After" in reply.headers for reply in replies[:-1]),
                [(reply.status, reply.body) for reply in replies])
    gone.add(marker(number)[-10:])
    count.check(write_on(client, choose) and not found(files(server), gone),
                "after a reader")


def backup(count, server, gone):
    path = os.path.join(server.directory, "copy.db")
    done = subprocess.run([CHATMEM, "backup", path, "--db", server.database],
                          capture_output=True)
    count.check(done.returncode == 0, "backup:", done.stderr)
    count.check(done.returncode == 0 and not found([path], gone), "a backup")


def run(count, search):
    server = Server("--search", "on" if search else "off",
                    "--free-space-floor", "0")  # no ballast to look through
    client, gone, choose = server.client(), set(), random.Random(search)
    for number in range(ERASURES):
        erase_one(count, server, client, choose, number, gone, search)
    erase_beside_a_reader(count, server, client, choose, gone)
    backup(count, server, gone)
    server.kill()
    count.check(not found(files(server), gone), "after kill -9")
    server.start()
    client = server.client()
    count.check(write_on(client, choose), "no writes after kill -9")
    count.check(not found(files(server), gone), "after the next start")
    count.stopped(server)


def main():
    count = Count()
    run(count, search=True)
    run(count, search=False)
    count.close()


if __name__ == "__main__":
    main()
