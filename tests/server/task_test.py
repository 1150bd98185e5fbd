#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""task_test.py - turns with a model that outlast something: the server's
stop, their reader's patience, or another turn's wait.

What was accepted has the drain's time to end; then it is refused, and the
server stops.  A reader that does not read is cut off after 30 seconds, and its
turn is stored all the same.
"""

import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, PATIENCE, Count, Gate, Server, wait_for
from upstream import Upstream, deltas, held

count = Count()
check = count.check


def chat(server, name, query=""):
    return server.client().post(f"/sessions/{name}/chat{query}",
                                {"input": "a b"})


def contents(server, name):
    reply = server.client().get(f"/sessions/{name}/messages?format=openai")
    return [m["content"] for m in reply.json()["messages"]]


def ask(pool, server):
    """Turns that are under way: two of one session, and a streamed one."""
    turns = []
    for name, query in (("one", ""), ("one", ""), ("two", "?stream=true")):
        turns.append(pool.submit(chat, server, name, query))
        server.comes_to("chatmem_tasks", len(turns))
    return turns


def test_stop_waits(upstream):
    gate = Gate()
    upstream.answer = held(gate)
    server = Server("--llm-url", upstream.url, "--drain-timeout", "3600")
    with ThreadPoolExecutor(3) as pool:
        turns = ask(pool, server)
        directory, server.own = server.directory, False
        server.process.send_signal(signal.SIGTERM)
        check(server.says("msg=stopping"), "SIGTERM does not stop it")
        gate.set()
        for turn in turns:
            reply = turn.result()
            check(reply.status == 200 and b"a b" in reply.body,
                  "a turn during the stop:", reply.status, reply.body)
        server.process.wait(PATIENCE)
        count.stopped(server)
    server.start()
    check(contents(server, "one") == ["a b"] * 4, "both are stored")
    check(contents(server, "two") == ["a b"] * 2, "the streamed one too")
    server.own = True
    check(server.directory == directory and server.stop() is None, "again")


def test_stop_gives_up(upstream):
    """What is not answered before the server has stopped."""
    gate = Gate()

    def half(request, reply):
        def slow():
            yield from deltas("half", "of it")[:2]
            gate.wait()
        reply.stream(slow())

    whole = held(gate)
    upstream.answer = lambda request, reply: (
        half if request.json().get("stream") else whole)(request, reply)
    server = Server("--llm-url", upstream.url, "--drain-timeout", "1")
    with ThreadPoolExecutor(3) as pool:
        upstream.requests.clear()
        turns = ask(pool, server)
        check(wait_for(lambda: len(upstream.requests) == 2), "calls")
        count.stopped(server)
        for turn in turns[:2]:
            reply = turn.result()
            check(reply.status == 503 and
                  reply.json()["error"]["code"] == "unavailable",
                  "a turn that is given up:", reply.status, reply.body)
        reply = turns[2].result()
        check(reply.status == 200 and b"half" in reply.body and
              b'"code":"unavailable"' in reply.body,
              "a stream that is given up:", reply.status, reply.body)
        gate.set()


def test_many_wait(upstream):
    """They cost no thread: reads and writes go on meanwhile."""
    gate = Gate()
    upstream.answer = held(gate)
    with Server("--llm-url", upstream.url) as server, \
            ThreadPoolExecutor(200) as pool:
        upstream.requests.clear()
        turns = [pool.submit(chat, server, f"s{i}") for i in range(200)]
        check(wait_for(lambda: len(upstream.requests) == 200),
              "they wait one by one:", len(upstream.requests))
        client = server.client()
        for _ in range(50):
            check(client.post("/sessions/w/messages", ["x"]).status == 201,
                  "an append")
            check(client.get("/sessions/w/load").status == 200, "a load")
        check(not any(turn.done() for turn in turns), "none has ended")
        gate.set()
        check(all(turn.result().status == 200 for turn in turns), "turns")


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
        stored = wait_for(lambda: contents(server, "slow"))
        check(stored and len(contents(server, "slow")[1]) == 100 * 65536,
              "it is stored")
        check(server.says("path=/sessions/slow/chat"), "it is never cut off")
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
