#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""readme_test.py - every curl line of README.md does what it says.

The lines run in order against a fresh server.  What is shown beneath a line
is compared with what it prints, ids and times apart; a line with nothing
beneath it must succeed.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, TOP, Count, Server
from upstream import Upstream, completion, deltas

SHAPES = ((r"[0-9a-z]{13}-(?=\d)", "<mark>-"),
          (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
          ('"proof":"rows"', '"proof":"file"'))  # on PostgreSQL


def commands(text):
    """Yields each curl line of the code blocks and what is shown for it."""
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```$", text):
        lines = block.split("\n")
        for number, line in enumerate(lines):
            if not line.startswith("curl "):
                continue
            shown = []
            for below in lines[number + 1:]:
                if below.startswith(("curl ", "#", "docker ", "./")):
                    break
                shown.append(below)
            yield line, "\n".join(shown).strip()


def operations(text):
    """Yields each line of the code blocks that a shell beside the file runs."""
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```$", text):
        if "build/chatmem backup" in block or "build/chatmem show" in block:
            yield from (line for line in block.split("\n")
                        if line.startswith("build/chatmem "))


def operate(count, text):
    """Looks, changes, backup, check, restore, in the order of the page."""
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        os.mkdir(os.path.join(place, "build"))
        os.symlink(CHATMEM, os.path.join(place, "build", "chatmem"))
        with Server("--db", os.path.join(place, "chatmem.db")) as server:
            server.client().post("/sessions/a/messages", '["kept"]')
        lines = list(operations(text))
        count.check(len(lines) >= 5, "README.md shows no backup")
        for line in lines:
            run = shell(f"cd {place} && {line}")
            count.check(run.returncode == 0, line, run.stderr)
        for name in "backup.db", "elsewhere.db", "chatmem.db":
            run = shell(f"cd {place} && build/chatmem export --db {name}")
            count.check("kept" in run.stdout, name, run.stderr)


def blur(text):
    for shape, name in SHAPES:
        text = re.sub(shape, name, text)
    return text.strip()


def answer(request, reply):
    """The language model's part."""
    if request.json().get("stream"):
        return reply.stream(deltas("Kim."))
    return reply.json(completion("Hi Kim!"))


def shell(command):
    return subprocess.run(["bash", "-c", command], text=True,
                          capture_output=True, timeout=PATIENCE)


def run_line(count, line, shown, port):
    command = line.replace("localhost:8080", f"localhost:{port}")
    command = command.replace("build/chatmem", CHATMEM)
    command = command.replace(
        "curl ", "curl -sS -w '%{stderr}%{http_code}' ", 1)
    run = shell(command)
    # A second of what has no end may be too short to see it begin.
    if run.returncode == 28 and run.stderr.endswith("000"):
        run = shell(command.replace(" -m 1 ", f" -m {PATIENCE / 2} "))
    if shown:
        count.check(blur(run.stdout) == blur(shown),
                    f"{line}\n  got  {run.stdout}\n  want {shown}")
    else:
        count.check(run.stderr[-3:-2] == "2",
                    f"{line}\n  {run.stderr} {run.stdout}")


def main():
    count = Count()
    with open(f"{TOP}/README.md", encoding="utf-8") as file:
        text = file.read()
    found = list(commands(text))
    count.check(found, "README.md shows no curl line")
    operate(count, text)
    with Server("--llm-url", Upstream(answer).url) as server:
        for line, shown in found:
            run_line(count, line, shown, server.port)
    count.close()


if __name__ == "__main__":
    main()
