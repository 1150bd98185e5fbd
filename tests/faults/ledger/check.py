# SPDX-License-Identifier: MIT
"""check - is everything as it was acknowledged?

A round of it repeats what has no answer, puts the requests of each session
in the order of their versions, and compares what the server shows: now, as
of other versions, to those who looked meanwhile, and to those who follow.
"""

from concurrent.futures import ThreadPoolExecutor

from ledger import files, texts
from ledger.model import Chain, finish, place
from ledger.requests import Append, Counted, Erase, Fork, Import, Make

REPLAYS = 6         # of what is under a key, in a round
OLD = 6             # sessions that are looked at though nobody wrote to them
READERS = 6         # that ask for pages side by side
TRIES = 1000        # until a repeat must have been answered
REFUSED = 404, 412
UNREADABLE = 500    # an erasure, until the server is started again


class Check:
    def __init__(self, book, say, choose):
        self.book = book
        self.say = say          # say(invariant, words…): it does not hold
        self.choose = choose

    def run(self, server, tails, may_be=(), whole=False):
        """After a round, in which clients may have been refused so.

        `whole`: look at each session there is.
        """
        self.may_be = {200, 201, *REFUSED, *may_be}
        self.begin(server)
        book, self.book.open = self.book.open, []
        for request in book:
            self.settle(request)
        self.replies(book)
        touched = {request.name for request in book if request.name}
        for name in list(touched):
            self.bases(name, touched)
        told = [session for name, session in self.book.sessions.items()
                if name in touched]
        self.pages([(session.name, None) for session in told])
        for session in told:
            self.session(session, [r for r in book if r.name == session.name])
        self.living = self.living_ends()
        for session in told:
            if session.erased:
                self.bury(session)
        others = [session for session in self.book.living()
                  if session.name not in touched and session.chain]
        if not whole:
            others = self.choose.sample(others, min(OLD, len(others)))
        for session in others:
            self.compare(session)
        self.look_back()
        for tail in tails:
            tail.check(self.book.sessions[tail.name].chain, self.say)
        self.replays(book)
        self.erased(server)
        self.client.close()

    def begin(self, server):
        self.server = server
        self.client = server.client()
        self.ask = self.asker(self.client)
        self.known = {}         # pages that were asked for before
        self.backs = []         # versions that are still to be compared

    def asker(self, client):
        return client.request

    def bases(self, name, touched):
        """A fork is compared with what it began with."""
        session = self.book.sessions.get(name)
        if session and isinstance(session.birth, Fork):
            touched.add(session.birth.base)

    # --- each request --------------------------------------------------------

    def settle(self, request):
        """What may or may not be there is sent again, if that is no harm."""
        safe = isinstance(request, Erase) or not self.is_erased(request) and (
            request.key or isinstance(request, (Counted, Import)) or
            getattr(request, "identities", [None])[0])
        if request.is_unknown():
            self.book.figures["unknown"] += 1
            if safe:
                self.repeat(request)
        if isinstance(request, Erase) and getattr(request, "left", None):
            self.say("erased", request, "is acknowledged:", request.left)

    def repeat(self, request):
        """Until it is done, or refused for good, or until a start."""
        for _ in range(TRIES):
            if request.done() or any(reply and reply.status in REFUSED
                                     for reply in request.replies):
                return
            reply = request.send(self.ask)
            if isinstance(request, Erase) and reply.status == UNREADABLE:
                return

    def is_erased(self, request):
        """A repeat would begin a new session."""
        session = self.book.sessions.get(request.name)
        return session is not None and session.erased

    def replies(self, requests):
        """The first reply is the reply; what else came was a refusal."""
        for request in requests:
            done = request.done()
            if len({essence(reply) for reply in done}) > 1 and request.key:
                self.say("replay", request, "was answered in several ways:",
                         [reply.body for reply in done])
            if request.key and sum(not is_replay(reply)
                                   for reply in done) > 1:
                self.say("replay", request, "was new twice")
            for reply in request.replies:
                if reply and reply.status not in self.may_be:
                    self.say("refused", request, reply.status, reply.body)
            if done and request.key and not isinstance(request, Make):
                self.book.kept.append(request)

    def replays(self, requests):
        """The same key again: the same first reply."""
        self.book.kept = [
            request for request in self.book.kept
            if not self.book.sessions[request.name].erased and not
            (isinstance(request, Fork) and
             self.book.sessions[request.base].erased)][-400:]
        for request in self.choose.sample(
                self.book.kept, min(REPLAYS, len(self.book.kept))):
            first = request.done()[0]
            reply = request.send(self.ask)
            self.book.figures["replays"] += 1
            if reply.status != first.status or \
                    essence(reply) != essence(first) or not is_replay(reply):
                self.say("replay", request, "again:", reply.status, "not",
                         first.status, reply.headers.items(), reply.body,
                         first.body)
            if type(request) is Append:
                other = self.ask(request.method, request.path(),
                                 '"otherwise"', request.headers())
                if other.status != 422:
                    self.say("replay", request, "otherwise:", other.status)

    # --- each session --------------------------------------------------------

    def session(self, session, requests):
        if session.erased:  # others may have begun with what it was
            if session.chain or not isinstance(session.birth, Fork):
                self.order(session, requests, None)
            return
        page = self.page(session.name)
        if page is None:
            return
        version, mark, rows = page
        self.order(session, requests, mark)
        chain = session.chain
        if chain is None:
            if version:
                self.say("doubled", session.name, "is of nobody")
            return
        adrift = [request for request in requests if request.is_unknown() and
                  hasattr(request, "said")]
        finish(chain, version, adrift)
        if chain.version > version or mark != chain.mark:
            self.say("lost", f"{session.name}: {chain.version}-{chain.mark} "
                     f"was acknowledged, it is {version}-{mark}")
        elif chain.version < version:
            self.say("doubled", f"{session.name}: {version} is of nobody, "
                     f"{chain.version} was the last")
        self.compare(session, rows)
        self.refusals(session, requests)
        session.uncertain = False
        session.seen = chain.version
        session.last_seq = chain.last_seq

    def order(self, session, requests, mark):
        """Puts what was acknowledged into the session's chain."""
        changes = [request for request in requests if not isinstance(
            request, (Fork, Import, Erase))]
        told = [request for request in changes if request.done() and
                request.version()]
        if not session.chain:
            session.chain = self.birth(session, told, mark)
        if not session.chain:
            return
        wrong = {request.mark() for request in told} - {session.chain.mark}
        if wrong:
            self.say("id", session.name, "is", session.chain.mark, "and",
                     wrong)
        adrift = [request for request in changes if request.is_unknown() or
                  getattr(request, "identities", [None])[0]]
        for words in place(session.chain, [
                (request.version(), request) for request in told
                if request.mark() == session.chain.mark], adrift):
            self.say("version", session.name, words)

    def birth(self, session, told, mark):
        """A chain at its beginning; None if there is nothing yet."""
        birth = session.birth
        if isinstance(birth, Import):
            if not birth.done():
                return None
            chain = Chain(session.name, birth.life, birth.at,
                          birth.rows[-1][0])
            for seq, text, identity in birth.rows:
                chain.inherit(seq, text, identity or f"{birth.life}-{seq}")
            return chain
        if isinstance(birth, Fork):
            return self.born_of(session, birth) if birth.done() else None
        mark = told[0].mark() if told else mark
        return Chain(session.name, mark) if mark else None

    def born_of(self, session, fork):
        """Its base as it was at one of the versions that it may have seen."""
        at, base = fork.version(), self.book.sessions[fork.base].chain
        chain = Chain(session.name, fork.mark(), at, at)
        page = self.page(session.name, at)
        if page is None:
            return chain
        rows = [(seq, text, identity) for seq, text, identity, _ in page[2]]
        if not any(rows == [row for row in base.at(version) if row[0] <= at]
                   for version in range(max(fork.since, base.first),
                                        base.version + 1)):
            self.say("fork", session.name, "of", fork.base, "has", rows[-5:],
                     "at", at)
        for row in rows:
            chain.inherit(*row)
        return chain

    def bury(self, session):
        """Nothing of it is to be seen, and no word is in the files, but what
        others began with."""
        if not session.is_gone():
            session.erased.replies = [None]     # it goes on in the next round
            self.book.open.append(session.erased)
            return
        page = self.page(session.name)
        if page and (page[0] or page[2]):
            self.say("erased", session.name, "is there:", page[0])
        rows = session.chain.rows if session.chain else []
        said = session.said + [row.text for row in rows]
        self.book.gone.update((texts.end(text), session.erased)
                              for text in said)
        for end in self.living & self.book.gone.keys():
            del self.book.gone[end]
        session.said, session.pages = [], []

    def living_ends(self):
        """Of all words that are to be seen somewhere."""
        return {texts.end(row.text) for session in self.book.sessions.values()
                if session.chain and not session.is_gone()
                for row in session.chain.rows}

    def erased(self, server):
        self.book.figures["bytes searched for"] += 10 * len(self.book.gone)
        left = files.left(server, self.book.gone.keys())
        if left:
            for name, ends in left.items():
                self.say("erased", len(ends), "words are in", name, "of",
                         sorted({str(self.book.gone[end]) for end in ends}))

    # --- what it shows -------------------------------------------------------

    def pages(self, wanted):
        """Asks for these side by side: most of the time each of them waits."""
        def ask_for(some):
            client = self.server.client()
            ask = self.asker(client)
            pages = [self.ask_page(ask, *which) for which in some]
            client.close()
            return zip(some, pages)

        with ThreadPoolExecutor(READERS) as pool:
            for part in pool.map(ask_for, [wanted[i::READERS]
                                           for i in range(READERS)]):
                self.known.update(part)

    def page(self, name, version=None):
        """What was asked for before is asked for once."""
        which = (name, version)
        return self.known.pop(which) if which in self.known else \
            self.ask_page(self.ask, *which)

    def ask_page(self, ask, name, version):
        """(version, mark, [(seq, text, id, time)]); None after a refusal."""
        query = "" if version is None else f"&as_of={version}"
        reply = ask("GET", f"/sessions/{name}/messages?limit=10000" + query)
        if reply.status != 200:
            self.say("as_of", name, version, reply.status, reply.body)
            return None
        return self.taken(name, reply)

    def taken(self, name, reply):
        version, _, mark = reply.headers["ETag"].strip('"').partition("-")
        if version != str(reply.json()["version"]):
            self.say("version", name, reply.headers["ETag"], reply.body[:99])
        rows, at = rows_of(reply), 0
        for _, text, _, _ in rows:
            at = reply.body.find(texts.data(text).encode(), at)
            if at < 0:
                self.say("bytes", name, "has not", texts.data(text)[:200])
                break
        return int(version), mark, rows

    def compare(self, session, rows=None):
        chain = session.chain
        if rows is None:
            page = self.page(session.name)
            if page is None:
                return
            if page[:2] != (chain.version, chain.mark):
                self.say("lost", session.name, page[:2], "was",
                         chain.version, chain.mark)
            rows = page[2]
        self.is_right(session, chain.version, rows)
        times = [time for seq, _, _, time in rows if seq > chain.born_seq]
        if times != sorted(times):
            at = next(i for i in range(1, len(times))
                      if times[i - 1] > times[i])
            self.say("clock", session.name, "goes back:", times[at - 1:at + 1])
        self.backs += [(session, self.choose.randrange(
            chain.first, chain.version + 1)) for _ in range(2)]
        for version, low, reply in session.pages:
            self.looked(session, version, low, reply)
        session.pages = []

    def look_back(self):
        """As they were at the versions that were chosen."""
        self.pages([(session.name, version)
                    for session, version in self.backs])
        for session, version in dict.fromkeys(self.backs):
            page = self.page(session.name, version)
            if page:
                self.is_right(session, version, page[2], "as_of")

    def looked(self, session, version, low, reply):
        """Those who read meanwhile saw a version, whole."""
        now, mark, rows = self.taken(session.name, reply)
        chain = session.chain
        if (now, low, rows) == (0, 0, []):
            return      # it had not been made
        if version is None and now < low or now > chain.version or \
                mark != chain.mark:
            self.say("lost", session.name, f"was shown at {now}-{mark}, "
                     f"{low} was acknowledged, it is {chain.version}")
        elif now >= chain.first:
            self.is_right(session, now, rows, "read")

    def is_right(self, session, version, rows, why="seq"):
        """[(seq, text, id, time)] is what it was at this version."""
        is_so = [row[:3] for row in rows]
        right = session.chain.at(version)
        if is_so == right:
            return
        if lost := [row for row in right if row not in is_so]:
            self.say("lost" if why == "seq" else why, session.name,
                     "at", version, "has not", lost[:3], len(lost))
        if more := [row for row in is_so if row not in right]:
            self.say("doubled" if why == "seq" else why, session.name,
                     "at", version, "has too", more[:3], len(more))
        if sorted(is_so) == right:
            self.say("seq", session.name, "is in another order")

    def refusals(self, session, requests):
        """Each holds for a version that there was meanwhile."""
        chain = session.chain
        for request in requests:
            for reply in request.replies:
                if reply and reply.status in REFUSED and not any(
                        request.may_be_refused(reply.status, version,
                                               chain.at(version))
                        for version in range(
                            min(request.since, chain.version),
                            chain.version + 1)):
                    self.say("refused", request, reply.status, reply.body)


def rows_of(reply):
    """[(seq, text, id, time)] of a page."""
    return [(message["seq"], message["data"]["content"], message["id"],
             message["created_at"]) for message in reply.json()["messages"]]


def essence(reply):
    return (reply.status, reply.headers.get("ETag"),
            reply.headers.get("Location"), reply.body)


def is_replay(reply):
    return reply.headers.get("Idempotent-Replay") == "true"
