#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contract_test.py - the contract suite on a real PostgreSQL.

    contract_test.py [PROGRAM…]
"""

import glob
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import Database
from harness import CHATMEM, TOP, Count

PROGRAMS = os.path.dirname(CHATMEM)
SUMMARY = re.compile(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.M)


def suites():
    """What only this one has, and the programs that run on any engine."""
    yield from ("test_migrate", "test_prepare")
    for path in sorted(glob.glob(os.path.join(TOP, "tests/contract/test_*.c"))):
        with open(path, encoding="utf-8") as file:
            if "CONTRACT_UNIT(" in file.read():
                yield os.path.basename(path)[:-2]


def run(name, url):
    return subprocess.run(
        [os.path.join(PROGRAMS, name)], cwd=os.path.join(TOP, "tests"),
        env={**os.environ, "CHATMEM_TEST_ENGINE": "postgresql",
             "CHATMEM_TEST_POSTGRESQL": url},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False)


def try_one(count, name, url):
    done = run(name, url)
    sums = [tuple(map(int, found)) for found in SUMMARY.findall(done.stdout)]
    count.check(len(sums) == 1 and sums[0][0] > 0, name, done.stdout)
    count.check(done.returncode == 0, name, done.returncode, done.stdout)
    for checks, failures, errors in sums:
        for _ in range(checks - failures - errors):
            count.check(True, name)
        count.check(failures + errors == 0, name, done.stdout)


def main():
    """Side by side: they wait for answers most of the time."""
    count = Count()
    database = Database()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: try_one(count, name, database.url()),
                          sys.argv[1:] or suites()))
    finally:
        database.end()
    count.close()


main()
