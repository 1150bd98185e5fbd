#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""served_test.py - a test of the server, with its stores on PostgreSQL.

    served_test.py TEST

Each server that has no store of its own gets a schema.
"""

import importlib.util
import itertools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import harness
from cluster import Database

DATABASE = Database()
NUMBERS = itertools.count()


class Server(harness.Server):
    """As the harness has it, elsewhere."""

    def __init__(self, *arguments, **more):
        if "--db" not in arguments:
            url = DATABASE.empty(f"served{next(NUMBERS)}")
            arguments = (*arguments, "--db", url)
        super().__init__(*arguments, **more)


def main():
    path = sys.argv.pop(1)
    harness.Server = Server
    spec = importlib.util.spec_from_file_location("served", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        module.main()
    finally:
        DATABASE.end()


main()
