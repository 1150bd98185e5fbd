#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""figures_test.py - what an operator sees of a server, and its examples.

The dashboard and the rules in server/deploy name figures that there are.  In
the long run Prometheus' own tool reads the figures and the rules.
"""

import json
import os
import re
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS]

from harness import CHATMEM, Count, Server, wait_for
from upstream import Upstream, completion, deltas

DEPLOY = os.path.join(os.path.dirname(TESTS), "server", "deploy")
USAGE = {"prompt_tokens": 12, "completion_tokens": 30, "total_tokens": 42}

count = Count()


def equal(seen, wanted, *words):
    count.check(seen == wanted, *words, "is", seen, "not", wanted)


def figures(client):
    """Each line of /metrics as a number, by its name with labels."""
    lines = client.get("/metrics").body.decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in lines if not line.startswith("#")}


def ask(client, **members):
    return client.post("/v1/chat/completions", {
        "model": "m", "messages": [{"role": "user", "content": "a"}],
        **members}).status


def test_model(client, upstream):
    """Attempts by status, and what the model says they cost."""
    upstream.answer = lambda request, reply: reply.json(
        completion("b", usage=USAGE))
    equal(ask(client), 200, "whole")
    upstream.answer = lambda request, reply: reply.stream(
        deltas("b", "c" * 20000, usage=USAGE))
    equal(ask(client, stream=True), 200, "streamed")
    upstream.answer = lambda request, reply: reply.json(
        {"error": {"message": "no"}}, 400)
    equal(ask(client), 400, "refused")
    now = figures(client)
    equal(now['chatmem_model_requests_total{status="200"}'], 2, "answered")
    equal(now['chatmem_model_requests_total{status="400"}'], 1, "refused")
    equal(now["chatmem_model_request_seconds_count"], 3, "attempts")
    equal(now['chatmem_model_tokens_total{kind="input"}'], 24, "taken")
    equal(now['chatmem_model_tokens_total{kind="output"}'], 60, "given")


def test_store(client):
    said = [{"role": "user", "content": "a word"}]
    equal(client.post("/sessions/a/messages", said).status, 201)
    now = figures(client)
    count.check(now["chatmem_database_bytes"] > 0, "the file")
    count.check(now["chatmem_disk_free_bytes"] > 0, "the disk")
    count.check(now["chatmem_sessions"] >= 1, "sessions")
    for _ in range(2):
        client.get("/sessions/a/messages")
    now = figures(client)
    count.check(now['chatmem_cache_looks_total{found="yes"}'] >= 1, "found")
    count.check(now['chatmem_cache_looks_total{found="no"}'] >= 1, "sought")
    count.check(now["chatmem_cache_bytes"] > 100, "the cache")
    count.check(wait_for(lambda: figures(client)[
        "chatmem_search_behind_messages"] == 0), "the index comes behind")
    count.check(now["process_resident_memory_bytes"] > 1 << 20, "memory")
    count.check(now["process_cpu_seconds_total"] > 0, "processors")
    count.check(3 < now["process_open_fds"] < now["process_max_fds"], "files")


def backup(server, copy, status=0, words=""):
    said = subprocess.run(
        [CHATMEM, "backup", f"{server.database}.{copy}", "--db",
         server.database], text=True, capture_output=True, check=False)
    equal(said.returncode, status, copy, said.stderr)
    count.check(words in said.stderr, copy, said.stderr)


def test_backup(server):
    """The newest good one, by whomever, also after a kill."""
    note = f"{server.database}.backed-up"

    def told():
        client = server.client()
        figure = figures(client).get("chatmem_last_backup_timestamp_seconds")
        client.close()
        return figure

    equal(told(), None, "before any")
    begun = int(time.time())
    backup(server, "first")
    noted = told()
    count.check(begun <= noted <= time.time(), begun, noted)
    backup(server, "first", 2, "File exists")
    equal(told(), noted, "a backup that failed")
    server.kill()
    server.start()
    equal(told(), noted, "after a kill")
    with open(note, "w", encoding="ascii") as file:
        file.write("yesterday\n")
    equal(told(), None, "no time")
    backup(server, "second")
    count.check(told() >= noted, "after no time")
    os.unlink(note)
    os.mkdir(note)
    backup(server, "third", 0, "the metrics do not know of this backup")
    equal(told(), None, "where nothing may be written")
    os.rmdir(note)
    backup(server, "fourth")
    equal([one for one in os.listdir(server.directory) if "partial" in one],
          [], "what is left over")


def test_streams_are_not_timed(client):
    for path in ("/export", "/sessions/a/export"):
        equal(client.get(path).status, 200, path)
        equal(client.get(path).status, 200, path)
        route = path.replace("/a/", "/{id}/")
        now = figures(client)
        equal(now['chatmem_requests_total{method="GET",'
                  f'route="{route}",status="200"}}'], 2, "counted", path)
        count.check('chatmem_request_seconds_count{method="GET",'
                    f'route="{route}"}}' not in now, "timed", path)


def test_examples(client):
    """Every figure that the dashboard and the rules name is there."""
    there = {name.partition("{")[0] for name in figures(client)} | {"up"}
    for name in ("dashboard.json", "alerts.yaml"):
        with open(os.path.join(DEPLOY, name), encoding="utf-8") as file:
            text = file.read()
        if name == "dashboard.json":
            text = "\n".join(
                target["expr"] for panel in json.loads(text)["panels"]
                for target in panel["targets"])
        named = set(re.findall(r"\b(?:chatmem|process)_\w+", text))
        count.check(len(named) > 5, name, named)
        equal(named - there, set(), name)


def test_promtool(client, promtool):
    said = subprocess.run([promtool, "check", "metrics"], text=True,
                          input=client.get("/metrics").body.decode(),
                          capture_output=True, check=False)
    equal((said.returncode, said.stdout + said.stderr), (0, ""), "metrics")
    said = subprocess.run(
        [promtool, "check", "rules", os.path.join(DEPLOY, "alerts.yaml")],
        text=True, capture_output=True, check=False)
    equal(said.returncode, 0, said.stdout, said.stderr)


def main():
    with Server() as other:
        test_backup(other)
    upstream = Upstream()
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    client = server.client()
    test_store(client)
    backup(server, "copy")
    test_model(client, upstream)
    test_streams_are_not_timed(client)
    test_examples(client)
    if "CHATMEM_TEST_PROMTOOL" in os.environ:
        test_promtool(client, os.environ["CHATMEM_TEST_PROMTOOL"])
    client.close()
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
