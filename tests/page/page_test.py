#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page_test.py - the page for people, in a real browser.

Starts the servers that page_test.mjs drives Debian's Chromium against: one
that is open and has a language model, one without a model, one with keys.
Screenshots of every view are left in build-test/page/, to be looked at.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, TOP, Count, Server
from upstream import NODE, Upstream, completion, deltas

PICTURES = os.path.join(TOP, "build-test", "page")


def answer(request, reply):
    """The language model's part: it says how long the prompt was."""
    if request.path.endswith("/models"):
        return reply.json({"object": "list", "data": [{"id": "m"}]})
    words = f"I have read {len(request.json()['messages'])} messages."
    if request.json().get("stream"):
        return reply.stream(deltas(*words.partition(" read ")))
    return reply.json(completion(words))


def main():
    count = Count()
    servers = {
        "open": Server("--llm-url", Upstream(answer).url, "--llm-model", "m"),
        "plain": Server(),
        "keys": Server(env={"CHATMEM_API_KEY": "alice:key-a,bob:key-b"}),
    }
    os.makedirs(PICTURES, exist_ok=True)
    run = subprocess.run(
        ["node", os.path.join(TESTS, "page", "page_test.mjs"),
         *sys.argv[1:]],
        env={**os.environ, "NODE_PACKAGES": NODE, "PICTURES": PICTURES,
             "SERVERS": json.dumps({name: f"http://localhost:{server.port}/"
                                    for name, server in servers.items()})},
        stdout=subprocess.PIPE, text=True)
    print(run.stdout, end="", flush=True)
    lines = run.stdout.splitlines()
    count.check(lines and lines[-1] == "done", "the browser's part broke off")
    count.passed += lines.count("ok")
    count.failed += sum(line.startswith("FAILED:") for line in lines)
    for server in servers.values():
        count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
