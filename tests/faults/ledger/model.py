# SPDX-License-Identifier: MIT
"""model - what a session must be, from what its clients were told.

A chain is one life of a session: from its birth each version has exactly one
change, and each change was asked for by exactly one request.
"""

import bisect


class Row:
    """A message as it was from version `born` until version `retired`."""

    def __init__(self, seq, text, identity, born):
        self.seq = seq
        self.text = text
        self.id = identity
        self.born = born
        self.retired = None

    def is_seen(self, version):
        return self.born <= version and \
            (self.retired is None or self.retired > version)


class Chain:
    """A session from its birth on, and each of its versions."""

    def __init__(self, name, mark, version=0, last_seq=0):
        self.name = name
        self.mark = mark
        self.first = version        # the oldest that can be read
        self.version = version
        self.last_seq = last_seq
        self.born_seq = last_seq
        self.rows = []
        self.live = {}              # seq: row
        self.events = []            # (version, kind, seqs, text)

    # --- steps: each is one version ----------------------------------------

    def inherit(self, seq, text, identity):
        """A message that it was born with."""
        self.live[seq] = Row(seq, text, identity, self.version)
        self.rows.append(self.live[seq])

    def add(self, text, identity=None):
        self.version += 1
        self.last_seq += 1
        self.inherit(self.last_seq, text,
                     identity or f"{self.mark}-{self.last_seq}")
        self.tell("message", (self.last_seq,), text)

    def retire(self, seqs):
        self.version += 1
        for seq in seqs:
            self.live.pop(seq).retired = self.version
        self.tell("delete", tuple(seqs))

    def edit(self, seq, text):
        identity = self.live[seq].id
        self.version += 1
        self.live.pop(seq).retired = self.version
        self.inherit(seq, text, identity)
        self.live = dict(sorted(self.live.items()))
        self.tell("message", (seq,), text)

    def note(self):
        """Its metadata changed: nobody who follows it is told."""
        self.version += 1

    def tell(self, kind, seqs, text=None):
        self.events.append((self.version, kind, seqs, text))

    def take(self, steps):
        for step, *values in steps:
            getattr(self, step)(*values)

    # --- what can be seen ----------------------------------------------------

    def texts(self):
        return [row.text for row in self.live.values()]

    def at(self, version):
        """[(seq, text, id)] as it was then."""
        return sorted((row.seq, row.text, row.id) for row in self.rows
                      if row.is_seen(version))

    def since(self, version):
        """What they are told that have seen this version."""
        return self.events[bisect.bisect_right(
            [event[0] for event in self.events], version):]


def place(chain, told, adrift):
    """Takes requests into the chain in the order of their versions.

    `told` are [(version, request)] that were acknowledged; `adrift` are those
    whose version nobody knows: each fits where it leaves no gap, or was not
    done.  Returns complaints.
    """
    complaints = []
    for version in sorted({version for version, _ in told}):
        group = [request for at, request in told if at == version]
        while chain.version < version:
            done = _next(chain, version, group) or \
                _next_adrift(chain, version, adrift)
            if not done:
                return complaints + [
                    f"versions {chain.version} to {version} are of nobody: "
                    f"{[str(request) for request in group]}"]
            for pile in group, adrift:
                if done in pile:
                    pile.remove(done)
        for request in group:   # that were no change
            if chain.version != version or request.steps(chain) != []:
                complaints.append(f"{request} was told version {version}, "
                                  "which another request made")
    return complaints


def finish(chain, version, adrift):
    """After all that was acknowledged: what else makes it this version."""
    while chain.version < version:
        done = _next_adrift(chain, version, adrift)
        if not done:
            break
        adrift.remove(done)


def _next(chain, version, group):
    """The one that makes this version of what is there now."""
    for request in group:
        steps = request.steps(chain)
        if steps and chain.version + len(steps) == version and \
                request.fits(chain):
            chain.take(steps)
            return request
    return None


def _next_adrift(chain, version, adrift):
    for request in adrift:
        steps = request.steps(chain)
        if steps and chain.version + len(steps) <= version and \
                request.fits(chain):
            chain.take(steps)
            return request
    return None
