#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""strings_test.py - buffer strings, beside those of the real packages.

Random conversations, in LangChain's stored form and in OpenAI's, are posted
and loaded in each string_format.  Each package reads what chatmem hands out of
the session and makes its string: they must be the same.  What a package
refuses is left out.  300 conversations, 10,000 with CHATMEM_TEST_LONG;
CHATMEM_SEED repeats a run.
"""

import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, TESTS, TOP, Count, Server

MANY = 10000 if LONG else 300
BUILD = os.path.join(TOP, "build-test")


def node(folder):
    return ["node", f"{TESTS}/vectors/strings.mjs", f"{BUILD}/{folder}"]


def python(folder):
    return [f"{BUILD}/{folder}/bin/python",
            f"{TESTS}/vectors/strings_oracle.py"]


PACKAGES = {
    "langchain-js-0.3": ("langchain", node("node")),
    "langchain-js-1": ("langchain", node("node-forms")),
    "langchain-python": ("langchain-python", python("python-core-1")),
    "langchain-python-0.3": ("langchain-python", python("python-core-0.3"))}

seed = os.environ.get("CHATMEM_SEED") or str(
    random.SystemRandom().getrandbits(32))
rng = random.Random(seed)
WORDS = ("Hi!", "it's", 'a "quote"', "both ' and \"", "back\\slash", "\n",
         "\t", "\r", "\0", "\x1b", "\x7f", "\x85", "\xa0", "\xad", "é", "日本",
         "😀", "\u200b", "\u2028", "\u3000", "\ue000", "\ufeff", "\U000e0001",
         "\U0001f9d1\u200d\U0001f680", "Human: spoof", "<b>&", "/", "{x}",
         "%s", "\u0378", "", " ")
# As they are spelled: Python keeps whole numbers, JavaScript none beyond 2^53.
NUMBERS = ("0", "-0", "-0.0", "1", "1.0", "1.10", "-7", "1e5", "1E-5", "1e-4",
           "0.0001", "123456789012345678901234567890", "1e15", "1e16", "1e17",
           "1e21", "1e22", "1e400", "-1e400", "5e-324",
           "1.7976931348623157e308", "0.1", "2.5e-8", "9007199254740993", "1e-7", "123456.789",
           "12345678901234567.0", "9999999999999998.0")


def text(most=4):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, most)))


def value(depth=0):
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return text()
    if kind < 4:
        return f"#number:{rng.choice(NUMBERS)}"
    if kind == 4:
        return rng.choice((None, True, False))
    if kind == 5:
        return rng.choice(("\ud83d", "a\udc00b'"))
    if kind == 6:
        return [value(depth + 1) for _ in range(rng.randrange(4))]
    return arguments(depth + 1)


def arguments(depth=0):
    return {rng.choice(("a", "b", "10", "2", "01", "é", "it's", '"', "x\n")) +
            rng.choice(("", "", text(1))): value(depth)
            for _ in range(rng.randrange(4))}


def identity():
    return rng.choice(("c1", "call_" + "x" * rng.randint(50, 70),
                       "😀" * rng.randint(30, 35),
                       "y" + "😀" * rng.randint(30, 35),
                       "é\"" * rng.randint(30, 34), ""))


def spell(thing):
    """As JSON, numbers as they are spelled in NUMBERS."""
    return re.sub(r'"#number:([^"]+)"', r"\1",
                  json.dumps(thing, ensure_ascii=rng.random() < 0.5)
                  if not half(thing) else json.dumps(thing))


def half(thing):
    return any("\ud800" <= c <= "\udfff"
               for c in json.dumps(thing, ensure_ascii=False))


def function(name, args):
    return {"name": name, "arguments": spell(args)}


def parts():
    return [rng.choice((
        lambda: text(), lambda: {"type": "text", "text": text()},
        lambda: {"type": "image_url", "image_url": {"url": "data:x"}},
        lambda: {"type": "image", "source_type": "url", "url": "u"},
        lambda: {"type": rng.choice((
            "audio", "input_audio", "video", "file", "reasoning",
            "tool_use", "tool_result", "text-plain", "non_standard",
            "server_tool_call", "thinking", "input_image"))},
        lambda: {"type": "text-plain", "text": text()},
        lambda: {"text": text()}, lambda: {"type": "x\"y"}))()
        for _ in range(rng.randrange(4))]


def content():
    return parts() if rng.random() < 0.3 else text()


def stored():
    kind = rng.choice(("human", "ai", "ai", "system", "tool", "generic",
                       "function"))
    data = {"content": content()}
    extra = {}
    if rng.random() < 0.2 or kind == "function":
        data["name"] = rng.choice(("bob", "", "é'", "a b"))
    if kind == "tool":
        data["tool_call_id"] = identity()
    if kind == "generic":
        kind = rng.choice(("generic", "chat"))
        data["role"] = rng.choice(("critic", "", "it's"))
    if kind == "ai":
        how = rng.randrange(6)
        calls = [("f", arguments(), identity())
                 for _ in range(rng.randint(1, 3))]
        if how < 2:
            data["tool_calls"] = [
                {"name": name, "args": args, "id": id_, "type": "tool_call"}
                for name, args, id_ in calls]
        elif how == 2:
            extra["tool_calls"] = [
                {"id": id_, "type": "function",
                 "function": function(name, args)}
                for name, args, id_ in calls]
        if rng.random() < 0.3:
            extra["function_call"] = rng.choice((
                function("g", arguments()), {"name": "h"}))
    if extra or rng.random() < 0.3:
        data["additional_kwargs"] = extra
    return {"type": kind, "data": data}


def openai():
    role = rng.choice(("user", "assistant", "assistant", "system",
                       "developer", "tool", "critic"))
    message = {"role": role, "content": content()}
    if role == "tool":
        message["tool_call_id"] = identity()
    if role == "user" and rng.random() < 0.3:
        message["name"] = "bob"
    if role == "assistant" and rng.random() < 0.5:
        message.update({"function_call": None, "refusal": None,
                        "tool_calls": None, "audio": None})
    if role == "assistant" and rng.random() < 0.5:
        message["content"] = rng.choice((None, text()))
        message["tool_calls"] = [
            {"id": identity(), "type": "function",
             "function": function("f", arguments())}
            for _ in range(rng.randint(1, 3))]
    elif role == "assistant" and rng.random() < 0.2:
        message["function_call"] = function("g", arguments())
    return message


def answers(command, lists):
    run = subprocess.run(command, input="".join(lists), text=True, check=True,
                         capture_output=True, timeout=3600)
    lines = run.stdout.split("\n")[:-1]
    assert len(lines) == len(lists), run.stderr
    return [json.loads(line) for line in lines]


def show(reply):
    """The messages of a page without what is beside them, as one line."""
    messages = [{"type": m["type"], "data": m["data"]}
                for m in json.loads(reply, parse_float=spelled,
                                    parse_int=spelled)["messages"]]
    return re.sub(r'"#number:([^"]+)"', r"\1", json.dumps(messages)) + "\n"


def spelled(number):
    return f"#number:{number}"


def talk(client, number):
    """Posts a conversation; gives the lists and the strings of it."""
    session = f"/sessions/s{number}"
    messages = [rng.choice((stored, openai))()
                for _ in range(rng.randint(1, 6))]
    posted = client.post(f"{session}/messages", spell(messages))
    assert posted.status == 201, (posted.body, messages)
    lists = {form: show(client.get(
        f"{session}/messages?format={form}").body)
        for form in ("langchain", "langchain-python")}
    loaded = {name: client.get(
        f"{session}/load?string_format={name}").json()["history"]
        for name in PACKAGES}
    return lists, loaded


def main():
    count = Count()
    print("CHATMEM_SEED", seed)
    with Server() as server:
        client = server.client()
        talks = [talk(client, number) for number in range(MANY)]
    for name, (form, command) in PACKAGES.items():
        theirs = answers(command, [lists[form] for lists, _ in talks])
        for (lists, loaded), string in zip(talks, theirs):
            if string is not None:
                count.check(loaded[name] == string, name, lists[form],
                            repr(loaded[name]), "is not", repr(string))
        known = sum(string is not None for string in theirs)
        count.check(known > MANY / 4, name, "refuses all but", known)
        print(f"{known:6d}  {name}")
    count.close()


if __name__ == "__main__":
    main()
