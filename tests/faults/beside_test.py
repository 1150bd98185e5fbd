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
import shutil
import signal
import sqlite3
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


def read_twice(client):
    """What is answered is kept then."""
    history(client, "a")
    history(client, "a")


def what_another_wrote_meanwhile_is_read(count):
    """Nothing is shown that was kept before it had the lock."""
    first = Server()
    client = first.client()
    client.post(SESSION, ["1"])
    read_twice(client)
    stop(first.process)
    remove(first, ".lock")
    second = Server(directory=first.directory)
    count.check(second.client().post(SESSION, ["2"]).status == 201)
    count.stopped(second)
    first.process.send_signal(signal.SIGCONT)
    count.check(client.post("/sessions/b/messages", ["1"]).status == 201)
    count.check(history(client, "a") == [(1, "1"), (2, "2")],
                "messages:", history(client, "a"))
    count.stopped(first)


def one_server_writes_at_a_time(count):
    first = Server()
    client = first.client()
    client.post(SESSION, ["1"])
    read_twice(client)
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
    read_twice(client)
    count.check(other.post(SESSION, ["2"]).status == 201, "the second, again")
    count.check(history(client, "a")[2:] == [(3, "2")], "a reader, again")
    count.check(other.request("DELETE", f"{SESSION}/3").status == 200, "less")
    count.check(history(client, "a") == [(1, "1"), (2, "2")], "what is left")
    count.stopped(second)
    reply = client.post(SESSION, ["3"])
    count.check(reply.status == 201 and
                reply.json()["messages"][0]["seq"] == 4,
                "after the second has ended:", reply.status, reply.body)
    count.check(history(client, "a") == [(1, "1"), (2, "2"), (4, "3")],
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


def a_cut_index_of_the_log_is_told_of(count):
    """The kernel ends whoever reads it; nothing is lost by that."""
    server = Server()
    client = server.client()
    for number in range(60):
        client.post(SESSION, [str(number)])
    os.truncate(server.database + "-shm", 0)
    count.check(ends(client), "it goes on")
    status = server.process.wait()
    server.reader.join()
    log = "".join(server.log)
    count.check(status == -signal.SIGBUS and "ended by SIGBUS" in log and
                "-shm" in log and "start it again" in log, status, log[-600:])
    server.start()
    count.check(history(server.client(), "a") ==
                [(n + 1, str(n)) for n in range(60)], "lost")
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


def damaged(server, damage, size=0):
    """
    Changes a log of 60 messages or more, which a reader keeps out of the file.
    """
    client, sent = server.client(), 0
    reader = sqlite3.connect(server.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM session").fetchall()
    while True:
        for _ in range(60):
            client.post(SESSION, [str(sent) + " " * size])
            sent += 1
        stop(server.process)
        if os.stat(server.database + "-wal").st_size > 50 * (FRAME + size):
            break
        server.process.send_signal(signal.SIGCONT)
    damage(server)
    reader.close()
    server.process.send_signal(signal.SIGCONT)
    return client, sent


def flip_at(at):
    def flipped(server):
        rewrite(server, at, flip)
    return flipped


def other_salt(server):
    rewrite(server, 16, lambda _: b"otherone")


def cut_to_nothing(server):
    os.truncate(server.database + "-wal", 0)


def cut_to_a_tenth(server):
    os.truncate(server.database + "-wal",
                os.stat(server.database + "-wal").st_size // 10)


def zeroed(server):
    size = os.stat(server.database + "-wal").st_size
    rewrite(server, 0, lambda _: b"\0" * size)


def a_kill_loses_nothing_that_the_writer_knows(count, damage):
    server = Server()
    client, before = damaged(server, damage)
    sent = [client.post(SESSION, [str(before + n)]).status for n in range(60)]
    server.kill()
    server.start()
    got = [int(text) for _, text in history(server.client(), "a")]
    count.check(sent == [201] * 60, damage.__name__, "not stored:", sent)
    count.check(got == list(range(before + 60)), damage.__name__, "lost:", got)
    count.stopped(server)


def ends(client):
    try:
        return client.post(SESSION, ["-1"]).status == 503
    except OSError:
        return True     # it has seen it already, and ended


def nothing_is_written_to_a_damaged_log(count, damage):
    """
    It has more than the writer keeps in memory, unless the file has it.  The
    index would still be made when the server is stopped: damage in the middle
    of a batch is taken for the batch's own bytes.
    """
    server = Server("--search", "off")
    client, before = damaged(server, damage, 300000)
    ended = ends(client)
    if ended:
        status = server.process.wait()
        server.reader.join()
        log = "".join(server.log)
        count.check(status > 0 and "another program wrote into the log" in log,
                    damage.__name__, status, log[-900:])
    else:
        server.kill()
    server.start()
    got = [int(text) for _, text in history(server.client(), "a")]
    count.check(got == list(range(len(got))) if ended else
                got == [*range(before), -1], damage.__name__, ended, got)
    count.check(server.client().post(SESSION, ["more"]).status == 201,
                damage.__name__, "no write after a start")
    count.stopped(server)


def nothing_is_written_over_another_file(count):
    """As `cp backup.db chatmem.db` does it: the backup is served then."""
    server = Server()
    server.client().post(SESSION, ["1"])
    server.process.send_signal(signal.SIGTERM)
    server.process.wait()
    backup = server.database + ".backup"
    shutil.copyfile(server.database, backup)
    server.start()
    client = server.client()
    for text in "23":
        client.post(SESSION, [text * 100000])
    client.post("/sessions/b/messages", ["x"])
    client.request("DELETE", "/sessions/b")  # the log goes into the file
    os.utime(server.database)
    count.check(client.post(SESSION, ["4"]).status == 201, "touched only")
    shutil.copyfile(backup, server.database)
    count.check(ends(client), "a write")
    status = server.process.wait()
    server.reader.join()
    log = "".join(server.log)
    count.check(status > 0 and "another program wrote over the file" in log,
                status, log[-900:])
    server.start()
    client = server.client()
    count.check(history(client, "a") == [(1, "1")], history(client, "a"))
    count.check(client.post(SESSION, ["more"]).status == 201, "no write")
    count.check(os.path.getsize(server.database + "-wal.left") > 0, "no log")
    count.stopped(server)


def a_kill_ends_what_a_wrapper_started(count):
    """The lock is free at once, and all that was acknowledged is there."""
    server = Server(under=["bash", "-c", '"$@"; exit', "bash"])
    for number in range(3):
        server.client().post(SESSION, [str(number)])
        server.kill()
        server.start()
    count.check(len(history(server.client(), "a")) == 3, "lost")
    server.kill()
    shutil.rmtree(server.directory)


def main():
    count = Count()
    a_kill_ends_what_a_wrapper_started(count)
    nothing_is_written_over_another_file(count)
    the_lock_is_made_again(count)
    what_another_wrote_meanwhile_is_read(count)
    one_server_writes_at_a_time(count)
    nothing_is_written_to_a_deleted_log(count, "-wal")
    nothing_is_written_to_a_deleted_log(count, "-shm")
    a_cut_index_of_the_log_is_told_of(count)
    losses = cut_to_nothing, cut_to_a_tenth, zeroed
    for damage in (flip_at(0), flip_at(32), flip_at(32 + 20 * FRAME),
                   other_salt, *losses):
        a_kill_loses_nothing_that_the_writer_knows(count, damage)
    for damage in losses:
        nothing_is_written_to_a_damaged_log(count, damage)
    count.close()


if __name__ == "__main__":
    main()
