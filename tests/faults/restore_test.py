#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""restore_test.py - backups and restores, killed before each change.

Whatever is left, the next start has the whole old database or the whole new
one, or is refused until the restore is run again; and a backup is whole or has
not its name yet.
"""

import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

from check_test import change, overwrite, pages, told_of
from command_test import run
from harness import CHATMEM, PATIENCE, Count, Server
from preloaded import Control, library

KILLS_MOST = 2000


class Killer:
    """Kills a command before one of its changes of the disk."""

    def __init__(self, parent):
        self.library = library("disk_fault", parent)
        self.control = Control(parent, 32)

    def killed(self, nth, *arguments):
        """Runs a command; was it killed before its nth change?"""
        # struct control of disk_fault.c: FAULT_KILL, one call, none yet.
        self.control.memory[:] = struct.pack("qqqq", nth, 0, 1, 0)
        env = dict(os.environ, LD_PRELOAD=self.library,
                   DISK_FAULT=self.control.path)
        done = subprocess.run([CHATMEM, *arguments], env=env,
                              capture_output=True, timeout=PATIENCE)
        return done.returncode == -signal.SIGKILL


class Place:
    """A directory with a database, its log, and a backup of before."""

    def __init__(self, parent):
        self.path = os.path.join(parent, "place")
        self.kept = os.path.join(parent, "kept")
        self.killer = Killer(parent)
        self.db = os.path.join(self.path, "c.db")
        self.backup = os.path.join(self.path, "b.db")
        os.mkdir(self.path)
        self.fill()
        self.old, self.new = self.told(self.db), self.told(self.backup)
        shutil.copytree(self.path, self.kept)

    def fill(self):
        """The server is killed, so that its last writes are in the log."""
        with Server("--db", self.db) as server:
            client = server.client()
            for number in range(30):
                client.post(f"/sessions/s{number}/messages", '["one","two"]')
        if run("backup", self.backup, "--db", self.db)[0]:
            raise RuntimeError("no backup")
        server = Server("--db", self.db)
        client = server.client()
        client.request("DELETE", "/sessions/s3")
        for number in range(20, 40):
            client.post(f"/sessions/s{number}/messages", '["three"]')
        server.kill()
        if os.stat(self.db + "-wal").st_size == 0:
            raise RuntimeError("nothing is in the log")

    def again(self):
        shutil.rmtree(self.path)
        shutil.copytree(self.kept, self.path)

    def told(self, path):
        return told_of(path)

    def start(self, path=None):
        """A start for writing: what it has, or None and the refusal."""
        path = path or self.db
        status, _, words = run("import", "-", "--db", path, text=b"")
        return (self.told(path), "") if status == 0 else (None, words)

    def killed(self, nth, *arguments):
        return self.killer.killed(nth, *arguments)

    def names(self):
        return sorted(os.listdir(self.path))


def restores(count, place):
    """Each kill, what a start then has, and the restore run again."""
    seen = {"old": 0, "new": 0, "refused": 0}
    for nth in range(1, KILLS_MOST):
        place.again()
        if not place.killed(nth, "restore", place.backup, "--db", place.db):
            break
        has, words = place.start()
        state = ("refused" if has is None else "old" if has == place.old
                 else "new" if has == place.new else "wrong")
        count.check(state in seen and
                    (state != "refused" or "chatmem restore again" in words),
                    "kill", nth, state, words, place.names())
        seen[state] = seen.get(state, 0) + 1
        if state == "refused":
            status, _, words = run(
                "restore", place.backup, "--db", place.db)
            count.check(status == 0 and place.start()[0] == place.new,
                        "kill", nth, "again:", words, place.names())
            kept = [os.path.join(place.path, name) for name in place.names()
                    if ".before-" in name and name[-1] == "Z"]
            count.check(any(place.start(path)[0] == place.old
                            for path in kept),
                        "kill", nth, "the old file is lost", place.names())
    count.check(seen["old"] and seen["refused"], seen)
    print(f"{sum(seen.values())} restores killed: {seen}")


def backups(count, place):
    seen = 0
    for nth in range(1, KILLS_MOST):
        place.again()
        path = os.path.join(place.path, "new.db")
        if not place.killed(nth, "backup", path, "--db", place.db):
            break
        seen += 1
        if os.path.exists(path):
            count.check(place.told(path) == place.old, "kill", nth,
                        "half a backup")
        else:
            status, _, words = run("backup", path, "--db", place.db)
            count.check(status == 0 and place.told(path) == place.old,
                        "kill", nth, words)
    count.check(seen, "no backup was killed")
    print(f"{seen} backups killed")


def whole(count, place):
    """A restore as it is meant to be."""
    place.again()
    os.chmod(place.db, 0o640)
    status, out, words = run("restore", place.backup, "--db", place.db)
    count.check(status == 0 and not words, status, words)
    kept = out.decode().split('"')[5]
    count.check(place.told(place.db) == place.new and
                place.told(kept) == place.old, out)
    count.check(os.stat(place.db).st_mode & 0o777 == 0o640, "its mode")
    place.again()
    for name in place.names():
        if name.startswith("c.db"):
            os.unlink(os.path.join(place.path, name))
    status, out, _ = run("restore", place.backup, "--db", place.db)
    count.check(status == 0 and b"kept" not in out and
                b"there was no old file, whose journal" in out and
                place.start()[0] == place.new, "to a new machine", out)


def refused(count, place):
    place.again()
    with Server("--db", place.db):
        status, _, words = run("restore", place.backup, "--db", place.db)
        count.check(status == 1 and "another process" in words, words)
    for wrong, why in ((place.db, "the file itself"),
                       (place.path + "/none", "cannot read"),
                       (place.killer.library, "not a database")):
        status, _, words = run("restore", wrong, "--db", place.db)
        count.check(status == 2 and why in words, status, words)
    change(place.backup, "PRAGMA user_version = 9999")
    status, _, words = run("restore", place.backup, "--db", place.db)
    count.check(status == 2 and "newer chatmem" in words, words)
    count.check(place.start()[0] == place.old, "what a refusal left")


def damaged(count, place):
    """It is named, refused, and taken if one insists."""
    for harm in ("row", "page"):
        place.again()
        if harm == "row":
            change(place.backup, "UPDATE message SET body = '' WHERE id = 9")
        else:
            overwrite(place.backup, pages(place.backup, "message_seq")[0])
        status, out, words = run("restore", place.backup, "--db", place.db)
        count.check(status == 3 and "nothing was changed" in words and
                    b"damaged" in out, harm, status, out, words)
        count.check(place.start()[0] == place.old, harm)
        status, _, words = run("restore", place.backup, "--db", place.db,
                               "--accept-damage")
        count.check(status == 0, harm, words)
        copy = os.path.join(place.path, "copy.db")
        status, _, words = run("backup", copy, "--db", place.db)
        count.check(status == 3 and "keep the backups" in words, words)
        count.check(run("export", "--db", copy)[1:2] ==
                    run("export", "--db", place.db)[1:2],
                    harm, "the damage was not copied as it is")


def main():
    count = Count()
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as parent:
        place = Place(parent)
        whole(count, place)
        refused(count, place)
        damaged(count, place)
        backups(count, place)
        restores(count, place)
    count.close()


if __name__ == "__main__":
    main()
