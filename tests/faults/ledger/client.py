# SPDX-License-Identifier: MIT
"""client - one of several that write, read, follow and repeat at once."""

import http.client
import random
import threading

from ledger import files, texts
from ledger.requests import (
    Append, Clear, Counted, Edit, Erase, Fork, Import, Make, Note, Remove,
    Replace, Save, Suffix)

GONE = OSError, http.client.HTTPException
MARK = "0123456789abcdefghjkmnpqrstvwxyz"
OWN = 3             # sessions that a client has at a time


class Client:
    """A client that goes on over all rounds; a thread for each."""

    def __init__(self, book, number):
        self.book = book
        self.name = f"c{number}"
        self.choose = random.Random()   # seeded for each round
        self.number = 0             # of what it has named
        self.own = []
        self.clock_is_off = False

    def start(self, server, shared, requests):
        self.server = server
        self.shared = shared
        self.thread = threading.Thread(target=self.run, args=(requests,))
        self.thread.start()

    def run(self, requests):
        """Until it has sent so many, or the server is gone."""
        self.connection = self.server.client()
        for _ in range(requests):
            wish, weight = zip(*WISHES)
            try:
                self.choose.choices(wish, weight)[0](self)
            except ConnectionRefusedError:
                break
            except GONE:
                self.connection.close()
        self.connection.close()

    # --- what it has ---------------------------------------------------------

    def next(self):
        self.number += 1
        return f"{self.name}-{self.number}"

    def key(self):
        return self.next() + f"-{self.choose.getrandbits(64):x}"

    def mine(self):
        """One of its own sessions that it may write to."""
        self.own = [session for session in self.own if not session.erased]
        while len(self.own) < OWN:
            self.own.append(self.book.add(self.next()))
        free = [session for session in self.own
                if not session.uncertain and not session.counted]
        if not free:
            self.own.append(self.book.add(self.next()))
            return self.own[-1]
        return self.choose.choice(free)

    def any(self):
        """A session, and a key if others write to it too."""
        if self.choose.random() < 0.6:
            return self.choose.choice(self.shared), self.key()
        return self.mine(), self.choose.choice((None, self.key()))

    def several(self, most=6, kind=None):
        return [texts.new(self.choose, kind)
                for _ in range(self.choose.randrange(1, most))]

    def seq(self, session):
        return self.choose.randrange(1, session.last_seq + 2)

    def ask(self, method, path, body=None, headers=()):
        return self.connection.request(method, path, body, headers)

    def send(self, session, request):
        """Sends it and writes down what came; a lost reply is raised."""
        self.book.write(session, request)
        self.again(session, request)

    def again(self, session, request):
        reply = None
        try:
            reply = request.send(self.ask)
        finally:
            self.book.count(session, request, reply)
            if not request.key and request.is_unknown():
                session.uncertain = True
        return reply

    # --- what it does ----------------------------------------------------

    def append(self):
        session, key = self.any()
        most = self.choose.choice((3,) * 20 + (20, 20, 300))
        note = self.next_number() if self.choose.random() < 0.1 else None
        self.send(session, Append(session.name, self.several(most), key,
                                  note=note))

    def next_number(self):
        self.number += 1
        return int(self.name[1:]) * 1000000 + self.number

    def append_with_ids(self):
        session = self.mine()
        said = self.several()
        self.send(session, Append(
            session.name, said, identities=[self.next() for _ in said]))

    def append_tied(self):
        session, key = self.any()
        request = Append(session.name, self.several(), key)
        request.match = session.seen
        self.send(session, request)

    def save(self):
        session, key = self.any()
        self.send(session, Save(session.name, [
            texts.new(self.choose, "I"), texts.new(self.choose, "O")], key))

    def edit(self):
        session, key = self.any()
        self.send(session, Edit(session.name, self.seq(session),
                                texts.new(self.choose), key))

    def remove(self):
        session, key = self.any()
        self.send(session, Remove(session.name, self.seq(session), key))

    def clear(self):
        session, key = self.any()
        which = self.choose.choice(("last", "last", "oldest", "before", ""))
        number = self.seq(session) if which == "before" else \
            self.choose.randrange(1, 5)
        self.send(session, Clear(session.name, which, number, key))

    def note(self):
        session, key = self.any()
        self.send(session, Note(session.name, self.next_number(), key))

    def replace(self):
        session, key = self.any()
        version, there = self.look(session)
        if there is None:
            return
        keep = self.choose.randrange(len(there) + 1)
        request = Replace(session.name, there[:keep] + self.several(), key)
        if self.choose.random() < 0.5:
            request.match = version
        self.send(session, request)

    def replace_suffix(self):
        session, key = self.any()
        _, there = self.look(session)
        if there:
            expected = there[-self.choose.randrange(1, 4):]
            self.send(session, Suffix(session.name, expected, expected[
                :self.choose.randrange(len(expected))] + self.several(), key))

    def look(self, session):
        """Its version and texts now; they are checked later."""
        low = session.seen
        reply = self.ask("GET", f"/sessions/{session.name}/messages"
                         "?limit=10000")
        if reply.status != 200:
            return 0, None
        self.book.page(session, None, low, reply)
        page = reply.json()
        return page["version"], [message["data"]["content"]
                                 for message in page["messages"]]

    def look_back(self):
        session, _ = self.any()
        low = session.seen
        version = self.choose.randrange(low + 1)
        reply = self.ask("GET", f"/sessions/{session.name}/messages"
                         f"?limit=10000&as_of={version}")
        if reply.status == 200:
            self.book.page(session, version, low, reply)

    def repeat(self):
        """One of those that anybody has sent under a key."""
        with self.book.lock:
            known = [request for request in self.book.open[-20:]
                     if request.key and request.name in self.book.sessions
                     and self.book.sessions[request.name].shared]
        if known:
            request = self.choose.choice(known)
            self.again(self.book.sessions[request.name], request)

    def count_retries(self):
        """As OpenAI's SDKs do, in a session of its own.

        What is refused they send again before anything else: the last change
        alone is known without a key.
        """
        if self.clock_is_off:   # for ten minutes they are believed
            return
        session = next((session for session in self.own if session.counted
                        and not session.uncertain), None)
        if not session:
            session = self.book.add(self.next())
            session.counted = True
            self.own.append(session)
        request = Counted(session.name, self.several())
        self.send(session, request)
        if not request.done() and not request.is_unknown():
            self.again(session, request)

    def make(self):
        request = Make(None, self.key())
        with self.book.lock:
            self.book.open.append(request)
        self.again(None, request)

    def fork(self):
        base, _ = self.any()
        if not base.last_seq:
            return
        upto = self.choose.choice((None, self.choose.randrange(
            1, base.last_seq + 1)))
        request = Fork(self.next(), base.name, upto, self.key())
        session = self.book.add(request.name, birth=request)
        session.uncertain = True    # until it is checked
        self.own.append(session)
        request.since = base.seen
        with self.book.lock:
            self.book.open.append(request)
        self.again(session, request)

    def import_one(self):
        said = self.several()
        seqs = sorted(self.choose.sample(range(1, 40), len(said)))
        mark = "".join(self.choose.choices(MARK, k=13))
        request = Import(self.next(), mark, seqs[-1] +
                         self.choose.randrange(5), [
            (seq, text, self.choose.choice((None, self.next())))
            for seq, text in zip(seqs, said)],
            self.choose.choice((None, self.key())))
        session = self.book.add(request.name, birth=request)
        session.uncertain = True
        self.own.append(session)
        self.send(session, request)

    def erase(self):
        """One of its own; its words are nowhere when the receipt comes."""
        session = self.mine()
        if not session.said:
            return
        request = session.erased = Erase(session.name)
        self.send(session, request)
        if request.done():
            with self.book.lock:
                heirs = any(other.birth and isinstance(other.birth, Fork) and
                            other.birth.base == session.name
                            for other in self.book.sessions.values())
            ends = {texts.end(text) for text in session.said}
            if not heirs and session.birth is None:
                request.left = files.left(self.server, ends)


WISHES = (
    (Client.append, 30), (Client.append_with_ids, 6), (Client.append_tied, 4),
    (Client.save, 8), (Client.edit, 10), (Client.remove, 5),
    (Client.clear, 4), (Client.note, 4), (Client.replace, 3),
    (Client.replace_suffix, 4), (Client.look_back, 4), (Client.repeat, 14),
    (Client.count_retries, 6), (Client.make, 2), (Client.fork, 4),
    (Client.import_one, 3), (Client.erase, 3))
