#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exchanges_test.py - tests/exchanges over PostgreSQL.

    exchanges_test.py [SERVERS [FILE…]]

Several servers serve one database, and get the requests in turn; figures are
of each for itself.
"""

import itertools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(sys.path[0], "exchanges"))

import exchange_test
from cluster import Database
from harness import Count, Server

NUMBERS = itertools.count()


class Runner(exchange_test.Runner):
    """Each fresh store is a schema."""

    def __init__(self, count, database, servers):
        super().__init__(count)
        self.database = database
        self.number = servers

    def start(self, flags, env):
        url = self.database.empty(f"exchanges{next(NUMBERS)}")
        return [Server(*flags, "--db", url, env=env)
                for _ in range(self.number)]


def main():
    count = Count()
    servers = int(sys.argv.pop(1)) if len(sys.argv) > 1 else 1
    database = Database()
    try:
        for path in exchange_test.files():
            if servers == 1 or not path.endswith("metrics.txt"):
                exchange_test.run_file(path, Runner(count, database, servers))
    finally:
        database.end()
    count.close()


main()
