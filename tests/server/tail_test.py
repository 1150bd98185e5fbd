#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tail_test.py - who follows a session learns everything, once and in order.

    tests/server/tail_test.py            everything
    tests/server/tail_test.py threads    a smaller crowd, for ThreadSanitizer
"""

import json
import os
import random
import resource
import selectors
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, Count, Server, wait_for

SMALL = sys.argv[1:] == ["threads"]
TAILS, SESSIONS, ROUNDS = (60, 6, 10) if SMALL else (2000, 200, 5)
WRITERS = 4


def head_of(port, session, after=None, last=None):
    query = "" if after is None else f"?after={after}"
    more = f"Last-Event-ID: {last}\r\n" if last else ""
    return (f"GET /sessions/{session}/events{query} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\n{more}\r\n").encode()


class Events:
    """Takes an answer apart as its bytes come."""

    def __init__(self):
        self.raw = b""
        self.text = b""
        self.head = None
        self.ended = False      # as it should, with the last chunk
        self.list = []          # (event, data, id)
        self.comments = 0

    def feed(self, data):
        self.raw += data
        if self.head is None:
            head, found, rest = self.raw.partition(b"\r\n\r\n")
            if not found:
                return
            self.head, self.raw = head, rest
        while b"\r\n" in self.raw:
            line, _, rest = self.raw.partition(b"\r\n")
            size = int(line, 16)
            if len(rest) < size + 2:
                break
            self.ended = size == 0
            self.text += rest[:size]
            self.raw = rest[size + 2:]
        while b"\n\n" in self.text:
            block, _, self.text = self.text.partition(b"\n\n")
            self.take(block.decode())

    def take(self, block):
        if block.startswith(": "):
            self.comments += 1
            return
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        self.list.append((fields["event"], json.loads(fields["data"]),
                          fields.get("id")))


class Turns:
    """How often the server may have its turn before something has come.

    A commit wakes who follows at once; what it did not wake, the heartbeat
    does after 15 seconds.  A server that is asked for its health so often
    meanwhile has overlooked it, however slow the machine is.
    """

    MOST = 400

    def __init__(self, server):
        self.client = server.client()
        self.left = self.MOST

    def pass_by(self):
        """False when that was the last."""
        self.client.get("/healthz")
        self.left -= 1
        return self.left > 0

    def wait_for(self, condition):
        self.left = self.MOST
        while not condition():
            if not self.pass_by():
                return False
            time.sleep(0.01)
        return True


class Tail(threading.Thread):
    """A reader on a thread of its own."""

    def __init__(self, server, session, **where):
        super().__init__(daemon=True)
        self.events = Events()
        self.socket = socket.create_connection(
            ("127.0.0.1", server.port), PATIENCE)
        self.socket.sendall(head_of(server.port, session, **where))
        self.start()
        assert wait_for(lambda: self.events.head), "no answer"

    def run(self):
        try:
            while data := self.socket.recv(65536):
                self.events.feed(data)
        except OSError:
            pass

    def has(self, number, seconds=PATIENCE):
        """Waits for so many events; those that there are then."""
        wait_for(lambda: len(self.events.list) >= number, seconds)
        return self.events.list

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self.socket.close()
        return self.events.list


def shown(events):
    """The session as a reader knows it: seq to content."""
    view = {}
    for event, data, _ in events:
        if event == "message":
            view[data["seq"]] = data["data"]["content"]
        elif event == "delete":
            for first, last in data["seqs"]:
                for seq in [seq for seq in view if first <= seq <= last]:
                    del view[seq]
    return view


def stored(client, session):
    page = client.get(f"/sessions/{session}/messages?limit=10000").json()
    return {m["seq"]: m["data"]["content"] for m in page["messages"]}


def versions(events):
    return [int(name.split("-")[0]) for _, _, name in events if name]


def write(server, session, number, rounds, problems):
    """One of several writers to a session: appends, sometimes a clear."""
    choose = random.Random(number)
    client = server.client()
    for i in range(rounds):
        kind = choose.randrange(25)
        if kind == 0:
            reply = client.request("DELETE", f"/sessions/{session}/messages")
        elif kind == 1:
            reply = client.request("PATCH", f"/sessions/{session}",
                                   {"metadata": {"n": i}})
        else:
            reply = client.post(f"/sessions/{session}/messages",
                                [f"{number}-{i}-{j}" for j in
                                 range(choose.randrange(1, 5))])
        if reply.status not in (200, 201):
            problems.append((reply.status, reply.body))
    client.close()


def writing(server, session, rounds, problems):
    writers = [threading.Thread(target=write,
                                args=(server, session, n, rounds, problems))
               for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    return writers


def the_sky(count, server, client):
    """From nothing on, from the start on, from the middle on, broken off."""
    session, problems = "everything", []
    early = Tail(server, session)
    client.post(f"/sessions/{session}/messages", ["first"])
    writers = writing(server, session, 60, problems)
    late = [Tail(server, session, last="0")]
    pieces, last = [], "0"
    while any(writer.is_alive() for writer in writers):
        piece = Tail(server, session, last=last)
        piece.has(random.randrange(1, 60), 0.2)
        # What came after the last whole event comes again.
        pieces += piece.close()
        last = pieces[-1][2] if pieces else "0"
    for writer in writers:
        writer.join()
    client.post(f"/sessions/{session}/messages", ["last"])
    late.append(Tail(server, session, last="0"))
    pieces += Tail(server, session, last=last).has(1)
    wait_for(lambda: early.events.list and
             early.events.list[-1][1].get("data") == {"content": "last"})
    whole = early.events.list
    for tail in late:
        count.check(tail.has(len(whole)) == whole, "early and late differ")
        tail.close()
    wait_for(lambda: len(pieces) >= len(whole))
    count.check(not problems, problems[:3])
    count.check([e for e in pieces] == whole[:len(pieces)] and
                len(pieces) >= len(whole) - 1, "pieces differ",
                len(pieces), len(whole))
    count.check(versions(whole) == sorted(set(versions(whole))),
                "a version came twice or too late")
    seqs = [data["seq"] for event, data, _ in whole if event == "message"]
    count.check(seqs == list(range(1, len(seqs) + 1)), "a gap", seqs[:50])
    count.check(shown(whole) == stored(client, session), "another end")
    early.close()


def beginnings(count, server, client):
    client.post("/sessions/some/messages", ["a", "b", "c"])
    client.request("PATCH", "/sessions/some", {"metadata": {"a": 1}})
    mark = client.get("/sessions/some").headers["ETag"].strip('"')[2:]
    live = Tail(server, "some")
    after = Tail(server, "some", after=1)
    past = Tail(server, "some", after=99)
    client.post("/sessions/some/messages", ["d"])
    client.request("DELETE", "/sessions/some/messages")

    def got(tail, number):
        return [(e, d.get("seq", d.get("seqs")), i)
                for e, d, i in tail.has(number)]

    news = [("message", 4, f"5-{mark}"), ("delete", [[1, 4]], f"6-{mark}")]
    count.check(got(live, 2) == news, "live", live.events.list)
    count.check(got(past, 2) == news, "after the end", past.events.list)
    count.check(got(after, 4) == [("message", 2, f"2-{mark}"),
                                  ("message", 3, f"4-{mark}")] + news,
                "after", after.events.list)
    gone = Tail(server, "some", last=f"2-{mark}")
    count.check(got(gone, 3) == [("message", 3, f"3-{mark}")] + news,
                "Last-Event-ID", gone.events.list)
    for wrong in f"7-{mark}", "1-9f3kq0w2m5xvd":
        tail = Tail(server, "some", last=wrong)
        client.request("PATCH", "/sessions/some", {})
        count.check(tail.has(1) == [("resync", {"version": 6}, f"6-{mark}")],
                    wrong, tail.events.list)
        tail.close()
    for tail in live, after, past, gone:
        tail.close()


def edited(count, server, client):
    """An old message that was edited is no place to go on from."""
    path = "/sessions/edited/messages"
    client.post(path, ["a", "b", "c"])
    live = Tail(server, "edited")
    mark = client.request("PUT", path + "/1", '"A"').headers["ETag"][3:-1]
    after = Tail(server, "edited", after=0)
    wanted = [(1, f"0-{mark}"), (2, f"2-{mark}"), (3, f"4-{mark}")]
    count.check([(d["seq"], i) for _, d, i in after.has(3)] == wanted,
                after.events.list)
    count.check([(d["seq"], d["data"]["content"], "updated_at" in d, i)
                 for _, d, i in live.has(1)] == [(1, "A", True, f"4-{mark}")],
                live.events.list)
    live.close()
    after.close()


def no_change_is_missed(count, server):
    """Commits that come while a tail looks: the heartbeat is 15 s away."""
    clients = [server.client() for _ in range(6)]
    tails = [Tail(server, "followed") for _ in range(4)]
    turns = Turns(server)
    body = b'"Hi!"'
    post = (b"POST /sessions/followed/messages HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    for wanted in range(len(clients), 200 * len(clients), len(clients)):
        for client in clients:
            client.send(post)
        for client in clients:
            client.receive()
        if not turns.wait_for(lambda: all(
                len(tail.events.list) == wanted for tail in tails)):
            count.check(False, "a change was not told before", wanted)
            break
    for one in clients + tails:
        one.close()


def keeps_nothing(count, server, client):
    """What was missed is not kept: read it again, then it goes on."""
    path = "/sessions/forgetful"
    client.request("PUT", path, {"retain_retired": 0})
    client.post(path + "/messages", ["a", "b"])
    mark = client.get(path).headers["ETag"].strip('"')[2:]
    client.request("DELETE", path + "/messages")
    tail = Tail(server, "forgetful", last=f"2-{mark}")
    tail.has(1)
    client.post(path + "/messages", ["c"])
    count.check([(e, i) for e, _, i in tail.has(2)] ==
                [("resync", f"4-{mark}"), ("message", f"5-{mark}")],
                "forgetful", tail.events.list)
    tail.close()


def ends(count, server, client):
    client.post("/sessions/mortal/messages", ["a"])
    client.request("PUT", "/sessions/brief", {"ttl_seconds": 3600})
    client.request("PUT", "/sessions/owned", {"owner": "zoe"})
    mortal = [Tail(server, "mortal", after=0), Tail(server, "mortal"),
              Tail(server, "owned")]
    tail, quiet = Tail(server, "brief"), Tail(server, "nobody")
    client.request("PATCH", "/sessions/brief", {"ttl_seconds": 1})
    client.request("DELETE", "/sessions/mortal")
    client.request("DELETE", "/sessions?owner=zoe")
    client.post("/sessions/mortal/messages", ["another life"])
    for one in mortal:
        wait_for(lambda: one.events.ended)
        count.check(one.events.ended and one.events.list[-1] ==
                    ("end", {"version": 0}, None), one.events.list)
        one.close()
    count.check(wait_for(lambda: tail.events.ended) and
                tail.events.list == [("end", {"version": 0}, None)],
                "an expired session", tail.events.list)
    count.check(wait_for(lambda: quiet.events.comments >= 2),
                "no heartbeat")
    tail.close()
    quiet.close()


def slow(count, server, client):
    """It reads nothing while 24 MiB come: they wait in the file."""
    def resident():
        with open(f"/proc/{server.process.pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    readers = [socket.socket() for _ in range(20)]
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", server.port))
        reader.sendall(head_of(server.port, "slow"))
    wait_for(lambda: server.metric("chatmem_tails") >= 20)
    before, messages = resident(), 1536
    for _ in range(0, messages, 64):
        client.post("/sessions/slow/messages", ["x" * 16000] * 64)
    grown = resident() - before
    count.check(grown < 64 << 20, "20 slow readers cost", grown >> 20, "MiB")
    for reader in readers[1:]:
        reader.close()
    events = Events()
    readers[0].settimeout(PATIENCE)
    while len(events.list) < messages:
        events.feed(readers[0].recv(1 << 20))
    count.check([d["seq"] for _, d, _ in events.list] ==
                list(range(1, messages + 1)), "the slow reader's seqs")
    readers[0].close()


def full(count):
    """2,000 a thread and 3,000 a tenant; those that are gone do not count."""
    need = 6000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(soft, min(need, hard)), hard))
    server = Server("--threads", "2", "--max-connections", str(need))
    client = server.client()

    def tails():
        return server.metric("chatmem_tails")

    def follow():
        tail = socket.create_connection(
            ("127.0.0.1", server.port), PATIENCE)
        tail.sendall(head_of(server.port, "full"))
        return tail, tail.recv(4096)

    held, answer = [], b"HTTP/1.1 200 "
    while answer.startswith(b"HTTP/1.1 200 ") and len(held) < 4001:
        tail, answer = follow()
        held.append(tail)
    count.check(answer.startswith(b"HTTP/1.1 503 ") and
                b"Retry-After: 1" in answer and
                (b"2000 readers follow already" in answer or
                 b"too many readers of this tenant" in answer), answer)
    number = len(held) - 1
    count.check(2000 <= number <= 3000 and tails() == number, number, tails())
    for tail in held[1:]:
        tail.close()
    count.check(wait_for(lambda: tails() == 1), "left:", tails())
    tail, answer = follow()
    count.check(answer.startswith(b"HTTP/1.1 200 "), "room again")
    tail.close()
    client.close()
    server.end()


def crowd(count):
    """Many tails on many sessions; each gets every event of its session."""
    need = TAILS * 4 // 3 + 300     # an address leaves a quarter to others
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(soft, min(need, hard)), hard))
    server = Server("--max-connections", str(need),
                    under=["setarch", "-R"] if SMALL else [])
    selector = selectors.DefaultSelector()
    tails = []
    for i in range(TAILS):
        tail = socket.create_connection(
            ("127.0.0.1", server.port), PATIENCE)
        tail.sendall(head_of(server.port, f"crowd-{i % SESSIONS}"))
        tails.append((tail, Events()))
        selector.register(tail, selectors.EVENT_READ, tails[-1][1])

    turns = Turns(server)

    def take_what_is_there():
        ready = selector.select(0.01)
        for key, _ in ready:
            data = key.fileobj.recv(65536)
            if data:
                key.data.feed(data)
            else:
                selector.unregister(key.fileobj)
        return ready

    def read(until):
        """False when nothing comes any more before it holds."""
        turns.left = turns.MOST
        while not until():
            if take_what_is_there():
                turns.left = turns.MOST
            elif not turns.pass_by():
                return False
        return True

    count.check(read(lambda: all(events.head for _, events in tails)) and
                all(b" 200 " in events.head for _, events in tails),
                "not all answered")
    problems = []

    def post(number):
        client = server.client()
        for n in range(number, SESSIONS * ROUNDS, WRITERS):
            reply = client.post(f"/sessions/crowd-{n % SESSIONS}/messages",
                                [f"{n}", ["ai", f"{n}"]])
            if reply.status != 201:
                problems.append(reply.body)
        client.close()

    writers = [threading.Thread(target=post, args=(n,))
               for n in range(WRITERS)]
    begun = time.monotonic()
    for writer in writers:
        writer.start()
    wanted = list(range(1, 2 * ROUNDS + 1))

    def have_all():
        return not any(writer.is_alive() for writer in writers) and \
            all(len(events.list) >= 2 * ROUNDS for _, events in tails)

    while any(writer.is_alive() for writer in writers):
        read(have_all)
    count.check(read(have_all),
                "a change was not told: only the heartbeat would bring it")
    took = time.monotonic() - begun
    wrong = [i for i, (_, e) in enumerate(tails)
             if [d["seq"] for _, d, _ in e.list] != wanted]
    count.check(not problems and not wrong, problems[:3], wrong[:9])
    print(f"{TAILS} tails: {TAILS * 2 * ROUNDS} events in {took:.1f} s")
    turns.client.close()
    server.process.send_signal(signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while selector.get_map() and time.monotonic() < end:
        take_what_is_there()
    count.check(all(e.ended for _, e in tails), "a tail broke off at the end")
    server.process.wait(PATIENCE)
    count.stopped(server)
    for tail, _ in tails:
        tail.close()


def main():
    count = Count()
    # At the stop a tail that does not read would be waited for by an hour.
    server = Server("--drain-timeout", "3600",
                    under=["setarch", "-R"] if SMALL else [])
    client = server.client()
    the_sky(count, server, client)
    beginnings(count, server, client)
    edited(count, server, client)
    no_change_is_missed(count, server)
    keeps_nothing(count, server, client)
    if not SMALL:
        full(count)
        slow(count, server, client)
        ends(count, server, client)
    last, stuck = Tail(server, "some"), socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", server.port))
    stuck.sendall(head_of(server.port, "full", last="0"))
    for _ in range(10):
        client.post("/sessions/full/messages", ["x" * 16000] * 64)
    client.close()
    count.stopped(server)
    stuck.close()
    count.check(wait_for(lambda: last.events.ended), "no end at the stop")
    last.close()
    crowd(count)
    count.close()


if __name__ == "__main__":
    main()
