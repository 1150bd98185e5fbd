#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""reload_test.py - what a running server is told by signals.

SIGHUP reads keys, origins and log level again, and what is bad leaves
everything as it was; requests and tails go on.  Nothing but SIGINT, SIGTERM
and the loss of the terminal that it was started on ends the process.
"""

import hashlib
import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, Count, Gate, Server, wait_for
from upstream import Upstream

READ_AGAIN = "keys, origins and log level read again"
AS_THEY_WERE = "the settings stay as they were"


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o600)


def reload(server, words=READ_AGAIN):
    """Tells it to, and waits until the log says that it has."""
    def said():
        return sum(words in line for line in server.log)
    before = said()
    server.process.send_signal(signal.SIGHUP)
    return wait_for(lambda: said() > before)


def status(server, key, path="/sessions", **headers):
    return server.client().get(
        path, headers={"X-API-Key": key, **headers}).status


class Tail(threading.Thread):
    """Follows a session with a key, to the end."""

    def __init__(self, server, key):
        super().__init__(daemon=True)
        self.client = server.client()
        self.data = b""
        self.client.send(
            f"GET /sessions/s/events?after=0 HTTP/1.1\r\nHost: x\r\n"
            f"X-API-Key: {key}\r\n\r\n".encode())
        self.start()

    def run(self):
        while data := self.client.socket.recv(65536):
            self.data += data
            if self.data.endswith(b"\r\n0\r\n\r\n"):
                break

    def has(self, text):
        return wait_for(lambda: text in self.data)


def keys(count, directory):
    """A key comes, goes, and changes its scopes, while others are used."""
    path = os.path.join(directory, "keys")
    hashed = hashlib.sha256(b"new").hexdigest()
    write(path, "a:old\nb:other\n")
    with Server("--api-keys", path) as server:
        count.check(status(server, "old") == 200, "a key of the start")
        count.check(status(server, "new") == 401, "a key that is not there")
        write(path, f"a:old\na:sha256:{hashed} scope=read\nb:other\n")
        count.check(reload(server), "it does not reload")
        count.check(status(server, "old") == 200, "two keys of a tenant")
        count.check(status(server, "new") == 200, "a key that came")
        count.check(server.client().post(
            "/sessions/s/messages", '"x"',
            headers={"X-API-Key": "new"}).status == 403, "its scope")
        write(path, f"a:sha256:{hashed}\nb:other\n")
        count.check(reload(server), "it does not reload again")
        count.check(status(server, "old") == 401, "a key that went")
        count.check(status(server, "new") == 200, "a key that stays")
        for bad in "a:new\nb", "", "a:new scope=all":
            write(path, bad)
            count.check(reload(server, AS_THEY_WERE), "a bad file:", bad)
            count.check(status(server, "new") == 200, "after", bad)
            count.check(status(server, "other") == 200, "after", bad)
        os.unlink(path)
        count.check(reload(server, AS_THEY_WERE), "no file")
        count.check(status(server, "new") == 200, "after no file")
        count.check(not any("a:new" in line for line in server.log),
                    "the log shows a key")


def tails(count, directory):
    """Those of keys that stay go on, the others end as they should."""
    path = os.path.join(directory, "keys")
    write(path, "a:stays\na:goes\n")
    with Server("--api-keys", path) as server:
        client = server.client()
        mine = {"X-API-Key": "stays"}
        client.post("/sessions/s/messages", '"one"', headers=mine)
        stays, goes = Tail(server, "stays"), Tail(server, "goes")
        count.check(stays.has(b'"one"') and goes.has(b'"one"'), "no tails")
        write(path, "a:stays\n")
        count.check(reload(server), "it does not reload")
        goes.join(PATIENCE)
        count.check(not goes.is_alive() and
                    goes.data.endswith(b"\r\n0\r\n\r\n"),
                    "the tail of a key that went:", goes.data[-50:])
        client.post("/sessions/s/messages", '"two"', headers=mine)
        count.check(stays.has(b'"two"'), "the tail of a key that stays")
        count.check(b'"two"' not in goes.data, "told after its end")


def origins_and_log_level(count, directory):
    """Both from a file of settings; a flag wins, a file over a variable."""
    path = os.path.join(directory, "settings")
    write(path, "# ours\nCHATMEM_ALLOW_ORIGIN=https://one.example\n"
          "CHATMEM_LOG_LEVEL = \"info\"\n")
    ask = {"Origin": "https://two.example"}
    with Server("--config", path,
                env={"CHATMEM_LOG_LEVEL": "error"}) as server:
        count.check(status(server, "", **ask) == 403, "an origin too many")
        write(path, "CHATMEM_ALLOW_ORIGIN='https://two.example'\n"
              "CHATMEM_LOG_LEVEL=debug\n")
        count.check(reload(server), "it does not reload")
        count.check(status(server, "", **ask) == 200, "a new origin")
        write(path, "CHATMEM_ALLOW_ORIGIN=https://two.example\n"
              "CHATMEM_LOG_LEVEL=warning\n")
        server.process.send_signal(signal.SIGHUP)
        lines = []

        def quiet():
            """Does a request leave no line any more?"""
            before = len(server.log)
            status(server, "")
            lines.append(len(server.log) - before)
            return lines[-3:] == [0, 0, 0]
        count.check(wait_for(quiet), "the log level stays")
        for bad in ("CHATMEM_NONE=1", "what", "CHATMEM_MAX_BODY=none",
                    "CHATMEM_ALLOW_ORIGIN=*"):
            write(path, bad)
            count.check(reload(server, AS_THEY_WERE), "bad settings:", bad)
            count.check(status(server, "", **ask) == 200, "after", bad)
    for bad, words in (("CHATMEM_NONE=1", '"CHATMEM_NONE" is not a setting'),
                       ("\n#\nwhat", "line 3 is not NAME=value")):
        write(path, bad)
        done = subprocess.run([CHATMEM, "--config", path],
                              capture_output=True, timeout=PATIENCE)
        count.check(done.returncode == 2 and words in done.stderr.decode(),
                    done.stderr)


def signals(count):
    """Many of them while clients write: nothing is lost, nothing ends."""
    with Server() as server:
        written = []

        def write_on():
            client = server.client()
            for i in range(300):
                written.append(client.post(
                    "/sessions/s/messages", f'"{i}"').status)
        writer = threading.Thread(target=write_on)
        writer.start()
        while writer.is_alive():
            for number in signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2:
                server.process.send_signal(number)
            writer.join(0.01)
        count.check(written == [201] * 300, "writes among signals")
        count.check(server.process.poll() is None, "a signal ended it")


def borrowed(count, directory):
    """What requests hold of the table of keys lives as long as they do.

    Under a sanitizer this sees what they would read of a table that is gone:
    the table is replaced all the time, while a turn waits for its model, an
    export is not fetched, a tail goes on, and others write, read and erase.
    """
    path = os.path.join(directory, "keys")
    gate = Gate()
    upstream = Upstream(lambda request, reply: (
        gate.wait(), reply.json({"choices": [{"message": {
            "role": "assistant", "content": "late"}}]})))

    def write_keys(number, goes):
        more = [f"t{i}:other-{number}-{i}" for i in range(number % 7 * 20)]
        write(path, "\n".join(more[::2] + ["tenant:stays"] + goes + more[1::2]))
    write_keys(0, ["tenant:goes"])
    with Server("--api-keys", path, "--llm-url", upstream.url, "--llm-model",
                "m") as server:
        mine, gone = {"X-API-Key": "stays"}, {"X-API-Key": "goes"}
        client = server.client()
        large = client.post("/sessions/large/messages",
                            ["x" * 100000] * 40, headers=mine)
        count.check(large.status == 201, "large:", large.body)
        turns, told = [], []
        turn = threading.Thread(target=lambda: turns.append(
            server.client().post("/sessions/turn/chat", {"input": "i"},
                                 headers=gone)))
        turn.start()
        count.check(wait_for(lambda: upstream.requests), "no turn")
        export = server.client()
        export.send(b"GET /export HTTP/1.1\r\nHost: x\r\n"
                    b"X-API-Key: goes\r\nConnection: close\r\n\r\n")
        got = export.socket.recv(1000)
        tail = Tail(server, "stays")

        def work(number):
            client = server.client()
            for i in range(60):
                name = f"/sessions/w{number}-{i % 5}"
                replies = [
                    client.post(name + "/messages", f'"{i}"', headers=mine),
                    client.get(name + "/messages", headers=mine),
                    client.get("/sessions", headers=mine)]
                if i % 10 == 9:
                    replies.append(client.request("DELETE", name,
                                                  headers=mine))
                told.extend(reply.status for reply in replies)
        workers = [threading.Thread(target=work, args=(n,)) for n in range(3)]
        for worker in workers:
            worker.start()
        number = 0
        while any(worker.is_alive() for worker in workers) or number < 20:
            number += 1
            write_keys(number, [])
            count.check(reload(server), "it does not reload")
        for worker in workers:
            worker.join()
        count.check(set(told) == {200, 201}, "among reloads:", set(told))
        count.check(status(server, "goes") == 401, "a key that went")
        gate.set()
        turn.join(PATIENCE)
        count.check(turns and turns[0].status == 200 and
                    turns[0].json() == {"response": "late"}, "its turn:",
                    turns and turns[0].body)
        kept = client.get("/sessions/turn", headers=mine).json()
        count.check(kept["message_count"] == 2, "kept of its turn:", kept)
        while data := export.socket.recv(1 << 20):
            got += data
        count.check(got.endswith(b"\r\n0\r\n\r\n") and got.count(
            b"x") >= 4_000_000, "its export:", len(got), got[-100:])
        client.post("/sessions/s/messages", '"told"', headers=mine)
        count.check(tail.has(b'"told"'), "a tail among reloads")
    upstream.stop()


def terminal(count, directory):
    """Only the loss of a terminal that it was started on ends it."""
    for nohup in False, True:
        child, terminal_fd = pty.fork()
        if child == 0:
            signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup
                          else signal.SIG_DFL)
            log = os.open(os.path.join(directory, f"log-{nohup}"),
                          os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            os.dup2(log, 2)
            os.execv(CHATMEM, [CHATMEM, "--listen", "127.0.0.1:0", "--db",
                               os.path.join(directory, f"{nohup}.db")])

        def logged(words):
            with open(os.path.join(directory, f"log-{nohup}")) as file:
                return words in file.read()
        count.check(wait_for(lambda: os.path.exists(os.path.join(
            directory, f"log-{nohup}")) and logged("msg=listening")),
            "it does not start")
        os.kill(child, signal.SIGHUP)
        count.check(wait_for(lambda: logged(READ_AGAIN)),
                    "SIGHUP with a terminal, nohup", nohup)
        os.close(terminal_fd)
        if nohup:
            os.kill(child, signal.SIGHUP)
            os.kill(child, signal.SIGTERM)
        status_of_it = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        count.check(status_of_it == 0, "its end:", status_of_it)
        count.check(logged("signal=TERM" if nohup else "signal=HUP"),
                    "why it ended, nohup", nohup)


def main():
    count = Count()
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as directory:
        keys(count, directory)
        tails(count, directory)
        origins_and_log_level(count, directory)
        signals(count)
        borrowed(count, directory)
        terminal(count, directory)
    count.close()


if __name__ == "__main__":
    main()
