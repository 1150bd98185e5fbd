#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""import_from_test.py - the files of other products become sessions.

server/imports/ has a small made-up file of each format, and what is to become
of them.  Each is imported by the command, into a file and into a server, and
over HTTP; again is no harm.  Bad files are refused in words that name line and
member, and change nothing; a large one does not stand in memory.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, TESTS, Count, Server

FILES = f"{TESTS}/server/imports"
LARGE = 24 << 20  # bytes of a file, far more than the command may take

count = Count()
check = count.check


def command(*arguments, **more):
    return subprocess.run([CHATMEM, *arguments], capture_output=True,
                          text=True, **more)


def shown(lines):
    """What an export says of each session, but for marks and our times."""
    sessions = {}
    for line in map(json.loads, lines.splitlines()):
        if "session" in line:
            messages = []
            mark = line["mark"]
            sessions[line["session"]] = [line["metadata"], messages]
            continue
        message = [line["message"]]
        if not line["id"].startswith(mark):
            message.append(line["id"])
        if "client_created_at" in line:
            message.append(line["client_created_at"])
        messages.append(message)
    return sessions


def expected():
    with open(f"{FILES}/expected.json", encoding="utf-8") as file:
        return json.load(file)


def session_of(name):
    return ["--session", "talk"] if name == "messages.jsonl" else []


def into_a_file(name, wanted, directory):
    database = os.path.join(directory, name + ".db")
    path = f"{FILES}/{name}"
    for form in (wanted["from"], "auto"):
        run = command("import", "--db", database, "--from", form,
                      *session_of(name), path)
        check(run.returncode == 0, name, form, run.stderr)
        made = len(wanted["sessions"]) if form != "auto" else 0
        check(run.stdout.startswith(f"{made} sessions made"), name, form,
              run.stdout)
    run = command("export", "--db", database)
    check(shown(run.stdout) == wanted["sessions"], name,
          json.dumps(shown(run.stdout), ensure_ascii=False))


def into_a_server(name, wanted):
    path = f"{FILES}/{name}"
    with open(path, "rb") as file:
        body = file.read()
    query = "&session=talk" if name == "messages.jsonl" else ""
    with Server() as server:
        client = server.client()
        for form in (wanted["from"], "auto"):
            reply = client.post(f"/import?from={form}{query}", body)
            check(reply.status == 200, name, form, reply.body)
        check(reply.json()["sessions"] == 0, name, "again", reply.body)
        sessions = shown(client.get("/export").body.decode())
        check(sessions == wanted["sessions"], name, sessions)
        run = command("import", path, "--from", "auto", *session_of(name),
                      "--url", f"http://127.0.0.1:{server.port}")
        check(run.returncode == 0 and run.stdout.startswith("0 sessions made"),
              name, "--url", run.stdout, run.stderr)


# --- refusals ---------------------------------------------------------------

USER = {"id": "a", "parent": "b", "message": {
    "author": {"role": "user"},
    "content": {"content_type": "text", "parts": ["Hi"]}}}


def sql_history(directory):
    """LangChain's table of messages, as the README has it exported."""
    with open(f"{TESTS}/../README.md", encoding="utf-8") as file:
        words = " ".join(file.read().split())
    select = re.search(r'sqlite3 FILE "(SELECT [^"]*)"', words).group(1)
    wanted = {"one": [], "two": []}
    with sqlite3.connect(":memory:") as table:
        table.execute("CREATE TABLE message_store (id INTEGER PRIMARY KEY,"
                      " session_id TEXT, message TEXT)")
        for i in range(40):
            name = ("one", "two")[i % 3 == 0]
            message = {"type": "human", "data": {
                "content": f"\u00e9 \"{i}\"", "type": "human", "id": None}}
            wanted[name].append(message)
            table.execute("INSERT INTO message_store (session_id, message)"
                          " VALUES (?, ?)", (name, json.dumps(message)))
        lines = "".join(f"{row[0]}\n" for row in table.execute(select))
    path = f"{directory}/sql.db"
    for said in "40 messages stored", "40 were there":
        done = command("import", "-", "--db", path, input=lines)
        check(done.returncode == 0 and said in done.stdout, done)
    stored = shown(command("export", "--db", path).stdout)
    check({name: [message[0] for message in messages]
           for name, (_, messages) in stored.items()} == wanted, stored)


def chat(**members):
    return {"id": "x", "mapping": {"a": dict(USER, **members)},
            "current_node": "a"}


REFUSED = [
    ("chatgpt", [chat(message={"author": {"role": "user"}})],
     "conversation 1: mapping.a.message.content is missing; it must be an "
     "object"),
    ("chatgpt", [chat(), chat(message={"author": 7, "content": {}})],
     "conversation 2: mapping.a.message.author must be an object, not 7"),
    ("chatgpt", [dict(chat(), current_node="z")],
     'conversation 1: mapping has no message "z"'),
    ("chatgpt", [chat(parent="a")],
     'conversation 1: mapping: the parents of "a" go round in a circle'),
    ("chatgpt", [{"id": "x", "mapping": []}],
     "conversation 1: mapping must be an object, not []"),
    ("chatgpt", {"id": "x"}, "mapping is missing; it must be an object"),
    ("chatgpt", [chat(message=dict(USER["message"], create_time="soon"))],
     "conversation 1: mapping.a.message.create_time must be a time of RFC "
     '3339, or in seconds since 1970, not "soon"'),
    ("claude", [{"uuid": "x", "chat_messages": [{"text": "Hi"}]}],
     "conversation 1: chat_messages[0].sender is missing; it must be a "
     "string"),
    ("claude", [{"uuid": "x", "chat_messages": [
        {"sender": "human", "text": "Hi"}, {"sender": "human", "text": 5}]}],
     "conversation 1: chat_messages[1].text must be a string, not 5"),
    ("claude", [{"uuid": "x", "chat_messages": [
        {"sender": "human", "text": "", "created_at": "yesterday"}]}],
     "conversation 1: chat_messages[0].created_at must be a time of RFC 3339, "
     'or in seconds since 1970, not "yesterday"'),
    ("sharegpt", [{"conversations": [{"from": "human"}]}],
     "conversation 1: conversations[0].value is missing; it must be a "
     "string"),
    ("sharegpt", {"messages": []},
     "conversations is missing; it must be an array"),
    ("librechat", {"conversationId": "x", "messages": [
        {"messageId": "m", "isCreatedByUser": True}]},
     "messages, of the branch [0].text is missing; it must be a string"),
    ("open-webui", [{"id": "x", "chat": {"messages": [{"role": "user"}]}}],
     "conversation 1: chat.messages[0].content is missing; it must be a "
     "string"),
    ("open-webui", [{"id": "x", "chat": {"history": {
        "currentId": "w", "messages": {"w": {"id": "w"}}}}}],
     "conversation 1: chat.history.messages.w.role is missing; it must be a "
     "string"),
    ("openai", {"messages": [{"role": "tool", "content": "x"}]},
     "messages[0]"),
    ("openai", {"prompt": "x", "completion": "y"},
     "messages is missing; it must be an array"),
    ("messages", {"role": "user", "content": "Hi"},
     "a message, and no session to put it into; say session=NAME (--session "
     "NAME)"),
    ("auto", [{"x": 1}],
     "conversation 1: this is of no format that is known; there are auto, "
     "chatgpt, claude, librechat, open-webui, sharegpt, openai or messages"),
]


def refuse(client, directory, form, value, words):
    """Over HTTP, and by the command, which looks before it stores."""
    body = json.dumps(value)
    reply = client.post(f"/import?from={form}", body)
    said = reply.json()["error"]["message"] if reply.status != 200 else ""
    check(reply.status == 400 and said.startswith(f"line 1: {words}"), form,
          body, reply.status, said)
    path = os.path.join(directory, "bad")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n" + body)
    run = command("import", path, "--from", form, "--db",
                  os.path.join(directory, "bad.db"))
    check(run.returncode != 0 and
          run.stderr.startswith(f'chatmem: "{path}": line 2: {words}'),
          form, body, run.stderr)
    check(not os.path.exists(os.path.join(directory, "bad.db")), form,
          "a refused file made a database")


BROKEN = [("[{} {}]", "line 1: expected ',' or ']' behind the element"),
          ("[\n,]", "line 2: expected an element of the array"),
          ("[{},\n\n]", "line 3: expected an element of the array"),
          ("[{}", "line 1: expected ',' or ']' behind the element"),
          ("[", "line 1: expected an element of the array"),
          ('\n{"a":[}', "line 2, column 7"), ('"', "line 1, column 2"),
          ("nul", "line 1, column 1"), ('{"mapping":{}} x', "line 1, column"),
          ("]", "line 1, column 1")]


def refuse_broken(directory):
    for text, words in BROKEN:
        path = os.path.join(directory, "broken")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        run = command("import", "--from", "chatgpt", path, "--db",
                      os.path.join(directory, "bad.db"))
        said = run.stderr
        check(run.returncode != 0 and (words in said or
                                       "mapping is missing" in said),
              repr(text), said)
    run = command("import", "--from", "chatgtp", path)
    check("--from must be auto, chatgpt, " in run.stderr, run.stderr)
    run = command("import", "--from", "claude")
    check("say: chatmem import FILE" in run.stderr, run.stderr)


def changed(client):
    """A conversation that went on since is added to; a changed one is not."""
    def post(*texts):
        return client.post("/import?from=sharegpt", {
            "id": "grows", "conversations": [
                {"from": "human", "value": text} for text in texts]})
    check(post("a").status == 200, "the first")
    reply = post("a", "b")
    check((reply.json()["messages"], reply.json()["skipped"]) == (1, 1),
          reply.body)
    reply = post("a", "c")
    check(reply.status == 422 and 'message 2 of session "grows" is there '
          "with other bytes" in reply.json()["error"]["message"], reply.body)
    reply = client.post("/import?from=messages&session=gap",
                        '{"role":"user","content":"1"}\n"2"')
    check(reply.json()["messages"] == 2, reply.body)
    reply = client.post("/import", {"session": "gap", "after": 5,
                                    "messages": ["6"]})
    check(reply.status == 422, reply.body)
    reply = client.post("/import?from=openai&session=set",
                        {"messages": [{"role": "user", "content": "x"}]})
    check(client.get("/sessions/set-1").status == 200, reply.body)
    reply = client.post("/import?from=gemini", "[]")
    check(reply.status == 400 and "from must be auto, chatgpt, "
          in reply.json()["error"]["message"], reply.body)


def write_large(path):
    """One line, as ChatGPT's; it is one array."""
    with open(path, "w", encoding="utf-8") as file:
        size = number = 0
        while size < LARGE:
            one = chat(message=dict(USER["message"], content={
                "content_type": "text", "parts": ["x" * 100000]}))
            size += file.write("[," [number > 0] + json.dumps(
                dict(one, id=f"large-{number}")))
            number += 1
        file.write("]")
    return number


def large(directory):
    path = os.path.join(directory, "large")
    number = write_large(path)
    process = subprocess.Popen(
        [CHATMEM, "import", "--from", "chatgpt", path, "--db",
         os.path.join(directory, "large.db")], stdout=subprocess.PIPE)
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    check(status == 0 and said.startswith(f"{number} sessions made"), said)
    check(usage.ru_maxrss * 1024 < LARGE, "it took", usage.ru_maxrss, "KiB")


def main():
    with tempfile.TemporaryDirectory() as directory:
        for name, wanted in expected().items():
            into_a_file(name, wanted, directory)
            into_a_server(name, wanted)
        with Server() as server:
            client = server.client()
            for row in REFUSED:
                refuse(client, directory, *row)
            check(client.get("/sessions").json()["sessions"] == [],
                  "a refusal stored something")
            changed(client)
        refuse_broken(directory)
        sql_history(directory)
        large(directory)
    count.close()


if __name__ == "__main__":
    main()
