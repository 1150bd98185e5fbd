#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""command_test.py - export, import and backup from the command line.

They read beside a running server and leave its files alone; an import that
is killed is run again; a backup taken while clients write is a prefix of what
they were told.
"""

import hashlib
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import harness
from harness import CHATMEM, LONG, PATIENCE, Count, Server, wait_for
from import_test import STEPS, History

KILLS = 40 if LONG else 8
BYTES_A_LIFE = 120_000_000 // KILLS  # that it writes


def run(*arguments, text=None, key=None):
    """Exit status, output, errors."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("CHATMEM")}
    if key:
        env["CHATMEM_KEY"] = key
    done = subprocess.run([CHATMEM, *arguments], input=text, env=env,
                          capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


class Place:
    """A directory for databases and files."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="chatmem-test-")

    def file(self, name, data=None):
        path = os.path.join(self.path, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return path

    def end(self):
        shutil.rmtree(self.path)


def beside_a_server(count, place):
    """What the server says, and into a file or a server in small parts."""
    with Server("--max-body", "64K") as first, \
            Server("--max-body", "8K") as second:
        one, other = first.client(), second.client()
        History(1, one).run(count, 2 * STEPS)
        one.post("/sessions/long/messages", json.dumps(["x" * 50] * 300))
        export = one.get("/export").body
        count.check(run("export", "--db", first.database) ==
                    (0, export, ""), "not what the server exports")
        count.check(run("export", "--db", first.database, "--session", "long")
                    == (0, one.get("/sessions/long/export").body, ""),
                    "not what the server exports of a session")
        url = f"http://127.0.0.1:{first.port}"
        count.check(run("export", "--url", url) == (0, export, ""),
                    "not what it exports to a command")
        count.check(run("export", "--url", url, "--session", "long") ==
                    (0, one.get("/sessions/long/export").body, ""),
                    "nor of a session")
        for where in ("--db", first.database), ("--url", url):
            status, out, words = run("export", *where, "--session", "none")
            count.check((status, out) == (1, b"") and "none" in words, words)
        lines = place.file("lines.ndjson", export)
        for where in ("--db", place.file("parts.db")), \
                ("--url", f"http://127.0.0.1:{second.port}"):
            for again in False, True:
                status, out, words = run(
                    "import", lines, *where, "--max-body", "4096")
                count.check(status == 0 and not words, where, words)
                count.check(again == out.startswith(b"0 sessions made, 0 mes"),
                            where, out)
        count.check(run("export", "--db", place.file("parts.db"))[1] ==
                    export, "the file that was imported into differs")
        count.check(other.get("/export").body == export,
                    "the server that was imported into differs")
        status, _, words = run("import", lines, "--db", first.database)
        count.check(status == 1 and "another process" in words, words)
        refused_by_a_server(count, second, export)


def refused_by_a_server(count, server, export):
    url = f"http://127.0.0.1:{server.port}"
    for text, words in (
            (b'["a"]', "line 1: the messages name no session"),
            (export.replace(b'"xxx', b'"yyy', 250), "other bytes"),
            (b'{"seq":1}', "line 1: a message, but no session before it")):
        status, out, said = run("import", "-", "--url", url, "--max-body",
                                "4096", text=text)
        count.check(status != 0 and not out and words in said, said)
    status, _, said = run("import", "-", "--url", "http://127.0.0.1:1",
                          text=b'{"session":"a","messages":["a"]}')
    count.check(status == 1 and "http://127.0.0.1:1" in said, said)
    status, _, said = run("import", "-", "--url", url, "--session", "list",
                          text=b'[\n"a",\n["ai","b"]\n]\n')
    count.check(status == 0, said)


def exported_by_others(count):
    """An export that is cut, or none at all, does not pass for one."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for reply, words in ((chunked + b"3\r\n{}\n\r\n", "partial"),
                         (chunked + b"4\r\n<p>\n\r\n0\r\n\r\n",
                          "is that a chatmem?")):
        with socket.create_server(("127.0.0.1", 0)) as other:
            def answer():
                asked, _ = other.accept()
                with asked:
                    asked.recv(65536)
                    asked.sendall(reply)

            thread = threading.Thread(target=answer)
            thread.start()
            status, _, said = run("export", "--url", "http://127.0.0.1:"
                                  f"{other.getsockname()[1]}")
            thread.join()
        count.check(status == 1 and words in said, status, said)


def tenants(count, place):
    """A key's tenant is --tenant here; nobody else's sessions appear."""
    pairs = {"CHATMEM_API_KEY": "a:1,b:2"}
    with Server(env=pairs) as server:
        client = server.client()
        for key in "12":
            client.post(f"/sessions/of-{key}/messages", '["x"]',
                        headers={"X-API-Key": key})
        of_a = client.get("/export", headers={"X-API-Key": "1"}).body
        count.check(of_a.count(b"of-") == 1 and b"of-1" in of_a, of_a)
        database = server.database
        count.check(run("export", "--db", database, "--tenant", "a") ==
                    (0, of_a, ""), "not the tenant's")
        status, lines, words = run("export", "--db", database)
        count.check(status == 0 and lines == b"",
                    "sessions of tenants for nobody")
        count.check("--tenant names one" in words, "nothing, without a word")
        for command in ["sessions"], ["sessions", "of"]:
            for more in [], ["--tenant", "nobody"]:
                status, out, words = run(*command, "--db", database, *more)
                count.check((status, out) == (0, b"") and bool(more) ==
                            ("--tenant names one" not in words), words)
        count.check(run("export", "--url", f"http://127.0.0.1:{server.port}",
                        key="1") == (0, of_a, ""), "not the key's")
        lines = place.file("of-a", of_a)
        status, _, words = run("import", lines, "--url",
                               f"http://127.0.0.1:{server.port}")
        count.check(status == 1 and "401" in words, words)
        status, _, words = run("import", lines, "--url",
                               f"http://127.0.0.1:{server.port}", key="2")
        count.check(status == 0, words)
        of_b = client.get("/export", headers={"X-API-Key": "2"}).body
        count.check(of_b.startswith(of_a) and b"of-2" in of_b, of_b)
        status, _, words = run("import", lines, "--db", place.file("t.db"),
                               "--tenant", "c")
        count.check(status == 0, words)
        count.check(run("export", "--db", place.file("t.db"), "--tenant", "c")
                    == (0, of_a, ""), "not imported for the tenant")
    status, _, words = run("import", lines, "--url", "http://127.0.0.1:1",
                           "--tenant", "a")
    count.check(status == 2 and "--tenant" in words, words)


def broken_files(count, place):
    """A line that is cut is named, and nothing is changed."""
    lines = [json.dumps({"session": f"s{i}", "messages": ["x" * 100]}).encode()
             for i in range(100)]
    whole = b"\n".join(lines)
    database = place.file("broken.db")
    file = place.file("broken.ndjson", whole[:-5])
    status, out, words = run("import", file, "--db", database,
                             "--max-body", "1024")
    count.check(status == 2 and not out and "line 100, column" in words,
                words)
    count.check(not os.path.exists(database), "something was changed")
    count.check(run("import", place.file("none"), "--db", database)[0] == 2,
                "a file that is not there")
    count.check(run("import", "--db", database)[0] == 2, "no file")
    # A pipe is read once: what came before is there, and is no harm.
    status, _, words = run("import", "-", "--db", database, "--max-body",
                           "1024", text=whole[:-5])
    count.check(status == 2 and "line 100, column" in words, words)
    status, out, words = run("import", place.file("fixed", whole),
                             "--db", database)
    count.check(status == 0 and b" 100 were there" not in out, out, words)
    exported = run("export", "--db", database)[1]
    cut = exported[:exported.rindex(b"\n", 0, -1) + 1]
    status, _, words = run("import", place.file("cut", cut),
                           "--db", place.file("cut.db"))
    count.check(status == 2 and "the file ends before" in words, words)


def written(process):
    """Bytes, to whatever file."""
    try:
        with open(f"/proc/{process.pid}/io", encoding="ascii") as file:
            return int(re.search(r"wchar: (\d+)", file.read())[1])
    except (OSError, TypeError):
        return 0


def killed(count, place):
    """kill -9 in the middle, and again until it is through."""
    choose = random.Random(1)
    export = b"".join(
        json.dumps({"session": f"k{i}", "messages": [
            f"{i}-{j}" for j in range(200)]}).encode() + b"\n"
        for i in range(600))
    source = place.file("source.db")
    run("import", place.file("lists", export), "--db", source)
    export = run("export", "--db", source)[1]
    lines, database = place.file("many", export), place.file("killed.db")
    command = [CHATMEM, "import", lines, "--db", database,
               "--max-body", "3000"]
    cut = 0
    for _ in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        least = choose.randrange(BYTES_A_LIFE)
        while process.poll() is None and written(process) < least:
            time.sleep(0.001)
        process.kill()
        cut += process.wait() < 0
    count.check(cut > KILLS // 2, f"only {cut} were killed in time")
    partly = run("export", "--db", database)[1]
    status, out, words = run("import", lines, "--db", database)
    count.check(status == 0, words)
    count.check(run("export", "--db", database)[1] == export,
                "the import that was killed is not whole")
    print(f"{cut} times killed, {len(partly)} of {len(export)} bytes were "
          f"there: {out.decode().strip()}")


def digests(database):
    found = {}
    for suffix in "", "-wal":
        with open(database + suffix, "rb") as file:
            found[suffix] = hashlib.sha256(file.read()).digest()
    return found


def after_a_crash(count, place):
    """What a crash left is read, and left for the next start."""
    server = Server()
    server.client().post("/sessions/a/messages", '["in the log"]')
    server.kill()
    before = digests(server.database)
    status, out, _ = run("export", "--db", server.database)
    count.check(status == 0 and b"in the log" in out, out)
    status, _, words = run("backup", place.file("crash.db"),
                           "--db", server.database)
    count.check(status == 0, words)
    count.check(digests(server.database) == before,
                "a reader changed the file or its log")
    count.check(run("export", "--db", place.file("crash.db"))[1] == out,
                "the backup lacks the log")
    server.end()


READS = (("sessions",), ("show", "a"), ("load", "a"), ("search", "log"),
         ("export",), ("check",), ("migrate", "--check"),
         ("backup", "/nonexistent/copy"), ("show", "none"))


def as_it_was(count, place):
    """What only reads leaves nothing behind, sound or damaged."""
    with Server() as server:
        server.client().post("/sessions/a/messages", '["in the log"]')
        folder = tempfile.mkdtemp(dir=place.path)
        run("backup", f"{folder}/sound.db", "--db", server.database)
    with open(f"{folder}/sound.db", "rb") as file:
        data = file.read()
    damaged = data.replace(b"in the log", b"in the bog")
    for name, content in (("damaged.db", damaged), ("empty.db", b""),
                          ("torn.db", data[:9 * 4096])):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(content)
    before = sorted(os.listdir(folder))
    for name in before:
        for arguments in READS:
            said = run(*arguments, "--db", f"{folder}/{name}")
            count.check(sorted(os.listdir(folder)) == before, name, arguments,
                        said, os.listdir(folder))


def quotas(count, place):
    """A command is told of no quota, and leaves its count as it should be."""
    path = place.file("quota.db")
    line = json.dumps({"session": "large", "messages": ["x" * 9000]}).encode()
    with Server("--db", path, "--quota-bytes", "1M") as server:
        server.client().post("/sessions/small/messages", ["y" * 1000])
    for command in ("import", "-"), ("migrate",):
        status, _, words = run(*command, "--db", path, text=line)
        count.check(status == 0, command, status, words)
    with sqlite3.connect(path) as db:
        count.check(db.execute("SELECT sessions, bytes FROM tenant_usage,"
                               " usage_counted").fetchall() ==
                    [(2, 400 + 9002 + 1002 + 2 * len("{}{}"))], "the count")
    with Server("--db", path, "--quota-bytes", "10k") as server:
        reply = server.client().post("/sessions/small/messages", ["z"])
        count.check(reply.status == 507, "over it:", reply.status, reply.body)


def backups_under_load(count, place):
    """Whole, openable, and all that was acknowledged before it began."""
    with Server() as server:
        acked, stop = [0] * 4, threading.Event()

        def write(number):
            client = server.client()
            while not stop.is_set():
                n = acked[number] + 1
                reply = client.post(f"/sessions/w{number}/messages",
                                    json.dumps(f"{n}:" + "x" * 500))
                count.check(reply.status == 201, reply.body)
                acked[number] = n

        writers = [threading.Thread(target=write, args=(n,))
                   for n in range(len(acked))]
        for writer in writers:
            writer.start()
        for number in range(5):
            least = sum(acked) + 20
            count.check(wait_for(lambda: sum(acked) >= least), "no writes")
            path = place.file(f"backup-{number}.db")
            before = list(acked)
            status, _, words = run("backup", path, "--db", server.database)
            after = list(acked)
            count.check(status == 0 and not words, words)
            judge_backup(count, path, before, after)
        stop.set()
        for writer in writers:
            writer.join()
        count.check(after > before, "nothing was written beside the backup")
        again = run("backup", path, "--db", server.database)
        count.check(again[0] == 2 and "File exists" in again[2], again)
    count.check(os.stat(path).st_mode & 0o777 == 0o600, "others may read it")
    with Server(directory=place.path, env={"CHATMEM_DB": path}) as restored:
        page = restored.client().get("/sessions/w0/messages?last=1").json()
        count.check(page["messages"], "the backup does not serve")
    print(f"{sum(acked)} messages written beside 5 backups")


def judge_backup(count, path, before, after):
    with sqlite3.connect(path) as database:
        verdict = database.execute("PRAGMA integrity_check").fetchall()
    database.close()
    count.check(verdict == [("ok",)], verdict)
    export = run("export", "--db", path)[1]
    seen = {}
    for line in map(json.loads, export.splitlines()):
        if "session" in line:
            seen[name := line["session"]] = []
        else:
            seen[name].append(int(line["message"].split(":")[0]))
    for number, least in enumerate(before):
        there = seen.get(f"w{number}", [])
        count.check(there == list(range(1, len(there) + 1)),
                    f"w{number} has holes")
        count.check(least <= len(there) <= after[number] + 1,
                    f"{len(there)} messages, {least} were acknowledged")


def main():
    count = Count()
    place = Place()
    harness.atexit.register(shutil.rmtree, place.path, True)
    beside_a_server(count, place)
    exported_by_others(count)
    tenants(count, place)
    broken_files(count, place)
    killed(count, place)
    after_a_crash(count, place)
    as_it_was(count, place)
    quotas(count, place)
    backups_under_load(count, place)
    place.end()
    count.close()


if __name__ == "__main__":
    main()
