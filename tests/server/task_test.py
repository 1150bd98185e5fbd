#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""errand_test.py - turns with a model that outlast something: the server's
stop, their reader's patience, or another turn's wait.

What was accepted has the drain's time to end; then it is refused, and the
server stops.  A reader that does not read is cut off after 30 seconds, and its
turn is stored all the same.
"""

import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, Count, Server, wait_for
from upstream import Upstream, deltas, echo

count = Count()
check = count.check


def chat(server, name, query=""):
    return server.client(60).post(f"/sessions/{name}/chat{query}",
                                  {"input": "a b"})


def contents(server, name):
    reply = server.client().get(f"/sessions/{name}/messages?format=openai")
    return [m["content"] for m in reply.json()["messages"]]


def late(seconds):
    def answer(request, reply):
        time.sleep(seconds)
        echo(request, reply)
    return answer


def stops(server, most):
    """It stops without complaint, in this time."""
    begun = time.monotonic()
    wrong = server.stop()
    took = time.monotonic() - begun
    check(wrong is None and took < most, "stopping:", wrong, took)


def ask(pool, server, upstream):
    """Turns that are under way: two of one session, and a streamed one."""
    before = len(upstream.requests)
    turns = [pool.submit(chat, server, "one")]
    wait_for(lambda: len(upstream.requests) > before, 5)
    turns.append(pool.submit(chat, server, "one"))
    turns.append(pool.submit(chat, server, "two", "?stream=true"))
    wait_for(lambda: len(upstream.requests) > before + 1, 5)
    time.sleep(0.2)
    return turns


def test_stop_waits(upstream):
    upstream.answer = late(0.7)
    server = Server("--llm-url", upstream.url)
    with ThreadPoolExecutor(3) as pool:
        turns = ask(pool, server, upstream)
        directory, server.own = server.directory, False
        stops(server, 10)
        for turn in turns:
            reply = turn.result()
            check(reply.status == 200 and b"a b" in reply.body,
                  "a turn during the stop:", reply.status, reply.body)
    server.start()
    check(contents(server, "one") == ["a b"] * 4, "both are stored")
    check(contents(server, "two") == ["a b"] * 2, "the streamed one too")
    server.own = True
    check(server.directory == directory and server.stop() is None, "again")


def test_stop_gives_up(upstream):
    def answer(request, reply):
        if request.json().get("stream"):
            def slow():
                yield from deltas("half", "of it")[:2]
                time.sleep(20)
            return reply.stream(slow())
        return late(20)(request, reply)

    upstream.answer = answer
    server = Server("--llm-url", upstream.url, "--drain-timeout", "1")
    with ThreadPoolExecutor(3) as pool:
        turns = ask(pool, server, upstream)
        stops(server, 6)
        for turn in turns[:2]:
            reply = turn.result()
            check(reply.status == 503 and
                  reply.json()["error"]["code"] == "unavailable",
                  "a turn that is given up:", reply.status, reply.body)
        reply = turns[2].result()
        check(reply.status == 200 and b"half" in reply.body and
              b'"code":"unavailable"' in reply.body,
              "a stream that is given up:", reply.status, reply.body)


def test_many_wait(upstream):
    """They cost no thread: reads and writes go on meanwhile."""
    upstream.answer = late(3)
    with Server("--llm-url", upstream.url) as server, \
            ThreadPoolExecutor(200) as pool:
        upstream.requests.clear()
        begun = time.monotonic()
        turns = [pool.submit(chat, server, f"s{i}") for i in range(200)]
        check(wait_for(lambda: len(upstream.requests) == 200, 10), "calls")
        client = server.client()
        slowest = 0
        while time.monotonic() - begun < 2.5:
            at = time.monotonic()
            check(client.post("/sessions/w/messages", ["x"]).status == 201,
                  "an append")
            check(client.get("/sessions/w/load").status == 200, "a load")
            slowest = max(slowest, time.monotonic() - at)
        check(slowest < 1, "a write and a read took", slowest)
        check(all(turn.result().status == 200 for turn in turns), "turns")
        check(time.monotonic() - begun < 10, "they waited one by one")


def test_slow_reader(upstream):
    """Three quarters of a minute; so with the long ones only."""
    text = "x" * 65536
    upstream.answer = lambda request, reply: reply.stream(
        deltas(*[text] * 100))
    with Server("--llm-url", upstream.url) as server:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", server.port))
        body = b'{"input":"a b"}'
        reader.sendall(b"POST /sessions/slow/chat?stream=true HTTP/1.1\r\n"
                       b"Host: localhost\r\nContent-Length: %d\r\n\r\n%s"
                       % (len(body), body))
        stored = wait_for(lambda: contents(server, "slow"), 20)
        check(stored and len(contents(server, "slow")[1]) == 100 * 65536,
              "it is stored")
        time.sleep(35)
        seen = b""
        try:
            while data := reader.recv(1 << 20):
                seen += data
        except OSError:
            pass
        check(b"event: done" not in seen, "it was not cut off:", len(seen))
        reader.close()


def main():
    upstream = Upstream()
    test_stop_waits(upstream)
    test_stop_gives_up(upstream)
    test_many_wait(upstream)
    if LONG:
        test_slow_reader(upstream)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
