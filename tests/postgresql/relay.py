# SPDX-License-Identifier: MIT
"""relay.py - a way to a database that is slow, or breaks at a commit.

A socket of PostgreSQL's in a directory of its own; whoever connects there is
connected to the database.
"""

import os
import shutil
import socket
import tempfile
import threading
import time

NAME = ".s.PGSQL.5432"


class Relay:
    """`breaks` says what the next commit meets, once; then it is None.

    "before": it does not arrive; "after": its answer does not.  "late": it
    arrives when `arrives` is set, and whoever sent it has been cut off.
    """

    def __init__(self, database):
        self.directory = tempfile.mkdtemp(prefix="chatmem-relay-")
        self.database = database
        self.breaks = None
        self.delay = 0          # seconds, for all that is sent and answered
        self.holds = None       # what has these bytes waits for `arrives`
        self.drops = None       # an answer that has these bytes is lost
        self.dropped = threading.Event()
        self.broke = threading.Event()
        self.held = threading.Event()
        self.arrives = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.directory, NAME))
        self.listener.listen(100)
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"postgresql:///postgres?host={self.directory}&user=chatmem"

    def end(self):
        self.listener.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(os.path.join(self.database.directory, NAME))
            except OSError:
                near.close()
                continue
            for way in (self.send, self.answer):
                threading.Thread(target=way, args=(near, far),
                                 daemon=True).start()

    def send(self, near, far):
        while data := receive(near):
            time.sleep(self.delay)
            if self.holds and self.holds in data:
                self.held.set()
                self.arrives.wait()
            how = self.breaks if b"COMMIT\0" in data else None
            if how:
                self.breaks = None
                getattr(self, how)(near, far, data)
                return
            if not hand_on(far, data):
                break
        close(near, far)

    def answer(self, near, far):
        while data := receive(far):
            time.sleep(self.delay)
            if self.drops and self.drops in data:
                self.dropped.set()
                continue
            if not hand_on(near, data):
                break
        close(near)

    def before(self, near, far, _):
        close(near, far)
        self.broke.set()

    def after(self, near, far, data):
        close(near)
        hand_on(far, data)
        far.shutdown(socket.SHUT_WR)
        self.broke.set()

    def late(self, near, far, data):
        close(near)
        self.broke.set()
        self.arrives.wait()
        self.after(near, far, data)


def receive(end):
    try:
        return end.recv(65536)
    except OSError:
        return b""


def hand_on(end, data):
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
