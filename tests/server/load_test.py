#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""load_test.py - many clients at once on few sessions, for ThreadSanitizer.

Every kind of request runs beside every other; each client's own messages
come back in the order in which it sent them.  The server's end counts what
the sanitizer found.
"""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server

SECONDS = 8
CLIENTS = 12


def work(server, number, end, problems):
    """One client: a session of its own, and four that all share."""
    choose = random.Random(number)
    client = server.client()
    own, sent = f"own-{number}", []
    while time.monotonic() < end:
        shared = f"/sessions/shared-{choose.randrange(4)}"
        sent.append(f"{number}-{len(sent)}")
        replies = [client.post(f"/sessions/{own}/messages", [sent[-1]])]
        replies.append(choose.choice((
            lambda: client.post(shared + "/messages", ["a", ["ai", "b"]]),
            lambda: client.post(shared + "/save", {
                "inputs": {"i": "a"}, "outputs": {"o": "b"}}),
            lambda: client.get(shared + "/messages?last=20"),
            lambda: client.get(shared + "/load"),
            lambda: client.get("/sessions?limit=10"),
            lambda: client.get("/readyz"),
            lambda: client.request("PATCH", f"/sessions/{own}", {
                "metadata": {"n": len(sent)}}),
            lambda: client.request("DELETE", shared + "/messages"),
            lambda: client.request("DELETE", shared),
            lambda: client.get("/sessions/%00"),
            lambda: client.post(shared + "/messages", "{"),
        ))())
        problems += [(reply.status, reply.body) for reply in replies
                     if reply.status not in (200, 201, 400, 404)]
        if len(sent) % 50 == 0:
            page = client.get(
                f"/sessions/{own}/messages?limit=10000").json()["messages"]
            if [m["data"]["content"] for m in page] != sent:
                problems.append((own, "out of order"))


def main():
    count = Count()
    server = Server(under=["setarch", "-R"])
    problems = []
    end = time.monotonic() + SECONDS
    clients = [threading.Thread(target=work,
                                args=(server, number, end, problems))
               for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    count.check(not problems, problems[:5])
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
