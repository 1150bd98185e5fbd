#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""parse_test.py - a real PostgreSQL takes the tables and every statement.

Runs schema/sql/postgresql in order on an empty
database, then prepares and plans each statement that print_statements prints:
planning finds what parsing does not, a conflict with no index for it.  What
is given to a statement is the same on every engine, so its own text must take
the same parameters as the common one.
"""

import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import Database
from harness import CHATMEM, TOP, Count

PRINTS = os.path.join(os.path.dirname(CHATMEM), "print_statements")


def names():
    """Of the statements, in the order of their enum."""
    with open(os.path.join(TOP, "core/store/statements.h"),
              encoding="utf-8") as file:
        return re.findall(r"^\t(SQL_\w+)", file.read(), re.M)


def parameters(text):
    return set(map(int, re.findall(r"\$(\d+)", text)))


def in_brackets(words):
    return f"({', '.join(words)})" if words else ""


def refused(database, text):
    """Prepares and plans it.

    A parameter says its type when it is bound; the server guesses the others'
    here, and one that it cannot guess is a number.
    """
    types = ["unknown"] * max(parameters(text), default=0)
    while True:
        words = database.refuses(
            f"PREPARE one{in_brackets(types)} AS {text};"
            f"EXPLAIN EXECUTE one{in_brackets(['NULL'] * len(types))};")
        vague = re.search(r"determine data type of parameter \$(\d+)", words)
        if not vague:
            return words
        types[int(vague[1]) - 1] = "bigint"


def migrate(database, count, name="postgres", versions=slice(None)):
    for path in sorted(glob.glob(os.path.join(TOP, "schema/sql/postgresql",
                                              "[0-9]*.sql")))[versions]:
        with open(path, encoding="utf-8") as file:
            words = database.refuses("BEGIN;" + file.read() + "COMMIT;", name)
        count.check(words == "", os.path.basename(path), words)


# Two messages in each of 40 sessions, as a server of the first version had
# written them: their rows said last_seq and nothing of the messages' times.
OLDER = """
INSERT INTO session (id, tenant, name, mark, history, last_seq, edits, removed,
    inherited, purged, created_at, touched_at, memory, metadata)
    SELECT n, '', 's' || n, '0123456789abc', n, 2, 0, 0, 0, 0, 5, 5, '{}', '{}'
    FROM generate_series(1, 40) AS n;
INSERT INTO message (history, seq, born, form, type, created_at, client_id,
    body, checksum) SELECT id, seq, seq, 1, 1, 100 * id + seq,
    convert_to('m' || seq, 'UTF8'), '"x"', 7
    FROM session, generate_series(1, 2) AS seq;
"""
# What such a server does beside the new tables.
APPEND = """
INSERT INTO message (history, seq, born, form, type, created_at, body,
    checksum) VALUES (7, 3, 3, 1, 1, 990, '"x"', 7);
UPDATE session SET last_seq = 3 WHERE id = 7 AND last_seq < 3;
"""


def upgraded(database, count):
    """Nothing is lost, and servers of before write on."""
    database.refuses("CREATE DATABASE older")
    migrate(database, count, "older", slice(1))
    plan = subprocess.run([CHATMEM, "migrate", "--check", "--db",
                           database.url("older")], text=True,
                          capture_output=True, check=False).stdout
    count.check("all messages are copied" in plan, "what waits", plan)
    for sql in (OLDER, None, APPEND):
        if sql:
            count.check((words := database.refuses(sql, "older")) == "", words)
        else:
            migrate(database, count, "older", slice(1, None))
    words = database.refuses("""DO $$ BEGIN
        ASSERT (SELECT count(*) FROM message) = 81;
        ASSERT (SELECT count(*) FROM message WHERE seq <= 2
            AND client_id = convert_to('m' || seq, 'UTF8')) = 80;
        ASSERT (SELECT count(*) FROM session WHERE id <> 7
            AND appended_at = 100 * id + 2) = 39;
        ASSERT (SELECT appended_at FROM session WHERE id = 7) = 990;
        ASSERT (SELECT count(*) FROM word_due WHERE seq = 3) = 1;
        END $$""", "older")
    count.check(words == "", words)


def main():
    count = Count()
    printed = subprocess.run([PRINTS], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    common, own = printed[::2], printed[1::2]
    count.check(names()[len(own):] == ["SQL_COUNT"], "names", names())
    for name, text, other in zip(names(), common, own):
        count.check(parameters(text) == parameters(other), name,
                    "is given", parameters(text), "and takes", other)
    database = Database()
    try:
        migrate(database, count)
        upgraded(database, count)
        for name, text in zip(names(), own):
            words = refused(database, text)
            count.check(words == "", name, text, words)
        # What it must not take, or it was never asked.
        count.check("no_table" in refused(
            database, "SELECT $1 FROM no_table"), "no table")
        count.check("ON CONFLICT" in refused(
            database, "INSERT INTO probe (id, probed_at) VALUES ($1, $2)"
            " ON CONFLICT (probed_at) DO NOTHING"), "no index")
    finally:
        database.end()
    count.close()


main()
