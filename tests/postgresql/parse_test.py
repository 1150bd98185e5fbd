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


def migrate(database, count):
    for path in sorted(glob.glob(os.path.join(TOP, "schema/sql/postgresql",
                                              "[0-9]*.sql"))):
        with open(path, encoding="utf-8") as file:
            words = database.refuses("BEGIN;" + file.read() + "COMMIT;")
        count.check(words == "", os.path.basename(path), words)


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
