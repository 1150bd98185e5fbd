#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""damage_test.py - random damage to rows, pages, log and index.

Whatever is overwritten: no command and no server crashes, no text is handed
out that was never stored, and every message whose row is what it was, of a
session whose row is, is exported.  A seed is printed for each round and
CHATMEM_SEED replays it.
"""

import glob
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

from command_test import run
from harness import LONG, SANITIZER, Count, Server, wait_for
from upstream import Upstream, completion

ROUNDS = 200 if LONG else 24
USUAL = 58013776    # the first seed of a run that is not long
PAGE = 4096
ROW = ("id, history, seq, born, form, type, created_at, updated_at,"
       " type_sent, client_id, client_created_at, body, checksum")
NUMBERS = (0, -1, 1, 7, 40, 2 ** 31, 2 ** 53, 2 ** 63 - 1, -2 ** 63)
# The second where what SQLite says of it is no text.
DAMAGED = sqlite3.Error, UnicodeDecodeError
ENDS = 0, 1, 2, 3  # exit statuses; a signal or a sanitizer has others


# What classes keep is asked for so.
KEPT = [("GET", f"/sessions/{name}/memory", None) for name in "vce"] + [
    ("POST", f"/sessions/{name}/load", '{"input":"Where is Ann, thing 3?"}')
    for name in "vce"]


def answer(request, reply):
    """A model that has one word, and a place for each number."""
    body = request.json()
    if "input" not in body:
        return reply.json(completion("Ann"))
    digits = [int(digit) for digit in str(body["input"]) if digit.isdigit()]
    return reply.json({"object": "list", "data": [{
        "object": "embedding", "index": 0,
        "embedding": [1, *(digits or [0])[:1]]}]})


# The lines of what they say.
SAID = {"", "Ann"} | {
    line for n in range(5) for line in (
        f"Human: Where is thing {n}?", f"AI: In box {n}.",
        f"input: Where is thing {n}?", f"output: In box {n}.")}


def lines_of(value):
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, dict):
        for member in value.values():
            yield from lines_of(member)


class Truth:
    """A database, what was ever stored in it, and its rows."""

    def __init__(self, directory):
        os.mkdir(directory)
        self.model = ("--llm-url", Upstream(answer).url, "--llm-model", "m",
                      "--llm-embedding-model", "e")
        self.directory = directory
        self.db = os.path.join(directory, "c.db")
        self.texts = {}  # (session, seq): texts that it had
        self.names = set()
        self.once = b""  # the reply that is kept
        self.fill()
        # To read them from the file itself would empty its log.
        with tempfile.TemporaryDirectory() as place:
            for suffix in "", "-wal":
                shutil.copy(self.db + suffix, place)
            self.db = os.path.join(place, "c.db")
            self.messages = self.read("message", ROW)
            self.sessions = self.read("session", "*")
        self.db = os.path.join(directory, "c.db")

    @staticmethod
    def say_once(client):
        return client.post("/sessions/s0/messages", '["once"]',
                           headers={"Idempotency-Key": "once"})

    def store(self, client, name, texts):
        reply = client.post(f"/sessions/{name}/messages", json.dumps(texts))
        for message, text in zip(reply.json()["messages"], texts):
            self.texts.setdefault((name, message["seq"]), set()).add(text)

    def fill(self):
        """Edits, removals, forks and metadata; then a log from a kill."""
        server = Server("--db", self.db, *self.model, directory=self.directory)
        client = server.client()
        for number in range(12):
            name = f"s{number}"
            client.request("PUT", f"/sessions/{name}", json.dumps(
                {"owner": f"o{number % 3}", "metadata": {"n": number}}))
            self.store(client, name, [
                f"word{n} of {name} " + "long " * (n * 7)
                for n in range(20)])
        self.store(client, "s99", ["soon gone"])
        for number in range(0, 12, 2):
            text = f"edited in s{number}"
            client.request("PUT", f"/sessions/s{number}/messages/5",
                           json.dumps(text))
            self.texts[f"s{number}", 5].add(text)
            client.request("DELETE", f"/sessions/s{number}/messages/9")
            client.post(f"/sessions/s{number}/fork",
                        json.dumps({"session": f"f{number}", "upto": 12}))
            for seq in range(1, 13):
                self.texts[f"f{number}", seq] = \
                    self.texts[f"s{number}", seq]
            self.store(client, f"f{number}", ["only in the fork"] * 3)
        reply = self.say_once(client)
        self.once = reply.body
        self.texts["s0", reply.json()["messages"][0]["seq"]] = {"once"}
        self.names = {name for name, _ in self.texts}
        client.request("DELETE", "/sessions/s99")
        server.stop()
        backup = self.db + ".backup"
        run("backup", backup, "--db", self.db)
        run("restore", backup, "--db", self.db)
        for name in glob.glob(self.db + ".*"):
            os.unlink(name)
        server.start()
        client = server.client()
        for number in range(12):
            self.store(client, f"s{number}", [f"late in s{number}"] * 2)
        for name, kind in ("v", "vector"), ("c", "summary"), ("e", "entity"):
            self.fill_class(client, name, kind)
        server.kill()

    def fill_class(self, client, name, kind):
        client.request("PUT", f"/sessions/{name}", {"memory": {"class": kind}})
        for number in range(5):
            saved = client.post(f"/sessions/{name}/save", {
                "inputs": {"input": f"Where is thing {number}?"},
                "outputs": {"response": f"In box {number}."}}).json()
            for message, text in zip(saved["messages"], (
                    f"Where is thing {number}?", f"In box {number}.")):
                self.texts[name, message["seq"]] = {text}
        self.names.add(name)
        wait_for(lambda: client.get(f"/sessions/{name}/memory")
                 .json()[kind]["behind"] == 0)

    def read(self, table, columns):
        """The rows that can be read one by one."""
        rows = {}
        with sqlite3.connect(self.db) as database:
            database.text_factory = bytes
            for number in range(1, 500):
                try:
                    row = database.execute(
                        f"SELECT {columns} FROM {table} WHERE id = ?",
                        (number,)).fetchone()
                except DAMAGED:
                    continue
                if row:
                    rows[number] = row
        database.close()
        return rows


class Round:
    """A copy of it that is damaged."""

    def __init__(self, count, truth, parent, seed):
        self.count = count
        self.truth = truth
        self.random = random.Random(seed)
        self.path = os.path.join(parent, "round")
        self.db = os.path.join(self.path, "c.db")
        self.words = f"seed {seed}:"
        self.logged = False

    def check(self, good, *words):
        return self.count.check(good, self.words, *words)

    # --- the damage ---------------------------------------------------------

    def damage(self):
        shutil.copytree(self.truth.directory, self.path)
        kind = self.random.choice(
            ("row", "row", "page", "page", "bits", "log", "index", "text"))
        if kind != "log":  # the log goes into the file
            with sqlite3.connect(self.db) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
        self.kind = kind
        self.words += " " + kind
        getattr(self, "damage_" + kind)()

    def execute(self, sql, values=()):
        database = sqlite3.connect(self.db)
        try:
            database.execute("PRAGMA ignore_check_constraints = ON")
            database.execute(sql, values)
            database.commit()
            return True
        except DAMAGED:
            return False
        finally:
            database.close()

    def value(self):
        """Any; a small number may be the id of another row."""
        return self.random.choice((
            self.random.choice(NUMBERS), self.random.randrange(1, 20),
            self.random.randbytes(8), "s3", "0123456789abc",
            '{"content":"never"}', '{"', "", "\ud7ff" * 50, None))

    def damage_row(self):
        table, columns = self.random.choice((
            ("message", "history seq born form type created_at updated_at"
             " type_sent client_id client_created_at body checksum answer"),
            ("session", "mark history last_seq edits removed inherited purged"
             " created_at touched_at ttl_seconds retain_retired owner memory"
             " metadata name tenant generation epoch checksum"),
            ("retired", "history seq born retired retired_at form type body"
             " checksum archived seal"),
            ("history", "session from_version until_version base base_upto"
             " base_version base_after mark tenant ended_at seal"),
            ("idempotency_record", "tenant session key digest kept_at status"
             " etag location body checksum"),
            ("maintenance", "session stage due_at top history tenant name"),
            ("memory_state", "session class key seq edits state checksum"),
            ("memory_item", "session class key seq item checksum"),
            ("tag", "session tenant"), ("epoch", "id mark seal"),
            ("erased", "digest erased_at again")))
        column = self.random.choice(columns.split())
        number = self.random.randrange(1, 30)
        which = "id" if table != "tag" else "session"
        value = self.value()
        while not self.execute(f"UPDATE {table} SET {column} = ?"
                               f" WHERE {which} = ?", (value, number)):
            value = self.value()  # another type than the column's
        self.words += f" {table}.{column} {number} {value!r:.60}"

    def damage_text(self):
        """Bytes of a body, as long as they were."""
        number = self.random.randrange(1, 250)
        self.words += f" {number}"
        self.execute("UPDATE message SET body = replace(body, ?, ?)"
                     " WHERE id = ?", ("o", self.random.choice("ap\"\\"),
                                       number))

    def damage_index(self):
        table = self.random.choice(("words_data", "words_idx", "search_state"))
        self.words += " " + table
        self.execute(self.random.choice((
            f"DELETE FROM {table}",
            "UPDATE words_data SET block = randomblob(length(block))",
            "UPDATE words_data SET block = x'00' WHERE id = 10",
            "UPDATE search_state SET upto = 99999999",
            "UPDATE search_state SET upto = -5, stale_at = 1")))

    def overwrite(self, name, offset, data):
        with open(name, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def damage_page(self):
        pages = os.stat(self.db).st_size // PAGE
        page = self.random.randrange(1, pages)
        self.words += f" {page + 1} of {pages}"
        data = self.random.choice((bytes(PAGE), self.random.randbytes(PAGE),
                                   self.random.randbytes(40)))
        self.overwrite(self.db, page * PAGE, data)

    def damage_bits(self):
        size = os.stat(self.db).st_size
        for _ in range(self.random.choice((1, 1, 8))):
            offset = self.random.randrange(100, size)
            self.words += f" {offset}"
            with open(self.db, "rb") as file:
                file.seek(offset)
                byte = file.read(1)[0]
            self.overwrite(self.db, offset, bytes(
                [byte ^ 1 << self.random.randrange(8)]))

    def damage_log(self):
        self.logged = True
        name = self.db + "-wal"
        size = os.stat(name).st_size
        at = self.random.randrange(size)
        self.words += f" {at} of {size}"
        if self.random.random() < 0.3:
            os.truncate(name, at)
        else:
            self.overwrite(name, at, self.random.randbytes(
                self.random.choice((1, 8, PAGE))))

    # --- what is left -------------------------------------------------------

    def command(self, *arguments):
        status, out, words = run(*arguments, "--db", self.db)
        self.check(status in ENDS and not SANITIZER.search(words),
                   arguments[0], status, words[-2000:])
        return status, out, words

    def lists_known(self, reply):
        """A session that is listed is one of those, with what it has."""
        for row in reply.json()["sessions"]:
            name = row["id"]
            self.check(name in self.truth.names, "never made:", name)
            if name.startswith("s") and row["metadata"]:
                number = int(name[1:])
                self.check((row["metadata"], row["owner"]) == (
                    {"n": number}, f"o{number % 3}"), "never so:", row)

    def lists_whole(self, client):
        """No damaged row keeps another session off the lists."""
        sound = {row[2].decode() for row in
                 self.truth_of_copy("session", "*").values()}
        for query in "", "&prefix=":
            reply = client.get("/sessions?limit=100" + query)
            self.check(reply.status == 200, query, reply.body[:300])
            listed = {row["id"] for row in reply.json().get("sessions", ())}
            self.check(sound <= listed, query, "not listed:", sound - listed)

    def finds_known(self, reply):
        for hit in reply.json()["results"]:
            texts = self.truth.texts.get((hit["session"], hit["seq"]), ())
            words = hit["snippet"].replace("\u2026", "").strip()
            self.check(any(words[:20] in text for text in texts),
                       "never stored:", hit)

    def repeats_known(self, client):
        """A kept reply is the one that there was, or none is given."""
        reply = self.truth.say_once(client)
        if reply.headers.get("Idempotent-Replay"):
            self.check(reply.body == self.truth.once, "never replied:",
                       reply.body[:300])

    def keeps_known(self, client):
        """What classes say is made of what was saved, or of the model."""
        for request in KEPT:
            reply = client.request(*request)
            if self.answered(reply, *request) and reply.status == 200:
                never = set(lines_of(reply.json())) - SAID
                if self.kind == "log":  # the newest commits may be lost
                    never -= {"No current information known."}
                self.check(not never, "never said:", request, never)

    def is_known(self, name, seq, message):
        if isinstance(message, dict):  # a turn that was saved
            message = message["data"]["content"]
        self.check(message in self.truth.texts.get((name, seq), ()),
                   "never stored:", name, seq, message)

    def exported(self):
        """{session: seqs}; every line is JSON, every text was stored."""
        status, out, words = self.command("export")
        found, name = {}, None
        for line in out.splitlines():
            line = json.loads(line)
            if "seq" in line:
                found[name].add(line["seq"])
                self.is_known(name, line["seq"], line["message"])
            elif "memory" in line:
                name = line["session"]
                found[name] = set()
        return status, found, words

    def is_whole(self, status, found, words):
        """What is as it was is there."""
        rows = self.truth_of_copy("message", ROW)
        sessions = self.truth_of_copy("session", "*")
        lost = []
        for number, row in rows.items():
            name = next((s[2].decode() for s in sessions.values()
                         if s[4] == row[1]), None)
            if name and row[2] not in found.get(name, ()):
                lost.append((name, row[2]))
        self.check(not lost, "not exported:", status, lost[:5], len(lost),
                   words[-500:])

    def truth_of_copy(self, table, columns):
        """Those of its rows that are as they were."""
        before = getattr(self.truth, table + "s")
        copy = object.__new__(Truth)
        copy.db = self.db
        return {number: row for number, row in copy.read(
            table, columns).items() if before.get(number) == row}

    def serve(self):
        """A start may be refused; what is served is right."""
        try:
            server = Server("--db", self.db, *self.truth.model,
                            directory=self.path)
        except RuntimeError as error:
            words = str(error)
            self.check("damaged" in words or "malformed" in words or
                       "not a database" in words, words[-1000:])
            self.check(not SANITIZER.search(words), words[-2000:])
            return
        client = server.client()
        if self.kind in ("row", "text", "index"):
            self.lists_whole(client)
        for name in [f"s{n}" for n in range(12)] + ["f0", "f4"]:
            self.ask(client, name)
        for path, known in (("/sessions?limit=100", self.lists_known),
                            ("/sessions?owner=o1", self.lists_known),
                            ("/sessions?metadata.n=3", self.lists_known),
                            ("/search?q=word3", self.finds_known),
                            ("/export", None), ("/readyz", None)):
            reply = client.get(path)
            if self.answered(reply, path) and reply.status == 200 and known:
                known(reply)
        self.repeats_known(client)
        self.keeps_known(client)
        self.write(client)
        wrong = server.stop()
        self.check(not wrong, "the server:", wrong)

    def answered(self, reply, *what):
        """It is one of ours."""
        return self.check(reply.status < 500 or
                          reply.json()["error"]["code"] in
                          ("damaged", "unavailable", "internal"),
                          *what, reply.status, reply.body[:300])

    def ask(self, client, name):
        for path in (f"/sessions/{name}/messages?limit=100",
                     f"/sessions/{name}/messages?limit=100&as_of=20",
                     f"/sessions/{name}/messages?limit=100&types=human"):
            reply = client.get(path)
            if self.answered(reply, path) and reply.status == 200:
                for message in reply.json()["messages"]:
                    self.is_known(name, message["seq"],
                                  message["data"]["content"])
        self.answered(client.get(f"/sessions/{name}/load"), name)
        self.answered(client.get(f"/sessions/{name}"), name)

    def write(self, client):
        for method, path, body in (
                ("POST", "/sessions/s1/messages", '["new"]'),
                ("PUT", "/sessions/s2/messages/3", '"new"'),
                ("DELETE", "/sessions/s3/messages/4", None),
                ("DELETE", "/sessions/s4", None),
                ("DELETE", "/sessions?owner=o2", None)):
            self.answered(client.request(method, path, body), method, path)

    def run(self):
        self.damage()
        self.command("check")
        found = self.exported()
        if not self.logged:
            self.is_whole(*found)
        self.serve()
        self.command("check")
        shutil.rmtree(self.path)


def main():
    count = Count()
    seeds = os.environ.get("CHATMEM_SEED")
    first = random.randrange(10 ** 9) if LONG else USUAL
    seeds = [int(seeds)] if seeds else range(first, first + ROUNDS)
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as parent:
        truth = Truth(os.path.join(parent, "truth"))
        for seed in seeds:
            print(f"CHATMEM_SEED={seed}", flush=True)
            one = Round(count, truth, parent, seed)
            try:
                one.run()
            except Exception as error:
                one.check(False, repr(error))
                shutil.rmtree(one.path, ignore_errors=True)
    print(f"{len(seeds)} damages tried")
    count.close()


if __name__ == "__main__":
    main()
