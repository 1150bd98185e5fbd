#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""commands_test.py - commands that look at a PostgreSQL and change it.

They say of it what a server says that serves it, and write beside that: the
cases are those of tests/server/look_test.py.
"""

import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = TESTS, os.path.join(TESTS, "server")

import look_test
from cluster import Database
from harness import Count, Server


def main():
    count = Count()
    # Without fsync each command would say so.
    database = Database("-c listen_addresses=''")
    with Server("--db", database.url()) as server:
        server.database = database.url()
        url = f"http://127.0.0.1:{server.port}"
        look_test.fill(server.client())
        look_test.same_both_ways(count, server, url)
        look_test.tails(count, server, url)
        look_test.changes(count, ["--db", database.url()])
    database.end()
    count.close()


if __name__ == "__main__":
    main()
