#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""java_test.py - Java's clients keep their state here.

OpenAI's SDK does with conversations and responses all that it can, and
believes no answer that lacks a member or has one of another type.  Spring AI
and LangChain4j have their windows here, by README's examples, over a line that
loses the first reply to each write.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from agents_test import Model
from harness import PATIENCE, TESTS, TOP, Count, Server
from responses import answering
from upstream import Upstream

HERE = os.path.join(TESTS, "clients")
PACKAGES = os.environ.get("JAVA_PACKAGES", os.path.join(
    TOP, "build-test", "java"))

INVALID = "invalid_request_error"

count = Count()


def equal(seen, wanted, *words):
    return count.check(seen == wanted, *words, "is", seen, "not", wanted)


class Client:
    """The programs of a folder in java/, compiled with their packages.

    Those of frameworks are compiled with the examples of README, too.
    """

    def __init__(self, name, directory):
        self.path = os.pathsep.join(
            (directory, os.path.join(PACKAGES, name, "*")))
        self.run("javac", "-parameters", "-cp", self.path, "-d", directory,
                 *(file for folder in ("java", "frameworks") for file in
                   glob.glob(os.path.join(HERE, folder, name, "*.java"))))

    def run(self, *command):
        done = subprocess.run(command, text=True, capture_output=True,
                              timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def __call__(self, program, *arguments):
        return json.loads(self.run("java", "-cp", self.path, program,
                                   *arguments))


def test_conversations(seen):
    ids = seen["ids"]
    equal(seen["texts"], ["How warm is it?", "warm", "11", "11."])
    equal((len(set(ids)), ids[1]), (4, "fc_own"), "ids")
    for at, page in enumerate(seen["pages"]):
        equal(page, ids[::-1 if at % 2 else 1], "pages of", at // 2 + 1)
    equal((seen["one"], seen["without"]), (True, seen["made"]))
    equal(seen["left"], ids[:1] + ids[2:], "after a deletion")
    equal(seen["metadata"], [{"topic": "tea"}, {"a": "b"}, {"a": "b"}])
    equal((seen["own"], seen["deleted"]), (4, True), "a name of one's own")


def test_stored_responses(seen):
    equal(seen["conversation"], [
        "done turn 3", "done turn 0", "done turn 7", True])
    equal(seen["stored"], ["turn 3", "done turn 3", "turn 0", "weather",
                           "sunny", "done turn 0", "turn 7", "done turn 7"])
    equal(seen["chain"], ["done turn 3", "done turn 0", "done turn 11", True])
    equal(seen["input"], ["turn 0", "sunny"])
    equal(seen["kept"], [True, True])


def test_responses(seen):
    test_stored_responses(seen)
    equal(seen["gone"][:2], ["NotFoundException", 404])
    equal(seen["forgotten"], [
        "BadRequestException", 400, "previous_response_not_found",
        "previous_response_id", "invalid_request_error"])


def heard(upstream):
    """How many messages the model was told at a time."""
    told = [body.get("input") or body["messages"]
            for body in upstream.bodies()]
    return [1 if isinstance(one, str) else len(one) for one in told]


def chat_only(request, reply):
    if request.path.endswith("/responses"):
        return reply.json({"error": {"message": "Not Found"}}, 404)
    return Model()(request, reply)


def test_state(client, answer, asked):
    """Conversations and responses, whatever the model's server has."""
    upstream = Upstream(answer)
    server = Server("--llm-url", upstream.url)
    seen = client("State", f"http://127.0.0.1:{server.port}/v1")
    test_conversations(seen)
    test_responses(seen)
    named = server.client().get("/sessions/my%20own%2F%C3%A9%20%F0%9F%98%80")
    equal((named.status, named.json().get("message_count")), (200, 4))
    equal(heard(upstream), asked, "messages for the model")
    count.stopped(server)
    upstream.stop()


def test_errors(client):
    keys = {"CHATMEM_API_KEY": "a:right"}
    server, limited = Server("--llm-url", "http://127.0.0.1:1/v1", env=keys), \
        Server("--rate", "1", env=keys)
    seen = client("State", *(f"http://127.0.0.1:{one.port}/v1"
                             for one in (server, limited)))
    missing = ["NotFoundException", 404, "not_found", "", INVALID]
    bad = ["BadRequestException", 400, "invalid", "", INVALID]
    equal(seen["errors"], [
        missing, missing, missing, bad, bad,
        ["UnprocessableEntityException", 422, "key_reused", "", INVALID],
        missing, ["UnauthorizedException", 401, "unauthenticated", "", INVALID],
        ["RateLimitException", 429, "rate", "", "requests"]])
    count.stopped(server)
    count.stopped(limited)


def test_openai(directory):
    client = Client("openai", directory)
    asked = [1, 3, 5, 7, 1, 3, 5, 3]
    test_state(client, answering(Model().message), asked)
    test_state(client, chat_only, asked[:1] + asked)
    test_errors(client)


# What another client has said: LangChain's form, and parts.
FOREIGN = [{"type": "system", "data": {"content": "Be kind."}},
           {"role": "user", "content": [{"type": "text", "text": "Hi "},
                                        {"type": "text", "text": "you!"}]},
           {"type": "ai", "data": {"content": "Well?"}}]


def transcript(server, path):
    """All that a session had, by an export: its messages, once each."""
    rows = [json.loads(line) for line in server.client().get(
        f"/sessions/{path}/export").body.splitlines()[1:]]
    equal([row["seq"] for row in rows], list(range(1, len(rows) + 1)), path)
    times = [row["created_at"] for row in rows]
    equal(times, sorted(times), "times of", path)
    return [(row["message"]["role"], row["message"]["content"] or
             len(row["message"]["tool_calls"])) for row in rows]


def said(result):
    """What is said in twenty turns of which every fourth has a tool."""
    rows = []
    for turn in range(20):
        if turn % 4:
            rows += [("user", f"turn {turn}"),
                     ("assistant", f"done turn {turn}")]
        else:
            rows += [("user", f"weather {turn}"), ("assistant", 1),
                     ("tool", result), ("assistant", f"done {result}")]
    return rows


def lossy(server):
    """An answer() that hands on, and loses the first reply to each write."""
    heard = set()

    def answer(request, reply):
        client = server.client()
        got = client.request(request.method, request.path,
                             request.body or None, headers=[
                                 ("Content-Type", "application/json")])
        client.close()
        write = request.method, request.path, request.body
        if request.method != "GET" and write not in heard:
            heard.add(write)
            return reply.hang_up()
        return reply.json(got.body, got.status)
    return answer


def test_turns(name, system, result):
    """A window of four over twenty turns: nothing is lost, or there twice."""
    def test(directory):
        server = Server()
        line = Upstream(lossy(server))
        server.client().post("/sessions/foreign/messages", FOREIGN)
        seen = Client(name, directory)("Turns", f"http://127.0.0.1:{line.port}")
        line.stop()
        equal(seen["window"], system + [
            "turn 18", "done turn 18", "turn 19", "done turn 19"], name)
        equal(transcript(server, "my%20own%2F%C3%A9%20%F0%9F%98%80"), [
            ("system", text) for text in system] + said(result), name)
        equal(transcript(server, "recurs"), [("system", "Be kind.")] + [
            ("user", "Go on."), ("assistant", "Yes.")] * 20, name)
        equal(seen["foreign"], ["Be kind.", "Hi you!", "Well?"], name)
        equal((seen["gone"], seen["returns"]), ([], True), name)
        names = sorted(("my own/\u00e9 \U0001f600", "recurs", "whole",
                        "foreign"))
        equal(sorted(seen.get("sessions", names)), names, name)
        listed = server.client().get("/sessions").json()["sessions"]
        equal(sorted(one["id"] for one in listed), names, name)
        count.stopped(server)
    return test


def main():
    for test in (test_openai,
                 test_turns("spring-ai", [], '"sunny in Oslo"'),
                 test_turns("langchain4j", ["Be kind."], "sunny in Oslo")):
        with tempfile.TemporaryDirectory() as directory:
            test(directory)
    count.close()


if __name__ == "__main__":
    main()
