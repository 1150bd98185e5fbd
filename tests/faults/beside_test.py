#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""beside_test.py - the files beside the database are deleted under a server,
or its log is cut or written over.

Without its lock a second server could start; without its log, or behind a
damaged frame of it, each write would be gone with the next kill.  No two write
at a time, nothing that is answered afterwards is lost, and the server says what
is the matter.
"""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, history, wait_for

SESSION = "/sessions/a/messages"


def remove(server, suffix):
    os.unlink(server.database + suffix)


def says(reply, words):
    return reply.status == 503 and "Retry-After" in reply.headers and \
        words in reply.json()["error"]["message"]


def the_lock_is_made_again(count):
    server = Server()
    client = server.client()
    client.post(SESSION, ["1"])
    remove(server, ".lock")
    reply = client.post(SESSION, ["2"])
    count.check(reply.status == 201, "no write:", reply.status, reply.body)
    count.check(os.path.exists(server.database + ".lock"), "no lock")
    count.check(server.says("the lock file was deleted"), "not said")
    try:
        Server(directory=server.directory).kill()
        count.check(False, "a second server started")
    except RuntimeError as refused:
        count.check("another process writes to it" in str(refused), refused)
    count.check(history(client, "a") == [(1, "1"), (2, "2")], "messages")
    count.stopped(server)


def stop(process):
    """Returns when none of its threads runs."""
    process.send_signal(signal.SIGSTOP)
    tasks = f"/proc/{process.pid}/task"
    while any(not open(f"{tasks}/{task}/stat").read().rpartition(")")[2]
              .startswith(" T") for task in os.listdir(tasks)):
        pass


def one_server_writes_at_a_time(count):
    first = Server()
    client = first.client()
    client.post(SESSION, ["1"])
    stop(first.process)   # else it has a new lock soon
    remove(first, ".lock")
    second = Server(directory=first.directory)
    first.process.send_signal(signal.SIGCONT)
    other = second.client()
    reply = client.post(SESSION, ["not this"])
    count.check(says(reply, "another process writes to it"),
                "two write:", reply.status, reply.body)
    count.check(wait_for(lambda: client.get("/readyz").status == 503),
                "the first is ready")
    count.check(other.post(SESSION, ["2"]).status == 201, "the second")
    count.check(history(client, "a") == [(1, "1"), (2, "2")], "a reader")
    count.stopped(second)
    reply = client.post(SESSION, ["3"])
    count.check(reply.status == 201 and
                reply.json()["messages"][0]["seq"] == 3,
                "after the second has ended:", reply.status, reply.body)
    count.check(history(client, "a") == [(1, "1"), (2, "2"), (3, "3")],
                "messages:", history(client, "a"))
    count.check(wait_for(lambda: client.get("/readyz").status == 200),
                "the first is not ready again")
    count.stopped(first)


def nothing_is_written_to_a_deleted_log(count, suffix):
    server = Server()
    client = server.client()
    for number in range(60):
        client.post(SESSION, [str(number)])
    remove(server, suffix)
    try:
        reply = client.post(SESSION, ["not this"])
        count.check(reply.status == 503, suffix, reply.status, reply.body)
    except OSError:
        pass    # it has seen it already, and ended
    status = server.process.wait()
    server.reader.join()
    log = "".join(server.log)
    count.check(status > 0, suffix, "it goes on, or was killed:", status)
    count.check("the log was deleted under the server" in log, suffix,
                log[-300:])
    server.start()
    count.check(history(server.client(), "a") ==
                [(n + 1, str(n)) for n in range(60)], suffix, "lost")
    count.stopped(server)


FRAME = 24 + 4096   # of the log, behind a head of 32 bytes


def rewrite(server, at, change):
    """Changes bytes of the log; again until the system notes another time."""
    name = server.database + "-wal"
    before = os.stat(name).st_ctime_ns
    with open(name, "r+b") as log:
        log.seek(at)
        was = log.read(FRAME)
        while os.stat(name).st_ctime_ns == before:
            log.seek(at)
            log.write(change(was))
            log.flush()


def flip(was):
    return was[:1000] + bytes(byte ^ 1 for byte in was[1000:1008]) + was[1008:]


def filled(server, messages):
    """Their log is not copied into the file: it never is for a second idle."""
    client = server.client()
    for number in range(messages):
        client.post(SESSION, [str(number)])
    return client


def a_kill_loses_nothing_behind_a_frame(count, at, change):
    server = Server()
    client = filled(server, 60)
    rewrite(server, at, change)
    sent = [client.post(SESSION, [str(n)]).status for n in range(60, 120)]
    count.check(server.says("another program wrote into the log"), "not said")
    server.kill()
    server.start()
    count.check(sent == [201] * 60, "not stored:", sent)
    count.check(history(server.client(), "a") ==
                [(n + 1, str(n)) for n in range(120)], at, "lost:",
                len(history(server.client(), "a")))
    count.stopped(server)


def nothing_is_written_to_a_damaged_log(count, damage):
    server = Server()
    client = filled(server, 60)
    damage(server)
    try:
        reply = client.post(SESSION, ["not this"])
        if not count.check(reply.status == 503, damage.__name__,
                           reply.status):
            server.kill()
            return
        ready = client.get("/readyz").status
        count.check(ready == 503, damage.__name__, "/readyz", ready)
    except OSError:
        pass    # it has seen it already, and ended
    status = server.process.wait()
    server.reader.join()
    log = "".join(server.log)
    count.check(status > 0, damage.__name__, "it goes on, or was killed",
                status)
    count.check("another program wrote into the log, or cut it" in log,
                damage.__name__, log[-900:])
    server.start()
    got = history(server.client(), "a")
    count.check(got == [(n + 1, str(n)) for n in range(len(got))],
                damage.__name__, "is no beginning:", got)
    count.check(server.client().post(SESSION, ["more"]).status == 201,
                damage.__name__, "no write after a start")
    count.stopped(server)


def cut_to_nothing(server):
    os.truncate(server.database + "-wal", 0)


def cut_in_the_middle(server):
    os.truncate(server.database + "-wal",
                os.stat(server.database + "-wal").st_size // 2)


def zeroed(server):
    size = os.stat(server.database + "-wal").st_size
    rewrite(server, 0, lambda _: b"\0" * size)


def main():
    count = Count()
    the_lock_is_made_again(count)
    one_server_writes_at_a_time(count)
    nothing_is_written_to_a_deleted_log(count, "-wal")
    nothing_is_written_to_a_deleted_log(count, "-shm")
    for at in 0, 32, 32 + 20 * FRAME:
        a_kill_loses_nothing_behind_a_frame(count, at, flip)
    a_kill_loses_nothing_behind_a_frame(count, 16, lambda _: b"otherone")
    for damage in cut_to_nothing, cut_in_the_middle, zeroed:
        nothing_is_written_to_a_damaged_log(count, damage)
    count.close()


if __name__ == "__main__":
    main()
