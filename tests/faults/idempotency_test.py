#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""idempotency_test.py - repeated requests happen once, also across kill -9.

Several clients send the same requests under the same keys at the same time,
the server is killed in between, and all of them are sent again until each
client has all replies.  Beside them other clients behave as OpenAI's SDKs
do: they have no key, but count their retries.  In the end every message must
be there exactly once, and all replies to one key must be the same bytes.
"""

import http.client
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Server, history, wait_for

ROUNDS = 100 if LONG else 15
CLIENTS = 6         # that share the keys
COUNTERS = 3        # that count their retries, on a session each
JOBS = 40           # keys of a round
SESSIONS = 4
GONE = (OSError, http.client.HTTPException)


class Job:
    """A request that all clients send, and what each was answered."""

    def __init__(self, choose, round, number):
        self.key = f"{round}-{number}-{choose.getrandbits(64):x}"
        self.session = f"round-{round}-{choose.randrange(SESSIONS)}"
        self.texts = [f"{self.key}.{i}"
                      for i in range(choose.choice((1, 1, 1, 2, 300)))]
        self.makes = choose.random() < 0.1  # a session, by no name
        self.replies = []       # grows at its end only, by many threads

    def send(self, client):
        headers = {"Idempotency-Key": self.key}
        if self.makes:
            reply = client.request("POST", "/sessions", None, headers)
        else:
            reply = client.request("POST", self.path(), self.texts, headers)
        self.replies.append(reply)

    def path(self):
        return f"/sessions/{self.session}/messages"

    def audit(self, count):
        answers = {(r.status, r.headers.get("ETag"),
                    r.headers.get("Location"), r.body) for r in self.replies}
        count.check(len(answers) == 1 and self.replies[0].status == 201,
                    self.key, "was answered in several ways:", answers)
        first = [r for r in self.replies
                 if r.headers.get("Idempotent-Replay") != "true"]
        count.check(len(first) <= 1, self.key, "was new twice")


class Counter:
    """A client without keys: a retry is the same request with a count."""

    def __init__(self, name):
        self.session = name
        self.number = 0
        self.retries = 0
        self.refused = []

    def run(self, server, until):
        client = server.client()
        while not until():
            try:
                reply = client.post(
                    f"/sessions/{self.session}/messages",
                    [f"{self.session}.{self.number}"],
                    headers={"X-Stainless-Retry-Count": str(self.retries)})
            except GONE:
                self.retries += 1
                return
            if reply.status != 201:
                self.refused.append((reply.status, reply.body))
            self.number += 1
            self.retries = 0


def send_all(server, jobs, choose):
    """In an order of its own, until the server is gone."""
    jobs = list(jobs)
    choose.shuffle(jobs)
    client = server.client()
    try:
        for job in jobs:
            job.send(client)
    except GONE:
        pass


def start(target, *arguments):
    thread = threading.Thread(target=target, args=arguments)
    thread.start()
    return thread


def run_round(server, jobs, counters, choose):
    """All at once until the kill, and again until everybody is answered."""
    clients = [start(send_all, server, jobs, random.Random(choose.random()))
               for _ in range(CLIENTS)]
    clients += [start(counter.run, server, lambda: False)
                for counter in counters]
    least = choose.randrange(1, CLIENTS * JOBS // 2)
    wait_for(lambda: sum(len(job.replies) for job in jobs) >= least)
    time.sleep(choose.uniform(0, 0.005))    # within a request
    server.kill()
    for client in clients:
        client.join()
    server.start()
    clients = [start(send_all, server, jobs, random.Random(choose.random()))
               for _ in range(CLIENTS)]
    for counter in counters:    # what was cut off, and one more
        end = counter.number + 2
        clients.append(start(counter.run, server, lambda end=end,
                             counter=counter: counter.number >= end))
    for client in clients:
        client.join()


def audit(count, client, jobs, counters):
    for job in jobs:
        job.audit(count)
    for session in {job.session for job in jobs}:
        rows = history(client, session)
        sent = [text for job in jobs for text in job.texts
                if job.session == session and not job.makes]
        count.check(sorted(text for _, text in rows) == sorted(sent),
                    session, "has", len(rows), "messages of", len(sent))
        count.check([seq for seq, _ in rows] ==
                    list(range(1, len(rows) + 1)), session, "has gaps")
    for counter in counters:
        texts = [text for _, text in history(client, counter.session)]
        count.check(texts == [f"{counter.session}.{i}"
                              for i in range(counter.number)],
                    counter.session, "has", texts[-5:], "of", counter.number)
        count.check(not counter.refused, "refused:", counter.refused[:3])


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else \
        int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}, {ROUNDS} kills")
    choose = random.Random(seed)
    count = Count()
    server = Server()
    answered = 0
    for round in range(ROUNDS):
        jobs = [Job(choose, round, number) for number in range(JOBS)]
        counters = [Counter(f"counter-{round}-{i}") for i in range(COUNTERS)]
        run_round(server, jobs, counters, choose)
        audit(count, server.client(), jobs, counters)
        answered += sum(len(job.replies) - CLIENTS for job in jobs)
        answered += sum(counter.number for counter in counters)
    print(f"{answered} answers before the kills")
    count.check(answered > ROUNDS, "hardly anything came before the kills")
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
