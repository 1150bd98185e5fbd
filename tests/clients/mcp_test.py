#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mcp_test.py - the official clients of the Model Context Protocol.

Those for Python and for JavaScript, and the inspector at its command line, call
every tool, under the key of a tenant; one whose key may only read reads.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, TESTS, TOP, Count, Server

HERE = os.path.join(TESTS, "clients", "mcp")
PACKAGES = os.environ.get("MCP_PACKAGES", os.path.join(TOP, "build-test"))
INSPECTOR = f"{PACKAGES}/node-mcp/node_modules/.bin/mcp-inspector"
KEYS = ("ann:k1\nbob:k2\ncat:sha256:"
        f"{hashlib.sha256(b'k3').hexdigest()} scope=read")
TOOLS = ["list_sessions", "load", "append", "search", "fork"]

count = Count()


def call(server, key, name, **arguments):
    reply = server.client().post("/mcp", json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": name, "arguments": arguments}}),
        headers={"Authorization": f"Bearer {key}"})
    return reply.status, reply.json()["result"]


def check_seen(seen, session):
    count.check(seen == {
        "tools": TOOLS, "version": 1, "history": "Human: Green tea?",
        "found": [], "forked": session + "-2",
        "listed": [session, session + "-2"],
        "refused": [True, "messages[0].content is missing"]}, session, seen)


def test_client(server, session, *command):
    run = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/mcp", session],
        env={**os.environ, "NODE_PACKAGES": f"{PACKAGES}/node-mcp"},
        text=True, capture_output=True, timeout=PATIENCE)
    if not count.check(run.returncode == 0, run.stderr):
        return
    check_seen(json.loads(run.stdout), session)


def test_inspector(server, session):
    """In an era of the protocol; it warns of no schema."""
    def inspect(method, *more, status=0):
        with tempfile.TemporaryDirectory() as home:
            run = subprocess.run(
                [INSPECTOR, "--cli", f"http://127.0.0.1:{server.port}/mcp",
                 "--transport", "http", "--protocol-era", session, "--header", "Authorization: Bearer k1",
                 "--format", "json", "--method", method, *more],
                env={**os.environ, "HOME": home}, text=True,
                capture_output=True, timeout=PATIENCE)
        count.check(run.returncode == status, method, more, run.stderr)
        return json.loads(run.stdout)["result"], run.stderr

    def called(name, status=0, **arguments):
        return inspect("tools/call", "--tool-name", name, "--tool-args-json",
                       json.dumps(arguments), status=status)[0]

    def content(name, **arguments):
        return called(name, **arguments)["structuredContent"]

    listed, warnings = inspect("tools/list", "--strict")
    count.check("arning" not in warnings, "schemas:", warnings)
    appended = content("append", session=session, messages=[
        {"role": "user", "content": "Green tea?"}])
    loaded = content("load", session=session)
    found = content("search", session=session, q="nothing")
    forked = content("fork", session=session, id=session + "-2", upto=1)
    sessions = content("list_sessions", prefix=session)["sessions"]
    refused = called("append", session=session, status=5,
                     messages=[{"role": "user"}])
    check_seen({
        "tools": [tool["name"] for tool in listed["tools"]],
        "version": appended["version"], "history": loaded["history"],
        "found": found["results"], "forked": forked["id"],
        "listed": [one["id"] for one in sessions],
        "refused": [refused["isError"], refused["content"][0]["text"]],
    }, session)


def test_keys(server):
    """A tool needs the scope of its route, and sees its tenant only."""
    status, result = call(server, "k2", "list_sessions")
    count.check((status, result["structuredContent"]["sessions"]) ==
                (200, []), "another tenant's:", result)
    status, result = call(server, "k3", "append", session="a", messages=["!"])
    count.check(result["isError"] and "write" in result["content"][0]["text"],
                "a key that reads:", result)
    status, result = call(server, "k3", "load", session="a")
    count.check(result["structuredContent"] == {"history": ""},
                "what it must not write:", result)
    reply = server.client().post("/mcp", "{}")
    count.check(reply.status == 401, "no key:", reply.status)
    reply = server.client().post("/mcp", "{}", headers={
        "Authorization": "Bearer k1", "Origin": "https://elsewhere.example"})
    count.check(reply.status == 403, "a page elsewhere:", reply.status)


def test_length(server):
    """An argument is no longer than a query could be."""
    for length in 8192, 8193:
        _, result = call(server, "k1", "list_sessions", prefix="a" * length)
        said = "8192 bytes" in result["content"][0]["text"]
        count.check((result["isError"], said) == (length > 8192,) * 2, result)


def main():
    server = Server(env={"CHATMEM_API_KEY": KEYS})
    test_keys(server)
    test_length(server)
    test_client(server, "python", f"{PACKAGES}/python-mcp/bin/python",
                os.path.join(HERE, "client.py"))
    test_client(server, "javascript", "node", os.path.join(HERE, "client.mjs"))
    for era in "legacy", "auto", "modern":
        test_inspector(server, era)
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
