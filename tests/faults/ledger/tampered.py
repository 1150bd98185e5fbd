# SPDX-License-Identifier: MIT
"""tampered - a checker that can fail.

After a round without any fault the checker is given answers that were
tampered with, tails that missed or doubled an event, words that are left in a
file, and a database that was changed behind the server's back.  Each must be
told as what it is.
"""

import collections
import json
import os
import sqlite3

from ledger.check import Check
from ledger.requests import Append
from ledger.tails import Tail


def is_page(path):
    return "/messages?limit=" in path and "as_of" not in path


def is_past(path):
    return "as_of" in path


def is_any(path):
    return True


def change_page(change):
    """A change of a page's messages; at least three, to be seen at all."""
    def alter(reply):
        page = json.loads(reply.body)
        if len(page.get("messages", [])) > 2:
            change(page["messages"])
            reply.body = json.dumps(page).encode()
    return alter


def change_bytes(old, new):
    def alter(reply):
        reply.body = reply.body.replace(old, new)
    return alter


def change_header(name, value):
    def alter(reply):
        if name in reply.headers:
            reply.headers.replace_header(name, value)
    return alter


def double(messages):
    messages.append(dict(messages[-1], seq=messages[-1]["seq"] + 1))


def swap(messages):
    messages[0], messages[1] = messages[1], messages[0]


def date(messages):
    messages[-1]["created_at"] = "1999" + messages[-1]["created_at"][4:]


def rename(messages):
    messages[0]["id"] += "x"


ANSWERS = (
    ("lost", is_page, change_page(lambda messages: messages.pop())),
    ("lost", is_page, change_page(lambda messages: messages.pop(0))),
    ("lost", is_page, change_bytes(b"wq", b"qw")),
    ("lost", is_page, change_header("ETag", '"1-9f3kq0w2m5xvd"')),
    ("doubled", is_page, change_page(double)),
    ("doubled", is_page, change_page(rename)),
    ("seq", is_page, change_page(swap)),
    ("clock", is_page, change_page(date)),
    ("bytes", is_page, change_bytes(b"1.10", b"1.1")),
    ("version", is_page, change_bytes(b'"version":', b'"version":1')),
    ("as_of", is_past, change_page(lambda messages: messages.pop())),
    ("as_of", is_past, change_page(double)),
    ("replay", is_any, change_header("Idempotent-Replay", "false")),
    ("replay", is_any, change_bytes(b'"seq"', b'"seq" ')),
)
EVENTS = (("missed", lambda told: told.pop(len(told) // 2)),
          ("was not told the last", lambda told: told.pop()),
          ("was told twice", lambda told: told.append(told[-1])),
          ("was told in another order", lambda told: told.reverse()))
ROWS = (("lost", "DELETE FROM message WHERE id = (SELECT max(message.id)"
         " FROM message JOIN session USING (history)"
         " WHERE body LIKE '%wq%')"),
        ("doubled", "INSERT INTO message (history, seq, born, form, type,"
         " created_at, body) SELECT history, seq + 1, born + 1,"
         " form, type, created_at, body FROM message WHERE id ="
         " (SELECT max(message.id) FROM message JOIN session USING (history)"
         " WHERE body LIKE '%wq%')"))


class Tampered(Check):
    """Sees answers that are not those of the server."""

    def __init__(self, book, say, choose, which, alter):
        super().__init__(book, say, choose)
        self.which = which
        self.alter = alter

    def asker(self, client):
        def ask(method, path, *more):
            reply = client.request(method, path, *more)
            if self.which(path):
                self.alter(reply)
            return reply
        return ask


class Proof:
    """What the checker says of something wrong."""

    def __init__(self, count, rounds):
        self.count = count
        self.book = rounds.book
        self.choose = rounds.choose
        self.faults = rounds.faults
        self.said = collections.Counter()

    def say(self, invariant, *words):
        self.said[invariant] += 1

    def sees(self, invariant, *what):
        self.count.check(self.said[invariant], "the checker overlooks",
                         invariant, *what, dict(self.said))
        self.said.clear()

    def run(self):
        check = Check(self.book, self.say, self.choose)
        check.run(self.faults.server, [], whole=True)
        self.count.check(not self.said, "the checker sees ghosts", self.said)
        for number, (invariant, which, alter) in enumerate(ANSWERS):
            Tampered(self.book, self.say, self.choose, which, alter).run(
                self.faults.server, [], whole=True)
            self.sees(invariant, "answer", number)
        self.births()
        self.tails()
        self.requests()
        self.files()
        self.rows()

    def births(self):
        """A fork that has other texts than its base."""
        name = next(name for name, session in self.book.sessions.items()
                    if session.birth and hasattr(session.birth, "base") and
                    session.chain and not session.erased and
                    len(session.chain.at(session.chain.first)) > 2)
        session = self.book.sessions[name]
        chain, session.chain = session.chain, None
        check = Tampered(self.book, self.say, self.choose, is_past,
                         change_bytes(b"wq", b"qw"))
        check.begin(self.faults.server)
        check.order(session, [], None)
        check.client.close()
        session.chain = chain
        self.sees("fork", name)

    def tails(self):
        session = max(self.book.living(), key=lambda session:
                      session.chain and len(session.chain.events) or 0)
        for what, alter in EVENTS:
            tail = Tail(session.name)
            tail.start(self.faults.server)
            tail.catch_up(session.chain.events[-1][0])
            alter(tail.told)
            tail.stop()
            tail.compare(session.chain, self.say)
            self.sees("tail", what)

    def requests(self):
        """What was told twice, and what was refused that was right."""
        check = Check(self.book, self.say, self.choose)
        again = next(request for request in self.book.kept
                     if type(request) is Append)
        check.order(self.book.sessions[again.name], [again], None)
        self.sees("version", "a request that is told twice")
        again.replies[0].status = 500
        check.may_be = {200, 201}
        check.replies([again])
        self.sees("refused", "500")

    def files(self):
        path = self.faults.server.database + "-left"
        with open(path, "w") as file:
            file.write(f"...{next(iter(self.book.gone)).upper()}WQ...")
        check = Check(self.book, self.say, self.choose)
        check.erased(self.faults.server)
        os.remove(path)
        self.sees("erased", "words in a file")

    def rows(self):
        for invariant, sql in ROWS:
            self.faults.server.kill()
            with sqlite3.connect(self.faults.server.database) as database:
                changed = database.execute(sql).rowcount
            database.close()
            self.count.check(changed == 1, sql)
            self.faults.server.start()
            Check(self.book, self.say, self.choose).run(
                self.faults.server, [], whole=True)
            self.sees(invariant, sql)
