# SPDX-License-Identifier: MIT
"""tails - those who follow a session, over all breaks of the connection."""

import os
import socket
import sys
import threading

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))), "server"))

from harness import PATIENCE, wait_for
from tail_test import Events, head_of


class Tail:
    """Goes on after the last event that it has got whole."""

    def __init__(self, name):
        self.name = name
        self.told = []      # (version, kind, seqs, text): all of them
        self.last = "0"

    def start(self, server):
        self.server = server
        self.over = False
        self.socket = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        """Connects again when it breaks off, until the server is gone."""
        while not self.over:
            events = Events()
            try:
                with socket.create_connection(
                        ("127.0.0.1", self.server.port), PATIENCE) as stream:
                    self.socket = stream
                    stream.sendall(head_of(self.server.port, self.name,
                                           last=self.last))
                    self.read(stream, events)
            except ConnectionRefusedError:
                return
            except OSError:
                pass

    def read(self, stream, events):
        while not self.over and (data := stream.recv(65536)):
            events.feed(data)
            if events.head and b" 200 " not in events.head.split(b"\r\n")[0]:
                return
            for event, value, identity in events.list:
                self.take(event, value, identity)
            events.list.clear()

    def take(self, event, value, identity):
        version = int(identity.split("-")[0]) if identity else 0
        self.last = identity or self.last
        if event == "message":
            self.told.append((version, event, (value["seq"],),
                              value["data"]["content"]))
        elif event == "delete":
            self.told.append((version, event, tuple(map(tuple,
                                                        value["seqs"])), None))
        else:
            self.told.append((version, event, (), None))

    def catch_up(self, version):
        """Waits until it has the event of this version."""
        return wait_for(lambda: self.told and self.told[-1][0] >= version or
                        not self.thread.is_alive())

    def stop(self):
        self.over = True
        if self.socket:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join()

    def check(self, chain, say):
        """Everything in order, once; then it is forgotten."""
        if not chain:
            if self.told:
                say("tail", self.name, "was told of nothing:", self.told[:3])
            return
        right = chain.since(0)
        if not self.thread.is_alive():
            self.start(self.server)
        if right and not self.catch_up(right[-1][0]):
            say("tail", self.name, "was not told of", right[-1][:3])
        self.compare(chain, say)

    def compare(self, chain, say):
        right = chain.since(0)
        for at, (version, kind, seqs, text) in enumerate(right):
            told = self.told[at] if at < len(self.told) else None
            if told and told[1] == "delete" == kind:
                told = (told[0], kind, gone(told[2], seqs), None)
            if told != (version, kind, seqs, text):
                say("tail", self.name, "event", at, "was",
                    told and told[:3], "not", (version, kind, seqs))
                break
        if len(self.told) > len(right):
            say("tail", self.name, "was told more:",
                [event[:3] for event in self.told[len(right):]][:3])


def gone(ranges, seqs):
    """Ranges may reach over seqs that were gone before."""
    found = tuple(seq for seq in seqs
                  if any(first <= seq <= last for first, last in ranges))
    ends = {end for pair in ranges for end in pair}
    return found if ends <= set(seqs) else ()
