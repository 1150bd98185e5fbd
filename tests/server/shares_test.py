#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""shares_test.py - one peer, however greedy, shuts nobody else out.

Silent connections, tails, readers that do not read, bodies that do not come
and writes without end, all of one address or one tenant; meanwhile another
address (127.0.0.2) and another tenant are served, the health command says
that all is well, idle connections of well-behaved clients are kept, and what
was acknowledged is there.
"""

import contextlib
import json
import os
import resource
import select
import selectors
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, Client, Count, Server, wait_for
from preloaded import library
from upstream import Upstream

GREEDY, GOOD = {"X-API-Key": "greedy"}, {"X-API-Key": "good"}
KEYS = {"CHATMEM_API_KEY":
        "a:greedy\nb:good\nops:scraper scope=metrics"}


def start(*arguments):
    """A server that keeps idle connections, however slow the machine is."""
    return Server("--request-timeout", "3600", *arguments, env=KEYS)


def connect(server, address="127.0.0.1"):
    sock = socket.socket()
    sock.settimeout(PATIENCE)
    sock.bind((address, 0))
    sock.connect(("127.0.0.1", server.port))
    return sock


def metric(server, name):
    """A figure, from an address of its own."""
    client = Client(server.port)
    client.socket = connect(server, "127.0.0.3")
    text = client.get("/metrics", headers={"X-API-Key": "scraper"}).body
    client.close()
    return next(float(line.split()[1]) for line in text.decode().splitlines()
                if line.startswith(name + " "))


class Good:
    """A well-behaved client with a pool of idle connections."""

    def __init__(self, count, server, address="127.0.0.2"):
        self.count = count
        self.server = server
        self.address = address
        self.written = 0
        self.pool = [self.client() for _ in range(20)]
        for client in self.pool:
            self.write(client, "a pool's")

    def client(self):
        client = Client(self.server.port)
        client.socket = connect(self.server, self.address)
        return client

    def write(self, client, what):
        reply = client.post("/sessions/good/messages", '"x"', headers=GOOD)
        self.count.check(reply.status == 201, what, reply.status, reply.body)
        self.written += 1

    def is_served(self, what):
        """Old connections and new ones, and the health command."""
        self.write(self.client(), what + ": a new connection")
        for client in self.pool:
            self.count.check(client.socket is not None, what, "cut")
            self.write(client, what + ": a pool's connection")
        reply = self.client().get("/sessions/good", headers=GOOD)
        self.count.check(reply.json()["message_count"] == self.written,
                         what, "lost:", reply.body, self.written)
        healthy(self.count, self.server, what)


def healthy(count, server, what):
    done = subprocess.run(
        [CHATMEM, "health", "--listen", f"127.0.0.1:{server.port}"],
        capture_output=True, timeout=PATIENCE)
    count.check(done.returncode == 0, what, "health:", done)


def close(socks):
    for sock in socks:
        sock.close()


def silent(count):
    """1,100 connections that never send a byte; then from all sides."""
    with start() as server:
        good = Good(count, server)
        socks = [connect(server) for _ in range(1100)]
        good.is_served("silence")
        for _ in range(3):
            healthy(count, server, "silence")
        socks += [connect(server, "127.0.0.4") for _ in range(400)]
        good.is_served("two silent addresses")
        other = Good(count, server, "127.0.0.5")
        other.written += good.written
        other.is_served("a third address")
        close(socks)


def all_read(server):
    """Has the server read what lies at its sockets?"""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return not any(row[3] == "01" and int(row[4].split(":")[1], 16)
                   for row in rows
                   if int(row[1].split(":")[1], 16) == server.port)


def half_heads(count):
    """The same with half of a head, and with a request long ago."""
    with start() as server:
        good = Good(count, server)
        idle = [connect(server) for _ in range(300)]
        for sock in idle:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            sock.recv(4096)
        socks = []
        for address in "127.0.0.1", "127.0.0.4":
            for number in range(700):
                sock = connect(server, address)
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHo")
                socks.append(sock)
                if number % 20 == 0:
                    wait_for(lambda: all_read(server))
        good.is_served("half heads")
        for _ in range(30):
            good.write(good.client(), "half heads: one more")
        # The idle ones are the last that go.
        for sock in idle:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        count.check(all(sock.recv(4096) for sock in idle), "idle ones cut")
        close(socks + idle)


def tails(count):
    with start() as server:
        good = Good(count, server)
        head = (f"GET /sessions/good/events HTTP/1.1\r\nHost: x\r\n"
                f"X-API-Key: {GREEDY['X-API-Key']}\r\n\r\n").encode()
        socks = []
        for i in range(1100):
            socks.append(connect(server, f"127.0.1.{i % 2 + 1}"))
            with contextlib.suppress(OSError):
                socks[-1].sendall(head)
        count.check(wait_for(
            lambda: metric(server, "chatmem_tails") >= 700),
            "tails")
        good.is_served("tails")
        mine = good.client()
        mine.send(head.replace(b"greedy", b"good"))
        count.check(b"200 OK" in mine.socket.recv(4096), "a tail beside")
        close(socks)


def slow_readers(count):
    """300 that ask for 8 MB each, and fetch nothing of it."""
    with start() as server:
        good = Good(count, server)
        for headers, session, messages in ((GREEDY, "large", 8),
                                           (GOOD, "mine", 6)):
            reply = good.client().post(
                f"/sessions/{session}/messages",
                json.dumps(["x" * 1_000_000] * messages), headers=headers)
            count.check(reply.status == 201, "large messages", reply.status)
        socks = []
        for _ in range(300):
            sock = connect(server)
            sock.sendall(b"GET /sessions/large/messages HTTP/1.1\r\nHost: x"
                         b"\r\nX-API-Key: greedy\r\n\r\n")
            socks.append(sock)
        count.check(wait_for(lambda: all(
            select.select([sock], [], [], 0)[0] for sock in socks)),
            "not all are answered")
        count.check(metric(server, "chatmem_body_bytes") > 170 << 20,
                    "replies in flight")
        good.is_served("slow readers")
        for _ in range(5):
            reply = good.client().get("/sessions/mine/messages", headers=GOOD)
            count.check(reply.status == 200 and len(reply.body) > 6_000_000,
                        "a large read beside", reply.status)
        close(socks)


def withheld_bodies(count):
    """300 bodies of which a megabyte comes, and then nothing more."""
    with start() as server:
        good = Good(count, server)
        socks = []
        for _ in range(300):
            sock = connect(server)
            sock.setblocking(False)
            data = (b"POST /sessions/s/messages HTTP/1.1\r\nHost: x\r\n"
                    b"X-API-Key: greedy\r\nContent-Length: 8000000\r\n\r\n\""
                    + b"x" * 1_000_000)
            socks.append((sock, data))
        for _ in range(40):
            for i, (sock, data) in enumerate(socks):
                with contextlib.suppress(OSError):
                    socks[i] = sock, data[sock.send(data):] if data else data
        count.check(wait_for(
            lambda: metric(server, "chatmem_body_bytes")
            > 150 << 20), "bodies in flight")
        good.is_served("withheld bodies")
        reply = good.client().post(
            "/sessions/mine/messages", json.dumps(["x" * 500_000] * 3),
            headers=GOOD)
        count.check(reply.status == 201, "a large write beside", reply.status)
        # What does not come on is cut long before its deadline.
        count.check(wait_for(
            lambda: metric(server, "chatmem_body_bytes")
            <= 130 << 20), "bodies that were withheld stay")
        close(sock for sock, _ in socks)


def writes(count):
    """700 connections that write without end; all that is said is there."""
    with start() as server:
        good = Good(count, server)
        one = (b"POST /sessions/many/messages HTTP/1.1\r\nHost: x\r\n"
               b"X-API-Key: greedy\r\nContent-Length: 3\r\n\r\n\"x\"")
        selector = selectors.DefaultSelector()
        for _ in range(700):
            sock = connect(server)
            selector.register(sock, selectors.EVENT_READ, [b"", 0])
            sock.sendall(one)
        stored = rounds = 0
        while selector.get_map():
            for key, _ in selector.select(PATIENCE):
                key.data[0] += key.fileobj.recv(65536)
                head, found, rest = key.data[0].partition(b"\r\n\r\n")
                if not found or not rest.endswith(b"\n") and \
                        not rest.endswith(b"}"):
                    continue
                stored += head.startswith(b"HTTP/1.1 201")
                key.data[0] = b""
                key.data[1] += 1
                if key.data[1] == 10:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    continue
                key.fileobj.sendall(one)
            rounds += 1
            if rounds % 20 == 0:
                good.write(good.client(), "among many writes")
        good.is_served("many writes")
        reply = good.client().get("/sessions/many", headers=GREEDY)
        count.check(reply.json()["message_count"] == stored, "lost:",
                    reply.body, stored)
        count.check(stored == 7000, "refused:", 7000 - stored)


def full_queue(count):
    """A disk that stands still: one tenant fills its part of the queue."""
    with tempfile.TemporaryDirectory() as directory:
        gate = os.path.join(directory, "gate")
        with Server("--request-timeout", "3600", "--max-connections", "6000",
                    env={**KEYS, "DISK_GATE": gate},
                    preload=library("disk_gate", directory)) as server:
            queue_up(count, server, gate)


def queue_up(count, server, gate):
    """4,096 writes may wait, three quarters of them of one tenant."""
    good = Good(count, server)
    with open(gate, "w", encoding="ascii"):
        pass
    one = (b"POST /sessions/many/messages HTTP/1.1\r\nHost: x\r\n"
           b"X-API-Key: greedy\r\nContent-Length: 3\r\n\r\n\"x\"")
    socks = [connect(server) for _ in range(3300)]
    for sock in socks:
        sock.sendall(one)
    refused = []

    def are_refused():
        refused[:] = [sock for sock in socks
                      if select_one(sock)]
        return len(refused) >= 3300 - 3072
    count.check(wait_for(are_refused), "refused:", len(refused))
    count.check(len(refused) == 3300 - 3072, "refused:", len(refused))
    for sock in refused:
        head = sock.recv(65536)
        count.check(head.startswith(b"HTTP/1.1 503") and
                    b"Retry-After" in head and b"of this tenant" in head,
                    "refused:", head)
    # The others get into the queue; reads do not wait at all.
    mine = [good.client() for _ in range(50)]
    for client in mine:
        client.send(one.replace(b"greedy", b"good").replace(b"many", b"good"))
    count.check(good.client().get("/healthz").status == 200, "alive")
    reply = good.client().get("/sessions/good", headers=GOOD)
    count.check(reply.json()["message_count"] == good.written,
                "a read beside:", reply.body)
    os.unlink(gate)
    for client in mine:
        head = client.socket.recv(65536)
        count.check(head.startswith(b"HTTP/1.1 201"), "queued:", head)
    good.written += len(mine)
    stored = sum(sock.recv(65536).startswith(b"HTTP/1.1 201")
                 for sock in socks if sock not in refused)
    reply = good.client().get("/sessions/many", headers=GREEDY)
    count.check(stored == 3072 and
                reply.json()["message_count"] == stored, "lost:",
                reply.body, stored)
    good.is_served("after a full queue")
    close(socks)


def select_one(sock):
    """Is there something to be read?"""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def until_refused(client, key, path="/sessions"):
    """Asks on, and on, until the answer is 429; that, and those before."""
    before = set()
    for _ in range(2000):
        reply = client.get(path, headers={"X-API-Key": key})
        if reply.status == 429:
            return reply, before
        before.add(reply.status)
    return None, before


def rates(count):
    """Over --rate only the key that is too fast waits; so do wrong keys."""
    with start("--rate", "2") as server:
        good = Client(server.port)
        client = Client(server.port)
        reply, before = until_refused(client, "greedy")
        count.check(reply and reply.json()["error"]["code"] == "rate" and
                    int(reply.headers["Retry-After"]) >= 1 and
                    before == {200}, "too fast:", reply, before)
        count.check(good.get("/sessions", headers=GOOD).status == 200,
                    "another key")
        count.check(client.get("/healthz").status == 200, "health")
        count.check(wait_for(lambda: client.get(
            "/sessions", headers=GREEDY).status == 200), "later")
    with start() as server:
        client = Client(server.port)
        reply, before = until_refused(client, "wrong")
        count.check(reply and reply.json()["error"]["code"] == "rate" and
                    before == {401}, "wrong keys:", reply, before)
        count.check(client.get("/sessions", headers=GOOD).status == 200,
                    "a right key of the same address")
        other = Client(server.port)
        other.socket = connect(server, "127.0.0.2")
        count.check(other.get("/sessions", headers={
            "X-API-Key": "wrong"}).status == 401, "another address")


def quotas(count):
    """Over its quota a tenant is refused in words; deletes work, others too."""
    def refused(reply, words):
        count.check(reply.status == 507 and
                    reply.json()["error"]["code"] == "quota" and
                    words in reply.json()["error"]["message"] and
                    reply.headers["X-Should-Retry"] == "false",
                    words, "->", reply.status, reply.body)

    asked = []
    upstream = Upstream(lambda request, reply: (
        asked.append(1), reply.json({"choices": [{"message": {
            "role": "assistant", "content": "x"}}]})))
    with start("--quota-sessions", "3", "--quota-bytes", "20k",
               "--llm-url", upstream.url, "--llm-model", "m") as server:
        client = Client(server.port)

        def ask(method, path, body=None, headers=GREEDY):
            return client.request(method, path, body, headers=headers)
        for name in "abc":
            reply = ask("POST", f"/sessions/{name}/messages", '"x"')
            count.check(reply.status == 201, name, reply.body)
        refused(ask("POST", "/sessions/d/messages", '"x"'), "3 sessions")
        refused(ask("POST", "/sessions/a/fork", '{"id":"d"}'), "3 sessions")
        count.check(ask("POST", "/sessions/d/messages", '"x"',
                        GOOD).status == 201, "another tenant")
        count.check(ask("POST", "/sessions/a/chat",
                        '{"input":"i"}').status == 200 and asked, "a turn")
        large = json.dumps("x" * 15000)
        count.check(ask("POST", "/sessions/a/messages",
                        large).status == 201, "below the quota")
        del asked[:]
        for method, path, body in (
                ("POST", "/sessions/a/messages", large),
                ("PUT", "/sessions/a/messages", f"[{large},{large}]"),
                ("PUT", "/sessions/a/messages/1", large),
                ("POST", "/sessions/a/save", json.dumps(
                    {"inputs": {"input": "x" * 9000}, "outputs": {
                        "output": "y"}})),
                ("PUT", "/sessions/a", json.dumps(
                    {"metadata": {"m": "x" * 9000}})),
                ("POST", "/import", json.dumps(
                    {"session": "b", "messages": [
                        "x", {"type": "human", "data": {
                            "content": "x" * 9000}}]}))):
            refused(ask(method, path, body), "20480 bytes")
        for _ in range(60):
            reply = ask("POST", "/sessions/a/messages", '"x"')
            if reply.status != 201:
                break
        refused(reply, "20480 bytes")
        refused(ask("POST", "/sessions/a/chat", '{"input":"i"}'),
                "20480 bytes")
        count.check(not asked, "the model was asked for nothing")
        count.check(ask("DELETE", "/sessions/a/messages?last=1").status == 200
                    and ask("DELETE", "/sessions/b").status == 200 and
                    ask("DELETE", "/sessions/a").status == 200, "deletes")
        count.check(wait_for(lambda: ask(
            "POST", "/sessions/e/messages", large).status == 201),
            "room after an erasure")
        count.check(metric(server, 'chatmem_refused_total{why="quota"}') >= 10,
                    "counted")
    upstream.stop()


def proxied(count):
    """Behind a trusted proxy the forwarded address counts, not the proxy's."""
    def ask(sock, client):
        sock.sendall(f"GET /sessions HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\n"
                     f"X-Forwarded-For: 8.8.8.8, {client}\r\n\r\n".encode())
        return sock.recv(65536).split(b" ")[1]

    for trusted in True, False:
        more = ["--trusted-proxy", "127.0.0.1"] if trusted else []
        with start("--max-connections", "40", *more) as server:
            socks = [connect(server) for _ in range(30)]
            said = [ask(sock, "192.0.2.1") for sock in socks]
            count.check(said == [b"200"] * 30, trusted, "one client:", said)
            socks += [connect(server) for _ in range(2)]
            said = ask(socks[-2], "192.0.2.1"), ask(socks[-1], "192.0.2.2")
            count.check(said == (b"503", b"200" if trusted else b"503"),
                        trusted, "another client:", said)
            close(socks)


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(soft, min(8000, hard)), hard))
    count = Count()
    for test in (silent, half_heads, tails, slow_readers, withheld_bodies,
                 writes, full_queue, rates, quotas, proxied):
        if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
            test(count)
    count.close()


if __name__ == "__main__":
    main()
