#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tokenizers_test.py - --tokenizer-file, tokenizer=NAME, and what is no file.

The rank files are gpt-tokenizer's, which is asked for the same counts.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, Count, Server
from tokens.ratios_test import real, written
from upstream import NODE

count = Count()


def equal(seen, wanted, *words):
    return count.check(seen == wanted, *words, "is", seen, "not", wanted)


def ranks(encoding):
    return os.path.join(NODE, "node_modules", "gpt-tokenizer", "data",
                        encoding + ".tiktoken")


def flags(*encodings):
    return [word for encoding in encodings for word in
            ("--tokenizer-file", f"{encoding}={ranks(encoding)}")]


def post(client, session, messages):
    reply = client.post(f"/sessions/{session}/messages", messages)
    assert reply.status == 201, reply.body


def test_figures(client):
    """Exactly what the encoder counts, and three for each message."""
    texts = [text for _, text in written()]
    post(client, "texts", [{"role": "user", "content": text}
                           for text in texts])
    path = "/sessions/texts/messages?last=1000&tokenizer="
    for encoding in ("o200k_base", "cl100k_base"):
        true = sum(real(texts, encoding)) + 3 * len(texts)
        for turn in ("first", "again"):  # counted, then remembered
            equal(client.get(path + encoding).json()["tokens"], true,
                  encoding, turn)
    about = client.get(path + "approx").json()["tokens"]
    equal(client.get(path[:-len("&tokenizer=")]).json()["tokens"], about,
          "without a tokenizer")
    count.check(about != true, "approx counts in its own way")


def test_edits(client):
    """What is remembered belongs to the words, not to their place."""
    post(client, "edit", ["one two three"])
    path = "/sessions/edit/messages?last=1&tokenizer=o200k_base"
    equal(client.get(path).json()["tokens"], 6)
    reply = client.request("PUT", "/sessions/edit/messages/1",
                           {"role": "user", "content": "one"})
    count.check(reply.status == 200, reply.body)
    equal(client.get(path).json()["tokens"], 4)


def test_calls(client):
    """Of a call the JSON of its OpenAI form, a name, an id."""
    calls = [{"id": "call_1", "type": "function", "function": {
        "name": "find", "arguments": "{\"city\": \"Oslo\"}"}}]
    post(client, "calls", [
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}])
    spelled = json.dumps(calls, separators=(",", ":"))
    wanted = sum(real([spelled, "call_1", "sunny"])) + 6
    figures = client.get("/sessions/calls/messages?last=2"
                         "&tokenizer=o200k_base").json()
    equal(figures["tokens"], wanted)


def test_budget(client):
    """A window is as large as its budget allows, by the tokenizer's count."""
    texts = [f"{number} and so on" for number in range(60)]
    post(client, "budget", texts)
    each = [tokens + 3 for tokens in real(texts)]
    for budget in (0, each[-1] - 1, each[-1], 100, sum(each)):
        window = client.get(f"/sessions/budget/messages?max_tokens={budget}"
                            "&tokenizer=o200k_base&format=openai").json()
        fits = 0
        while fits < len(each) and sum(each[-1 - fits:]) <= budget:
            fits += 1
        equal([message["content"] for message in window["messages"]],
              texts[len(texts) - fits:], "budget", budget)
        equal(window["tokens"], sum(each[len(each) - fits:]))


def test_memory(client):
    """The setting of a session, and the query over it."""
    post(client, "memory", [["human", "龘龘龘"], ["ai", "yes"]])
    limit = real(["龘龘龘"])[0] + real(["yes"])[0] + 6
    settings = {"class": "token_buffer", "max_token_limit": limit,
                "tokenizer": "o200k_base"}
    reply = client.request("PATCH", "/sessions/memory", {"memory": settings})
    equal(reply.status, 200)
    equal(client.get("/sessions/memory/load").json(),
          {"history": "Human: 龘龘龘\nAI: yes"})
    reply = client.get("/sessions/memory/load?last=9&turns=9")
    equal(reply.headers["Chatmem-Tokens"], str(limit))
    by_query = client.get("/sessions/memory/load?last=9&turns=9"
                          "&max_token_limit=1000&tokenizer=cl100k_base")
    equal(by_query.headers["Chatmem-Tokens"],
          str(sum(real(["龘龘龘", "yes"], "cl100k_base")) + 6))


WORDS = ("tokenizer must be approx, o200k_base or cl100k_base, not \"gpt-9\"; "
         "the server's --tokenizer-file NAME=FILE adds one")


def test_unknown(client):
    for reply in (
            client.get("/sessions/x/messages?last=1&tokenizer=gpt-9"),
            client.get("/sessions/x/load?tokenizer=gpt-9"),
            client.request("PUT", "/sessions/x",
                           {"memory": {"tokenizer": "gpt-9"}}),
            client.request("PUT", "/sessions/x", {"memory": {
                "class": "combined",
                "memories": [{"tokenizer": "gpt-9"}]}})):
        equal(reply.status, 400)
        equal(reply.json()["error"]["message"], WORDS)


def test_gone(directory):
    """A session's tokenizer that the server has no more."""
    with Server(*flags("r50k_base"), directory=directory) as server:
        reply = server.client().request(
            "PUT", "/sessions/old", {"memory": {"tokenizer": "r50k_base"}})
        equal(reply.status, 201)
    with Server(directory=directory) as server:
        reply = server.client().get("/sessions/old/load")
        equal(reply.status, 400)
        equal(reply.json()["error"]["message"],
              "tokenizer must be approx, not \"r50k_base\"; the server's "
              "--tokenizer-file NAME=FILE adds one")
        equal(server.client().get(
            "/sessions/old/load?tokenizer=approx").status, 200)


def test_refused_files(directory):
    """The server does not start, and says which line is wrong."""
    path = os.path.join(directory, "ranks")
    with open(ranks("r50k_base"), "rb") as file:
        lines = file.read().splitlines(keepends=True)
    form = ("; a line is a token in base64, a space and its rank, as tiktoken "
            "writes them")
    for bytes_, words in (
            (b"{\"model\":{}}", f"{path}:1: there is no rank{form}"),
            (b"<!DOCTYPE html>\n", f"{path}:1: this is no base64{form}"),
            (b"".join(lines[:3] + [b"abc 7\n"] + lines[3:]),
             f"{path}:4: this is no base64{form}"),
            (b"".join(lines[:300] + [b"YWJj\n"]),
             f"{path}:301: there is no rank{form}"),
            (b"".join(lines[:100]), f"{path}: there is no token for the byte "
             "0x00, so this is not a whole rank file"),
            (b"".join(lines + lines[:1]),
             f"{path}: the tokens of ranks 0 and 0 are the same")):
        with open(path, "wb") as file:
            file.write(bytes_)
        refused(f"mine={path}", words)
    refused("mine=/no/such", "--tokenizer-file: cannot open /no/such: No such "
            "file or directory")
    refused("mine", "--tokenizer-file mine: say NAME=FILE, as in "
            "o200k_base=o200k_base.tiktoken")
    refused("a b=/x", "--tokenizer-file a b=/x: a name is up to 64 letters, "
            "digits, \".\", \"_\" and \"-\", and not approx")
    refused("approx=/x", "--tokenizer-file approx=/x: a name is up to 64 "
            "letters, digits, \".\", \"_\" and \"-\", and not approx")
    twice = f"a={ranks('r50k_base')},a={ranks('p50k_base')}"
    refused(twice, f"--tokenizer-file {ranks('p50k_base')}: there is a \"a\" "
            "already")


def refused(value, words):
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run(
            [CHATMEM, "--listen", "127.0.0.1:0", "--db",
             os.path.join(directory, "db"), "--tokenizer-file", value],
            capture_output=True, text=True, timeout=PATIENCE)
    count.check(run.returncode not in (0, -6, -11) and words in run.stderr,
                value[:80], run.returncode, run.stderr, "not", words)


def main():
    with Server(*flags("o200k_base", "cl100k_base")) as server:
        client = server.client()
        for test in (test_figures, test_edits, test_calls, test_budget,
                     test_memory, test_unknown):
            test(client)
        count.stopped(server)
    for test in (test_gone, test_refused_files):
        with tempfile.TemporaryDirectory() as directory:
            test(directory)
    count.close()


if __name__ == "__main__":
    main()
