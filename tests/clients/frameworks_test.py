#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""frameworks_test.py - frameworks that keep their chats here, by examples.

frameworks_test.py PYTHON NODE [NAME…]: directories in build-test, and which of
the programs in frameworks/turns.

Each example of README's table is a file in frameworks/; the real framework has
ten turns by it, with tools, in each of two sessions.  The reply to every write
is lost once on its way.  What was said is there once, each session has its own,
and read as OpenAI's messages it is what the framework said.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, TESTS, TOP, Count, Server
from upstream import Upstream

HERE = os.path.join(TESTS, "clients", "frameworks")
SESSIONS = {"team red/ada \U0001f600": "ada", "team red/ada": "eve"}
TURNS = 10

count = Count()
check = count.check


class Lossy:
    """What stands before a server, and loses the first reply to a write."""

    def __init__(self, server):
        self.server = server
        self.seen = set()
        self.again = 0

    def __call__(self, request, reply):
        headers = [(name, value) for name, value in request.headers.items()
                   if name in ("Content-Type", "Idempotency-Key")]
        client = self.server.client()
        got = client.request(request.method, request.path,
                             request.body or None, headers=headers)
        client.close()
        name = request.headers.get("Idempotency-Key")
        if request.method != "GET" and name not in self.seen:
            self.seen.add(name)
            return reply.hang_up()
        self.again += request.method != "GET"
        return reply.json(got.body, got.status)


def expected(who):
    """What is said in all turns, in OpenAI's form."""
    for number in range(TURNS):
        question = f"{who} {number}"
        yield "user", question
        if number % 2 == 0:
            call = "call_" + question.replace(" ", "_")
            yield "assistant", (call, "weather", {"city": "Oslo"})
            yield "tool", (call, "sunny in Oslo")
        yield "assistant", f"done {question}"


def told(message):
    text = message.get("content") or ""
    if message["role"] == "tool":
        return "tool", (message["tool_call_id"], text)
    for call in message.get("tool_calls", ()):
        return "assistant", (call["id"], call["function"]["name"],
                             json.loads(call["function"]["arguments"]))
    return message["role"], text.replace("|", " ").strip()


def run(name, url, directories):
    """Runs the turns; each thing that the program has checked counts."""
    of_node = name.endswith("mjs")
    packages = os.path.join(TOP, "build-test", directories[of_node])
    with tempfile.TemporaryDirectory() as place:
        # Node looks for packages beside the file that imports them.
        shutil.copytree(HERE, place, dirs_exist_ok=True)
        os.symlink(os.path.join(packages, "node_modules"),
                   os.path.join(place, "node_modules"))
        done = subprocess.run(
            [*(["node"] if of_node else [f"{packages}/bin/python", "-B",
                                         "-W", "ignore"]),
             os.path.join(place, "turns", name)],
            text=True, capture_output=True, timeout=PATIENCE * 5,
            env={**os.environ, "CHATMEM_URL": url,
                 "SESSIONS": json.dumps(SESSIONS)})
    if not check(done.returncode == 0, name, done.stdout, done.stderr):
        return
    for what, good, seen in json.loads(done.stdout.splitlines()[-1]):
        check(good, name, what, seen)


def test_framework(name, directories):
    with Server() as server:
        lossy = Lossy(server)
        upstream = Upstream(lossy)
        run(name, f"http://127.0.0.1:{upstream.port}", directories)
        upstream.stop()
        client = server.client()
        for session, who in SESSIONS.items():
            path = client_path(session)
            stored = client.get(f"{path}?format=openai").json()["messages"]
            rows = [told(message) for message in stored]
            check(rows == list(expected(who)), name, session, "stored", rows)
        check(lossy.again >= 2 * TURNS, name, "lost", lossy.again)
        client.close()


def client_path(session):
    from urllib.parse import quote
    return f"/sessions/{quote(session, safe='')}/messages"


def main():
    *directories, = sys.argv[1:3]
    names = sorted(os.listdir(os.path.join(HERE, "turns")))
    for name in names:
        if name.startswith("by_") and (not sys.argv[3:] or any(
                wanted in name for wanted in sys.argv[3:])):
            test_framework(name, directories)
    count.close()


if __name__ == "__main__":
    main()
