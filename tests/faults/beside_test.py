#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""beside_test.py - the files beside the database are deleted under a server.

Without its lock a second server could start; without its log each write would
be gone with the next kill.  No two write at a time, nothing that was answered
is lost, and the server says what is the matter.
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


def one_server_writes_at_a_time(count):
    first = Server()
    client = first.client()
    client.post(SESSION, ["1"])
    first.process.send_signal(signal.SIGSTOP)   # else it has a new lock soon
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


def main():
    count = Count()
    the_lock_is_made_again(count)
    one_server_writes_at_a_time(count)
    nothing_is_written_to_a_deleted_log(count, "-wal")
    nothing_is_written_to_a_deleted_log(count, "-shm")
    count.close()


if __name__ == "__main__":
    main()
