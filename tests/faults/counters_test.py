#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""counters_test.py - every number that only grows, near its end.

Nobody gets there by using the server: a file is made to look as if somebody
had.  What cannot be stored any more is refused with a reason, all else goes
on, nothing that was answered is lost, and the server starts and ends as ever.
"""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, history

END = 2 ** 63 - 1
REASONS = {"storage", "damaged", "unavailable"}


def of_table(table, left):
    return f"UPDATE sqlite_sequence SET seq = {END - left}" \
           f" WHERE name = '{table}'"


def of_a(column, value):
    return f"UPDATE session SET {column} = {value} WHERE name = 'a'"


# What is near its end: what makes it so.
COUNTERS = {f"ids of {table}, {left} left": of_table(table, left)
            for table in ("session", "history", "message", "maintenance",
                          "owner_erasure") for left in (0, 1, 2)}
COUNTERS |= {f"seqs, {left} left": f"UPDATE message SET seq = {END - left},"
             f" born = {END - left} WHERE seq = 2 AND history ="
             " (SELECT history FROM session WHERE name = 'a')"
             for left in (0, 2)}
COUNTERS |= {
    "last_seq": of_a("last_seq", END),
    "versions": of_a("edits", END - 3),
    "times of a session": of_a("touched_at", END),
    "ids of retired rows": f"UPDATE retired SET id = {END}"
                           " WHERE id = (SELECT max(id) FROM retired)",
    "ids of records": f"UPDATE idempotency_record SET id = {END}"
                      " WHERE id = (SELECT max(id) FROM idempotency_record)",
    "records of a tenant": f"UPDATE idempotency_count SET count = {END}",
    "times of records": f"UPDATE idempotency_record SET kept_at = {END}",
    "due times": f"UPDATE maintenance SET due_at = {END}",
    "due times of what is retired": f"UPDATE retired SET retired_at = {END}",
    "what the index has taken up": f"UPDATE search_state SET upto = {END}",
    "stale since": f"UPDATE search_state SET stale_at = {END}",
    "the probe's time": f"UPDATE probe SET probed_at = {END}",
}

REQUESTS = [
    ("POST", "/sessions/a/messages", ["said"]),
    ("PUT", "/sessions/a/messages/1", '"edited again"'),
    ("DELETE", "/sessions/a/messages/1", None),
    ("POST", "/sessions/a/fork", {"id": "fork"}),
    ("POST", "/sessions/new/messages", ["said"]),
    ("PATCH", "/sessions/a", {"owner": "u", "ttl_seconds": 60}),
    ("GET", "/sessions/a/messages", None),
    ("GET", "/sessions", None),
    ("GET", "/search?q=said", None),
    ("DELETE", "/sessions/a/messages", None),
    ("DELETE", "/sessions?owner=u", None),
    ("DELETE", "/sessions/fork", None),
]


def change(server, sql):
    with sqlite3.connect(server.database) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        changed = db.execute(sql).rowcount
    db.close()
    return changed


def fill(client):
    """A row in each table."""
    for name in "a", "b":
        client.post(f"/sessions/{name}/messages", ["one", "two"],
                    headers={"Idempotency-Key": name})
        client.request("PUT", f"/sessions/{name}/messages/1", '"edited"')
    client.request("PATCH", "/sessions/a", {"owner": "gone"})
    client.request("DELETE", "/sessions?owner=gone")
    client.post("/sessions/a/messages", ["one", "two"])
    client.request("PUT", "/sessions/a/messages/1", '"edited"')
    client.get("/readyz")


def end(count, server, what):
    server.process.terminate()
    status = server.process.wait()
    server.reader.join()
    count.check(status == 0, what, "its end:", status, server.log[-3:])


def ask(count, client, what, request, said):
    method, path, body = request
    reply = client.request(method, path, body)
    if reply.status < 400:
        if path == "/sessions/new/messages":
            said.append("said")
        return
    if reply.status == 404:
        return
    error = reply.json()["error"]
    count.check(error["code"] in REASONS and error["message"], what, method,
                path, reply.status, error)


def near_its_end(count, what, sql):
    server = Server("--free-space-floor", "0")
    fill(server.client())
    end(count, server, what)
    count.check(change(server, sql) > 0, what, "nothing was changed")
    server.start()
    client, said = server.client(), []
    for request in REQUESTS:
        ask(count, client, what, request, said)
    # b has nothing to do with it, but for the ids of rows.
    for text in "three", "four":
        reply = client.post("/sessions/b/messages", [text])
        count.check(reply.status in (201, 507), what, reply.body)
        said += [text] if reply.status == 201 else []
    kept = ["edited", "two"] + [text for text in said if text != "said"]
    count.check([text for _, text in history(client, "b")] == kept,
                what, "b has", history(client, "b"))
    end(count, server, what)
    server.start()
    client = server.client()
    count.check([text for _, text in history(client, "b")] == kept,
                what, "after a start b has", history(client, "b"))
    count.check(len(history(client, "new")) == said.count("said"),
                what, "new has", history(client, "new"))
    count.stopped(server)


def main():
    count = Count()
    for what, sql in COUNTERS.items():
        near_its_end(count, what, sql)
    count.close()


if __name__ == "__main__":
    main()
