#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""systemd_test.py - a server under a service manager, and at a path.

The manager's part is played here: it opens the socket, and reads what it is
told.
"""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from check_test import change, make, told_of
from harness import CHATMEM, PATIENCE, TOP, Count

ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("CHATMEM")}


class Manager:
    """A directory, a socket for notices, and a server that it starts."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix="chatmem-test-")
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(f"{self.place}/notify")
        self.notices.settimeout(PATIENCE)
        self.process = None

    def start(self, *arguments, sockets=(), abstract=False, command=CHATMEM):
        """`sockets` are given from number 3 on, as LISTEN_FDS says."""
        env = {**ENVIRONMENT, "NOTIFY_SOCKET": f"{self.place}/notify"}
        if abstract:
            self.notices.close()
            self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.notices.bind(f"\0{self.place}/notify")
            self.notices.settimeout(PATIENCE)
            env["NOTIFY_SOCKET"] = f"@{self.place}/notify"
        script = 'exec "$0" "$@"'
        if sockets:
            env["LISTEN_FDS"] = str(len(sockets))
            moves = " ".join(f"{3 + i}<&{s.fileno()}"
                             for i, s in enumerate(sockets))
            script = f'export LISTEN_PID=$$; exec "$0" "$@" {moves}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, command, "--db", f"{self.place}/a.db",
             *arguments], env=env, stderr=subprocess.PIPE,
            pass_fds=[s.fileno() for s in sockets])

    def told(self):
        return self.notices.recv(4096).decode().splitlines()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.ends()

    def ends(self):
        """Status, and what was logged."""
        log = self.process.communicate(timeout=PATIENCE)[1].decode()
        return self.process.returncode, log

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.notices.close()
        shutil.rmtree(self.place)


class Path(http.client.HTTPConnection):
    """A connection to the socket at a path."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def get(self, target, headers=None):
        self.request("GET", target, headers=headers or {})
        reply = self.getresponse()
        return reply.status, reply.read()


def notices(count):
    for abstract in False, True:
        manager = Manager()
        manager.start("--listen", "127.0.0.1:0", abstract=abstract)
        count.check(manager.told()[0] == "READY=1", "not ready")
        manager.process.send_signal(signal.SIGHUP)
        told = manager.told()
        count.check(told[0] == "RELOADING=1" and
                    told[1].startswith("MONOTONIC_USEC="), told)
        count.check(manager.told()[0] == "READY=1", "not ready again")
        manager.process.send_signal(signal.SIGTERM)
        count.check(manager.told()[0] == "STOPPING=1", "not stopping")
        status, log = manager.ends()
        count.check(status == 0, status, log)
        manager.close()


def given(count):
    """A socket of the manager's outlives the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            socket.create_server(("127.0.0.1", 0)) as another, \
            socket.socket() as idle:
        port = listener.getsockname()[1]
        manager = Manager()
        for _ in range(2):
            early = http.client.HTTPConnection("127.0.0.1", port,
                                               timeout=PATIENCE)
            early.request("GET", "/healthz")  # before anybody accepts it
            manager.start("--listen", "127.0.0.1:1", sockets=[listener])
            count.check(early.getresponse().status == 200, "an early request")
            early.close()
            count.check(manager.told()[0] == "READY=1", "not ready")
            status, log = manager.stop()
            count.check(status == 0 and f"port={port}" in log, status, log)
            manager.told()
        for sockets, words in ([listener, another], "gives 2 sockets"), \
                ([idle], "something else than a socket that listens"):
            manager.start(sockets=sockets)
            status, log = manager.ends()
            count.check(status == 2 and words in log, status, log)
        manager.close()


def at_a_path(count):
    manager = Manager()
    path = f"{manager.place}/socket"
    for mode, bits in ((), 0o660), (("--listen-mode", "600"), 0o600), \
            (("--listen-mode", "666"), 0o666):
        manager.start("--listen", f"unix:{path}", *mode)
        manager.told()
        count.check(stat.S_IMODE(os.stat(path).st_mode) == bits, mode)
        client = Path(path)
        count.check(client.get("/sessions")[0] == 200, "without a key")
        count.check(client.get("/sessions", {"X-Forwarded-For": "192.0.2.1"})
                    [0] == 403, "a proxy, without a key")
        client.close()
        done = subprocess.run(
            [CHATMEM, "health", "--listen", f"unix:{path}"], env=ENVIRONMENT,
            check=False)
        count.check(done.returncode == 0, "its health")
        done = subprocess.run(
            [CHATMEM, "append", "s", "x", "--url", f"unix:{path}"],
            env=ENVIRONMENT, capture_output=True, check=False)
        count.check(done.returncode == 0, "a command", done)
        status, log = manager.stop()
        count.check(status == 0 and path in log, status, log)
        manager.told()
        count.check(not os.path.exists(path), "it is left behind")
    in_the_way(count, manager, path)
    manager.close()


def in_the_way(count, manager, path):
    """A socket of a server that was killed is replaced, nothing else is."""
    manager.start("--listen", f"unix:{path}")
    manager.told()
    manager.stop(signal.SIGKILL)
    count.check(os.path.exists(path), "a kill removes it")
    manager.start("--listen", f"unix:{path}")
    count.check(manager.told()[0] == "READY=1", "a stale one is in the way")
    count.check(manager.stop()[0] == 0, "the end")
    manager.told()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        other.listen()
        refused(count, manager, path)
    os.unlink(path)
    with open(path, "w", encoding="ascii") as file:
        file.write("kept")
    refused(count, manager, path)
    with open(path, encoding="ascii") as file:
        count.check(file.read() == "kept", "a file was replaced")
    os.unlink(path)
    manager.start("--listen", "unix:" + "x" * 200)
    status, log = manager.ends()
    count.check(status == 2 and "unix: wants a path" in log, status, log)


def refused(count, manager, path):
    manager.start("--listen", f"unix:{path}")
    status, log = manager.ends()
    count.check(status == 1 and "Address already in use" in log, status, log)
    count.check(os.path.exists(path), "it was removed")


def nowhere(count):
    """Where no socket can be is known before anything is made."""
    manager = Manager()
    os.symlink("nothing", f"{manager.place}/link")
    for name, words in ("none/socket", "No such file or directory"), \
            ("notify/socket", "Not a directory"), \
            ("link", "Address already in use"):
        manager.start("--listen", f"unix:{manager.place}/{name}")
        status, log = manager.ends()
        count.check(status == 1 and words in log, name, status, log)
        made = set(os.listdir(manager.place)) - {"link", "notify"}
        count.check(not made, name, made)
    manager.close()


UNITS = ("chatmem.service", "chatmem.socket", "chatmem-backup.service",
         "chatmem-backup.timer")
BACKUP = f"{TOP}/server/deploy/backup"


def units(count):
    """The units themselves, where systemd is installed."""
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        for name in UNITS:
            with open(f"{TOP}/server/deploy/{name}", encoding="utf-8") as file:
                text = file.read().replace("/usr/bin/chatmem", CHATMEM)
            with open(f"{place}/{name}", "w", encoding="utf-8") as file:
                file.write(text.replace("/usr/lib/chatmem/backup", BACKUP))
            if name.endswith(".service"):
                done = subprocess.run(
                    ["systemd-analyze", "security", "--offline=true",
                     "--threshold=20", "--no-pager", f"{place}/{name}"],
                    capture_output=True, check=False)
                count.check(done.returncode == 0, name,
                            done.stdout.decode()[-200:])
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no",
             *(f"{place}/{name}" for name in UNITS)],
            capture_output=True, check=False)
        said = [line for line in done.stderr.decode().splitlines()
                if "chatmem" in line]
        count.check(not said, said)


def dated(directory):
    return sorted(name for name in os.listdir(directory)
                  if name[:9] == "chatmem-2" and name.endswith(".db"))


def backups(count):
    """The last good ones stay, whatever the clock and the store are like."""
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        path, copies = f"{place}/a.db", f"{place}/copies"

        def backup(status, keep="2", directory="copies"):
            done = subprocess.run(
                [BACKUP, directory, keep, "--db", "a.db"], text=True,
                env={**ENVIRONMENT, "CHATMEM": CHATMEM}, capture_output=True,
                check=False, cwd=place)
            count.check(done.returncode == status, status, keep, done)
            return done.stderr

        count.check('no directory "copies"' in backup(2), "none")
        make(path)
        os.mkdir(copies)
        others = "chatmem-notes.db", "chatmem-20240101T000000Z.db.gz"
        early, late = "chatmem-20200101T000000Z.db", \
            "chatmem-20990101T000000Z.db"
        for name in early, late, *others, "chatmem.new.db.partial", \
                f"{early}-wal", f"{early}-shm":
            with open(f"{copies}/{name}", "w", encoding="ascii"):
                pass
        backup(0)
        left = dated(copies)
        count.check(len(left) == 2 and late in left and early not in left,
                    left)
        copied = shutil.copy(f"{copies}/{left[0]}", place)
        count.check(told_of(copied) == told_of(path), left)
        backup(0, "1")
        left = dated(copies)
        count.check(len(left) == 1 and late not in left, left)
        for keep in "0", "-1", "x", "", "1 2":
            count.check("no number of copies" in backup(2, keep), keep)
        refused_backups(count, backup, path, copies)
        count.check(dated(copies) == left, "the last good one", left)
        count.check(set(os.listdir(copies)) - {"chatmem.damaged.db"} ==
                    {*left, *others}, os.listdir(copies))


def refused_backups(count, backup, path, copies):
    with open(f"{path}.backed-up", encoding="ascii") as file:
        noted = file.read()
    with DirectoryLock(copies):
        count.check("another one" in backup(1), "two at one time")
    change(path, "UPDATE message SET body = replace(body, 'so', 'no')"
                 " WHERE seq = 7")
    for _ in range(2):
        count.check("damaged" in backup(3, "1"), "damage")
        count.check(os.path.exists(f"{copies}/chatmem.damaged.db"), "kept")
    with open(f"{path}.backed-up", encoding="ascii") as file:
        count.check(file.read() == noted, "a damaged one is noted")
    os.rename(path, f"{path}.away")
    backup(1, "1")
    os.rename(f"{path}.away", path)


class DirectoryLock:
    """As `flock` of the shell takes it."""

    def __init__(self, path):
        self.number = os.open(path, os.O_RDONLY)

    def __enter__(self):
        fcntl.flock(self.number, fcntl.LOCK_EX)

    def __exit__(self, *_):
        os.close(self.number)


def main():
    count = Count()
    notices(count)
    given(count)
    at_a_path(count)
    nowhere(count)
    units(count)
    backups(count)
    count.close()


if __name__ == "__main__":
    main()
