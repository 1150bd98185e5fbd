#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""log_test.py - what a server writes into its log, and what it does not."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, free_port
from upstream import Upstream, completion

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
LATER = f"01-{TRACE}-b7ad6b7169203331-01-more"
NO_TRACES = (
    PARENT.upper(), PARENT[:-1], PARENT + "0", PARENT + "-more", "ff" +
    PARENT[2:], f"00-{'0' * 32}-b7ad6b7169203331-01",
    f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-b7ad6b716920333g-01", "x", "")
NAMES = "bob@example.org", "a/b ?", 'quo"te', "\u00e4\u0080"
STATE = "vendor=1,other=a:b"


def encoded(name):
    return "".join(f"%{byte:02x}" for byte in name.encode())


def logged(*arguments, env=None):
    """A server that was asked some things, and its lines but for the first."""
    with Server(*arguments, "--listen", f"127.0.0.1:{free_port()}",
                env=env) as server:
        client = server.client()
        for name in NAMES:
            path = f"/sessions/{encoded(name)}"
            client.post(f"{path}/messages?secret=1", '"hidden"')
            client.post(f"{path}/messages", '"hidden"')
            client.get(f"{path}/messages?last=1")
            client.get(f"{path}/export")
            client.request("DELETE", path)
        client.get("/sessions/bob@example.org/messages")
        client.get("/sessions?prefix=bob")
    return server.log


def json_lines(count):
    lines = logged("--log-format", "json")
    rows = [json.loads(line) for line in lines]
    count.check(all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                                 row["time"]) and row["level"] == "info" and
                    row["msg"] for row in rows), lines)
    requests = [row for row in rows if row["msg"] == "request"]
    count.check(len(requests) == 5 * len(NAMES) + 2, lines)
    count.check(all(isinstance(row["status"], int) and
                    isinstance(row["microseconds"], int)
                    for row in requests), requests)
    count.check({row["msg"] for row in rows} >= {"listening", "export",
                                                 "erasure", "stopping"}, rows)
    count.check(not any("secret" in line or "hidden" in line or
                        "prefix" in line for line in lines), lines)


def without_requests(count):
    lines = logged("--access-log", "off")
    count.check(not any("msg=request" in line for line in lines), lines)
    count.check(sum("msg=erasure" in line for line in lines) == len(NAMES),
                lines)


def hashed(count):
    def names(lines):
        found = re.findall(r"/sessions/(~[0-9a-f]{16})?", "".join(lines))
        count.check(all(found), "no hash", lines)
        return found

    for form in "logfmt", "json":
        lines = logged("--log-sessions", "hashed", "--log-format", form)
        first = names(lines)
        count.check(len(set(first)) == len(NAMES), "one hash a name", lines)
        text = "".join(lines)
        count.check(not any(word in text for word in
                            (*NAMES, *map(encoded, NAMES))), text)
        count.check(not set(first) & set(names(logged(
            "--log-sessions", "hashed"))), "hashes that can be looked up")
    for key, same in ("k1", True), ("k2", False):
        one, other = (set(names(logged("--log-sessions", "hashed",
                                       env={"CHATMEM_LOG_KEY": k})))
                      for k in ("k1", key))
        count.check((one == other) == same, key)


def traces(count):
    seen = []

    def answer(request, reply):
        seen.append(tuple(request.headers.get(name) for name in (
            "traceparent", "tracestate", "X-Request-Id")))
        return reply.json(completion("Hi!"))

    with Server("--llm-url", Upstream(answer).url) as server:
        client = server.client()
        for number, parent in enumerate((PARENT, LATER, *NO_TRACES)):
            reply = client.post(
                "/v1/chat/completions", json.dumps(
                    {"model": "m", "messages": [
                        {"role": "user", "content": "Hi!"}]}),
                headers={"traceparent": parent, "X-Session-Id": "s",
                         "tracestate": STATE, "Chatmem-Send": "new",
                         "X-Request-Id": f"call-{number}"})
            count.check(reply.status == 200, parent, reply.body)
        client.post("/sessions/t/chat", '{"input":"Hi!"}', headers={
            "traceparent": PARENT, "tracestate": "a=" + "b" * 511})
    sent = [(parent, STATE) for parent in (PARENT, LATER)]
    sent += [(None, None)] * len(NO_TRACES)
    count.check(seen[:-1] == [(*pair, f"call-{number}") for number, pair in
                              enumerate(sent)], seen)
    count.check(seen[-1][:2] == (PARENT, None) and seen[-1][2], seen[-1])
    lines = [line for line in server.log if "msg=request" in line]
    count.check([f"trace={TRACE}" in line for line in lines] ==
                [True, True] + [False] * len(NO_TRACES) + [True], lines)


def main():
    count = Count()
    json_lines(count)
    without_requests(count)
    hashed(count)
    traces(count)
    count.close()


if __name__ == "__main__":
    main()
