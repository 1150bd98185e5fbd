#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ledger_test.py - what was acknowledged is there exactly once.

    tests/faults/ledger_test.py [SEED [ROUNDS]]

Clients write, edit, remove, fork, import, erase, read, follow and repeat what
they have sent, while the server is killed, stopped, starved of memory, of its
disk and of the right time.  After each round the books are compared with what
the server shows: see ledger/check.py.  A seed replays its schedule; the long
run has a new one each time.
"""

import collections
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, wait_for
from ledger.book import Book
from ledger.check import Check
from ledger.client import Client
from ledger.copies import DAMAGES, Copy, orphan
from ledger.faults import CONDITIONS, KILLS, OTHERS, Faults
from ledger.tails import Tail
from ledger.tampered import Proof

ROUNDS = 400 if LONG else 40
USUAL = 61          # the seed of a run that is not long
LIFE = 40           # rounds of a database
CLIENTS = 6
SHARED = 3          # sessions that all write to, for some rounds
LASTS = 4
TAILS = 2


class Rounds:
    """Rounds of one server, and the books of all of them."""

    def __init__(self, count, directory, seed):
        self.count = count
        self.seed = seed
        self.choose = random.Random()
        self.book = Book()
        self.faults = Faults(directory, self.choose, self.book)
        self.clients = [Client(self.book, number)
                        for number in range(CLIENTS)]
        self.check = Check(self.book, self.say, self.choose)
        self.complaints = collections.Counter()
        self.tails = []

    def say(self, invariant, *words):
        self.complaints[invariant] += 1
        self.count.check(False, f"round {self.number}, {self.words}:",
                         invariant, *words)

    def calm(self):
        """A round without a fault, and proof that faults would be seen."""
        self.begin(-1)
        self.words = "calm"
        self.open(self.number)
        self.work(None, None)
        self.check.run(self.faults.server, self.tails)
        for tail in self.tails:
            tail.stop()
        Proof(self.count, self).run()

    def begin(self, number):
        """What comes is chosen by the seed and the round, and nothing else."""
        self.number = number
        self.choose.seed(f"{self.seed} {number}")
        for worker in self.clients:
            worker.choose.seed(f"{self.seed} {number} {worker.name}")

    def open(self, number):
        """Other sessions that all write to."""
        self.shared = [self.book.add(f"shared-{number}-{i}", shared=True)
                       for i in range(SHARED)]
        self.tails = [Tail(session.name) for session in self.shared[:TAILS]]

    def run(self, number):
        self.begin(number)
        if number % LASTS == 0:
            self.open(number)
        condition, _, may_be = self.choose.choices(
            CONDITIONS, [weight for _, weight, _ in CONDITIONS])[0]
        # Three of four rounds end with a kill.
        end = self.choose.choice(OTHERS if number % 4 == 3 else KILLS)
        self.words = " and ".join(
            fault.__name__ for fault in (condition, end) if fault)
        self.work(condition, end)
        failed = self.count.failed
        if end is Faults.terminate:
            may_be += 503,
        self.check.run(self.faults.server, self.tails, may_be)
        for tail in self.tails:
            tail.stop()
        if number % 5 == 4:
            self.lose(DAMAGES[number // 5 % len(DAMAGES)])
        self.count.check(self.count.failed == failed, "round", number)

    def work(self, condition, end):
        """The clients until the end, and a start."""
        self.book.acknowledged = 0
        requests = self.choose.randrange(20, 120)
        least = self.choose.randrange(CLIENTS * requests // 2)
        if condition:
            condition(self.faults)
        for worker in self.clients:
            worker.clock_is_off = condition is Faults.turn_clock
            worker.start(self.faults.server, self.shared, requests)
        for tail in self.tails:
            tail.start(self.faults.server)
        wait_for(lambda: self.book.acknowledged >= least or self.is_over())
        if end is Faults.kill_at_a_change:
            end(self.faults, self.is_over)
        elif end:
            end(self.faults)
        self.faults.heal()
        for worker in self.clients:
            worker.thread.join()
        if end in KILLS:
            self.book.figures["kills"] += 1
            if self.choose.random() < 0.2:
                self.book.figures["kills"] += self.faults.kill_starts()
        self.faults.start()
        for tail in self.tails:
            if tail.thread.is_alive():
                tail.stop()
            tail.start(self.faults.server)

    def lose(self, damage):
        """Of a copy; and the log without its file."""
        server = self.faults.server
        self.faults.kill()
        copy = Copy(server, self.book, self.say, self.choose)
        copy.judge(damage)
        copy.close()
        self.book.figures["damages tried"] += 1
        self.book.figures["orphaned logs"] += orphan(server, self.say)
        server.start()
        self.check.run(server, [])

    def is_over(self):
        """A client has done its work, or the server is gone."""
        return not self.faults.is_running() or not all(
            worker.thread.is_alive() for worker in self.clients)


def prove(count, directory, seed):
    rounds = Rounds(count, os.path.join(directory, "calm"), seed)
    try:
        rounds.calm()
    finally:
        rounds.faults.close()


def live(count, directory, seed, numbers, figures):
    """A database, its rounds, and what was counted in them."""
    rounds = Rounds(count, os.path.join(directory, f"life-{numbers[0]}"), seed)
    try:
        for number in numbers:
            rounds.run(number)
    finally:
        rounds.faults.close()
    figures.update(rounds.book.figures)
    for invariant in "lost", "doubled":
        figures[invariant] += rounds.complaints[invariant]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else \
        int.from_bytes(os.urandom(4), "big") if LONG else USUAL
    number = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    print(f"seed {seed}, {number} rounds", flush=True)
    count, figures = Count(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as directory:
        prove(count, directory, seed)
        for first in range(0, number, LIFE):
            live(count, directory, seed,
                 range(first, min(number, first + LIFE)), figures)
    count.check(number < LIFE or figures["faults met"], "no fault was met")
    print(", ".join(f"{figures[name]} {name}" for name in (
        "kills", "requests", "acknowledged", "unknown", "lost", "doubled",
        "reads", "replays", "faults met", "damages tried", "orphaned logs",
        "bytes searched for")))
    count.close()


if __name__ == "__main__":
    main()
