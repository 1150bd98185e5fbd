# SPDX-License-Identifier: MIT
"""requests - what clients ask for, and what it must do to a session.

A request knows its steps: what it changes in a session that is like this, []
for nothing, None where it must be refused.  It keeps all its replies.
"""

import json

from ledger import texts


class Request:
    """One that may be sent several times, by several clients."""

    method = "POST"
    said = ()           # texts that it may bring
    wanted = 201

    def __init__(self, name, key=None):
        self.name = name
        self.key = key
        self.match = None       # the version that it is tied to
        self.since = 0          # the version that its client knew of
        self.replies = []       # Reply, or None where none came

    def __str__(self):
        return (f"{type(self).__name__} {self.name} {self.key or ''}"
                f"{[r and r.status for r in self.replies]}")

    def path(self):
        return f"/sessions/{self.name}/messages"

    def body(self):
        return None

    def steps(self, chain):
        raise NotImplementedError

    def headers(self):
        headers = {}
        if self.key:
            headers["Idempotency-Key"] = self.key
        if self.match is not None:
            headers["If-Match"] = f'"{self.match}"'
        return headers

    def send(self, ask):
        """`ask` is a client's request(); the reply is kept."""
        headers = self.headers()
        at = len(self.replies)
        self.replies.append(None)   # until it comes
        reply = ask(self.method, self.path(), self.body(), headers)
        self.replies[at] = reply
        return reply

    # --- what it was told ----------------------------------------------------

    def done(self):
        """The 2xx that came."""
        return [reply for reply in self.replies
                if reply and reply.status in (200, 201)]

    def is_unknown(self):
        """It is there whole, or not at all: nobody was told."""
        return not self.done() and any(
            reply is None or reply.status == 503 and
            reply.json()["error"]["code"] == "unknown"
            for reply in self.replies)

    def version(self):
        return int(self.done()[0].headers["ETag"].strip('"').split("-")[0])

    def mark(self):
        return self.done()[0].headers["ETag"].strip('"').partition("-")[2]

    def fits(self, chain):
        """The condition holds, and the seqs are those that it was told."""
        if self.match is not None and self.match != chain.version:
            return False
        told = [json.loads(reply.body).get("messages")
                for reply in self.done()[:1]]
        return not told or self.is_told(chain, told[0] or [])

    def is_told(self, chain, messages):
        number = sum(step[0] == "add" for step in self.steps(chain))
        return [message["seq"] for message in messages] == list(
            range(chain.last_seq + 1, chain.last_seq + 1 + number))

    def may_be_refused(self, status, version, rows):
        """In a session that is so; [(seq, text, id)]."""
        return status == 412 and self.match not in (None, version)


class Append(Request):
    def __init__(self, name, said, key=None, identities=None, note=None):
        super().__init__(name, key)
        self.said = said
        self.identities = identities or [None] * len(said)
        self.metadata = note

    def body(self):
        body = texts.messages(self.said, self.identities)
        if self.metadata is not None:
            body = f'{{"messages":{body},"metadata":{{"n":{self.metadata}}}}}'
        return body

    def steps(self, chain):
        there = {row.id for row in chain.live.values()}
        steps = [("add", text, identity) for text, identity
                 in zip(self.said, self.identities) if identity not in there]
        return steps + [("note",)] * (self.metadata is not None)

    def is_told(self, chain, messages):
        """A repeat is told of the seqs that its messages have already."""
        seqs = [message["seq"] for message in messages]
        return seqs == list(range(chain.last_seq + 1,
                                  chain.last_seq + 1 + len(self.said)))


class Save(Append):
    """A turn of a chain."""

    def __init__(self, name, said, key=None):
        super().__init__(name, said, key)

    def path(self):
        return f"/sessions/{self.name}/save"

    def body(self):
        return {"inputs": {"input": self.said[0]},
                "outputs": {"response": self.said[1]}}


class Counted(Append):
    """As OpenAI's SDKs send it: without a key, but they count their retries.
    """

    def headers(self):
        return {"X-Stainless-Retry-Count": str(len(self.replies))}


class Edit(Request):
    method, wanted = "PUT", 200

    def __init__(self, name, seq, text, key=None):
        super().__init__(name, key)
        self.seq = seq
        self.said = [text]

    def path(self):
        return f"/sessions/{self.name}/messages/{self.seq}"

    def body(self):
        return texts.message(self.said[0])

    def steps(self, chain):
        if self.seq not in chain.live:
            return None
        return [("edit", self.seq, self.said[0])]

    def is_told(self, chain, messages):
        return [message["seq"] for message in messages] == [self.seq]

    def may_be_refused(self, status, version, rows):
        return super().may_be_refused(status, version, rows) or \
            status == 404 and self.seq not in [row[0] for row in rows]


class Remove(Edit):
    """One message."""

    method = "DELETE"

    def __init__(self, name, seq, key=None):
        super().__init__(name, seq, None, key)
        self.said = ()

    def body(self):
        return None

    def steps(self, chain):
        if self.seq not in chain.live:
            return None
        return [("retire", [self.seq])]

    def is_told(self, chain, messages):
        return True


class Clear(Request):
    """Several: the last, the oldest, those before a seq, or all."""

    method, wanted = "DELETE", 200

    def __init__(self, name, which, number, key=None):
        super().__init__(name, key)
        self.which = which
        self.number = number

    def path(self):
        return super().path() + (f"?{self.which}={self.number}"
                                 if self.which else "")

    def seqs(self, chain):
        seqs = list(chain.live)
        return {"last": seqs[-self.number:], "oldest": seqs[:self.number],
                "before": [seq for seq in seqs if seq < self.number],
                "": seqs}[self.which]

    def steps(self, chain):
        seqs = self.seqs(chain)
        return [("retire", seqs)] if seqs else []

    def fits(self, chain):
        """It hands out what it takes off the end."""
        if self.match not in (None, chain.version):
            return False
        if not self.done():
            return True
        told = self.done()[0].json()
        return told["deleted"] == len(self.seqs(chain)) and (
            self.which != "last" or
            [(m["seq"], m["data"]["content"]) for m in told["messages"]] ==
            [(seq, chain.live[seq].text) for seq in self.seqs(chain)])


class Replace(Request):
    """The whole list: what is unchanged from its start stays."""

    method, wanted = "PUT", 200

    def __init__(self, name, whole, key=None):
        super().__init__(name, key)
        self.said = whole

    def body(self):
        return texts.messages(self.said)

    def steps(self, chain):
        return suffix_steps(list(chain.live), chain.texts(), self.said)


class Suffix(Request):
    """The history must end so, and ends otherwise then."""

    method, wanted = "PATCH", 200

    def __init__(self, name, expected, replacement, key=None):
        super().__init__(name, key)
        self.expected = expected
        self.said = replacement

    def body(self):
        return (f'{{"replace_suffix":{{"expected":'
                f"{texts.messages(self.expected)},"
                f'"replacement":{texts.messages(self.said)}}}}}')

    def ends_so(self, there):
        return there[len(there) - len(self.expected):] == self.expected

    def steps(self, chain):
        number = len(self.expected)
        there = chain.texts()
        if number > len(there) or not self.ends_so(there):
            return None
        first = len(there) - number
        return suffix_steps(list(chain.live)[first:], there[first:],
                            self.said)

    def may_be_refused(self, status, version, rows):
        return super().may_be_refused(status, version, rows) or \
            status == 412 and not self.ends_so([row[1] for row in rows])


def suffix_steps(seqs, old, new):
    """Retires all from the first difference on, and appends what is new."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    return [("retire", seqs[same:])] * (same < len(old)) + \
        [("add", text) for text in new[same:]]


class Note(Request):
    """Metadata, with a value that it never had."""

    method, wanted = "PATCH", 200

    def __init__(self, name, number, key=None):
        super().__init__(name, key)
        self.number = number

    def path(self):
        return f"/sessions/{self.name}"

    def body(self):
        return {"metadata": {"n": self.number}}

    def steps(self, chain):
        return [("note",)]

    def may_be_refused(self, status, version, rows):
        return super().may_be_refused(status, version, rows) or \
            status == 404 and version == 0


# --- births and ends ----------------------------------------------------------

class Make(Request):
    """A session by no name."""

    def path(self):
        return "/sessions"

    def steps(self, chain):
        return [("note",)]


class Fork(Request):
    """A session that begins with another's messages up to a seq."""

    def __init__(self, name, base, upto, key=None):
        super().__init__(name, key)
        self.base = base
        self.upto = upto

    def path(self):
        return f"/sessions/{self.base}/fork"

    def body(self):
        body = {"id": self.name}
        if self.upto:
            body["upto"] = self.upto
        return body


class Import(Request):
    """A session of another server; to import it again is no harm."""

    wanted = 200

    def __init__(self, name, mark, version, rows, key=None):
        super().__init__(name, key)
        self.life = mark
        self.at = version
        self.rows = rows        # [(seq, text, id or None)]
        self.said = [text for _, text, _ in rows]

    def path(self):
        return "/import"

    def body(self):
        moment = "2026-01-31T09:30:00.000Z"
        lines = [json.dumps({
            "session": self.name, "mark": self.life, "version": self.at,
            "last_seq": self.rows[-1][0], "message_count": len(self.rows),
            "created_at": moment, "updated_at": moment, "owner": None,
            "memory": {}, "metadata": {}})]
        lines += [f'{{"seq":{seq},"created_at":"{moment}","id":'
                  f'{json.dumps(identity or f"{self.life}-{seq}")},'
                  f'"message":{texts.message(text)}}}'
                  for seq, text, identity in self.rows]
        return "\n".join(lines) + "\n"


class Erase(Request):
    """For good: a repeat finds nothing."""

    method, wanted = "DELETE", 200

    def path(self):
        return f"/sessions/{self.name}"

    def is_unknown(self):
        """What is refused may be out of sight, with bytes in the file."""
        return not self.done() and not any(
            reply and reply.status == 404 for reply in self.replies)

    def may_be_refused(self, status, version, rows):
        return status == 404 and len(self.replies) > 1
