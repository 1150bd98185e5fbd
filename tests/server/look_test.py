#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""look_test.py - commands that look at sessions and change them.

Each is asked of a server and of its file, which must say the same; on a
terminal nothing that a message holds steers it; a mistake is one sentence.
"""

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, Count, Server, free_port, wait_for

ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("CHATMEM")}
WILD = "a\x1b[31mred\x07\x9b2J\u202etxt\r\u2066\x7f\b"
COMMANDS = ("serve health key sessions show tail search load append fork erase "
            "export import backup restore check migrate help completion "
            "manual version").split()


def run(*arguments, text=b"", env=None, **more):
    """Exit status, output, errors."""
    done = subprocess.run([CHATMEM, *arguments], input=text,
                          env={**ENVIRONMENT, **(env or {})},
                          capture_output=True, timeout=PATIENCE, **more)
    return (done.returncode, done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"))


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def on_terminal(*arguments, typed=b"", env=None):
    """The same with a terminal for all three: exit status, what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [CHATMEM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**ENVIRONMENT, "TERM": "xterm", "TZ": "UTC", **(env or {})},
        start_new_session=True)
    os.close(theirs)
    os.write(ours, typed)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass
    os.close(ours)
    return process.wait(PATIENCE), shown.decode("utf-8", "replace")


class Tail:
    """A tail that is read line by line."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [CHATMEM, "tail", *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=ENVIRONMENT)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    def has(self, count):
        return wait_for(lambda: len(self.lines) >= count)

    def ends(self):
        status = self.process.wait(PATIENCE)
        self.reader.join()
        return status, self.process.stderr.read().decode()


# --- both ways ----------------------------------------------------------------

def fill(client):
    client.post("/sessions/alice/messages", json.dumps(
        ["Hi!", ["ai", "What's up,\nAlice?"], "Nothing."]))
    client.post("/sessions/wild/messages", json.dumps([WILD]))
    client.post("/sessions/long/messages",
                json.dumps([f"number {i}" for i in range(2300)]))
    client.post("/sessions/a%2Fb%20%3F/messages", '["odd"]')


READS = (
    ["sessions"], ["sessions", "al"], ["sessions", "--limit", "2"],
    ["sessions", "--json"], ["show", "alice"], ["show", "alice", "--json"],
    ["show", "--last", "1", "alice"], ["show", "long"], ["show", "a/b ?"],
    ["show", "long", "--format", "openai"],
    ["show", "long", "--format", "text"], ["show", "wild"],
    ["show", "alice", "--as-of", "1"], ["show", "alice", "--type", "ai"],
    ["load", "alice"], ["load", "alice", "--json"],
    ["load", "alice", "--last", "1"], ["search", "number", "7"],
    ["search", "up", "--session", "alice", "--json"],
    ["search", "what's", "nothing"], ["show", "none"], ["load", "none"],
    ["search", "x", "--session", "none"], ["show", "alice", "--last", "x"],
    ["show", "alice", "--as-of", "99"], ["show", "alice", "--format", "yaml"],
    ["sessions", "--limit", "x"], ["show", "."])


def same_both_ways(count, server, url):
    for arguments in READS:
        asked = run(*arguments, "--url", url)
        direct = run(*arguments, "--db", server.database)
        words = re.sub(r"the server answered \d+: ", "", asked[2])
        count.check(asked[:2] + (words,) == direct, arguments, asked, direct)
        count.check(asked[2].count("\n") <= 1, arguments, asked)
        first = run("--db", server.database, *arguments)
        count.check(first == direct, "with its setting first", arguments, first)
        count.check(not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]",
                                  asked[1]) or "--json" in arguments,
                    "a raw control", arguments, asked)


def what_they_say(count, url):
    status, out, _ = run("show", "alice", "--url", url)
    count.check((status, out) == (
        0, "Human: Hi!\nAI: What's up,\nAlice?\nHuman: Nothing.\n"), out)
    out = run("show", "long", "--url", url)[1].splitlines()
    count.check(out == [f"Human: number {i}" for i in range(2300)], "pages")
    out = run("show", "long", "--url", url, "--format", "openai")[1]
    count.check(lines(out) == [{"role": "user", "content": f"number {i}"}
                               for i in range(2300)], "pages in a form")
    out = run("show", "long", "--url", url, "--json")[1]
    count.check([row["seq"] for row in lines(out)] ==
                list(range(1, 2301)), "numbers of pages")
    out = run("show", "wild", "--json", "--url", url)[1]
    count.check(lines(out)[0]["data"]["content"] == WILD, "other bytes")
    names = [line.split("\t")[0] for line in
             run("sessions", "--url", url)[1].splitlines()]
    count.check(sorted(names) == ["a/b ?", "alice", "long", "wild"], names)
    count.check(run("search", "nowhere", "--url", url)[:2] == (0, ""),
                "found nowhere")


# --- changes ------------------------------------------------------------------

def changes(count, where):
    def said(command, *arguments, **more):
        status, out, words = run(command, *where, *arguments, **more)
        count.check(status == 0 and not words, command, arguments, words)
        return out

    said("append", "made", "one")
    count.check(lines(said("append", "made", "-", "--type", "ai", "--json",
                           text="zwei\nüber\n".encode()))[0]["version"] == 2,
                "the version")
    said("append", "made", "--", "--json")
    count.check(said("show", "made") ==
                "Human: one\nAI: zwei\nüber\nHuman: --json\n", "appended")
    count.check(said("fork", "made", "copy", "--upto", "1") == "copy\n", "fork")
    count.check(said("show", "copy") == "Human: one\n", "forked")
    name = said("fork", "made").rstrip("\n")
    count.check(said("show", name) == said("show", "made"), "a made name")
    count.check(lines(said("erase", "copy", "--json"))[0]["proof"] in
                ("file", "rows"), "no receipt")
    for arguments, words in (
            (["show", "copy"], "copy"), (["erase", "copy"], "copy"),
            (["fork", "copy", "x"], "copy"), (["fork", "made", "made"], "made"),
            (["fork", "made", "y", "--upto", "99"], "upto"),
            (["fork", "made", "y", "--upto", "x"], "upto"),
            (["append", "made", b"\xff"], "UTF-8"),
            (["append", "made", "x", "--type", "tool"], "tool_call_id"),
            (["append", "made", "x", "--type", "nobody"], "type")):
        status, out, said_ = run(*arguments, *where)
        count.check(status in (1, 2) and not out and words in said_ and
                    said_.count("\n") == 1, arguments, status, out, said_)


def one_writer(count, server):
    status, _, words = run("append", "x", "y", "--db", server.database)
    count.check(status == 1 and "--url" in words, words)


# --- tails --------------------------------------------------------------------

def tails(count, server, url):
    client = server.client()
    client.post("/sessions/tailed/messages", json.dumps(["1", "2", "3"]))
    tails_ = [Tail("tailed", "--last", "2", *where, *form)
              for where in (["--url", url], ["--db", server.database])
              for form in ([], ["--json"])]
    count.check(all(tail.has(2) for tail in tails_), "what was there")
    client.post("/sessions/tailed/messages", '["4"]')
    count.check(all(tail.has(3) for tail in tails_), "what came")
    client.request("DELETE", "/sessions/tailed/messages?last=1")
    count.check(all(tail.has(4) for tail in tails_), "what went")
    client.request("DELETE", "/sessions/tailed")
    for tail in tails_:
        status, words = tail.ends()
        count.check(status == 1 and "was erased" in words, status, words)
        if tail.lines[0].startswith("{"):
            count.check([json.loads(line).get("seq") for line in tail.lines] ==
                        [2, 3, 4, None], tail.lines)
        else:
            count.check(tail.lines == ["Human: 2", "Human: 3", "Human: 4",
                                       "deleted: [[4,4]]"], tail.lines)


# --- people and mistakes ------------------------------------------------------

def people(count, url):
    where = "--url", url
    plain = re.compile(r"\x1b\[[0-9;]*m")
    for arguments in (["show", "wild"], ["show", "wild", "--json"],
                      ["load", "wild"], ["search", "txt"], ["sessions"]):
        status, shown = on_terminal(*arguments, *where)
        rest = plain.sub("", shown).replace("\r\n", "\n")
        count.check(status == 0 and not re.search(
            "[\0-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", rest),
            arguments, status, ascii(shown))
        status, shown = on_terminal(*arguments, *where, env={"NO_COLOR": "1"})
        count.check(status == 0 and "\x1b" not in shown, ascii(shown))
    shown = on_terminal("show", "wild", "--json", *where)[1]
    count.check(json.loads(shown)["data"]["content"] == WILD,
                "not the same JSON", ascii(shown))
    status, shown = on_terminal("show", "alice", *where)
    count.check(status == 0 and re.search(
        r"human.*#1  \S*20\d\d-\d\d-\d\d \d\d:\d\d", shown), ascii(shown))
    count.check("\x1b" in shown, "no colours")
    run("append", "kept", "x", *where)
    status, shown = on_terminal("erase", "kept", *where, typed=b"keep\n")
    count.check(status == 1 and "nothing was erased" in shown, shown)
    status, shown = on_terminal("erase", "kept", *where, typed=b"kept\n")
    count.check(status == 0 and "erased" in shown, shown)
    run("append", "kept", "x", *where)
    status, shown = on_terminal("erase", "kept", "--yes", *where)
    count.check(status == 0, shown)


MISTAKES = (
    (["show"], 2, "say: chatmem show NAME"),
    (["append", "a"], 2, "say: chatmem append NAME TEXT"),
    (["show", ""], 2, "say: chatmem show NAME"),
    (["erase", "", "-y"], 2, "say: chatmem erase NAME"),
    (["backup", ""], 2, "say: chatmem backup FILE"),
    (["key", ""], 2, "say: chatmem key TENANT"),
    (["--db", "show", "--url=x", "--json", "append", "a"], 2,
     "say: chatmem append NAME TEXT"),
    (["--db", "text", "shwo"], 2, "did you mean show? "),
    (["--lst", "show"], 2, "did you mean --last? "),
    (["--listen", "0", "--trusted-proxy", "here"], 2, "is not a network"),
    (["show", "a", "b"], 2, '"b" is out of place; chatmem help show says'),
    (["check", "b.db"], 2, "say --db before it; chatmem help check says"),
    (["health", "b"], 2, '"b" is out of place; chatmem help health says'),
    (["check", "--db", "."], 2, '"." is not a file'),
    (["check", "--db", "empty"], 1, '"empty" is empty'),
    (["show", "a", "--db", "sqlite:///a.db"], 2, "sqlite:// is not known"),
    (["show", "a", "--db", "mysql://u:s3cret@h/d"], 2, "mysql:// is not kno"),
    (["import", "."], 2, "Is a directory"),
    (["import", "text"], 2, '"text": line 1, column 1'),
    (["import", "lite"], 2, "a file of SQLite's"),
    (["show", "a", "--upto", "1"], 2,
     "--upto has no meaning here; chatmem help show says"),
    (["serve", "--last", "1"], 2, "--last has no meaning here"),
    (["show", "a", "--lst", "1"], 2, "did you mean --last? "),
    (["shwo", "a"], 2, "did you mean show? "),
    (["help", "shwo"], 2, "did you mean show? "),
    (["completion", "csh"], 2, "not bash, zsh or fish"),
    (["show", "a", "--key", "s3cret"], 2, "set CHATMEM_KEY"),
    (["show", "a", "--db", "no/such.db"], 1, "no/such.db"),
    (["append", "a", "b", "--db", "none.db"], 1,
     'cannot open "none.db": No such file or directory; --db says where'),
    (["show", "a", "--db", "text"], 2, "text"),
    (["show", "a", "--url", "http://127.0.0.1:1"], 1, "127.0.0.1:1"),
    (["show", "a", "--url", "ftp://127.0.0.1/"], 1, "ftp://"),
    (["show", "a", "--url", "http://127.0.0.1:1", "--tenant", "t"], 2,
     "--tenant"),
    (["show", "a", "--key-file", "none", "--url", "http://127.0.0.1:1"], 2,
     "--key-file"))


def mistakes(count, url):
    place = tempfile.mkdtemp(prefix="chatmem-test-")
    with open(f"{place}/text", "w", encoding="ascii") as file:
        file.write("no database\n" * 100)
    with open(f"{place}/empty", "wb"), open(f"{place}/lite", "wb") as file:
        file.write(b"SQLite format 3\0" + bytes(4080))
    for arguments, status, words in MISTAKES:
        said = run(*arguments, cwd=place)
        count.check(said[:2] == (status, "") and words in said[2] and
                    said[2].count("\n") == 1 and "s3cret" not in said[2] or
                    arguments[-1] == "s3cret", arguments, said)
    count.check(sorted(os.listdir(place)) == ["empty", "lite", "text"],
                os.listdir(place))
    shutil.rmtree(place)
    said = run("sessions", "--url", url, env={"CHATMEM_KEY": "s3c\nX: ret"})
    count.check(said[:2] == (2, "") and "end of a line" in said[2] and
                "ret" not in said[2], "a header of its own", said)
    for arguments in (["help"], ["version"], ["manual"], ["key", "t"],
                      ["show", "long", "--url", url]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CHATMEM, *arguments], stdout=full,
                                  stderr=subprocess.PIPE, env=ENVIRONMENT,
                                  check=False, timeout=PATIENCE)
        count.check(done.returncode == 1 and
                    b"No space left on device" in done.stderr, arguments, done)
        ours, theirs = os.pipe()
        os.close(ours)
        done = subprocess.run([CHATMEM, *arguments], stdout=theirs,
                              stderr=subprocess.PIPE, env=ENVIRONMENT,
                              check=False, timeout=PATIENCE)
        os.close(theirs)
        count.check(done.returncode == 1 and b"Broken pipe" in done.stderr,
                    arguments, done)
    for command in "version >&-", f"show long --url {url} >text":
        with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
            done = subprocess.run(
                ["bash", "-c", f"ulimit -f 4; exec {CHATMEM} {command}"],
                cwd=place, env=ENVIRONMENT, capture_output=True, check=False)
        count.check(done.returncode == 1 and done.stderr.count(b"\n") == 1,
                    done)


def not_ours(count):
    """A server of another program, and one that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        def answer():
            while True:
                try:
                    connection = other.accept()[0]
                except OSError:
                    return
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
                                   b"Connection: close\r\n\r\n<p/>")
                connection.close()
        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        for arguments in (["show", "a"], ["sessions"], ["load", "a"],
                          ["search", "a"], ["append", "a", "b"],
                          ["fork", "a"], ["erase", "a"]):
            status, out, words = run(*arguments, "--url", url)
            count.check(status == 1 and not out and words.count("\n") == 1,
                        arguments, status, out, words)


def keys(count):
    with Server(env={"CHATMEM_API_KEY": "a:k1,b:k2"}) as server:
        url = f"http://127.0.0.1:{server.port}"
        place = tempfile.mkdtemp(prefix="chatmem-test-")
        with open(f"{place}/key", "w", encoding="ascii") as file:
            file.write("k1\n")
        os.chmod(f"{place}/key", 0o600)
        status, _, words = run("sessions", "--url", url)
        count.check(status == 1 and "401" in words, words)
        count.check(run("append", "s", "of a", "--url", url, "--key-file",
                        f"{place}/key")[0] == 0, "a key in a file")
        count.check(run("show", "s", "--url", url, env={"CHATMEM_KEY": "k1"})
                    [1] == "Human: of a\n", "a key in the environment")
        count.check(run("show", "s", "--url", url, env={"CHATMEM_KEY": "k2"})
                    [0] == 1, "a key of another tenant")
        for tenant, status in ("a", 0), ("b", 1):
            count.check(run("show", "s", "--db", server.database, "--tenant",
                            tenant)[0] == status, "a tenant of the file")
        shutil.rmtree(place)


# --- help ---------------------------------------------------------------------

def helped(count):
    for command in COMMANDS:
        status, out, words = run("help", command)
        count.check(status == 0 and not words and
                    f"Usage: chatmem {command}" in out and
                    max(map(len, out.splitlines())) <= 80, command, out)
    out = run("--help")[1]
    count.check(max(map(len, out.splitlines())) <= 80, out)
    for command in COMMANDS:
        count.check(re.search(rf"(?m)^  {command}\b", out), command)
    manual = run("manual")[1]
    for name in COMMANDS + ["\\-\\-max\\-body", "CHATMEM_API_KEY"]:
        count.check(name in manual, "not in the manual:", name)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8"],
                              input=manual.encode(), capture_output=True,
                              check=False)
        count.check(done.returncode == 0 and not done.stderr, done.stderr)


def completed(count):
    """What bash proposes for a line, whose last word is begun."""
    script = run("completion", "bash")[1]

    def proposes(*words):
        done = subprocess.run(
            ["bash", "-c", script + 'COMP_WORDS=(chatmem "$@")\n'
             'COMP_CWORD=$#\n_chatmem\nprintf "%s\\n" "${COMPREPLY[@]}"',
             "bash", *words], capture_output=True, text=True, check=True)
        return done.stdout.split()

    count.check(proposes("s") == ["serve", "sessions", "show", "search"],
                proposes("s"))
    count.check(proposes("show", "x", "--la") == ["--last"], "an option")
    count.check("--last" not in proposes("sessions", "--"), "of another")
    count.check(proposes("--log-level", "w") == ["warning"], "a value")
    count.check("--max-body" in proposes("--max"), "a setting of serve")
    for shell in "zsh", "fish":
        status, out, _ = run("completion", shell)
        count.check(status == 0 and all(name in out for name in COMMANDS),
                    shell)
        if shutil.which(shell):
            count.check(subprocess.run(
                [shell, "-n", "/dev/stdin"], input=out.encode(),
                check=False).returncode == 0, shell, "does not read it")


def tail_goes_on(count):
    """Behind a server that was killed: no gap, and nothing twice."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Server("--listen", f"127.0.0.1:{port}") as server:
        client = server.client()
        client.post("/sessions/a/messages", '["1", "2"]')
        tails_ = [Tail("a", "--url", url, *form) for form in ((), ["--json"])]
        count.check(all(tail.has(2) for tail in tails_), "what was there")
        for seen in 3, 5:
            server.kill()
            for tail in tails_:
                count.check("asked again" in
                            tail.process.stderr.readline().decode(), "says")
            status, _, words = run("append", "a", "missed", "--db",
                                   server.database)
            count.check(status == 0, words)
            server.start()
            client.post("/sessions/a/messages", '["live"]')
            count.check(all(tail.has(seen + 1) for tail in tails_), seen)
        client.request("DELETE", "/sessions/a")
        client.close()
        for tail in tails_:
            status, words = tail.ends()
            count.check(status == 1 and "erased" in words, words)
            seqs = [int(re.search(r'"seq":(\d+)', line)[1])
                    for line in tail.lines if line.startswith("{")]
            count.check(seqs in ([], [1, 2, 3, 4, 5, 6]) and
                        len(tail.lines) == 6, tail.lines)


def main():
    count = Count()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    helped(count)
    completed(count)
    keys(count)
    not_ours(count)
    tail_goes_on(count)
    with Server() as server:
        url = f"http://127.0.0.1:{server.port}"
        fill(server.client())
        same_both_ways(count, server, url)
        what_they_say(count, url)
        one_writer(count, server)
        tails(count, server, url)
        people(count, url)
        mistakes(count, url)
        changes(count, ["--url", url])
    server = Server()
    server.client().post("/sessions/x/messages", '["x"]')
    server.own = False
    count.stopped(server)
    changes(count, ["--db", server.database])
    server.own = True
    server.end()
    count.close()


if __name__ == "__main__":
    main()
