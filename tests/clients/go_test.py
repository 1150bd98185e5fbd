#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""go_test.py - OpenAI's SDK for Go, and README's example, keep their state here.

The SDK does with conversations, responses and chat completions all that it can,
whether the model's server has /responses or not; no answer has a member of
another type than it knows, and no conversation lacks one that it requires.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from agents_test import Model
from harness import TESTS, TOP, Server
from java_test import chat_only, count, equal, heard, test_conversations, \
    test_stored_responses
from responses import answering
from upstream import Upstream

HERE = os.path.join(TESTS, "clients", "go")
GO = os.environ.get("GO", os.path.join(TOP, "build-test", "go", "bin", "go"))
PATIENCE = 1500     # it compiles the SDK
INVALID = "invalid_request_error"


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True,
                          timeout=PATIENCE, **more)
    count.check(done.returncode == 0, command, done.stdout[-3000:],
                done.stderr[-3000:])
    return done.stdout


def told(program, what, *servers):
    return json.loads(run(program, what, *(
        f"http://127.0.0.1:{server.port}/v1" for server in servers)))


def test_responses(seen):
    test_stored_responses(seen)
    equal(seen["gone"], [404, "not_found", "", INVALID])
    equal(seen["forgotten"], [400, "previous_response_not_found",
                              "previous_response_id", INVALID])


def test_state(program, answer, asked):
    """Conversations and responses, whatever the model's server has."""
    upstream = Upstream(answer)
    server = Server("--llm-url", upstream.url)
    seen = told(program, "state", server)
    test_conversations(seen)
    test_responses(seen)
    # A response has what the model's server gave, a conversation is ours.
    equal([name for name in seen["missing"]
           if name.startswith("conversations.")], [], "missing")
    equal(heard(upstream), asked, "messages for the model")
    count.stopped(server)
    upstream.stop()


def test_completions(program):
    upstream = Upstream(Model())
    server = Server("--llm-url", upstream.url)
    seen = told(program, "completions", server)
    equal(seen["completions"], 2 * [
        "weather", "done turn 0", "done turn 3"])
    equal([len(body["messages"]) for body in upstream.bodies()],
          2 * [1, 3, 5])
    for name in "whole", "streamed":
        equal(server.client().get(f"/sessions/{name}").json()[
            "message_count"], 6, name)
    count.stopped(server)
    upstream.stop()


def test_errors(program):
    keys = {"CHATMEM_API_KEY": "a:right"}
    server, limited = Server("--llm-url", "http://127.0.0.1:1/v1", env=keys), \
        Server("--rate", "1", env=keys)
    seen = told(program, "errors", server, limited)
    missing, bad = [404, "not_found", "", INVALID], \
        [400, "invalid", "", INVALID]
    equal(seen["errors"], [
        missing, missing, missing, bad, bad,
        [422, "key_reused", "", INVALID], missing,
        [502, "upstream", "", "server_error"],
        [401, "unauthenticated", "", INVALID], [429, "rate", "", "requests"]])
    count.stopped(server)
    count.stopped(limited)


def test_example():
    """What README shows."""
    server = Server()
    printed = run(GO, "run", os.path.join(HERE, "adapter", "chatmem.go"),
                  f"http://127.0.0.1:{server.port}")
    equal(printed, "[map[content:Hi! role:user]]\nHuman: Hi!\n")
    count.stopped(server)


def main():
    test_example()
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "state")
        run(GO, "build", "-o", program, ".", cwd=HERE)
        asked = [1, 3, 5, 7, 1, 3, 5, 3]
        test_state(program, answering(Model().message), asked)
        test_state(program, chat_only, asked[:1] + asked)
        test_completions(program)
        test_errors(program)
    count.close()


if __name__ == "__main__":
    main()
