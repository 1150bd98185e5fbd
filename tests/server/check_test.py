#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_test.py - what an operator and a client see of damage.

Rows and pages of a database are overwritten; everything else is served and
exported, what is damaged is named, and can be mended.
"""

import contextlib
import gzip
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from command_test import run
from harness import TESTS, Count, Server, wait_for

SESSIONS = 12
MESSAGES = 30
PAGE = 4096


def text(session, number):
    return f"message {number} of {session}, " + "so many words " * 20


def make(path):
    """A database of sessions with a message of each number."""
    lines = [json.dumps({"session": f"s{s}",
                         "messages": [text(s, n)
                                      for n in range(1, MESSAGES + 1)]})
             for s in range(SESSIONS)]
    status, _, words = run("import", "-", "--db", path,
                           text="\n".join(lines).encode())
    if status:
        raise RuntimeError(words)


def change(path, sql):
    with sqlite3.connect(path) as database:
        database.executescript("PRAGMA ignore_check_constraints = ON;" + sql)
    database.close()


def pages(path, table, kind="leaf"):
    with sqlite3.connect(path) as database:
        found = [number for number, in database.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ?",
            (table, kind))]
    database.close()
    return found


def overwrite(path, page):
    with open(path, "r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


def told_of(path):
    """All that it has; a restore gives new marks: see epoch_test.py."""
    return re.sub(rb'"mark":"[0-9a-z]{13}"', b"",
                  run("export", "--db", path)[1])


def files(path):
    """The bytes of the file and of its log."""
    data = b""
    for suffix in "", "-wal":
        with open(path + suffix, "rb") as file:
            data += file.read()
    return data


def exported(data):
    """{session: {seq: text}}, and the last line if it names damage."""
    sessions, damaged, at = {}, None, None
    for line in data.splitlines():
        line = json.loads(line)
        if "damaged" in line:
            damaged = line["damaged"]
        elif "seq" in line:
            sessions[at][line["seq"]] = line["message"]
        elif "lost" not in line:
            at = line["session"]
            sessions[at] = {}
    return sessions, damaged


def is_right(count, sessions, *words):
    """Every text that is there is the one that was stored."""
    count.check(all(message == text(int(name[1:]), seq)
                    for name, rows in sessions.items()
                    for seq, message in rows.items()), "a wrong byte", *words)


def rows(count, path):
    """A damaged row is passed and named; all others are exported."""
    count.check(run("check", "--db", path)[0] == 0, "a sound file")
    change(path, "UPDATE message SET body = replace(body, 'message', 'lessage')"
           " WHERE history = 3 AND seq = 7;"
           "UPDATE session SET edits = -1 WHERE name = 's5'")
    status, out, words = run("check", "--db", path)
    count.check(status == 3 and b'message 7 of session "s2" is damaged' in out
                and b'session "s5" is damaged: one of its counts' in out and
                "chatmem restore" in words, status, out, words)
    status, out, words = run("export", "--db", path)
    sessions, damaged = exported(out)
    is_right(count, sessions, "rows")
    count.check(status == 3 and "2 sessions and messages" in words, words)
    count.check(len(sessions) == SESSIONS - 1 and "s5" not in sessions,
                sorted(sessions))
    count.check(sum(map(len, sessions.values())) ==
                (SESSIONS - 1) * MESSAGES - 1, "not all that is sound")
    count.check([(d["session"], d.get("seq")) for d in damaged] ==
                [("s2", 7), ("s5", None)], damaged)
    again = path + ".again"
    status, told, words = run("import", "-", "--db", again, text=out)
    count.check(status == 0 and "1 messages are missing" in words, told, words)
    count.check(exported(run("export", "--db", again)[1])[0] == sessions,
                "what was exported is not what is imported")


def schema(count, path):
    """A letter of a table's own words: a start says what is damaged, and what
    helps; all is exported."""
    change(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
           " replace(sql, 'length(', 'lengtj(') WHERE name = 'session'")
    status, _, words = run("serve", "--listen", "127.0.0.1:0", "--db", path)
    count.check(status == 3 and "is damaged where it says" in words and
                "chatmem restore" in words, status, words)
    status, out, words = run("export", "--db", path)
    count.check(status == 0 and len(exported(out)[0]) == SESSIONS, status,
                words)


def lists(count, server):
    """All that are sound, and beside them what is said of the other."""
    client = server.client()
    sound = {f"s{n}" for n in range(SESSIONS)} - {"s5"}
    for query in "", "prefix=", "prefix=s5", "owner=nobody":
        reply = client.get("/sessions?limit=1000&" + query).json()
        told = reply.pop("damaged", [])
        names = {session["id"] for session in reply["sessions"]}
        count.check(names == (sound if query in ("", "prefix=") else set()),
                    query, reply)
        count.check(query == "owner=nobody" or
                    [one["session"] for one in told] == ["s5"] and
                    'session "s5" is damaged' in told[0]["message"],
                    query, told)
    for order in "", "&prefix=":
        names, told, cursor = [], [], ""
        while cursor is not None:
            reply = client.get("/sessions?limit=3" + order + cursor).json()
            names += [session["id"] for session in reply["sessions"]]
            told += [one["session"] for one in reply.get("damaged", [])]
            cursor = reply["next_cursor"] and "&cursor=" + reply["next_cursor"]
        count.check(sorted(names) == sorted(sound) and told == ["s5"],
                    "page by page:", order, names, told)
    url = f"http://127.0.0.1:{server.port}"
    status, out, words = run("sessions", "--url", url)
    count.check(status == 3 and len(out.splitlines()) == len(sound) and
                'session "s5" is damaged' in words, status, out, words)
    status, out, words = run("export", "--url", url)
    count.check(status == 3 and "last line names it" in words and
                b'"s5"' in out.splitlines()[-1], status, out[-500:], words)


def served(count, path):
    """A client meets the damage where it is, and mends it."""
    with Server("--db", path) as server:
        client = server.client()
        reply = client.get("/sessions/s2/messages")
        words = reply.json()["error"]
        count.check(reply.status == 500 and words["code"] == "damaged" and
                    words["message"].startswith(
                        'message 7 of session "s2" is damaged: ') and
                    reply.headers["X-Should-Retry"] == "false", words)
        count.check(client.get("/sessions/s2/messages/7").status == 500 and
                    client.get("/sessions/s2/messages/8").status == 200 and
                    client.get("/sessions/s3/messages").status == 200 and
                    client.post("/sessions/s2/messages", '["more"]')
                    .status == 201 and client.get("/readyz").status == 200,
                    "more than the damaged message is kept from clients")
        reply = client.get("/sessions/s5")
        count.check(reply.status == 500 and
                    'session "s5" is damaged' in
                    reply.json()["error"]["message"], reply.body)
        lists(count, server)
        # The answer of /readyz is that of the second.
        count.check(wait_for(lambda: client.get("/readyz").json() ==
                             {"status": "ready", "damaged": 2}),
                    client.get("/readyz").body)
        count.check(server.metric("chatmem_damaged_rows") == 2, "metrics")
        told = [line for line in server.log if "level=error" in line]
        count.check(len(told) == 2 and "message 7 of session" in told[0] and
                    'session \\"s5\\"' in told[1], told)
        sessions, damaged = exported(client.get("/export").body)
        count.check(len(sessions) == SESSIONS - 1 and len(damaged) == 2,
                    damaged)
        reply = client.request("PUT", "/sessions/s2/messages/7",
                               json.dumps(text(2, 7)))
        count.check(reply.status == 200, reply.body)
        count.check(client.get("/sessions/s2/messages").status == 200,
                    "a message that was mended")
    change(path, "UPDATE message SET body = '' WHERE history = 3 AND seq = 9;"
           "UPDATE session SET owner = 'o' WHERE name IN ('s7', 's8', 's9');"
           "UPDATE session SET removed = 99 WHERE name IN ('s4', 's8')")
    with Server("--db", path) as server:
        client = server.client()
        reply = client.request("DELETE", "/sessions/s5",
                               headers={"If-Match": '"1"'})
        count.check(reply.status == 500 and "DELETE erases it without a "
                    "condition" in reply.json()["error"]["message"],
                    reply.status, reply.body)
        for name, header in (("/s4", {"If-Match": "*"}),
                             ("/s5", {"Idempotency-Key": "once"}),
                             ("?owner=o", {})):
            reply = client.request("DELETE", f"/sessions{name}",
                                   headers=header)
            count.check(reply.status == 200, name, reply.status, reply.body)
        for name in ("s4", "s5", "s7", "s8", "s9"):
            count.check(client.get(f"/sessions/{name}").status == 404 and
                        text(int(name[1:]), 3).encode() not in files(path),
                        name, "is not erased")
        count.check(client.get("/sessions").status == 200, "the list")
        client = server.client()
        reply = client.request("DELETE", "/sessions/s2/messages/9")
        count.check(reply.status == 200, reply.body)
        count.check(client.get("/sessions/s2/messages").status == 200,
                    "a message that was removed")


def page(count, sound, table, newest=False):
    """A page of it is lost; what does not stand on it is exported."""
    path = sound + "." + table
    shutil.copy(sound, path)
    found = pages(path, table)
    overwrite(path, found[-1 if newest else len(found) // 2])
    status, out, words = run("check", "--db", path)
    count.check(status == 3 and b"the database is damaged: " in out, table,
                status, out, words)
    status, out, words = run("export", "--db", path)
    sessions, damaged = exported(out)
    is_right(count, sessions, table)
    left = sum(map(len, sessions.values()))
    # No read of what is shown now needs the histories' own rows.
    count.check(status == 3 and damaged or "history" in table and
                (status, words) == (0, ""), table, status, words)
    if table == "message":
        count.check(len(sessions) == SESSIONS and
                    SESSIONS * MESSAGES - PAGE // 300 <= left <
                    SESSIONS * MESSAGES, table, left, words)
        count.check({name for name, rows in sessions.items()
                     if len(rows) < MESSAGES} ==
                    {one.get("session") for one in damaged} - {None},
                    "whose messages are lost:", damaged)
    elif table != "session":
        count.check(left == SESSIONS * MESSAGES, table, left, words)
    count.check(not [name for name in os.listdir(os.path.dirname(path))
                     if "salvage" in name], "a file is left over")
    status, _, words = run("serve", "--listen", "127.0.0.1:0", "--db", path)
    count.check(status == 3 and "chatmem check" in words and
                "chatmem restore" in words, table, status, words)


def list_goes_on(count, client):
    """Of each session it has what GET of it has, or says that it is damaged."""
    found = {f"s{n}": client.get(f"/sessions/s{n}").status
             for n in range(SESSIONS)}
    sound = sorted(name for name in found if found[name] == 200)
    lost = sorted(name for name in found if found[name] == 500)
    count.check(lost and sorted(sound + lost) == sorted(found), found)
    for query in "", "&prefix=":
        reply = client.get("/sessions?limit=1000" + query)
        count.check(reply.status == 200, query, reply.body)
        names = sorted(one["id"] for one in reply.json().get("sessions", []))
        words = " ".join(one["message"]
                         for one in reply.json().get("damaged", []))
        count.check(names == sound and all(
            f'session "{name}" is damaged' in words for name in lost),
            query, found, names, words)
    sessions, damaged = exported(client.get("/export").body)
    count.check(sorted(sessions) == sound and damaged, sessions.keys(),
                damaged)


@contextlib.contextmanager
def lived(count, sound, name):
    """A copy, served, of which nothing is in the log."""
    path = sound + name
    shutil.copy(sound, path)
    with Server("--db", path) as server:
        client = server.client()
        client.post("/sessions/s0/messages", ["the log is emptied after it"])
        count.check(wait_for(lambda: os.path.getsize(path + "-wal") == 0),
                    "the log is not emptied")
        yield path, server, client


def live_lists(count, sound):
    """A page of newest messages is lost, then one of sessions: a list names
    whose they are, the latter by its index of names."""
    with lived(count, sound, ".live-session") as (path, _, client):
        overwrite(path, pages(path, "message")[-1])
        list_goes_on(count, client)
        overwrite(path, pages(path, "session")[0])
        # Written again, so that nobody takes it for what it was.
        client.post("/sessions/s1/messages", ["more"])
        reply = client.get("/sessions").json()
        told = client.get("/sessions?prefix=").json()
        count.check(len(reply["sessions"]) + len(reply["damaged"]) == SESSIONS
                    and {one["id"] for one in told["sessions"]} |
                    {one["session"] for one in told["damaged"]} ==
                    {f"s{n}" for n in range(SESSIONS)}, reply, told)


def live(count, sound):
    """A page is lost under a server that goes on with all else."""
    with lived(count, sound, ".live") as (path, server, client):
        found = pages(path, "message")
        overwrite(path, found[len(found) // 2])
        hit = [name for name in (f"s{n}" for n in range(SESSIONS)) if
               client.get(f"/sessions/{name}/messages").status == 500]
        count.check(hit and len(hit) < SESSIONS / 2, "sessions on it:", hit)
        for number in range(MESSAGES):
            reply = client.request(
                "PUT", f"/sessions/{hit[0]}/messages/{number + 1}", '"new"')
            count.check(reply.status == 200 or reply.status == 500 and
                        reply.json()["error"]["code"] == "damaged",
                        "an edit on it:", reply.status, reply.body)
        for name in (f"s{n}" for n in range(SESSIONS)):
            reply = client.post(f"/sessions/{name}/messages", ["more"])
            count.check(reply.status == 201, name, reply.status, reply.body)
        for name in hit + ["s0", f"s{SESSIONS - 1}"]:
            for _ in range(2):
                reply = client.request("DELETE", f"/sessions/{name}")
                count.check(reply.status in (200, 404) or name in hit and
                            "chatmem export" in
                            reply.json()["error"]["message"], "erasing",
                            name, reply.status, reply.body)
        count.check(client.get("/readyz").status == 200, "not ready")
        count.check(server.process.poll() is None, "the server has ended")


def upgrade(count, place):
    """An older file: what it takes, the copy that is kept, the way back."""
    path = os.path.join(place, "older.db")
    with gzip.open(f"{TESTS}/sqlite/files/0010.db.gz") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(before)
    status, out, words = run("migrate", "--check", "--db", path)
    count.check(status == 0 and b"version 10, this chatmem" in out and
                b"older.db.version-10" in out and b"MiB are free" in out,
                status, out, words)
    with open(path, "rb") as file:
        count.check(file.read() == before, "a look changed the file")
    status, out, words = run("migrate", "--db", path)
    count.check(status == 0 and "is kept as" in words, status, words)
    status, out, _ = run("migrate", "--check", "--db", path)
    count.check(b"nothing is to be done" in out, out)
    told = told_of(path)
    change(path, "PRAGMA user_version = 9999")
    status, _, words = run("serve", "--listen", "127.0.0.1:0", "--db", path)
    count.check(status == 2 and "tables 9999" in words and
                f'chatmem restore "{path}.version-10"' in words, words)
    status, _, words = run("restore", path + ".version-10", "--db", path)
    count.check(status == 0, words)
    count.check(run("migrate", "--db", path)[0] == 0 and
                told_of(path) == told, "the way back")


def main():
    count = Count()
    place = tempfile.mkdtemp(prefix="chatmem-test-")
    try:
        path = os.path.join(place, "rows.db")
        make(path)
        upgrade(count, place)
        sound = os.path.join(place, "sound.db")
        shutil.copy(path, sound)
        rows(count, path)
        served(count, path)
        shutil.copy(sound, path)
        schema(count, path)
        live(count, sound)
        live_lists(count, sound)
        for table in ("message", "message_seq", "session_name", "history",
                      "history_session", "session"):
            page(count, sound, table)
        page(count, sound, "message", newest=True)
    finally:
        shutil.rmtree(place)
    count.close()


if __name__ == "__main__":
    main()
