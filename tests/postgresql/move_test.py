#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""move_test.py - from a file to PostgreSQL and back, by export and import.

Random histories are made on either; not a byte of the export differs
elsewhere, nor what clients see, nor what the same changes then do.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(sys.path[0], "server"))

from cluster import Database
from harness import CHATMEM, LONG, Count, Server
from import_test import STEPS, History, both_go_on, same

SEEDS = 60 if LONG else 4

# Commands, and what does that on PostgreSQL.
REFUSED = (
    (["backup", "copy"], "pg_dump"),
    (["restore", "copy"], "pg_restore"))


def export(place):
    return subprocess.run([CHATMEM, "export", "--db", place], check=True,
                          capture_output=True).stdout


def move(source, target):
    """As README says it; what the import printed."""
    with subprocess.Popen([CHATMEM, "export", "--db", source],
                          stdout=subprocess.PIPE) as one:
        return subprocess.run([CHATMEM, "import", "-", "--db", target],
                              stdin=one.stdout, check=True, text=True,
                              capture_output=True).stdout


def moved(count, seed, first, second):
    """From where the first is to where the second will be, also again."""
    made, there = Server("--db", first), None
    client = made.client()
    History(seed, client).run(count, STEPS)
    lines = export(first)
    move(first, second)
    count.check(export(second) == lines, seed, "the export differs")
    again = move(first, second)
    count.check("0 sessions made, 0 messages stored" in again, seed, again)
    there = Server("--db", second)
    same(count, seed, client, there.client(), lines)
    both_go_on(count, seed, client, there.client(), lines)
    count.stopped(made)
    count.stopped(there)


def round_trip(count, seed, database, place):
    """What has been on both is what it was."""
    with Server("--db", f"{place}/first") as server:
        History(seed, server.client()).run(count, STEPS)
    between = database.empty(f"between{seed}")
    move(f"{place}/first", between)
    move(between, f"{place}/second")
    count.check(export(f"{place}/first") == export(f"{place}/second"), seed,
                "there and back is not the same")


def others(count, database):
    """Commands for a file name the database's own tools."""
    def run(*arguments):
        return subprocess.run(
            [CHATMEM, *arguments, "--db", database.empty("to0")], text=True,
            capture_output=True, check=False, cwd=database.directory)

    for arguments, tool in REFUSED:
        done = run(*arguments)
        count.check(done.returncode == 1 and tool in done.stderr, arguments,
                    done.stderr)
        count.check(not os.path.exists(f"{database.directory}/copy"),
                    "a file was made")
    done = run("check")
    count.check(done.returncode == 0 and "pg_amcheck" in done.stdout, done)
    done = run("migrate", "--check")
    count.check(done.returncode == 0 and "nothing is to be done" in
                done.stdout, done)
    done = run("migrate")
    count.check(done.returncode == 0, done)


def main():
    count = Count()
    database = Database()
    place = database.directory
    try:
        for seed in range(SEEDS):
            moved(count, seed, f"{place}/{seed}.db",
                  database.empty(f"to{seed}"))
            moved(count, seed, database.empty(f"from{seed}"),
                  f"{place}/{seed}-back.db")
        round_trip(count, SEEDS, database, place)
        others(count, database)
    finally:
        database.end()
    count.close()


main()
