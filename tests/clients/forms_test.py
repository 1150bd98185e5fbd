#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""forms_test.py - messages of every form, read by the packages in all others.

Random messages of each form, and one of every class that the packages have,
are stored; they leave byte for byte as they came, and in every other form the
real package reads them: LangChain 0.3 and 1.x for Python and JavaScript, the
types of openai, validateUIMessages of ai.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from clients.forms.made import FORMS, Maker
from harness import LONG, PATIENCE, TESTS, TOP, Count, Server

HERE = os.path.join(TESTS, "clients", "forms")
PACKAGES = os.path.join(TOP, "build-test")
READERS = {
    "LangChain 0.3 for Python": ("python-core-0.3", "read.py"),
    "LangChain 1.x for Python, openai": ("python-core-1", "read.py"),
    "LangChain 0.3 for JavaScript": ("node", "read.mjs"),
    "LangChain 1.x for JavaScript, ai": ("node-forms", "read.mjs"),
}
FORMATS = ("langchain", "langchain-python", "openai", "openai-items",
           "ai-sdk")
EACH = 4000 if LONG else 400  # messages of a form
LIST = 20                     # messages of a session

count = Count()
check = count.check


def run(directory, program, what, given=None):
    directory = os.path.join(PACKAGES, directory)
    command = ["node"] if program.endswith(".mjs") else [
        os.path.join(directory, "bin", "python")]
    done = subprocess.run(
        [*command, os.path.join(HERE, program), what], text=True,
        input=json.dumps(given), capture_output=True, timeout=PATIENCE * 5,
        env={**os.environ, "NODE_PACKAGES": directory})
    if done.returncode:
        raise RuntimeError(f"{program} {what}: {done.stderr}")
    return json.loads(done.stdout)


def compact(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def lists():
    """Yields (name, form, messages) of each session."""
    for name, (directory, program) in READERS.items():
        for form, made in run(directory, program, "make").items():
            yield f"{form} of {name}", form, made
    for form in FORMS:
        maker = Maker(form)
        for i in range(0, EACH, LIST):
            yield (f"{form} {i}", form,
                   [getattr(maker, form)() for j in range(LIST)])


def verbatim(client, session, form, messages):
    """What came is what goes out, in its own format and in the export."""
    sent = [compact(message) for message in messages]
    lines = client.get(f"/sessions/{session}/export").body.decode()
    lines = lines.split("\n")[1:-1]
    check(len(lines) == len(sent) and all(
        text in line for text, line in zip(sent, lines)),
        form, session, "is exported as", lines, "not", sent)
    own = FORMS[form]
    if own:
        body = client.get(f"/sessions/{session}/messages?format={own}").body
        check(f'"messages":[{",".join(sent)}]' in body.decode(),
              form, session, "reads", body, "not", sent)


def main():
    seen = {name: [] for name in FORMATS}
    told = []
    with Server() as server:
        client = server.client()
        for number, (name, form, messages) in enumerate(lists()):
            reply = client.post(f"/sessions/{number}/messages",
                                compact(messages).encode())
            if not check(reply.status == 201, name, reply.body, messages):
                continue
            verbatim(client, number, form, messages)
            told.append((name, messages))
            for format in FORMATS:
                seen[format].append(client.get(
                    f"/sessions/{number}/messages?format={format}"
                ).json()["messages"])
        client.close()
        count.stopped(server)
    for reader, (directory, program) in READERS.items():
        for format, answers in run(directory, program, "read", seen).items():
            for (name, messages), given, answer in zip(
                    told, seen[format], answers):
                check(answer is None, reader, "reads", format, "of", name,
                      answer, given)
    count.close()


if __name__ == "__main__":
    main()
