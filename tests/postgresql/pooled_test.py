#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pooled_test.py - tests/exchanges on two servers behind PgBouncer.

In transaction mode, with fewer connections to the database than the servers
have to it: each transaction may have another one.
"""

import itertools
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(sys.path[0], "exchanges"))

import exchange_test
from cluster import AS_USER, Database
from harness import Count, Server, free_port, listens, wait_for

FILES = ("messages", "edits", "forks", "lists", "search", "conditions",
         "memory", "import", "as_of")
NUMBERS = itertools.count()

SETTINGS = """
[databases]
* = host={directory} port={port} user=chatmem
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
"""


class Runner(exchange_test.Runner):
    """Each fresh store is a database: a pooler lets no search_path through."""

    def __init__(self, count, database, port):
        super().__init__(count)
        self.database = database
        self.port = port

    def start(self, flags, env):
        name = f"pooled{next(NUMBERS)}"
        self.database.refuses(f"CREATE DATABASE {name}")
        url = f"postgresql://chatmem@127.0.0.1:{self.port}/{name}"
        return [Server(*flags, "--db", url, env=env) for _ in range(2)]


def begin_pooler(database):
    port = free_port()
    path = os.path.join(database.directory, "pgbouncer.ini")
    with open(path, "w", encoding="ascii") as file:
        file.write(SETTINGS.format(directory=database.directory,
                                   port=database.port, listen=port))
    os.chmod(path, 0o644)
    pooler = subprocess.Popen([*AS_USER, "pgbouncer", "-q", path],
                              stderr=subprocess.DEVNULL)
    wait_for(lambda: listens(port))
    return port, pooler


def main():
    count = Count()
    database = Database()
    port, pooler = begin_pooler(database)
    try:
        for name in FILES:
            exchange_test.run_file(
                f"{exchange_test.TESTS}/exchanges/{name}.txt",
                Runner(count, database, port))
    finally:
        pooler.terminate()
        pooler.wait()
        database.end()
    count.close()


main()
