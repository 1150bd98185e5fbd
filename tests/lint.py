#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lint.py - what the compiler does not check: which room includes which,
banned words, sizes, names.  Prints file:line: words; exits 1 if any.
"""

import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOMS = {"schema": ("schema",), "core": ("schema", "core"),
         "server": ("schema", "core", "server")}

# What a memory class may include.
CLASS_MAY_INCLUDE = (r"schema/.*|"
                     r"core/memory/(memory|prompts|summarise|embedding|"
                     r"entities)\.h")

# Third-party headers: a folder or a file, and those that it may include.
LIBRARIES = re.compile(r"#include <(microhttpd|sqlite3|libpq|jansson|gnutls|"
                       r"curl|pcre2)[-/.]")
MAY_INCLUDE = (
    ("schema/", "jansson"), ("schema/tokens/", "pcre2"),
    ("schema/unicode/", "pcre2"),
    ("core/store/sqlite/", "sqlite3"), ("core/store/postgresql/", "libpq"),
    ("server/http/", "microhttpd"),
    ("core/digest/", "gnutls"), ("server/auth/", "gnutls"),
    ("server/upstream/", "curl"),
    ("server/api/", "jansson"))
# And their names, which no other folder speaks.
THEIR_NAMES = (
    (r"\bsqlite3_\w+", "core/store/sqlite/"), (r"\bMHD_\w+", "server/http/"),
    (r"\bcurl_\w+", "server/upstream/"),
    (r"\bPQ[a-z]\w+", "core/store/postgresql/"))

# A version that is linked is asked for by each library's own function.
ASK_VERSIONS = "server/libraries.", "server/version.c"

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets)\(")
SECOND_NAME = re.compile(r"\btypedef (struct|union|enum)\b")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
SQL = re.compile(r"\"[^\"]*\b(SELECT .*FROM|INSERT INTO|UPDATE .*SET|"
                 r"DELETE FROM|PRAGMA)\b")
NUMBERED = re.compile(r"\bquery_(get_)?(number|text|blob|optional)"
                      r"\(&?\w+, [0-9]")

# Words that are nobody's, and beginnings of sentences that have no subject.
WORDS = re.compile(r"(?i)(?<![a-z])(errand|hop|bell|shelf|shelves|chore|"
                   r"tap)(s|ped|ping)?(?![a-z])|(?<![a-z])twins?(?![a-z])")
SENTENCE = re.compile(r"(?:^|[.!?:]\s+)(Who|What|One|Those)\s")

# Callbacks whose parameters a library has chosen.
CALLBACKS = {"exchange_step", "head_collect", "fts_tokenizer_hand_on"}

AGREED = re.compile(
    r"core|schema|server|tests|\.ci|README\.md|LICENSE|Dockerfile|"
    r"CMakeLists\.txt|\.(clang-format|clang-tidy|dockerignore|gitignore)")

TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|"
                   r"'(?:\\.|[^'\\\n])*'", re.S)
DEFINITION = re.compile(r"^([A-Za-z_][^;{}#]*?\([^;{}#]*\))\s*\n\{", re.M)
TAG = re.compile(r"^(?:static |const )*(struct|union|enum) (\w+)\s*\{", re.M)

complaints = []


def say(path, line, words):
    complaints.append(f"{path}:{line}: {words}")


class File:
    """A file of C: its text, its text without comments and strings."""

    def __init__(self, path):
        self.path = path
        self.text = read(path)
        self.comments = []
        self.code = TOKEN.sub(self.blank, self.text)
        self.room = path.split("/", 1)[0]
        self.folder = os.path.dirname(path)
        self.stem = os.path.basename(path)[:-2]

    def blank(self, match):
        """Keeps the lines and what a string is, for those who count."""
        token = match[0]
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        self.comments.append((self.line(match.start()), token))
        return re.sub(r"[^\n]", " ", token)

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def functions(self):
        """Yields (line, head, body) of each function."""
        for match in DEFINITION.finditer(self.code):
            end = self.code.find("\n}", match.end())
            yield (self.line(match.start()), match[1],
                   self.code[match.end():end])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def grep(pattern, file, text, words):
    for match in pattern.finditer(text):
        say(file.path, file.line(match.start()), words)


# --- what includes what -------------------------------------------------------

def includes(file):
    """Yields (line, what is between the quotes)."""
    for match in re.finditer(r'^#include "([^"]+)"', file.text, re.M):
        yield file.line(match.start()), match[1]


def rooms(files):
    """server -> core -> schema -> libc."""
    for file in files:
        for line, name in includes(file):
            if name.split("/", 1)[0] not in ROOMS[file.room]:
                say(file.path, line, f"{file.room} does not include {name}")


def circles(files):
    """No folder includes one that includes it, also through others."""
    edges = {}
    for file in files:
        for line, name in includes(file):
            folder = os.path.dirname(name)
            if folder != file.folder:
                edges.setdefault(file.folder, {}).setdefault(
                    folder, (file.path, line))
    for folder in edges:
        for to, (path, line) in edges[folder].items():
            if reaches(edges, to, folder, set()):
                say(path, line, f"{folder}, {to}: a circle of folders")


def reaches(edges, folder, wanted, seen):
    if folder == wanted:
        return True
    seen.add(folder)
    return any(reaches(edges, to, wanted, seen)
               for to in edges.get(folder, ()) if to not in seen)


def classes(files):
    """A memory class uses the interface that plugins have, and schema/; the
    one that runs other classes is the exception."""
    for file in files:
        if not re.fullmatch(r"core/memory/class_(?!combined|run)\w+\.c",
                            file.path):
            continue
        for line, name in includes(file):
            if not re.fullmatch(CLASS_MAY_INCLUDE, name):
                say(file.path, line,
                    "a memory class knows the host by memory.h only")


def libraries(files):
    for file in files:
        may = " ".join(names for place, names in MAY_INCLUDE
                       if file.path.startswith(place))
        for match in LIBRARIES.finditer(file.text):
            if match[1] not in may.split():
                say(file.path, file.line(match.start()),
                    "this library belongs to another folder")
        for pattern, place in THEIR_NAMES:
            if not file.path.startswith((place, *ASK_VERSIONS)):
                grep(re.compile(pattern), file, file.code,
                     f"this name belongs to {place}")


# --- words and names ----------------------------------------------------------

def words(files, ours):
    for file in files:
        grep(BANNED, file, file.code, "a banned function")
        grep(SECOND_NAME, file, file.code, "a struct has no second name")
        grep(UNFINISHED, file, file.text, "unfinished work")
    for file in ours:
        if not file.path.startswith("core/store/"):
            grep(SQL, file, file.text,
                 "SQL belongs to core/store and schema/sql")
        if file.path.startswith("core/store/"):
            grep(NUMBERED, file, file.code,
                 "parameters and columns have names")
        grep(WORDS, file, file.code.replace("_", " "),
             "a word of nobody's")
        for line, comment in file.comments:
            judge_comment(file, line, comment)


def judge_comment(file, line, comment):
    plain = re.sub(r"\s*\n\s*\*?\s*", " ", comment.strip("/* \n\t"))
    if match := SENTENCE.search(plain):
        say(file.path, line, f"a sentence begins with {match[1]}")
    if match := WORDS.search(plain):
        say(file.path, line, f"{match[0]} is a word of nobody's")


def tags(files):
    """A struct's name is its own in the whole tree."""
    seen = {}
    for file in files:
        for match in TAG.finditer(file.code):
            name = f"{match[1]} {match[2]}"
            here = file.path, file.line(match.start())
            # The public header has its own, where the other is not.
            # And one file is built in place of another.
            if match[2] == "slice" and file.path == "core/memory/memory.h" or \
                    file.path == "server/upstream/none.c":
                continue
            if match[2] in seen:
                say(*here, f"{name} is in {seen[match[2]][0]} too")
            seen.setdefault(match[2], here)


def prefixes(files):
    """Static functions and structs of a file bear its name.

    Not a struct that a header names, to hand it out and keep it closed.
    """
    shown = {match[0] for file in files if file.path.endswith(".h")
             for match in re.finditer(r"\b(?:struct|enum|union) \w+",
                                      file.code)}
    for file in files:
        if not file.path.endswith(".c"):
            continue
        stems = file.stem, file.stem.removeprefix("class_")
        for line, head, _ in file.functions():
            name = re.search(r"(\w+)\s*\(", head)[1]
            if head.startswith("static") and not has_prefix(name, stems):
                say(file.path, line, f"{name} does not begin with {stems[1]}_")
        for match in TAG.finditer(file.code):
            if not has_prefix(match[2], stems) and \
                    f"{match[1]} {match[2]}" not in shown:
                say(file.path, file.line(match.start()),
                    f"{match[1]} {match[2]} does not begin with {stems[1]}_")


def has_prefix(name, stems):
    return any(name == stem or name.startswith(stem + "_") for stem in stems)


# --- sizes --------------------------------------------------------------------

def columns(path, text, most, tab):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= most and "\t" not in line:
            continue
        # A string is not broken: its words can be searched for.
        if len(line.expandtabs(tab)) > most and \
                not re.match(r'\s*(\{ )?(SLICE\()?"', line):
            say(path, number, f"over {most} columns")


def sizes(files, ours):
    for file in files:
        lines = file.text.count("\n")
        if lines > 400:
            say(file.path, 400, f"a file of {lines} lines")
    for file in ours:
        for line, head, body in file.functions():
            judge_function(file, line, head, body)


def judge_function(file, line, head, body):
    length = (head + body).count("\n") + 2
    if length > 50:
        say(file.path, line, f"a function of {length} lines")
    depth = most = 1
    for letter in body:
        depth += (letter == "{") - (letter == "}")
        most = max(most, depth)
    if most > 4:
        say(file.path, line, f"nested {most} deep")
    name, parameters = re.search(r"(\w+)\s*\((.*)\)", head, re.S).groups()
    flat = re.sub(r"\([^()]*\)", "", parameters)
    if flat.count(",") >= 5 and name not in CALLBACKS:
        say(file.path, line, f"{name} has {flat.count(',') + 1} parameters")


# --- files --------------------------------------------------------------------

def top():
    """What is kept at the top level; without git there is no telling."""
    try:
        kept = subprocess.run(["git", "ls-files"], capture_output=True,
                              text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return
    for name in sorted({path.split("/")[0] for path in kept}):
        if not AGREED.fullmatch(name):
            say(name, 1, "does not belong at the top level")


def heads(path, text):
    """The first lines of every file, and a header's guard."""
    first = text.split("\n", 3)[:3]
    if not any("SPDX-License-Identifier: MIT" in line for line in first[:2]):
        say(path, 1, "no SPDX line")
    if not path.endswith((".c", ".h")):
        return
    if not any(f"* {os.path.basename(path)} - " in line
               for line in first[1:]):
        say(path, 2, "no name and clause")
    guard = re.sub(r"[/.]", "_", path).upper()
    if path.endswith(".h") and len(re.findall(
            rf"^#(?:ifndef|define) {guard}$", text, re.M)) != 2:
        say(path, 1, f"the header guard is not {guard}")


def migrations():
    """They follow each other; two branches may have taken one number."""
    for folder in sorted(os.listdir("schema/sql")):
        names = sorted(os.listdir(os.path.join("schema/sql", folder)))
        for number, name in enumerate(names, 1):
            if not name.startswith(f"{number:04}_"):
                say(f"schema/sql/{folder}/{name}", 1,
                    f"is to be migration {number:04}")


def page(paths):
    size = 0
    for path in paths:
        text = read(path)
        size += len(text.encode())
        columns(path, text, 100, 4)
        heads(path, text)
    if size > 60000:
        say("server/page", 1, f"a page of {size} bytes, 60000 at most")


def readme():
    """As short as its tasks allow, and every file that it names is there."""
    text = read("README.md")
    lines = text.split("\n")
    shown = re.sub(r"(?ms)^<details>.*?^</details>\n", "", text).count("\n")
    # Examples in three languages, a row a refusal, how to operate it, and the
    # table that `tests/run bench --readme` puts there.
    if shown > 652:
        say("README.md", shown, f"{shown} lines that are not folded, "
            "652 at most")
    for number, line in enumerate(lines, 1):
        if len(line) > 160:
            say("README.md", number, "over 160 columns")
        if line.startswith("|") and " · " in line:
            say("README.md", number, "a cell that has to be counted")
    for match in re.finditer(
            r"\b(?:schema|core|server|tests)/[\w./*-]*", text):
        name = match[0].rstrip(".")
        if "NAME" not in name and "NNNN" not in name and \
                not glob.glob(name) and not text[match.start() - 1] in "/$":
            say("README.md", text.count("\n", 0, match.start()) + 1,
                f"there is no {name}")


def paths_of(*rooms, kinds):
    return sorted(
        os.path.join(folder, name) for room in rooms
        for folder, _, names in os.walk(room)
        for name in names if name.endswith(kinds))


def main():
    os.chdir(TOP)
    ours = [File(path) for path in paths_of(*ROOMS, kinds=(".c", ".h"))]
    tests = [File(path) for path in paths_of("tests", kinds=(".c", ".h"))]
    others = paths_of("tests", kinds=(".py", ".sh", ".lua"))
    others += [path for path in (
        "CMakeLists.txt", "Dockerfile", ".ci/run", "server/run", "tests/run",
        *(f"tests/bench/{name}" for name in (
            "table", "history", "search", "chat", "turns"))
    ) if os.path.exists(path)]
    rooms(ours)
    circles(ours)
    classes(ours)
    libraries(ours)
    words(ours + tests, ours)
    tags(ours)
    prefixes(ours)
    sizes(ours + tests, ours)
    for file in ours + tests:
        columns(file.path, file.text, 80, 8)
        heads(file.path, file.text)
    for path in others:
        text = read(path)
        columns(path, text, 80, 8)
        heads(path, text)
        for match in UNFINISHED.finditer(text):
            say(path, text.count("\n", 0, match.start()) + 1,
                "unfinished work")
    page(paths_of("server/page", kinds=(".html", ".js", ".css")))
    top()
    migrations()
    readme()
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
