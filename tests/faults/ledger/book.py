# SPDX-License-Identifier: MIT
"""book - what all clients have sent and seen, under one lock."""

import collections
import threading


class Session:
    """What is known of a session before the next check."""

    def __init__(self, name, shared, birth=None):
        self.name = name
        self.shared = shared
        self.birth = birth          # a fork or an import
        self.seen = 0               # the newest version that a client saw
        self.last_seq = 0
        self.uncertain = False      # its owner lost a reply: wait
        self.counted = False        # written as OpenAI's SDKs do
        self.erased = None          # the request that does it
        self.said = []              # all texts that were ever sent to it
        self.pages = []             # (version asked for, low, reply)
        self.chain = None

    def is_gone(self):
        """Somebody was told so: not a byte of it may be left."""
        return self.erased and not self.erased.is_unknown()


class Book:
    def __init__(self):
        self.lock = threading.Lock()
        self.sessions = {}
        self.open = []              # requests since the last check
        self.kept = []              # those with a key, for a later repeat
        self.gone = {}              # ends of words that are erased: by whom
        self.figures = collections.Counter()
        self.acknowledged = 0       # in this round

    def add(self, name, shared=False, birth=None):
        with self.lock:
            session = Session(name, shared, birth)
            self.sessions[name] = session
            return session

    def write(self, session, request):
        """Before it is sent."""
        with self.lock:
            request.since = session.seen
            session.said += request.said
            self.open.append(request)

    def count(self, session, request, reply):
        """After its reply."""
        with self.lock:
            self.figures["requests"] += 1
            if not reply or reply.status not in (200, 201):
                return
            self.figures["acknowledged"] += 1
            self.acknowledged += 1
            if "ETag" in reply.headers and session is not None:
                session.seen = max(session.seen, request.version())
                session.last_seq = max(
                    [session.last_seq] + [
                        message["seq"] for message
                        in reply.json().get("messages", [])])

    def page(self, session, version, low, reply):
        with self.lock:
            self.figures["reads"] += 1
            session.pages.append((version, low, reply))

    def living(self):
        return [session for session in self.sessions.values()
                if not session.erased]
