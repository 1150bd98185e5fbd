#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""erase_test.py - what is erased is in none of the files, nor what it was.

A session with edits, removals, a clear and forks of forks is erased, its
forks one after the other, while clients read and write.  After each receipt
this process, which is not the server's, looks for the words in the raw files:
as they were sent, and as the index of words has them, in small letters.
"""

import glob
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server, wait_for

MESSAGES = 3000
BATCH = 100


def occurrences(server, word):
    total = 0
    for name in glob.glob(server.database + "*"):
        with open(name, "rb") as file:
            data = file.read()
            total += data.count(word) + data.count(word.lower())
    return total


def finds(client, word):
    return client.get(f"/search?limit=1&q={word}").json()["results"]


def fill(client, session, word, count):
    for first in range(0, count, BATCH):
        texts = [f"{word} {i} " + "x" * 200
                 for i in range(first, min(first + BATCH, count))]
        client.post(f"/sessions/{session}/messages", texts)


def disturb(server, ended, replies):
    """Reads forks and writes to a session that stays."""
    client = server.client()
    while not ended.is_set():
        for path in ("/sessions/leaf/messages?last=50",
                     "/sessions/root/messages?limit=500", "/search?q=x*"):
            replies.append(client.get(path).status)
        replies.append(client.post("/sessions/other/messages",
                                   ["other words"]).status)


def build(client):
    """root: 3000 messages; branch from 2000 of them; leaf from the branch."""
    fill(client, "root", "BARK", MESSAGES)
    client.post("/sessions/root/fork", {"id": "branch", "upto": 2000})
    fill(client, "branch", "TWIG", 300)
    client.post("/sessions/branch/fork", {"id": "leaf", "upto": 1500})
    client.request("PUT", "/sessions/leaf/messages/1400", '"LEAF edited"')
    client.request("PUT", "/sessions/leaf/messages/1400", '"LEAF again"')
    client.request("DELETE", "/sessions/root/messages?last=700")
    client.request("PUT", "/sessions/root/messages/5", '"BARK 5, edited"')
    client.request("DELETE", "/sessions/root/messages")
    fill(client, "root", "MOSS", 200)


def erase(count, server, client, session, gone, kept):
    before = client.get(f"/sessions/{session}").json()["message_count"]
    reply = client.request("DELETE", f"/sessions/{session}")
    count.check(reply.status == 200 and
                reply.json()["deleted_messages"] == before, session, reply.body)
    count.check(not any(finds(client, word.decode()) for word in gone
                        if word.isalpha()), "words are found of", session)
    for word in gone:
        left = occurrences(server, word)
        count.check(left == 0, f"{session} is erased:", left, word)
    texts = [message["data"]["content"].split(" x")[0]
             for session, most in kept.items() for message in
             client.get(f"/sessions/{session}/messages?limit=10000"
                        ).json()["messages"][:most]]
    count.check(len(texts) == sum(kept.values()) and
                all(text.split()[0] in ("BARK", "TWIG", "LEAF")
                    for text in texts), f"after {session}", texts[:3])


def main():
    count, server = Count(), Server()
    client = server.client()
    build(client)
    # The text may move from the log to the file while both are read.
    count.check(wait_for(lambda: occurrences(server, b"BARK 2500") > 0),
                "nothing to erase")
    count.check(wait_for(lambda: finds(client, "moss") and
                         occurrences(server, b"moss")), "no index")
    ended, replies = threading.Event(), []
    others = [threading.Thread(target=disturb, args=(server, ended, replies))
              for _ in range(3)]
    for other in others:
        other.start()
    erase(count, server, client, "root", [b"MOSS", b"BARK 2500", b"edited x"],
          {"branch": 2300, "leaf": 1500})
    erase(count, server, client, "branch", [b"TWIG", b"BARK 1700"],
          {"leaf": 1500})
    erase(count, server, client, "leaf", [b"BARK", b"LEAF"], {})
    ended.set()
    for other in others:
        other.join()
    count.check(replies and set(replies) <= {200, 201}, set(replies))
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
