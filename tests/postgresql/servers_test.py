#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""servers_test.py - two servers over one PostgreSQL keep every promise.

    tests/postgresql/servers_test.py            everything
    tests/postgresql/servers_test.py WORD...    the parts with such a name
"""

import json
import os
import signal
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = TESTS, os.path.join(TESTS, "server")

import export_test
from cluster import Standby
from harness import LONG, PATIENCE, Gate, Server, wait_for
from pair import Later, Pair, count, run, said, texts
from relay import Relay
from upstream import Upstream, completion, echo, held


# --- the parts ---------------------------------------------------------------

def requests_alternate(database):
    """What one server stored the other one knows at once."""
    with Pair(database) as pair:
        for i in range(10):
            to = (pair.a, pair.b)[i % 2]
            reply = to.post("/sessions/alternating/messages", said(f"{i}"),
                            headers={"If-Match": reply.headers["ETag"]}
                            if i else {})
            count.check(reply.status == 201 and
                        reply.json()["messages"][0]["seq"] == i + 1,
                        "an append at its version", reply.body)
        for client in (pair.a, pair.b):
            count.check(texts(client, "alternating") ==
                        [f"{i}" for i in range(10)], "all of them, in order")


def reads_wait_elsewhere(database):
    """A read that waits for the database keeps no other connection waiting."""
    with Pair(database) as pair:
        server, client = pair.servers[1], pair.b
        pair.a.post("/sessions/base/messages", said("here"))
        pair.a.post("/sessions/base/fork", {"id": "read"})
        other = database.session()
        other.run("BEGIN; LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        reads = [Later(server, "GET", "/sessions/read/messages")
                 for _ in range(8)]
        count.check(wait_for(lambda: database.waiting(8)),
                    "eight reads wait for the lock")
        for path in ("/healthz", "/metrics", "/openapi.json", "/",
                     "/sessions"):
            count.check(client.get(path).status == 200,
                        "beside reads that wait", path)
        other.run("COMMIT")
        other.end()
        count.check([read.status() for read in reads] == [200] * 8,
                    "then they are answered")


def tails_leave_readers(database):
    """Those that follow have half of the readers."""
    with Pair(database, "--db-readers", "2") as pair:
        server, client = pair.servers[1], pair.b
        for i in range(3):
            pair.a.post("/sessions/tailed/messages", said(f"{i}"))
        pair.a.post("/sessions/tailed/fork", {"id": "tail"})
        other = database.session()
        other.run("BEGIN; LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        tails = [server.client() for _ in range(6)]
        for tail in tails:
            tail.send(b"GET /sessions/tail/events?after=0 HTTP/1.1\r\n"
                      b"Host: 127.0.0.1:%d\r\n\r\n" % server.port)
        count.check(wait_for(lambda: server.metric("chatmem_tails") == 6 and
                             database.waiting(1)), "six tails, one reads")
        count.check(client.get("/sessions").status == 200,
                    "a read passes those that follow")
        other.run("COMMIT")
        other.end()
        for tail in tails:
            got = b""
            while b'"content":"2"' not in got:
                got += tail.socket.recv(65536)
            count.check(b'"content":"0"' in got, "a tail has all of it")
            tail.close()


class Shared:
    """Reads of sessions that wait for `message`, and are run as one.

    The first of them waits alone; the rest come together behind it.
    """

    def __init__(self, database, pair, names):
        self.database = database
        first, self.table = database.session(), database.session()
        server = pair.servers[0]
        first.run(LOCKED)
        alone = Later(server, "GET", "/sessions/shared-0/messages?last=20")
        count.check(wait_for(lambda: database.waiting(1)), "one read waits")
        self.table.begin(LOCKED)
        count.check(wait_for(lambda: database.waiting(2)), "behind it another")
        self.reads = {name: Later(
            server, "GET", f"/sessions/{name}/messages?last=20")
            for name in names}
        server.comes_to("chatmem_scan_jobs", len(names))
        first.run("COMMIT")
        first.end()
        count.check(alone.status() == 200, "the first one is answered")
        self.table.answer()
        count.check(wait_for(lambda: database.ask(
            f"SELECT count(*) {TOGETHER}") == ["1"]),
                    "the rest are one statement")

    def breaks(self, how):
        """By a function of the server's, while they wait."""
        count.check(self.database.ask(
            f"SELECT {how}(pid) {TOGETHER}") == ["t"], how)

    def answers(self):
        """What each of them got: a status, and the texts."""
        self.table.run("COMMIT")
        self.table.end()
        return {name: (read.status(), read.reply and [
            message["data"]["content"] for message in
            read.reply.json().get("messages", [])])
            for name, read in self.reads.items()}


LOCKED = "BEGIN; LOCK TABLE message IN ACCESS EXCLUSIVE MODE"
TOGETHER = ("FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%LATERAL%'")
# A table whose rows of one session cannot be read.
BROKEN = """
ALTER TABLE message RENAME TO whole;
CREATE FUNCTION broken(which bigint) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF which = (SELECT history FROM session WHERE name = 'shared-3') THEN
        RAISE 'broken';
    END IF;
    RETURN true;
END $$;
CREATE VIEW message AS SELECT * FROM whole WHERE broken(history);
"""
MENDED = """
DROP VIEW message; DROP FUNCTION broken; ALTER TABLE whole RENAME TO message;
"""


def shared_reads_break(database):
    """Of reads that were run as one and lost each gets its own answer."""
    with Pair(database, "--db-readers", "2", "--search", "off") as pair:
        names = [f"shared-{i}" for i in range(8)]
        for name in names:
            pair.a.post(f"/sessions/{name}/messages", [said(name)] * 3)
        right = {name: (200, [name] * 3) for name in names}
        right["shared-none"] = (200, [])
        for how in "pg_terminate_backend", "pg_cancel_backend":
            shared = Shared(database, pair, right)
            shared.breaks(how)
            got = shared.answers()
            count.check(got == right, how, "each its own answer", got)
        database.refuses(BROKEN)
        right["shared-3"] = (500, [])
        shared = Shared(database, pair, right)
        got = shared.answers()
        database.refuses(MENDED)
        count.check(got == right, "one that cannot be read alone is refused",
                    got)


DAY = "2026-01-31T09:30:00.000Z"
RECORD = ("INSERT INTO idempotency_record (tenant, key, digest, kept_at,"
          " status, etag, location, body) VALUES ('', '%s', repeat('x', 32)"
          "::bytea, 1, 201, '', '', '')")


def twins(database, key, first, second):
    """Two requests of one key that neither of their servers finds kept.

    Somebody else keeps both from writing it until both have looked.
    """
    with Pair(database) as pair:
        other = database.session()
        other.run("BEGIN; " + RECORD % key)
        headers = {"Idempotency-Key": key}
        later = [Later(server, *what, headers) for server, what in
                 zip(pair.servers, (first, second))]
        count.check(wait_for(lambda: database.waiting(2)), "both have looked")
        other.run("ROLLBACK")
        other.end()
        return [(one.status(), one.reply) for one in later]


def twins_make_one_session(database):
    """Twins of POST /sessions make one; the second has the first's reply."""
    answers = twins(database, "made", *[("POST", "/sessions",
                                         {"metadata": {"twin": True}})] * 2)
    count.check([status for status, _ in answers] == [201, 201],
                "both are 201", answers)
    count.check(answers[0][1].body == answers[1][1].body, "one session")
    count.check(sorted(reply.headers.get("Idempotent-Replay", "first")
                       for _, reply in answers) == ["first", "true"],
                "the second one is a replay")
    count.check(database.ask("SELECT count(*) FROM session WHERE metadata"
                             " LIKE '%twin%'") == ["1"], "and no other one")


def one_key_on_two_sessions(database):
    """A key is for one request: the other one is refused, and stores nothing."""
    answers = twins(database, "both", *[
        ("POST", f"/sessions/{name}/messages", said("of a key"))
        for name in ("left", "right")])
    count.check(sorted(status for status, _ in answers) == [201, 422],
                "one is stored", answers)
    count.check(database.ask("SELECT count(*) FROM message WHERE body LIKE"
                             " '%of a key%'") == ["1"], "and the other is not")


def edits_at_one_version(database):
    """Of two that hold at one version one wins."""
    with Pair(database) as pair:
        etag = [pair.a.post("/sessions/edited/messages", said(f"{i}"))
                for i in range(2)][-1].headers["ETag"]
        other = database.session()
        other.run("BEGIN; SELECT FROM session WHERE name = 'edited'"
                  " FOR UPDATE")
        edits = [Later(server, "PUT", f"/sessions/edited/messages/{seq}",
                       said("new"), {"If-Match": etag})
                 for seq, server in enumerate(pair.servers, 1)]
        count.check(wait_for(lambda: database.waiting(2)),
                    "both wait for the session")
        other.run("COMMIT")
        other.end()
        count.check(sorted(edit.status() for edit in edits) == [200, 412],
                    "one of two edits", [edit.reply.body for edit in edits])
        count.check(sorted(texts(pair.b, "edited"))[1] == "new",
                    "and it is there")


def locks_in_one_order(database):
    """Batches of the same sessions wait for each other, never in a ring."""
    with Pair(database) as pair:
        for name in ("gate0", "gate1", "x", "y"):
            pair.a.post(f"/sessions/{name}/messages", said("0"))
        held = {}
        for names in ("gate0 gate1", "x", "y"):
            held[names] = database.session()
            held[names].run("BEGIN; SELECT FROM session WHERE name = ANY"
                            f" (string_to_array('{names}', ' ')) FOR UPDATE")
        later = []
        for i, server in enumerate(pair.servers):
            later.append(Later(server, "POST", f"/sessions/gate{i}/messages",
                               said("1")))
            count.check(wait_for(lambda: database.waiting(i + 1)),
                        "a batch waits at the gate")
            for j, name in enumerate("xy" if i else "yx", 1):
                later.append(Later(server, "POST",
                                   f"/sessions/{name}/messages", said("1")))
                count.check(wait_for(lambda: server.metric(
                    "chatmem_queue_jobs") == j), "and others behind it")
        for names in ("gate0 gate1", "y", "x"):
            held[names].run("COMMIT")
            held[names].end()
            if names != "x":
                count.check(wait_for(lambda: database.waiting(2)),
                            "both batches wait")
        count.check([one.status() for one in later] == [201] * 6,
                    "all are stored")
        count.check(not any("deadlock" in line for server in pair.servers
                            for line in server.log), "without a deadlock")


class Held:
    """A request that has written all but its record, which somebody else has."""

    def __init__(self, database, server, method, path, body):
        self.database = database
        self.other = database.session()
        self.other.run("BEGIN; " + RECORD % path)
        self.later = Later(server, method, path, body,
                           {"Idempotency-Key": path})
        count.check(wait_for(lambda: database.waiting(1)),
                    "it has written", method, path)

    def release(self):
        self.other.run("ROLLBACK")
        self.other.end()
        return self.later.status()


def found(client, word):
    return [hit["session"] for hit in
            client.get(f"/search?q={word}").json()["results"]]


def index_passes_nothing(database):
    """A message that is committed behind a later one is found as well."""
    with Pair(database) as pair:
        early = Held(database, pair.servers[0], "POST",
                     "/sessions/found-early/messages", said("zebra early"))
        pair.b.post("/sessions/found-late/messages", said("zebra late"))
        count.check(wait_for(lambda: found(pair.b, "zebra") == ["found-late"]),
                    "the later one is found")
        count.check(early.release() == 201, "the earlier one is stored")
        count.check(wait_for(lambda: sorted(found(pair.b, "zebra")) ==
                             ["found-early", "found-late"]), "and found")


def index_waits_for_no_batch(database):
    """While a batch waits for a lock, maintenance goes on beside it."""
    with Server("--db", database.url(), "--db-wait", "60") as server:
        client = server.client()
        client.post("/sessions/kept-waiting/messages", said("1"))
        other = database.session()
        other.run("BEGIN; SELECT FROM session WHERE name = 'kept-waiting'"
                  " FOR UPDATE")
        client.post("/sessions/beside/messages", said("quagga"))
        append = Later(server, "POST", "/sessions/kept-waiting/messages",
                       said("2"))
        count.check(wait_for(lambda: database.waiting(1)), "the batch waits")
        count.check(wait_for(lambda: found(client, "quagga") == ["beside"]),
                    "what came before it is found")
        other.run("COMMIT")
        other.end()
        count.check(append.status() == 201, "and then it is stored")


def times_follow_locks(database):
    """A write that waited for another one is dated after it."""
    with Pair(database) as pair:
        pair.a.post("/sessions/dated/messages", said("first"))
        other = database.session()
        other.run("BEGIN; SELECT FROM session WHERE name = 'dated' FOR UPDATE")
        append = Later(pair.servers[0], "POST", "/sessions/dated/messages",
                       said("it waits"))
        count.check(wait_for(lambda: database.waiting(1)), "the append waits")
        before = other.run("SELECT (extract(epoch FROM clock_timestamp())"
                           " * 1000)::bigint FROM pg_sleep(0.01)")
        other.run("COMMIT")
        other.end()
        count.check(append.status() == 201, "it is stored", append.reply.body)
        at = database.ask("SELECT created_at FROM message"
                          " WHERE body LIKE '%it waits%'")
        count.check(int(at[0]) >= int(before[0]), "after the lock", before, at)


OLD_ROWS = """
INSERT INTO process (id, beat_at, schema_version, batch)
    VALUES (gen_random_uuid(), 7, 1, 0);
INSERT INTO session_lock (key, fence, beat_at, next_number)
    VALUES (7, 1, 7, 2);
"""


def killed_leave_nothing(database):
    """Rows of servers that were killed long ago go."""
    with Pair(database) as pair:
        pair.a.post("/sessions/tidied/messages", said("1"))
    database.refuses(OLD_ROWS)
    with Pair(database) as pair:
        for table in "process", "session_lock":
            count.check(wait_for(lambda of=table: database.ask(
                f"SELECT count(*) FROM {of} WHERE beat_at = 7") == ["0"]),
                "of", table)
        count.check(texts(pair.a, "tidied") == ["1"], "and nothing else")


def hints_end(database):
    """Nobody waits without end for a connection that hears hints."""
    relay = Relay(database)
    server = Server("--db", database.url(), "--db-listen", relay.url())
    relay.holds = b"LISTEN"
    database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE query LIKE 'LISTEN%'")
    count.check(relay.held.wait(PATIENCE), "it listens anew")
    count.stopped(server)
    relay.arrives.set()
    relay.end()


def owner_against_session(database):
    """A session is erased with its owner's, or acknowledged and there."""
    with Pair(database) as pair:
        made = Held(database, pair.servers[0], "PUT",
                    "/sessions/of-ann", {"owner": "ann"})
        erased = Later(pair.servers[1], "DELETE", "/sessions?owner=ann")
        count.check(wait_for(lambda: database.waiting(2)),
                    "the erasure waits for the session")
        count.check(made.release() == 201 and erased.status() == 200,
                    "both are done", erased.reply.body)
        count.check(erased.reply.json()["deleted_sessions"] == 1 and
                    pair.a.get("/sessions/of-ann").status == 404,
                    "it was counted, and is gone", erased.reply.body)


def fork_against_erasure(database):
    """What a fork begins with is not deleted under it."""
    with Pair(database) as pair:
        for i in range(3):
            pair.a.post("/sessions/parent/messages", said(f"{i}"))
        fork = Held(database, pair.servers[0], "POST",
                    "/sessions/parent/fork", {"id": "child"})
        erased = Later(pair.servers[1], "DELETE", "/sessions/parent")
        count.check(wait_for(lambda: database.waiting(2)),
                    "the erasure waits for the fork")
        count.check(fork.release() == 201 and erased.status() == 200,
                    "both are done", erased.reply.body)
        for client in (pair.a, pair.b):
            count.check(texts(client, "child") == ["0", "1", "2"],
                        "the fork has all")
            count.check(client.get("/sessions/parent").status == 404,
                        "its parent is gone")


# Two hours pass for a session, as a batch of a process would write it: what
# others write to its row is damage.
PASSED = ("BEGIN; INSERT INTO process (id, beat_at, schema_version, batch)"
          " VALUES (gen_random_uuid(), 0, 1000, 0); UPDATE session SET"
          " touched_at = touched_at - 7200000%s WHERE name = '%s'; COMMIT")


def expiry_against_append(database):
    """An append to what has ended begins anew, and nobody erases that."""
    with Pair(database) as pair:
        pair.a.request("PUT", "/sessions/ended", {"ttl_seconds": 3600})
        pair.a.post("/sessions/ended/messages", said("old"))
        other = database.session()
        other.run(PASSED % (", appended_at = appended_at - 7200000", "ended"))
        other.run("BEGIN; SELECT FROM session WHERE name = 'ended'"
                  " FOR UPDATE")
        append = Later(pair.servers[0], "POST", "/sessions/ended/messages",
                       said("new"))
        count.check(wait_for(lambda: database.waiting(1)), "the append waits")
        # Whatever a server takes up its maintenance follows.
        pair.b.post("/sessions/beside/messages", said("1"))
        count.check(wait_for(lambda: database.waiting(2)),
                    "the other's expiry waits, too")
        other.run("COMMIT")
        other.end()
        count.check(append.status() == 201, "it is stored", append.reply.body)
        pair.b.post("/sessions/beside/messages", said("2"))
        for client in (pair.a, pair.b):
            count.check(texts(client, "ended") == ["new"],
                        "and there, alone", texts(client, "ended"))


def expired_by_the_clock_of_all(database):
    """What has expired is gone for a reader whose own clock is behind."""
    relay = Relay(database)
    with Server("--db", relay.url(), "--db-readers", "2") as server:
        client = server.client()
        client.request("PUT", "/sessions/brief", {"ttl_seconds": 3600})
        relay.delay = 0.4   # of the answer that says how late it is, too
        asked = [Later(server, "GET", "/sessions/brief") for _ in range(4)]
        count.check([one.status() for one in asked] == [200] * 4,
                    "all are answered")
        relay.delay = 0
        database.refuses(ENDED)
        for path in ("", "/messages?last=20", "/messages"):
            reply = client.get(f"/sessions/brief{path}")
            count.check(reply.status == 404 or reply.json()["version"] == 0,
                        "it is gone at once", path, reply.body)
    relay.end()


# As PASSED, until this moment.
ENDED = ("BEGIN; INSERT INTO process (id, beat_at, schema_version, batch)"
         " VALUES (gen_random_uuid(), 0, 1000, 0); UPDATE session SET"
         " touched_at = (extract(epoch FROM clock_timestamp()) *"
         " 1000)::bigint - 3600000 WHERE name = 'brief'; COMMIT")


def append_against_expiry(database):
    """What is appended meanwhile keeps a session that seemed to have ended."""
    with Pair(database) as pair:
        pair.a.request("PUT", "/sessions/kept", {"ttl_seconds": 3600})
        pair.a.post("/sessions/kept/messages", said("1"))
        append = Held(database, pair.servers[0], "POST",
                      "/sessions/kept/messages", said("2"))
        other = database.session()
        other.begin(PASSED % ("", "kept"))
        count.check(wait_for(lambda: database.waiting(2)), "its row waits")
        count.check(append.release() == 201, "the append is stored")
        other.answer()
        other.end()
        pair.b.post("/sessions/beside/messages", said("3"))
        count.check(wait_for(lambda: database.ask(
            "SELECT touched_at = appended_at FROM session WHERE name = 'kept'")
            == ["t"]), "the other server's expiry has seen to it")
        for client in (pair.a, pair.b):
            count.check(texts(client, "kept") == ["1", "2"],
                        "and it has all", texts(client, "kept"))


def fork_against_edit(database):
    """A fork keeps what it began with; the edit comes after it.

    Also where the role's transactions are others, unless they say what.
    """
    url = (f"{database.url()}&options="
           "-cdefault_transaction_isolation%3Drepeatable%5C%20read")
    with Pair(database, "--db", url) as pair:
        pair.a.request("PUT", "/sessions/forked", {"retain_retired": 0})
        for i in range(3):
            pair.a.post("/sessions/forked/messages", said(f"{i}"))
        fork = Held(database, pair.servers[0], "POST",
                    "/sessions/forked/fork", {"id": "of-forked"})
        changes = [Later(pair.servers[1], "PUT", "/sessions/forked/messages/2",
                         said("new"))]
        count.check(wait_for(lambda: database.waiting(2)),
                    "the edit waits for the fork")
        count.check(fork.release() == 201 and changes[0].status() == 200,
                    "both are done", changes[0].reply.body)
        # What is retired goes at once, but not what a fork sees.
        count.check(pair.b.request(
            "DELETE", "/sessions/forked/messages?oldest=1").status == 200,
            "and another")
        count.check(wait_for(lambda: database.ask(
            "SELECT count(*) FROM maintenance JOIN session ON session.id ="
            " maintenance.session WHERE session.name = 'forked'") == ["0"]),
            "and maintenance")
        for client in (pair.a, pair.b):
            count.check(texts(client, "of-forked") == ["0", "1", "2"],
                        "the fork has what it began with")
            count.check(texts(client, "forked") == ["new", "2"],
                        "and the session what is new")


def one_import_twice(database):
    """It is there once, and both are told so."""
    lines = [{"session": "twice", "mark": "9f3kq0w2m5xvd", "version": 2,
              "last_seq": 2, "message_count": 2, "created_at": DAY,
              "updated_at": DAY, "owner": None, "memory": {}, "metadata": {}}]
    lines += [{"seq": seq, "created_at": DAY, "id": f"9f3kq0w2m5xvd-{seq}",
               "message": said(f"imported {seq}")} for seq in (1, 2)]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    with Pair(database) as pair:
        other = database.session()
        other.run("BEGIN; INSERT INTO session (tenant, name, mark, history,"
                  " last_seq, edits, removed, inherited, purged, created_at,"
                  " touched_at, memory, metadata) VALUES ('', 'twice',"
                  " '0123456789abc', 0, 0, 0, 0, 0, 0, 1, 1, '{}', '{}')")
        imports = [Later(server, "POST", "/import", body)
                   for server in pair.servers]
        count.check(wait_for(lambda: database.waiting(2)),
                    "neither finds it there")
        other.run("ROLLBACK")
        other.end()
        count.check([one.status() for one in imports] == [200, 200],
                    "both are done", [one.reply.body for one in imports])
        count.check(texts(pair.a, "twice") == ["imported 1", "imported 2"],
                    "it is there", texts(pair.a, "twice"))
        count.check(database.ask("SELECT count(*) FROM message WHERE body"
                                 " LIKE '%imported%'") == ["2"], "once")


def both_erase(database):
    """Maintenance of two servers shares the rows, and ends."""
    with Pair(database) as pair:
        for i in range(30):
            pair.a.post(f"/sessions/erased-{i}/messages", said("goes"))
        erased = [Later(pair.servers[i % 2], "DELETE", f"/sessions/erased-{i}")
                  for i in range(30)]
        count.check([one.status() for one in erased] == [200] * 30,
                    "all are erased", [one.reply.body for one in erased])
        count.check(database.ask("SELECT count(*) FROM maintenance WHERE name"
                                 " LIKE 'erased-%'") == ["0"], "to the end")
        count.check(database.ask("SELECT count(*) FROM message WHERE body"
                                 " LIKE '%goes%'") == ["0"],
                    "and no row is left")


def commits_break(database):
    """A commit whose answer does not come is answered by what became of it."""
    relay = Relay(database)
    with Server("--db", relay.url()) as server:
        client = server.client()
        for how in ("before", "after", "before", "after"):
            relay.breaks = how
            reply = client.post(f"/sessions/{how}/messages", said(how))
            count.check(reply.status == 201, "a commit that broke", how,
                        reply.body)
        relay.broke.clear()
        relay.breaks = "late"
        late = Later(server, "POST", "/sessions/late/messages", said("late"))
        count.check(relay.broke.wait(PATIENCE) and
                    wait_for(lambda: database.waiting(1)),
                    "the outcome is asked for behind who may commit")
        relay.arrives.set()
        count.check(late.status() == 201, "and then it is known")
        for name, there in (("before", 2), ("after", 2), ("late", 1)):
            count.check(len(texts(client, name)) == there,
                        "each of them is there once", name)
    relay.end()


def unknown_stays_unknown(database):
    """What may be there is not stored again when nobody can be asked."""
    relay = Relay(database)
    with Server("--db", relay.url(), "--db-wait", "1") as server:
        client = server.client()
        client.post("/sessions/unknown/messages", said("before"))
        relay.holds = b"UPDATE process SET beat_at = beat_at"
        sent = ["before"]
        for number in range(20):    # the next commit may be maintenance's
            relay.breaks = "after"
            sent.append(f"once {number}")
            reply = client.post("/sessions/unknown/messages", said(sent[-1]))
            if reply.status != 201:
                break
        count.check(reply.status == 503 and
                    reply.json()["error"]["code"] == "unknown",
                    "nobody knows", reply.status, reply.body)
        relay.holds = None
        relay.arrives.set()
        count.check(wait_for(lambda: client.post(
            "/sessions/unknown/messages", said("after")).status == 201),
            "and goes on afterwards")
        got = texts(client, "unknown")
        count.check(got == [*sent, "after"], "each once", got)
    relay.end()


def cancel(database, event):
    """Whoever waits for this is told not to."""
    return database.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                        f" WHERE {event}")


def nobody_confirms(database):
    """What no standby confirms is unknown, also to a role without warnings."""
    url = f"{database.url()}&options=-cclient_min_messages%3Derror"
    waits = "wait_event = 'SyncRep'"
    with Server("--db", url) as server:
        client = server.client()
        client.post("/sessions/alone/messages", said("before"))
        database.refuses("ALTER SYSTEM SET synchronous_standby_names = 'none';"
                         "SELECT pg_reload_conf()")
        other = database.session()
        other.begin("CREATE TABLE beside ()")
        count.check(wait_for(lambda: cancel(database, waits)), "it is set")
        append = Later(server, "POST", "/sessions/alone/messages", said("1"))
        while append.is_alive():
            cancel(database, waits)
            append.join(0.05)
        database.refuses("ALTER SYSTEM RESET synchronous_standby_names;"
                         "SELECT pg_reload_conf(); DROP TABLE beside")
        other.answer()
        other.end()
        count.check(append.status() == 503 and
                    append.reply.json()["error"]["code"] == "unknown",
                    "nobody knows", append.status(), append.reply.body)


def waits_are_broken_off(database):
    """A wait that is cancelled, or has a limit, is no fault of the client."""
    for options in "", "&options=-clock_timeout%3D100":
        with Server("--db", database.url() + options) as server:
            client = server.client()
            client.post("/sessions/limited/messages", said("1"))
            other = database.session()
            other.run("BEGIN; SELECT FROM session FOR UPDATE")
            append = Later(server, "POST", "/sessions/limited/messages",
                           said("2"))
            count.check(options or wait_for(lambda: cancel(
                database, "wait_event_type = 'Lock'")), "it waits")
            count.check(server.says("canceling statement"), "no longer")
            other.run("COMMIT")
            count.check(append.status() == 201, "and is tried again",
                        append.reply.body)
            other.run("BEGIN; LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
            read = Later(server, "GET", "/sessions/limited/messages")
            while read.is_alive():
                cancel(database, "wait_event_type = 'Lock'")
                read.join(0.05)
            other.end()
            count.check(read.status() == 503 and
                        read.reply.headers.get("Retry-After"),
                        "a read is refused", read.reply.body)


# Whatever is read of messages, or stored, is refused as `told` says.
TOLD = """
CREATE TABLE told (state text);
INSERT INTO told VALUES ('');
CREATE FUNCTION tell() RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state <> '' FROM told) THEN
        RAISE 'told' USING ERRCODE = (SELECT state FROM told);
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION tell_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell();
    RETURN NEW;
END $$;
ALTER TABLE message RENAME TO whole;
CREATE TRIGGER telling BEFORE INSERT ON whole
    FOR EACH ROW EXECUTE FUNCTION tell_first();
CREATE VIEW message AS SELECT * FROM whole WHERE tell();
"""
# SQLSTATE, what a write is told, what a read. A write that may go well is
# tried for long, so of these there is a read only.
STATES = (("42501", "unavailable", "unavailable"),
          ("42P01", "unavailable", "unavailable"),
          ("3F000", "unavailable", "unavailable"),
          ("53000", "unavailable", "unavailable"),
          ("53100", "storage", "unavailable"),
          ("53300", "unavailable", "unavailable"),
          ("53400", "unavailable", "unavailable"),
          ("54000", "too_large", "internal"),
          ("55000", "unavailable", "unavailable"),
          ("58030", "unavailable", "unavailable"),
          ("P0001", "internal", "internal"),
          ("XX000", "internal", "internal"),
          ("XX001", "damaged", "damaged"),
          ("XX002", "damaged", "damaged"),
          ("40001", None, "unavailable"),
          ("53200", None, "unavailable"),
          ("55P03", None, "unavailable"),
          ("57014", None, "unavailable"),
          ("57P03", None, "unavailable"))
STATUS = {"unavailable": 503, "storage": 507, "too_large": 413,
          "internal": 500, "damaged": 500}


def is_told(reply, code):
    return reply.status == STATUS[code] and \
        reply.json()["error"]["code"] == code and \
        bool(reply.headers.get("Retry-After")) == (reply.status == 503) and \
        b"told" not in reply.body


def refusals_have_names(database):
    """Whatever a database refuses a client is told what it means for it."""
    url = database.empty("told")
    path = "/sessions/told/messages"
    with Server("--db", url, "--search", "off") as server:
        client = server.client()
        client.post(path, said("before"))
        database.refuses("SET search_path = told;" + TOLD)
        for state, of_write, of_read in STATES:
            database.refuses(f"UPDATE told.told SET state = '{state}'")
            reply = client.get(path)
            count.check(is_told(reply, of_read), "a read", state,
                        reply.status, reply.body)
            if of_write:
                reply = client.post(path, said("never"))
                count.check(is_told(reply, of_write), "a write", state,
                            reply.status, reply.body)
        database.refuses("UPDATE told.told SET state = ''")
        count.check(client.post(path, said("after")).status == 201,
                    "and goes on")
        count.check(texts(client, "told") == ["before", "after"],
                    "nothing of it is there", texts(client, "told"))


RULED = """
CREATE ROLE ruled LOGIN;
CREATE SCHEMA ruled AUTHORIZATION ruled;
"""
# What an operator does meanwhile, and takes back.
RULES = (("REVOKE ALL ON ALL TABLES IN SCHEMA ruled FROM ruled",
          "GRANT ALL ON ALL TABLES IN SCHEMA ruled TO ruled"),
         ("REVOKE ALL ON SCHEMA ruled FROM ruled",
          "GRANT ALL ON SCHEMA ruled TO ruled"),
         ("REVOKE ALL ON SEQUENCE ruled.store_id FROM ruled;"
          "REVOKE INSERT ON ruled.message FROM ruled",
          "GRANT ALL ON SEQUENCE ruled.store_id TO ruled;"
          "GRANT INSERT ON ruled.message TO ruled"),
         ("ALTER ROLE ruled CONNECTION LIMIT 0; SELECT"
          " pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ="
          " 'ruled'", "ALTER ROLE ruled CONNECTION LIMIT -1"),
         ("ALTER ROLE ruled NOLOGIN; SELECT pg_terminate_backend(pid) FROM"
          " pg_stat_activity WHERE usename = 'ruled'",
          "ALTER ROLE ruled LOGIN"),
         ("ALTER SCHEMA ruled RENAME TO away",
          "ALTER SCHEMA away RENAME TO ruled"))


def rights_change(database):
    """Rights that are taken meanwhile, or connections, are no client's fault.
    """
    database.refuses(RULED)
    path = "/sessions/ruled/messages"
    url = (database.url().replace("user=chatmem", "user=ruled") +
           "&options=-csearch_path%3Druled")
    with Server("--db", url, "--db-wait", "1", "--search", "off") as server:
        client = server.client()
        sent = ["first"]
        client.post(path, said("first"))
        for rule, back in RULES:
            wrong = database.refuses(rule)
            count.check(not wrong, rule, wrong)
            for method, body in ("POST", said("never")), ("GET", None):
                reply = client.request(method, path, body)
                count.check(is_told(reply, "unavailable") or
                            method == "GET" and "INSERT" in rule,
                            rule, method, reply.status, reply.body)
            database.refuses(back)
            sent.append(back)
            count.check(wait_for(lambda text=back: client.post(
                path, said(text)).status == 201), back)
            count.check(wait_for(lambda: client.get(path).status == 200), back)
        count.check(texts(client, "ruled") == sent, "each once",
                    texts(client, "ruled"))


# A commit takes longer than the role's statements may, and warns.
SLOW = """
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.6);
    RAISE WARNING 'late';
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
"""


def commits_have_time(database):
    """A role's limits end no commit, and another's warning is none of it."""
    url = database.empty("late")
    limits = "".join(f"%20-c{name}%3D300" for name in database.ask(
        "SELECT name FROM pg_settings WHERE name IN ('statement_timeout',"
        " 'transaction_timeout')"))
    with Server("--db", url + limits, "--search", "off") as server:
        database.refuses("SET search_path = late;" + SLOW)
        client = server.client()
        reply = client.post("/sessions/late/messages", said("in time"))
        count.check(reply.status == 201, "a commit that takes long",
                    reply.status, reply.body)
        count.check(not any("canceling" in line for line in server.log),
                    "at once", server.log)
        count.check(texts(client, "late") == ["in time"], "and once")


def questions_end(database):
    """A database that answers no question to a new connection is away."""
    relay = Relay(database)
    with Server("--db", relay.url(), "--db-wait", "1") as server:
        client = server.client()
        relay.holds = b"full_page_writes"
        database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE application_name = 'chatmem'")
        reply = client.post("/sessions/held/messages", said("never"))
        count.check(reply.status == 503, "it is refused", reply.body)
        relay.holds = None
        relay.arrives.set()
        count.check(wait_for(lambda: client.post(
            "/sessions/held/messages", said("after")).status == 201),
            "and goes on afterwards")
        count.check(texts(client, "held") == ["after"], "with what it took")
    relay.end()


def who_stops_keeps_nobody(database):
    """The locks of a server that stands still are taken from it."""
    with Pair(database, "--db-wait", "2") as pair:
        pair.a.post("/sessions/still/messages", said("1"))
        other = database.session()
        other.run("BEGIN; LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        held = Later(pair.servers[0], "POST", "/sessions/still/messages",
                     said("2"))
        count.check(wait_for(lambda: database.waiting(1)), "it has its locks")
        pair.servers[0].process.send_signal(signal.SIGSTOP)
        other.run("COMMIT")
        other.end()
        count.check(wait_for(lambda: pair.b.post(
            "/sessions/still/messages", said("3")).status == 201),
            "another one goes on")
        pair.servers[0].process.send_signal(signal.SIGCONT)
        count.check(held.status() in (201, 503), "it is told", held.reply.body)
        got = texts(pair.a, "still")
        count.check(sorted(got) == (["1", "2", "3"] if held.status() == 201
                                    else ["1", "3"]),
                    "each is there once, or refused", held.status(), got)


def exports_while_others_change(database):
    """Whatever happens at one server, an export of another's is as it says."""
    with Pair(database, "--db", database.empty("exported")) as pair:
        for part in (export_test.while_it_changes, export_test.while_it_ends,
                     export_test.while_nothing_is_retained):
            part(count, pair.servers[0], pair.b)
    for seed in range(100, 106 if LONG else 101):
        with Pair(database, "--db", database.empty(f"any{seed}")) as pair:
            export_test.while_anything_happens(count, seed, pair.servers[0],
                                               pair.b)


def pages_while_others_change(database):
    """A page that is read in pieces is of one moment.

    It waits between two of them; and once more, with its session erased.
    """
    path, erased = "/sessions/paged/messages", "/sessions/paged"
    changes = ((("PUT", f"{path}/150", said("edited")),
                ("DELETE", f"{path}/160", None),
                ("DELETE", f"{path}?oldest=3", None),
                ("POST", f"{erased}/fork", {"id": "of-paged"}),
                ("POST", path, said("more"))),
               (("DELETE", erased, None), ("POST", path, said("anew"))))
    relay = Relay(database)
    server = Server("--db", relay.url(), "--db-readers", "2")
    with Server("--db", database.url()) as other:
        client = other.client()
        client.request("PUT", erased, {"retain_retired": 0})
        client.post(path, [said(f"{i}" + "x" * 2000) for i in range(1000)])
        for change in changes:
            before = client.get(f"{path}?limit=1000")
            relay.held.clear()
            relay.arrives.clear()
            relay.holds = b" LIMIT 9"    # of the second piece
            page = Later(server, "GET", f"{path}?limit=1000")
            count.check(relay.held.wait(PATIENCE), "between two pieces")
            for what in change:
                reply = client.request(*what)
                count.check(reply.status < 300, *what, reply.body)
            relay.holds = None
            relay.arrives.set()
            count.check(page.status() == 200 and
                        page.reply.body == before.body and
                        page.reply.headers["ETag"] == before.headers["ETag"],
                        "a page of two moments", page.reply.headers["ETag"],
                        before.headers["ETag"])
            # They have prepared that statement.
            database.ask("SELECT pg_terminate_backend(pid) FROM"
                         " pg_stat_activity WHERE application_name ="
                         " 'chatmem'")
        count.check(texts(server.client(), "paged") == ["anew"], "and then")
    count.stopped(server)
    relay.end()


# Each list has an order of its own.
LISTS = "", "owner=o&", "prefix=listed&", "metadata.k=v&"


def lists_while_others_change(database):
    """From page to page nothing is passed over that was there all the time."""
    body = {"owner": "o", "metadata": {"k": "v"}}
    with Pair(database, "--db", database.empty("listed")) as pair:
        for number, which in enumerate(LISTS):
            names = [f"listed{number}{i:02}" for i in range(40)]
            for name in names:
                pair.a.request("PUT", f"/sessions/{name}", body)
            there, seen, cursor = set(names), [], ""
            while cursor is not None:
                page = pair.a.get(
                    f"/sessions?{which}limit=7{cursor}").json()
                seen += [row["id"] for row in page["sessions"]]
                left = sorted(there - set(seen))
                for name in {seen[-1], *left[:1], *left[-1:]}:
                    pair.b.request("DELETE", f"/sessions/{name}")
                    there.discard(name)
                pair.b.request("PUT", f"/sessions/listed{number}9{len(seen)}",
                               body)
                cursor = page["next_cursor"] and \
                    f"&cursor={page['next_cursor']}"
            count.check(len(there) > 10 and there <= set(seen) and
                        len(set(seen)) == len(seen), which,
                        there - set(seen), seen)
            for name in there:
                pair.b.request("DELETE", f"/sessions/{name}")


def hints_are_lost(database):
    """A tail learns of a change that nobody told it of, without asking."""
    relay = Relay(database)
    relay.drops = b"chatmem_changes"    # what is heard, not what is told
    with Server("--db", database.url(), "--db-listen",
                database.url()) as other, \
            Server("--db", database.url(), "--db-listen",
                   relay.url()) as server:
        tail = Tail(server, "lost")
        server.comes_to("chatmem_tails", 1)
        other.client().post("/sessions/lost/messages", said("<lost>"))
        count.check(relay.dropped.wait(PATIENCE), "a hint is lost")
        count.check(tail.knows(b"<lost>"), "and repaired")
        count.check(not any("for hints" in line for line in server.log),
                    "by nothing else", server.log)
    relay.end()


class Tail:
    """Who follows a session at a server."""

    def __init__(self, server, name):
        self.client = server.client()
        self.client.send(f"GET /sessions/{name}/events HTTP/1.1\r\n"
                         f"Host: 127.0.0.1:{server.port}\r\n\r\n".encode())
        self.got = b""

    def knows(self, *words):
        """Waits until it was told these, and that they came in this order."""
        while words[-1] not in self.got:
            self.got += self.client.socket.recv(65536)
        places = [self.got.find(word) for word in words]
        return places == sorted(places) and -1 not in places


def tails_hear_of_others(database):
    """Whoever follows at one server learns what came to the other one."""
    with Pair(database) as pair:
        tails = [Tail(server, name) for server in pair.servers
                 for name in ("heard", "heard", "made%20later")]
        for server in pair.servers:
            server.comes_to("chatmem_tails", 3)
        for i in range(20):
            (pair.a, pair.b)[i % 2].post("/sessions/heard/messages",
                                         said(f"<{i}>"))
        pair.a.request("DELETE", "/sessions/heard/messages/3")
        pair.b.post("/sessions/made%20later/messages", said("<made>"))
        words = [f"<{i}>".encode() for i in range(20)]
        for tail in tails[0], tails[1], tails[3], tails[4]:
            count.check(tail.knows(*words, b"event: delete") and
                        all(tail.got.count(word) == 1 for word in words),
                        "a tail hears all of it, once, in order", tail.got)
        for tail in tails[2], tails[5]:
            count.check(tail.knows(b"<made>"), "of a session made later")


def tails_hear_hints(database):
    """With --db-listen servers tell each other, and need not ask."""
    with Pair(database, "--db-listen", database.url()) as pair:
        tails = [Tail(server, "hinted") for server in pair.servers]
        for server in pair.servers:
            server.comes_to("chatmem_tails", 1)
        for i in range(20):
            (pair.a, pair.b)[i % 2].post("/sessions/hinted/messages",
                                         said(f"<{i}>"))
        for tail in tails:
            count.check(tail.knows(*[f"<{i}>".encode() for i in range(20)]),
                        "a tail hears all of it", tail.got)
        asked = database.ask("SELECT count(*) FROM pg_stat_activity WHERE"
                             " query LIKE '%WITH ORDINALITY%' AND pid <>"
                             " pg_backend_pid()")
        count.check(asked == ["0"], "and nobody asks", asked)
        database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE query LIKE '%chatmem_changes%' AND pid <>"
                     " pg_backend_pid()")
        pair.a.post("/sessions/hinted/messages", said("<lost>"))
        for tail in tails:
            count.check(tail.knows(b"<lost>"), "a hint that is lost is not all")


def turn(server, name, text):
    return Later(server, "POST", f"/sessions/{name}/chat", {"input": text})


def in_line(database, name, length):
    """So many turns of the only session that has any."""
    return wait_for(lambda: database.ask(
        "SELECT next_number - fence FROM session_lock WHERE next_number >"
        " fence") == [str(length)])


def turns_in_order(database):
    """Turns of a session follow each other, whichever server they came to."""
    gate = Gate()
    upstream = Upstream(held(gate))
    with Pair(database, "--llm-url", upstream.url) as pair:
        a, b = pair.servers
        turns = []
        for i, server in enumerate((a, a, b, a, b)):
            turns.append(turn(server, "turns", f"t{i}"))
            count.check(in_line(database, "turns", i + 1), "it is in line")
        count.check(wait_for(lambda: upstream.requests) and
                    len(upstream.requests) == 1, "the model is asked once")
        gate.set()
        count.check([one.status() for one in turns] == [200] * 5,
                    "all are answered", [one.reply.body for one in turns])
        count.check(texts(pair.b, "turns") ==
                    [f"t{i // 2}" for i in range(10)], "in the order of asking",
                    texts(pair.b, "turns"))
        count.check(wait_for(lambda: database.ask(
            "SELECT count(*) FROM session_lock") == ["0"]),
            "and nothing is left of their line")
        count.check([request.body.count(b"t0") > 0
                     for request in upstream.requests] == [True] * 5,
                    "each one knows those before")
    upstream.stop()


def turn_is_not_its_own(database):
    """A turn that others took over while the model answered is not stored."""
    gate = Gate()
    upstream = Upstream(held(gate))
    with Server("--db", database.url(), "--llm-url", upstream.url) as server:
        client = server.client()
        lost = turn(server, "taken", "lost")
        count.check(wait_for(lambda: upstream.requests), "the model is asked")
        # As who passes over somebody does it.
        taken = database.ask("UPDATE session_lock SET fence = fence + 1"
                             " WHERE next_number > fence RETURNING 1")
        gate.set()
        count.check(taken == ["1"] and lost.status() == 503, "it is told",
                    taken, lost.reply.body)
        count.check(texts(client, "taken") == [], "and stored nothing",
                    texts(client, "taken"))
    upstream.stop()


def turn_that_is_passed_over(database):
    """A server that stands still loses its turn, and stores nothing of it."""
    gate = Gate()

    def wait(request, reply):
        if b"first" in request.body:
            gate.wait()
        echo(request, reply)

    upstream = Upstream(wait)
    with Pair(database, "--llm-url", upstream.url) as pair:
        first = turn(pair.servers[0], "passed", "first")
        count.check(wait_for(lambda: upstream.requests), "the model is asked")
        pair.servers[0].process.send_signal(signal.SIGSTOP)
        second = turn(pair.servers[1], "passed", "second")
        count.check(second.status() == 200, "the next one is served",
                    second.reply.body)
        pair.servers[0].process.send_signal(signal.SIGCONT)
        gate.set()
        count.check(first.status() == 503, "the first one is told",
                    first.reply.body)
        count.check(texts(pair.a, "passed") == ["second"] * 2,
                    "and stored nothing", texts(pair.a, "passed"))
    upstream.stop()


def one_summariser(database):
    """A memory is summarised by one server at a time, and not once more."""
    gate, asked = Gate(), []

    def answer(request, reply):
        asked.append(request.json()["messages"][0]["content"])
        gate.wait()
        reply.json(completion("a summary"))

    upstream = Upstream(answer)
    with Pair(database, "--llm-url", upstream.url, "--llm-model", "m") as pair:
        pair.a.request("PUT", "/sessions/summed", {"memory": {
            "class": "summary", "summary_prompt": "{summary}|{new_lines}"}})
        for i, client in enumerate((pair.a, pair.b)):
            client.post("/sessions/summed/save", {
                "inputs": {"input": f"q{i}"}, "outputs": {"output": f"a{i}"}})
        count.check(wait_for(lambda: asked) and
                    in_line(database, "summed", 2), "the other one waits")
        count.check(len(asked) == 1, "one asks the model", asked)
        gate.set()
        count.check(wait_for(lambda: database.ask(
            "SELECT max(memory_state.seq) FROM memory_state JOIN session"
            " ON session.id = session WHERE name = 'summed'") == ["4"]),
            "all is summarised")
        count.check(sum(question.count("q0") for question in asked) == 1,
                    "each line once", asked)
    upstream.stop()


def standby_is_not_read(database):
    """A name that leads to a standby meanwhile leads to nothing."""
    path = "/sessions/led/messages"
    standby = Standby(database, confirms=False)
    relay = Relay(database)
    ours = " FROM pg_stat_activity WHERE application_name = 'chatmem'"
    with Server("--db", relay.url(), "--db-wait", "1") as server:
        client = server.client()
        client.post(path, said("1"))
        count.check(client.get(path).status == 200, "the primary is")
        relay.database = standby
        database.ask(f"SELECT pg_terminate_backend(pid) {ours}")
        count.check(wait_for(lambda: database.ask(
            f"SELECT count(*) {ours}") == ["0"]), "nothing leads there")
        reply = client.get(path)
        count.check(reply.status == 503, "a standby is not", reply.body)
        relay.database = database
        count.check(wait_for(lambda: client.get(path).status == 200),
                    "and goes on by itself")
    relay.end()
    standby.end()


def nothing_without_database(database):
    """Without one all is refused, in time; with it all goes on by itself."""
    with Pair(database, "--db-wait", "1") as pair:
        client = pair.a
        client.post("/sessions/away/messages", said("before"))
        for stop, start in ((database.stop, database.start),
                            (lambda: database.signal(signal.SIGSTOP),
                             lambda: database.signal(signal.SIGCONT))):
            stop()
            for method, path in (("GET", "/sessions/away/messages"),
                                 ("POST", "/sessions/away/messages"),
                                 ("GET", "/readyz"),
                                 ("GET", "/sessions")):
                reply = client.request(
                    method, path, said("never") if method == "POST" else None)
                count.check(reply.status == 503 and
                            reply.headers.get("Retry-After"),
                            "without a database", path, reply.status,
                            reply.body)
            count.check(client.get("/healthz").status == 200, "it is alive")
            start()
            for path in ("/readyz", "/sessions/away/messages"):
                count.check(wait_for(lambda: client.get(path).status == 200),
                            "with it again", path)
        count.check(client.post("/sessions/away/messages",
                                said("after")).status == 201, "it goes on")
        count.check(texts(pair.b, "away") == ["before", "after"],
                    "what was refused is not there", texts(pair.b, "away"))


run((requests_alternate, reads_wait_elsewhere, tails_leave_readers,
     shared_reads_break, twins_make_one_session, one_key_on_two_sessions,
     edits_at_one_version, locks_in_one_order, times_follow_locks,
     killed_leave_nothing, index_passes_nothing, index_waits_for_no_batch,
     owner_against_session, fork_against_erasure, fork_against_edit,
     expiry_against_append, append_against_expiry,
     expired_by_the_clock_of_all, one_import_twice, both_erase, commits_break,
     unknown_stays_unknown, nobody_confirms, waits_are_broken_off,
     refusals_have_names, rights_change, commits_have_time,
     questions_end, who_stops_keeps_nobody,
     exports_while_others_change, pages_while_others_change,
     lists_while_others_change,
     tails_hear_of_others, tails_hear_hints, turns_in_order,
     turn_is_not_its_own, one_summariser,
     standby_is_not_read, nothing_without_database,
     *([turn_that_is_passed_over, hints_end, hints_are_lost] if LONG else [])))
