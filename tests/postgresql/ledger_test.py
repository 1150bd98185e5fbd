#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ledger_test.py - what three servers acknowledged is there exactly once.

    tests/postgresql/ledger_test.py [ROUNDS [WORD…]]

The clients and the checker of tests/faults/ledger, at servers over one
database, while these and the database are killed, stopped, cut off, starved
and delayed: see database_faults.py.  Over a standby that nobody waits for the
same checker must find what is lost.
"""

import collections
import os
import random
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
sys.path.append(os.path.join(sys.path[0], "faults"))

from database_faults import FAULTS, Faults
from harness import LONG, Count, wait_for
from ledger import client
from ledger.book import Book
from ledger.check import Check, is_replay
from ledger.tails import Tail

ROUNDS = 60 if LONG else 3
CLIENTS = 6
REQUESTS = 80
SHARED = 3
TAILS = 2
REPLAYS = 34        # at least, of a round: over 100 of the shortest run


class Client(client.Client):
    """Each request goes to any of the servers."""

    def run(self, requests):
        """Until it has sent so many, and the fault is over."""
        wish, weight = zip(*client.WISHES)
        while requests > 0 or not self.over():
            requests -= 1
            self.connection = self.server.client()
            try:
                self.choose.choices(wish, weight)[0](self)
            except client.GONE:
                time.sleep(0.01)
            finally:
                self.connection.close()


class Rounds:
    def __init__(self, count, directory, confirms=True):
        self.count = count
        self.book = Book()
        self.faults = Faults(directory, confirms)
        self.clients = [Client(self.book, number)
                        for number in range(CLIENTS)]
        self.check = Check(self.book, self.say, random.Random())
        self.complaints = collections.Counter()
        self.is_over = False

    def say(self, invariant, *words):
        self.complaints[invariant] += 1
        if self.count:
            self.count.check(False, self.words, invariant, *words)

    def run(self, number, fault):
        self.words = f"round {number}, {fault.__name__}:"
        shared = [self.book.add(f"shared-{number}-{i}", shared=True)
                  for i in range(SHARED)]
        tails = [Tail(session.name) for session in shared[:TAILS]]
        self.work(fault, shared, tails)
        self.check.run(self.faults.server, tails, (500, 503, 507))
        for tail in tails:
            tail.stop()

    def work(self, fault, shared, tails):
        self.book.acknowledged = 0
        self.is_over = False
        for worker in self.clients:
            worker.over = lambda: self.is_over
            worker.start(self.faults.server, shared, REQUESTS)
        for tail in tails:
            tail.start(self.faults.server)
        wait_for(lambda: self.book.acknowledged > REQUESTS)
        try:
            fault(self.faults)
            self.faults.heal()
        finally:
            self.is_over = True
        for worker in self.clients:
            worker.thread.join()
        self.book.figures["replays"] += sum(
            is_replay(reply) for request in self.book.open
            for reply in request.replies if reply)


def live(count, directory, number, faults):
    """Nothing is lost, and nothing is there twice."""
    rounds = Rounds(count, directory)
    try:
        for at in range(number):
            failed = count.failed
            rounds.run(at, faults[at % len(faults)])
            count.check(count.failed == failed, "round", at)
    finally:
        rounds.faults.close()
    return rounds


def prove(count, directory):
    """What a standby did not get is found to be lost."""
    rounds = Rounds(None, directory, confirms=False)
    try:
        rounds.run(0, Faults.hold_standby)
    finally:
        rounds.faults.close()
    count.check(rounds.complaints["lost"], "the checker overlooks a loss",
                dict(rounds.complaints))
    print("a standby that nobody waits for:", dict(rounds.complaints))


def main():
    count = Count()
    number = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    faults = [fault for fault in FAULTS if not sys.argv[2:] or any(
        word in fault.__name__ for word in sys.argv[2:])]
    for part in (lambda directory: prove(count, directory),
                 lambda directory: figures(count, live(
                     count, directory, number, faults), number)):
        with tempfile.TemporaryDirectory(prefix="chatmem-test-") as directory:
            part(directory)
    count.close()


def figures(count, rounds, number):
    figures = rounds.book.figures
    for invariant in "lost", "doubled":
        figures[invariant] = rounds.complaints[invariant]
    print(", ".join(f"{figures[name]} {name}" for name in (
        "requests", "acknowledged", "unknown", "lost", "doubled", "reads",
        "replays")))
    count.check(figures["replays"] > REPLAYS * number, "replays",
                figures["replays"])


if __name__ == "__main__":
    main()
