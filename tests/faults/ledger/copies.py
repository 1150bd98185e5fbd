# SPDX-License-Identifier: MIT
"""copies - what is left when a page, a row or the log's file is lost.

The server has been killed and its books are settled.  A copy of its files is
damaged: what is shown of it is right or is not shown, and what is not named
is whole.  The files themselves lose each other, and are put back.
"""

import json
import os
import shutil
import sqlite3
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))), "server"))

from check_test import PAGE, change
from command_test import run
from harness import Server
from ledger import files, texts
from ledger.check import rows_of

SOUND, DAMAGED = 0, 3
NOT_SHOWN = 500


class Copy:
    def __init__(self, server, book, say, choose):
        self.book = book
        self.say = say
        self.choose = choose
        self.directory = server.directory + ".copy"
        self.db = os.path.join(self.directory, "c.db")
        os.mkdir(self.directory)
        for suffix in "", "-wal":
            if os.path.exists(server.database + suffix):
                shutil.copy(server.database + suffix, self.db + suffix)

    def close(self):
        shutil.rmtree(self.directory)

    def chains(self):
        return {session.name: session.chain for session in self.book.living()
                if session.chain}

    # --- the damage ----------------------------------------------------------

    def lose_nothing(self):
        return SOUND

    def lose_bytes(self):
        """Of a message that is shown now."""
        with sqlite3.connect(self.db) as database:
            rows = [row[0] for row in database.execute(
                "SELECT message.id FROM message JOIN session USING (history)"
                " WHERE body LIKE '%wq%'")]
        database.close()
        change(self.db, "UPDATE message SET body = replace(body, 'wq', 'qw')"
               f" WHERE id = {self.choose.choice(rows)}")
        return DAMAGED

    def lose_page(self):
        """Any page but the first; there may be nothing on it."""
        change(self.db, "PRAGMA wal_checkpoint(TRUNCATE)")
        pages = os.path.getsize(self.db) // PAGE
        with open(self.db, "r+b") as file:
            file.seek(self.choose.randrange(1, pages) * PAGE)
            file.write(self.choose.choice((bytes(PAGE),
                                           self.choose.randbytes(PAGE))))
        return None

    # --- what is left --------------------------------------------------------

    def judge(self, damage):
        wanted = damage(self)
        status, told, words = run("check", "--db", self.db)
        if status not in (SOUND, DAMAGED) or wanted not in (None, status):
            self.say("damaged", damage.__name__, "check:", status, words)
        self.exported(damage.__name__, status)
        self.served(damage.__name__, status)

    def exported(self, words, found):
        status, out, errors = run("export", "--db", self.db)
        if status not in (SOUND, DAMAGED) or (found, status) == (
                SOUND, DAMAGED):
            self.say("damaged", words, "check:", found, "export:", status,
                     errors)
        shown, named, name = {}, set(), None
        for line in out.splitlines():
            value = json.loads(line)
            if "damaged" in value:
                named |= {one.get("session") for one in value["damaged"]}
            elif "lost" in value:
                named.add(value["session"])
            elif "mark" in value:
                name = value["session"]
                shown[name] = []
            elif "seq" in value:
                shown[name].append((value["seq"], value["message"], line))
        for name, chain in self.chains().items():
            there = shown.get(name)
            if there is None and status == SOUND:
                self.say("damaged", words, name, "is left out")
            self.is_right(words, name, chain, there or [],
                          there is not None and name not in named)

    def is_right(self, words, name, chain, there, whole):
        right = {seq: text for seq, text, _ in chain.at(chain.version)}
        for seq, message, line in there:
            if seq not in right or texts.data(right[seq]).encode() not in line:
                self.say("damaged", words, name, seq, "is", message)
        if whole and len(there) != len(right):
            self.say("damaged", words, name, "has", len(there), "of",
                     len(right), "and is not named")

    def served(self, words, found):
        """A start that is refused says so."""
        try:
            server = Server("--db", self.db, directory=self.directory)
        except RuntimeError as error:
            if found == SOUND or "damaged" not in str(error):
                self.say("damaged", words, "no start:", error)
            return
        client, refused = server.client(), 0
        for name, chain in self.chains().items():
            reply = client.get(f"/sessions/{name}/messages?limit=10000")
            if reply.status == NOT_SHOWN and found == DAMAGED and \
                    reply.json()["error"]["code"] == "damaged":
                refused += 1
            elif reply.status != 200 or [
                    row[:3] for row in rows_of(reply)] != chain.at(
                        chain.version):
                self.say("damaged", words, name, reply.status, "at",
                         chain.version, reply.body[:300])
        if words == "lose_bytes" and not refused:
            self.say("damaged", words, "nobody was told")
        wrong = server.stop()
        if wrong:
            self.say("damaged", words, "the end:", wrong)


DAMAGES = Copy.lose_bytes, Copy.lose_page, Copy.lose_page, Copy.lose_nothing


def orphan(server, say):
    """The log stays where its file was; True if it had anything."""
    log, aside = server.database + "-wal", server.database + ".aside"
    if not os.path.exists(log) or not os.path.getsize(log):
        return False
    before = files.content(log)
    os.rename(server.database, aside)
    try:
        server.start()
        server.kill()
        say("orphan", "a start beside a log without its file")
    except RuntimeError as error:
        if "there is a log" not in str(error):
            say("orphan", "is refused in other words:", error)
    if files.content(log) != before or os.path.exists(server.database):
        say("orphan", "the refused start changed a file")
    os.rename(aside, server.database)
    return True
