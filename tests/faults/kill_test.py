#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill_test.py - kill -9 after some answers, and a ledger of what was said.

Several clients append and write down what they sent and what was answered.
After each kill and restart every 2xx must be there exactly once at its seq,
a request without an answer wholly or not at all, and nothing else.
"""

import collections
import http.client
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Server, history, wait_for

KILLS = 200 if LONG else 10
CLIENTS = 8
SESSIONS = 5


class Ledger:
    """What one round's clients know."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acked = collections.defaultdict(dict)  # session: {seq: text}
        self.unknown = collections.defaultdict(list)  # session: [[text]]
        self.refused = []

    def size(self):
        with self.lock:
            return sum(map(len, self.acked.values()))


def append(server, ledger, seed, name):
    """Appends until the server is gone."""
    choose = random.Random(seed)
    client = server.client()
    for number in range(1 << 30):
        session = f"{name}-{choose.randrange(SESSIONS)}"
        texts = [f"{seed}-{number}-{i}" + "x" * choose.randrange(2000)
                 for i in range(choose.choice((1, 1, 1, 2, 20)))]
        try:
            reply = client.post(f"/sessions/{session}/messages", texts)
        except (OSError, http.client.HTTPException):
            with ledger.lock:
                ledger.unknown[session].append(texts)
            return
        with ledger.lock:
            if reply.status != 201:
                ledger.refused.append((reply.status, reply.body))
                continue
            for message, text in zip(reply.json()["messages"], texts):
                ledger.acked[session][message["seq"]] = text


def audit(count, client, name, ledger):
    for number in range(SESSIONS):
        session = f"{name}-{number}"
        rows = history(client, session)
        acked, unknown = ledger.acked[session], ledger.unknown[session]
        stored = dict(rows)
        count.check([seq for seq, _ in rows] ==
                    list(range(1, len(rows) + 1)), f"{session}: seqs", rows)
        lost = {seq: text[:40] for seq, text in acked.items()
                if stored.get(seq) != text}
        count.check(not lost, f"{session}: acknowledged and lost:", lost)
        rest = collections.Counter(text for seq, text in rows
                                   if seq not in acked)
        for texts in unknown:
            there = [rest.pop(text, 0) for text in texts]
            count.check(len(set(there)) == 1 and there[0] in (0, 1),
                        f"{session}: half a request, or twice", there)
        count.check(not rest, f"{session}: nobody sent", rest)
    count.check(not ledger.refused, "refused:", ledger.refused[:3])


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else \
        int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}, {KILLS} kills")
    choose = random.Random(seed)
    count = Count()
    server = Server()
    acked = 0
    for round in range(KILLS):
        name, ledger = f"round-{round}", Ledger()
        clients = [threading.Thread(
            target=append, args=(server, ledger, f"{round}.{i}", name))
            for i in range(CLIENTS)]
        for client in clients:
            client.start()
        least = choose.randrange(1, 600)
        count.check(wait_for(lambda: ledger.size() >= least), "no answers")
        time.sleep(choose.uniform(0, 0.005))    # within a request
        server.kill()
        for client in clients:
            client.join()
        server.start()
        audit(count, server.client(), name, ledger)
        acked += ledger.size()
    print(f"{acked} messages acknowledged")
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
