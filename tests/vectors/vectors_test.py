#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vectors_test.py - answers of the real LangChain 0.3, asked of chatmem.

vectors/langchain-0.3.jsonl holds cases and what @langchain/core 0.3.80 and
langchain 0.3.37 answered.  Each is run over HTTP: given messages are posted,
saves go to /save, and these are compared as JSON values: the words of
refusals, the strings of /load, its lists, and the stored form of saved
messages.  Where chatmem differs on purpose, a rule says so; a case that no
rule covers must pass.
"""

import collections
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, Count, Server

SETTINGS = {"memoryKey": "memory_key", "inputKey": "input_key",
            "outputKey": "output_key", "returnMessages": "return_messages",
            "humanPrefix": "human_prefix", "aiPrefix": "ai_prefix", "k": "k"}
BARE = ("seq", "id", "created_at", "client_created_at", "updated_at")


class Differs(Exception):
    """chatmem's answer is another one."""


class Refused(Differs):
    """chatmem refuses what LangChain takes."""


class Accepted(Differs):
    """chatmem takes what LangChain refuses."""


class OtherWords(Differs):
    """Both refuse, in other words."""


# --- the rules --------------------------------------------------------------
# A rule that covers a case says how the answer differs: it must be Refused,
# Accepted or refused in OtherWords, or it is the changed answer that the rule
# returns.  None: the rule does not cover the case.

SKIPPED = object()


def not_built(case, answer):
    """The chain, trimMessages, promptInputKey; memory-0.3.jsonl has the rest"""
    if case.get("op") in ("chain", "trim", "promptInputKey") or \
            "class" in case:
        return SKIPPED


def window_of_nothing(case, answer):
    """k=0 is a window of no messages, as in Python"""
    if options(case).get("k") == 0:
        return {"ok": dict(answer["ok"], load={"history": ""})}


def window_of_no_number(case, answer):
    """k is a whole number, 0 or more"""
    k = options(case).get("k", 0)
    if k is not None and (not isinstance(k, int) or k < 0):
        return Refused


def accepted_forms(case, answer):
    """chat, flat and OpenAI forms are read, also with a role of one's own"""
    def other(m):
        return m.get("type") == "chat" or "content" in m
    if any(map(other, given(case))) or \
            case.get("op") == "coerce" and "error" in answer:
        return Accepted


def oldest_form(case, answer):
    """The form {type,text} of early 2023 is refused"""
    if any("text" in message for message in given(case)):
        return Refused


def content_of_no_text(case, answer):
    """Content that is neither a string nor an array of parts is refused"""
    def text(data):
        return isinstance(data, dict) and isinstance(
            data.get("content"), (str, list))
    if any("data" in message and message["type"] != "remove" and
           not text(message["data"]) for message in given(case)):
        return OtherWords if "error" in answer else Refused


def value_of_no_text(case, answer):
    """A value that is empty, or neither text nor message fields, is refused"""
    def usable(value):
        return isinstance(value, str) or parts(value) or \
            isinstance(value, dict) and "content" in value
    for turn in saves(case):
        if turn["input"] == {"input": ""} or any(
                not isinstance(values, dict) or
                not all(map(usable, values.values()))
                for values in turn.values()):
            return OtherWords if "error" in answer else Refused


# LangChain adds these to a message that is saved.
KWARGS = {"additional_kwargs": {}, "response_metadata": {}}
DEFAULTS = {"human": KWARGS,
            "ai": {"tool_calls": [], "invalid_tool_calls": [], **KWARGS}}


def parts(value):
    return isinstance(value, list) and all(
        isinstance(part, (str, dict)) for part in value)


def array_of_parts(case, answer):
    """An array of parts is a content, which LangChain.js 0.3 loses"""
    values = [value for turn in saves(case) for side in turn.values()
              if isinstance(side, dict) for value in side.values()]
    if "ok" not in answer or not any(map(parts, values)):
        return None
    ok = dict(answer["ok"], messages=[
        {**message, "data": {"content": value, **DEFAULTS[message["type"]]}}
        if parts(value) else message
        for message, value in zip(answer["ok"]["messages"], values)])
    words = ok["load"]["history"].split("undefined")
    given = [json.dumps(value, indent=2, ensure_ascii=False)
             for value in values if parts(value)]
    ok["load"] = {"history": "".join(
        word + value for word, value in zip(words, given + [""]))}
    return {"ok": ok}


def absent_key(case, answer):
    """__proto__ and toString are keys like others, and absent"""
    if options(case).get("inputKey") in ("__proto__", "toString"):
        return Refused


def no_dangling_human(case, answer):
    """A refused output leaves no human message behind"""
    if "steps" in case:
        steps, load = [], None
        for step in answer["ok"]["steps"]:
            if "output values" in step.get("error", ""):
                load = steps[-1]
            elif load and step["ok"]:
                step, load = load, None
            steps.append(step)
        return {"ok": {"steps": steps}}
    if answer.get("error", "").startswith("output values"):
        return dict(answer, messages=answer["messages"][:-1])


RULES = (not_built, window_of_nothing, window_of_no_number, accepted_forms,
         oldest_form, content_of_no_text, absent_key, array_of_parts,
         value_of_no_text, no_dangling_human)


def given(case):
    return case.get("messages") or []


def saves(case):
    return case.get("save") or []


def options(case):
    return case.get("options") or {}


# --- running a case ---------------------------------------------------------

class Session:
    """One case's session with its options.

    They are the session's own settings in every second case, else parameters
    of each request, which cannot hold U+0000.
    """

    def __init__(self, client, number, options):
        self.client = client
        self.path = f"/sessions/vector-{number}"
        self.query = ""
        settings = {SETTINGS[name]: value for name, value in options.items()
                    if value is not None}
        if "k" in settings:
            settings["class"] = "window"
        if settings and (number % 2 or "\\u0000" in json.dumps(settings)):
            wanted(self.ask("PUT", "", {"memory": settings}), 201)
        else:
            self.query = urllib.parse.urlencode({
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in settings.items()})

    def ask(self, method, path, body=None):
        return self.client.request(method, self.path + path, body)

    def load(self, **more):
        query = self.query + "".join(f"&{name}={value}"
                                     for name, value in more.items())
        return wanted(self.ask("GET", "/load?" + query), 200).json()

    def messages(self):
        reply = wanted(self.ask("GET", "/messages?limit=10000"), 200).json()
        return [bare(message) for message in reply["messages"]]

    def save(self, turn):
        return self.ask("POST", "/save?" + self.query, {
            "inputs": turn["input"], "outputs": turn["output"]})


def bare(message):
    return {name: value for name, value in message.items()
            if name not in BARE}


def wanted(reply, status):
    if reply.status == status:
        return reply
    words = f"{reply.status} {reply.body.decode(errors='replace')}"
    raise (Refused if reply.status == 400 else
           Accepted if status == 400 else Differs)(words)


def same(what, got, want):
    if got != want:
        raise Differs(f"{what}\n  got  {json.dumps(got)}\n"
                      f"  want {json.dumps(want)}")


def refused(reply, words):
    """It must say what LangChain says."""
    message = wanted(reply, 400).json()["error"]["message"]
    if words not in message:
        raise OtherWords(f"refused with {message!r}, not {words!r}")


def run_memory(session, case, answer):
    """BufferMemory: messages given, turns saved, variables loaded.

    Given messages come back as they were given: without the defaults, the
    order and the escapes that LangChain's round trip gives them.
    """
    at = answer.get("at")
    if given(case):
        reply = session.ask("POST", "/messages", given(case))
        if at == "messages":
            return refused(reply, answer["error"])
        wanted(reply, 201)
    for number, turn in enumerate(saves(case)):
        reply = session.save(turn)
        if at == f"save[{number}]":
            refused(reply, answer["error"])
            break
        wanted(reply, 201)
    saved = answer.get("ok", answer)["messages"][len(given(case)):]
    same("messages", session.messages(), given(case) + saved)
    if "ok" in answer:
        compare_load(session, answer["ok"])


def compare_load(session, ok):
    if "loadStored" not in ok:
        return same("load", session.load(), ok["load"])
    (key, window), = ok["loadStored"].items()
    stored = session.messages()
    same("load", session.load(), {key: stored[len(stored) - len(window):]})


def run_steps(session, case, answer):
    for step, result in zip(case["steps"], answer["ok"]["steps"]):
        if "save" in step and "error" in result:
            refused(session.save(step["save"]), result["error"])
        elif "save" in step:
            wanted(session.save(step["save"]), 201)
        elif "load" in step:
            same("load", session.load(), result["ok"]["load"])
        elif "clear" in step:
            wanted(session.ask("DELETE", "/messages"), 200)
        else:
            same("messages", session.messages(), result["ok"])


def run_coerce(session, case, answer):
    """A message-like, as the stored message that it becomes."""
    value = case["value"]
    wanted(session.ask("POST", "/messages", [value]), 201)
    if "error" in answer:
        raise Accepted("accepted")
    message, = session.messages()
    same("type", message["type"], answer["ok"]["type"])
    want = {name: item for name, item in answer["ok"]["data"].items()
            if item not in ({}, [])}
    got = dict(message["data"])
    # What LangChain leaves at the top of `data` chatmem keeps with the other
    # members of an OpenAI message, so that the way back loses nothing.
    extra = got.pop("additional_kwargs", {})
    got.update({name: item for name, item in extra.items()
                if name != "__openai_role__"})
    if "__openai_role__" in extra:
        got["additional_kwargs"] = {
            "__openai_role__": extra["__openai_role__"]}
    same("data", {name: item for name, item in got.items()
                  if item not in ({}, [])}, want)


def run_buffer(session, case, answer):
    wanted(session.ask("POST", "/messages", case["messages"]), 201)
    load = session.load(human_prefix=case["humanPrefix"],
                        ai_prefix=case["aiPrefix"])
    same("buffer", load, {"history": answer["ok"]})


def run(client, number, case, answer):
    session = Session(client, number, options(case))
    runner = {"coerce": run_coerce, "buffer": run_buffer}.get(
        case.get("op"), run_steps if "steps" in case else run_memory)
    runner(session, case, answer)


def check(client, number, case, answer):
    """Returns the rule that was used, if any; raises what is wrong."""
    for rule in RULES:
        expected = rule(case, answer)
        if expected is not None:
            break
    else:
        return run(client, number, case, answer)
    if expected is SKIPPED:
        return rule
    if isinstance(expected, dict):
        run(client, number, case, expected)
        return rule
    try:
        run(client, number, case, answer)
    except Differs as difference:
        if expected is Accepted and type(difference) is Differs or \
                isinstance(difference, expected):
            return rule
        raise
    raise Differs(f"not {expected.__name__}: {rule.__doc__}")


def main():
    count = Count()
    used = collections.Counter()
    with open(f"{TESTS}/vectors/langchain-0.3.jsonl", encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    with Server() as server:
        client = server.client()
        for number, line in enumerate(lines, 1):
            try:
                used[check(client, number, line["case"], line["answer"])] += 1
                count.check(True)
            except Differs as difference:
                count.check(False, f"line {number}: {difference}")
    print(f"{used[None]:5d}  as LangChain answers")
    for rule in RULES:
        print(f"{used[rule]:5d}  {rule.__doc__}")
    as_given = sum(bool(given(line["case"])) for line in lines)
    print(f"of all, in {as_given} given messages came back as given")
    count.close()


if __name__ == "__main__":
    main()
