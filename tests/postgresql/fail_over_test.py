#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fail_over_test.py - whatever dies, what was acknowledged is there, once.

    tests/postgresql/fail_over_test.py            everything
    tests/postgresql/fail_over_test.py WORD...    the parts with such a name
"""

import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import Database, Standby
from harness import PATIENCE, history, wait_for
from pair import Pair, count, run, said
from relay import Relay


class Ledger(threading.Thread):
    """Appends one text after the other, each until it is acknowledged.

    Of the requests each fourth is left before its answer comes.
    """

    def __init__(self, pair, name, number, until):
        super().__init__(daemon=True)
        self.pair, self.name, self.number = pair, name, number
        self.until = until
        self.acknowledged = []
        self.replayed = 0
        self.start()

    def append(self, text):
        """Is it acknowledged?"""
        client = random.choice(self.pair.servers).client()
        if random.randrange(4) == 0:
            client.receive = lambda method: None
        try:
            reply = client.post(
                f"/sessions/{self.name}/messages", said(text),
                headers={"Idempotency-Key": f"{self.name} {text}"})
        except OSError:
            return False
        finally:
            client.close()
        if reply and "Idempotent-Replay" in reply.headers:
            self.replayed += 1
        return reply and reply.status == 201

    def run(self):
        while not self.until.is_set():
            text = f"{self.number}.{len(self.acknowledged)}"
            while not self.append(text):
                time.sleep(0.01)
            self.acknowledged.append(text)


def balance(pair, name, ledgers):
    """Nothing is lost, nothing is there twice, and there is no hole."""
    rows = history(pair.b, name)
    stored = collections.Counter(text for _, text in rows)
    all_of_them = [text for ledger in ledgers for text in ledger.acknowledged]
    count.check(len(all_of_them) > 50, "much was acknowledged",
                len(all_of_them))
    count.check([text for text in all_of_them if not stored[text]] == [],
                "nothing is lost")
    count.check([text for text in stored if stored[text] > 1] == [],
                "nothing is there twice")
    count.check([seq for seq, _ in rows] == list(range(1, len(rows) + 1)),
                "there is no hole")
    print(f"{name}: {len(all_of_them)} acknowledged, "
          f"{sum(ledger.replayed for ledger in ledgers)} replayed")


def while_it_runs(ledgers, disturb):
    """All have got on before, and get on afterwards."""
    for action in (lambda: None, disturb):
        action()
        before = [len(ledger.acknowledged) for ledger in ledgers]
        count.check(wait_for(lambda: all(
            len(ledger.acknowledged) > was + 10
            for ledger, was in zip(ledgers, before))), "it goes on by itself")


def server_dies(database):
    """One that is killed takes nothing along that it has acknowledged."""
    done = threading.Event()
    with Pair(database) as pair:
        ledgers = [Ledger(pair, "killed", i, done) for i in range(8)]

        def kill():
            pair.servers[0].kill()
            pair.servers[0].start()

        while_it_runs(ledgers, kill)
        while_it_runs(ledgers, kill)
        done.set()
        for ledger in ledgers:
            ledger.join()
        balance(pair, "killed", ledgers)


def primary_dies(_):
    """With a standby that confirms, a fail-over costs nothing but time."""
    primary = Database(lets_in="local replication all trust\n")
    standby = Standby(primary)
    count.check(wait_for(lambda: standby.confirms(primary)),
                "the standby confirms")
    url = primary.url().replace(primary.directory,
                                f"{primary.directory},{standby.directory}")
    done = threading.Event()
    with Pair(primary, "--db-wait", "3", "--db", url) as pair:
        ledgers = [Ledger(pair, "fail-over", i, done) for i in range(8)]
        while_it_runs(ledgers, lambda: (primary.stop(), standby.promote()))
        done.set()
        for ledger in ledgers:
            ledger.join()
        balance(pair, "fail-over", ledgers)
    standby.end()
    primary.end()


def commits_break_everywhere(database):
    """Connections that break at every other commit: still each once."""
    relay = Relay(database)
    done = threading.Event()
    with Pair(database, "--db", relay.url()) as pair:
        ledgers = [Ledger(pair, "broken", i, done) for i in range(8)]
        for how in ("before", "after") * 30:
            relay.broke.clear()
            relay.breaks = how
            count.check(relay.broke.wait(PATIENCE), "a commit broke", how)
        count.check(wait_for(lambda: sum(
            ledger.replayed for ledger in ledgers) > 100), "it replays")
        done.set()
        for ledger in ledgers:
            ledger.join()
        balance(pair, "broken", ledgers)
    relay.end()


run((commits_break_everywhere, server_dies, primary_dies))
