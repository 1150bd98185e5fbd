#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""readme_test.py - README.md does what it says.

Every block of README.md that is `sh`, `python` or `js` is run, in order: what
asks a server against one that is fresh, the rest in a directory that has a
store and no server.  Lines that begin with `#>` (in js `//>`) are what the
command or the program before them prints, ids and times apart; a command with
none must succeed.  JSON may be laid out over several lines.

A file that is folded is shown as it is: a test of its own runs it.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, PATIENCE, TOP, Count, Server
from upstream import Upstream, completion, deltas

SHAPES = ((r"[0-9a-z]{13}-(?=\d)", "<mark>-"),
          (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
          ('"proof":"rows"', '"proof":"file"'))  # on PostgreSQL
# What nobody can run here says so by its language.
LANGUAGES = {"sh", "python", "js", "json", "console", "text", "nginx",
             "caddyfile"}


def readme():
    with open(f"{TOP}/README.md", encoding="utf-8") as file:
        return file.read()


FOLDED = re.compile(r"(?ms)^<details><summary>.*?<code>(tests/[^<]+)</code>"
                    r"</summary>\n\n```\w+\n(.*?)^```\n</details>\n")


def test_folded(count, text):
    """It is the file that it names, and all examples are there."""
    folded = dict(FOLDED.findall(text))
    named = re.findall(r"(?m)^<details>.*?<code>", text)
    count.check(len(named) == len(folded), "files that are folded:", *folded)
    for name, block in folded.items():
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            first, rest = file.read().split("\n", 1)
        count.check("SPDX" in first and rest == block, name, "is not", block)
    examples = [name for kind in ("*.py", "*.mjs", "*/*.java")
                for name in glob.glob(f"tests/clients/frameworks/{kind}",
                                      root_dir=TOP)]
    count.check(set(examples) <= set(folded), "examples:", *examples)


def blocks(text):
    """Yields language and lines of each block of code that is not folded."""
    text = FOLDED.sub("", text)
    for language, body in re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text):
        yield language, body


def steps(block):
    """Yields each command of a shell's block, and what is shown for it."""
    command, shown = "", []
    for line in block.splitlines():
        if line.startswith("#>"):
            shown.append(line[2:].removeprefix(" "))
            continue
        if command and not command.endswith("\\\n"):
            yield command.rstrip("\n"), "\n".join(shown)
            command, shown = "", []
        command += line + "\n"
    yield command.rstrip("\n"), "\n".join(shown)


def asks(block):
    return "localhost:8080" in block


def commands(text):
    """Yields what a shell asks of a server, and what is shown for it."""
    for language, block in blocks(text):
        if language == "sh" and asks(block):
            yield from steps(block)


def blur(text):
    for shape, name in SHAPES:
        text = re.sub(shape, name, text)
    return text.strip()


def same(got, wanted):
    """As values, if both are JSON."""
    got, wanted = blur(got), blur(wanted)
    try:
        return json.loads(got) == json.loads(wanted)
    except ValueError:
        return got == wanted


def answer(request, reply):
    """The language model's part: it knows a name that it was told."""
    said = [str(message["content"]) for message in request.json()["messages"]]
    name = re.search(r"I am (\w+)", " ".join(said))
    text = "You are {}." if "What is my name?" in said[-1] else "Hello, {}."
    text = text.format(name[1] if name else "stranger")
    if request.json().get("stream"):
        return reply.stream(deltas(text))
    return reply.json(completion(text))


def run(command, **more):
    return subprocess.run(command, text=True, capture_output=True,
                          timeout=PATIENCE, check=False, **more)


def shell(command):
    return run(["bash", "-c", command])


def run_line(count, line, shown, port):
    command = line.replace("localhost:8080", f"localhost:{port}")
    command = command.replace("build/chatmem", CHATMEM)
    command = command.replace(
        "curl ", "curl -sS -w '%{stderr}%{http_code}' ", 1)
    ran = shell(command)
    # A second of what has no end may be too short to see it begin.
    if ran.returncode == 28 and ran.stderr.endswith("000"):
        ran = shell(command.replace(" -m 1 ", f" -m {PATIENCE / 2} "))
    if shown:
        count.check(same(ran.stdout, shown),
                    f"{line}\n  got  {ran.stdout}\n  want {shown}")
    else:
        count.check(ran.stderr[-3:-2] == "2",
                    f"{line}\n  {ran.stderr} {ran.stdout}")


def run_program(count, language, block, port):
    """A whole program, that prints what its comments say."""
    mark = {"python": "#>", "js": "//>"}[language]
    shown = [line[len(mark):].strip() for line in block.splitlines()
             if line.startswith(mark)]
    program = block.replace("localhost:8080", f"localhost:{port}")
    ran = run({"python": [sys.executable, "-"],
               "js": ["node", "--input-type=module", "-"]}[language],
              input=program)
    count.check(shown and ran.stdout.splitlines() == shown,
                f"{block}\n  got  {ran.stdout}\n  {ran.stderr}")


def ask(count, text):
    """What asks a server, in the order of the page."""
    with Server("--llm-url", Upstream(answer).url) as server:
        for language, block in blocks(text):
            if not asks(block):
                continue
            if language == "sh":
                for line, shown in steps(block):
                    run_line(count, line, shown, server.port)
            elif language in ("python", "js"):
                run_program(count, language, block, server.port)


def operate(count, text):
    """What looks at a store, changes, copies and restores it."""
    with tempfile.TemporaryDirectory(prefix="chatmem-test-") as place:
        os.mkdir(os.path.join(place, "build"))
        os.symlink(CHATMEM, os.path.join(place, "build", "chatmem"))
        with Server("--db", os.path.join(place, "chatmem.db")) as server:
            server.client().post("/sessions/a/messages", '["kept"]')
        for language, block in blocks(text):
            if language != "sh" or asks(block):
                continue
            for line, shown in steps(block):
                ran = shell(f"cd {place} && {line}")
                count.check(ran.returncode == 0 and (
                    not shown or same(ran.stdout, shown)),
                    line, ran.stdout, ran.stderr)
        for name in "backup.db", "elsewhere.db", "chatmem.db":
            ran = shell(f"cd {place} && build/chatmem export --db {name}")
            count.check("kept" in ran.stdout, name, ran.stderr)


def main():
    count = Count()
    text = readme()
    found = [language for language, _ in blocks(text)]
    count.check(set(found) <= LANGUAGES, "languages of blocks:", set(found))
    count.check(shutil.which("node"), "there is no node")
    for language, block in blocks(text):
        if language == "json":
            count.check(json.loads(block), block)
    test_folded(count, text)
    operate(count, text)
    ask(count, text)
    count.close()


if __name__ == "__main__":
    main()
