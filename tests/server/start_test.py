#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""start_test.py - first starts: what people type, and what they are told.

A refusal names what was meant, or where it is to be said.
"""

import errno
import json
import os
import pty
import select
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, Count, Server, free_port

DID_YOU_MEAN = (
    ("--lisen", "--listen"), ("--Listen", "--listen"), ("--port", "--listen"),
    ("-p", "--listen"), ("--host", "--listen"), ("--database", "--db"),
    ("--file", "--db"), ("--max_body", "--max-body"),
    ("--apikeys", "--api-keys"), ("--model", "--llm-model"),
    ("--base-url", "--llm-url"), ("--llm-uri", "--llm-url"),
    ("--verbose", "--log-level"), ("--loglevel", "--log-level"),
    ("--memory-plugins", "--memory-plugin"), ("exprot", "export"),
    ("sevre", "serve"), ("back-up", "backup"), ("imports", "import"))

# Arguments, environment, status, what is said.
REFUSED = (
    (["--xyzzy"], {}, 2, '"--xyzzy" is not a setting; --help lists them all'),
    (["frobnicate"], {}, 2, '"frobnicate" is not a command; --help lists'),
    (["-x"], {}, 2, '"-x" is not a setting; --help lists them all'),
    (["--listen", "8o8o"], {}, 2, '"8o8o" is not host:port'),
    (["--listen", ":65536"], {}, 2, '":65536" is not host:port'),
    (["--allow-origin", "*"], {}, 2, "name each origin"),
    (["--allow-origin", "https://a.example,*"], {}, 2, "name each origin"),
    (["--memory-plugin", "./no/such.so"], {}, 2,
     "--memory-plugin ./no/such.so: cannot open"),
    (["--memory-plugin", "such.so"], {}, 2,
     "--memory-plugin such.so: cannot open"),
    ([], {"CHATMEM_API_KEYS": "acme:s3cret"}, 2,
     "pairs tenant:key go into CHATMEM_API_KEY"),
    (["--api-keys", "acme:s3c/r.et"], {}, 2,
     "pairs tenant:key go into CHATMEM_API_KEY"),
    (["--api-keys", "no/such"], {}, 2, "cannot open no/such: No such file"),
    (["--llm-url", "http://127.0.0.1:1", "--llm-key-file", "sk-s3cret"], {},
     2, "the key itself goes into CHATMEM_LLM_KEY"),
    (["--llm-url", "http://127.0.0.1:1"], {"CHATMEM_LLM_KEY": "k\nX: s3cret"},
     2, "the key holds the end of a line"),
    (["import", "-", "--url", "http://127.0.0.1:1"], {}, 1,
     "http://127.0.0.1:1"))

# Settings of a model without its server.
IDLE = (
    (["--llm-model", "m"], {}, "CHATMEM_LLM_MODEL"),
    (["--llm-embedding-model", "m"], {}, "CHATMEM_LLM_EMBEDDING_MODEL"),
    ([], {"CHATMEM_LLM_KEY": "s3cret"}, "CHATMEM_LLM_KEY"),
    ([], {"CHATMEM_LLM_CA_FILE": "/none"}, "CHATMEM_LLM_CA_FILE"))


def run(*arguments, env=None, text=b"", directory=None):
    """Exit status, output, errors."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("CHATMEM")}
    done = subprocess.run([CHATMEM, *arguments], env={**clean, **(env or {})},
                          capture_output=True, input=text, cwd=directory,
                          timeout=PATIENCE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def asked_for(count):
    """Help and version, in every spelling, also behind a command."""
    help_, version = run("--help"), run("--version")
    count.check(help_[0] == 0 and "Usage:" in help_[1], help_)
    count.check(version[0] == 0 and "SQLite" in version[1], version)
    for words in ["-h"], ["help"], ["--db", "x", "--help"]:
        count.check(run(*words) == help_, words)
    for command in "import", "serve", "export", "backup":
        status, said, _ = run("help", command)
        count.check(status == 0 and f"Usage: chatmem {command}" in said, said)
        for flag in "-h", "--help":
            count.check(run(command, flag)[:2] == (0, said), command, flag)
    for words in ["-V"], ["version"], ["serve", "-V"]:
        count.check(run(*words) == version, words)


def refused(count, place):
    for word, meant in DID_YOU_MEAN:
        status, out, said = run(word, "x", directory=place)
        count.check(status == 2 and not out and
                    f"did you mean {meant}? " in said, word, said)
    for arguments, env, status, words in REFUSED:
        result = run(*arguments, env=env, directory=place)
        count.check(result[:2] == (status, "") and words in result[2],
                    arguments, env, result)
        count.check("s3c" not in result[2], "a secret is shown", result)
        count.check(result[2].count("such.so") < 2, "twice", result)
    config = os.path.join(place, "settings")
    with open(config, "w", encoding="ascii") as file:
        file.write("CHATMEM_LISTN=1\n")
    said = run("--config", config)[2]
    count.check("did you mean CHATMEM_LISTEN? " in said, said)


def listens(count):
    """A port alone is one of this machine."""
    for form in "%d", ":%d", "127.0.0.1:%d", "localhost:%d":
        port = free_port()
        with Server(env={"CHATMEM_LISTEN": form % port}) as server:
            count.check(server.port == port, form)
            count.check(server.client().get("/healthz").status == 200, form)
            count.check("address=127.0.0.1" in "".join(server.log) or
                        "localhost" in form, form, server.log)
            count.check(run("health", "--listen", form % port)[0] == 0, form)


def warned_of(count):
    for arguments, env, name in IDLE:
        with Server(*arguments, env=env) as server:
            count.check(server.says(
                f'"this setting has no effect without --llm-url" name={name}'),
                server.log)
    with Server("--llm-url", "http://127.0.0.1:1", "--llm-model", "m",
                env={"CHATMEM_LISTN": "1"}) as server:
        count.check(server.says("nearest=CHATMEM_LISTEN"), server.log)
        count.check("no effect" not in "".join(server.log), server.log)


def on_a_terminal(*arguments):
    """Exit status, what stands on the terminal that is standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([CHATMEM, *arguments], stderr=theirs,
                               stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    try:
        while bit := os.read(ours, 65536):
            shown += bit
    except OSError as end:
        if end.errno != errno.EIO:
            raise
    os.close(ours)
    return process.wait(PATIENCE), shown.decode()


def greets(count, place):
    """Whoever starts it by hand learns where all is, and what to try."""
    ours, theirs = pty.openpty()
    database = os.path.join(place, "first.db")
    process = subprocess.Popen(
        [CHATMEM, "--db", database, "--listen", "127.0.0.1:0"], stderr=theirs)
    os.close(theirs)
    shown = ""
    while "browser" not in shown and select.select([ours], [], [], PATIENCE)[0]:
        shown += os.read(ours, 65536).decode()
    process.terminate()
    count.check(process.wait(PATIENCE) == 0 and f"{database} keeps" in shown and
                "ballast" in shown and "curl http://127.0.0.1:" in shown, shown)
    os.close(ours)


def long_import():
    """What a terminal shows of an import that lasts until it shows that."""
    ours, theirs = pty.openpty()
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        process = subprocess.Popen(
            [CHATMEM, "import", "-", "--max-body", "1K", "--db",
             f"{place}/a.db"], stdin=subprocess.PIPE, stderr=theirs,
            stdout=subprocess.DEVNULL)
        os.close(theirs)
        line = json.dumps({"session": "s", "messages": ["x" * 900]}) + "\n"
        while not select.select([ours], [], [], 0.05)[0]:
            process.stdin.write(line.encode())
            process.stdin.flush()
        shown = os.read(ours, 65536).decode()
        process.kill()
        process.communicate()
    os.close(ours)
    return shown


def progress(count, place):
    """A person sees that something happens; a script sees what it asked for."""
    lines = os.path.join(place, "lines")
    database = os.path.join(place, "many.db")
    with open(lines, "w", encoding="ascii") as file:
        for number in range(5):
            file.write(json.dumps({"session": f"s{number}",
                                   "messages": ["x"] * 20}) + "\n")
    status, shown = on_a_terminal("import", lines, "--db", database)
    count.check(status == 0, shown)
    count.check("messages read" in long_import(), "no progress")
    status, shown = on_a_terminal("export", "--db", database)
    count.check(status == 0 and "105 sessions and messages" in shown, shown)
    count.check(run("import", lines, "--db", database)[2] == "", "noise")
    count.check(run("export", "--db", database)[2] == "", "noise")
    status, out, said = run(
        "backup", os.path.join(place, "copy.db"), "--db", database)
    count.check(status == 0 and "copy.db" in out and not said, out, said)


def main():
    count = Count()
    asked_for(count)
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        refused(count, place)
        progress(count, place)
        greets(count, place)
    listens(count)
    warned_of(count)
    count.close()


if __name__ == "__main__":
    main()
