#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""classes_test.py - memory classes over HTTP, with a language model behind.

What LangChain's classes show and ask (vectors/memory-0.3.jsonl) is asked of a
server: each text that the model is asked is one that LangChain asked, and each
variable comes to show what LangChain's shows.  Then what a server does besides:
work behind the replies, answers that fail, restarts, erasure.
"""

import concurrent.futures
import glob
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, Count, Gate, Server, wait_for
from upstream import Upstream, completion, held

MODEL = ("--llm-model", "m", "--llm-embedding-model", "e")


def asked_of(body):
    """The text of a question."""
    return body["input"] if "input" in body else body["messages"][0]["content"]


def say(reply, body, answer):
    if "input" in body:
        return reply.json({"object": "list", "data": [
            {"object": "embedding", "index": 0, "embedding": answer}]})
    return reply.json(completion(answer))


def summaries(request, reply):
    """`{summary}|{new_lines}` becomes how many lines there are in all."""
    summary, lines = asked_of(request.json()).split("|", 1)
    count = int(summary[1:] or 0) if summary else 0
    say(reply, request.json(), f"#{count + len(lines.splitlines())}")


SUMMARY = {"class": "summary", "summary_prompt": "{summary}|{new_lines}"}


def server_for(upstream, *flags):
    return Server("--llm-url", upstream.url, *MODEL, *flags)


def make(client, name, memory):
    return client.request("PUT", f"/sessions/{name}", {"memory": memory})


def save(client, name, number=0):
    return client.post(f"/sessions/{name}/save", {
        "inputs": {"input": f"q{number}"},
        "outputs": {"output": f"a{number}"}})


def load(client, name, inputs=None):
    if inputs:
        return client.post(f"/sessions/{name}/load", inputs).json()
    return client.get(f"/sessions/{name}/load").json()


# --- LangChain's ------------------------------------------------------------

def vectors(count):
    known, strange = {}, []

    def answer(request, reply):
        body = request.json()
        text = asked_of(body)
        if text not in known:
            strange.append(text)
            return reply.json({"error": "LangChain did not ask this"}, 500)
        return say(reply, body, known[text])

    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    with open(f"{TESTS}/vectors/memory-0.3.jsonl", encoding="utf-8") as file:
        for number, line in enumerate(map(json.loads, file)):
            known.clear()
            known.update(line["asked"])
            upstream.requests.clear()
            wrong = run_vector(client, f"v{number}", line)
            count.check(not wrong and not missed(known, upstream) and
                        not strange, f"line {number + 1}:", wrong,
                        missed(known, upstream), strange)
    count.stopped(server)
    upstream.stop()


def is_idle(client):
    return b"\nchatmem_tasks 0\n" in client.get("/metrics").body


def missed(known, upstream):
    return set(known) - set(map(asked_of, upstream.bodies()))


def run_vector(client, name, line):
    """What came instead of what LangChain shows, if anything.

    LangChain waits for its model; here the next step waits until nothing is
    worked on any more, as a reply comes when that has begun.
    """
    reply = make(client, name, line["settings"])
    if reply.status != 201:
        return reply.body
    for verb, *values in line["steps"]:
        if verb == "save":
            client.post(f"/sessions/{name}/save",
                        {"inputs": values[0], "outputs": values[1]})
            if not wait_for(lambda: is_idle(client)):
                return "it works and works"
        elif verb == "clear":
            client.request("DELETE", f"/sessions/{name}/messages")
        else:
            inputs, want = values
            if not wait_for(lambda: load(client, name, inputs) == want):
                return load(client, name, inputs), want
    return None


# --- behind the replies ------------------------------------------------------

def without_a_model(count):
    with Server() as server:
        client = server.client()
        for name in ("summary", "summary_buffer", "entity"):
            reply = make(client, "s", {"class": name})
            count.check(reply.status == 501 and b"--llm-url" in reply.body and
                        b"--llm-model" in reply.body, reply.body)
            reply = client.get(f"/sessions/s/load?class={name}")
            count.check(reply.status == 501, reply.body)
        count.check(client.get("/sessions/s").status == 404, "it is made")
        count.check(make(client, "s", {"class": "vector"}).status == 201)
        reply = make(client, "l", {"class": "combined", "memories": [
            {"system": "x" * (1 << 20)}]})
        count.check(reply.status == 413, reply.status)
    with Server("--search", "off") as server:
        reply = make(server.client(), "s", {"class": "vector"})
        count.check(reply.status == 501 and b"--search" in reply.body,
                    reply.body)


def in_the_background(count):
    go_on = Gate()
    upstream = Upstream(held(go_on, summaries))
    server = server_for(upstream)
    client = server.client()
    make(client, "s", SUMMARY)
    save(client, "s")
    shown = load(client, "s")
    count.check(shown == {"history": "Human: q0\nAI: a0"}, shown)
    save(client, "s", 1)
    go_on.set()
    count.check(wait_for(lambda: load(client, "s") == {"history": "#4"}),
                load(client, "s"))
    texts = list(map(asked_of, upstream.bodies()))
    count.check(texts == ["|Human: q0\nAI: a0", "#2|Human: q1\nAI: a1"], texts)
    client.post("/sessions/s/messages", ["q2", ["ai", "a2"]])
    count.check(wait_for(lambda: len(upstream.requests) == 3),
                "posted messages are not summarised")
    count.stopped(server)
    upstream.stop()


def each_message_once(count):
    upstream = Upstream(summaries)
    server = server_for(upstream)
    make(server.client(), "s", SUMMARY)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        clients = [server.client() for _ in range(8)]
        list(pool.map(lambda i: [save(clients[i], "s", 100 * i + j)
                                 for j in range(20)], range(8)))
    client = server.client()
    count.check(wait_for(lambda: load(client, "s") == {"history": "#320"}),
                load(client, "s"))
    lines = [line for body in upstream.bodies()
             for line in asked_of(body).split("|", 1)[1].splitlines()]
    count.check(len(lines) == 320 and len(set(lines)) == 320, len(lines))
    count.stopped(server)
    upstream.stop()


def edits(count):
    """Whatever changes what was read makes a class read again."""
    upstream = Upstream(summaries)
    server = server_for(upstream)
    client = server.client()
    stored = {"type": "ai", "data": {"content": "b"}}
    ways = (
        ("PUT", "/messages/2", stored), ("DELETE", "/messages/1", None),
        ("DELETE", "/messages?last=1", None),
        ("DELETE", "/messages?oldest=1", None),
        ("DELETE", "/messages?before=3", None),
        ("PUT", "/messages", ["q0", ["ai", "a0"], "q1", ["ai", "b"]]),
        ("PATCH", "/messages", {"replace_suffix": {
            "expected": [["ai", "a1"]], "replacement": [["ai", "b"]]}}),
        ("DELETE", "/messages", None))
    for number, (method, path, body) in enumerate(ways):
        name = f"s{number}"
        make(client, name, SUMMARY)
        client.post(f"/sessions/{name}/messages",
                    ["q0", ["ai", "a0"], "q1", ["ai", "a1"]])
        count.check(wait_for(lambda: load(client, name) == {"history": "#4"}))
        reply = client.request(method, f"/sessions/{name}{path}", body)
        shown = load(client, name)["history"]
        count.check(reply.status == 200 and "#" not in shown,
                    method, path, reply.body, shown)
    make(client, "s", SUMMARY)
    save(client, "s")
    count.check(wait_for(lambda: load(client, "s") == {"history": "#2"}))
    client.request("PATCH", "/sessions/s", {"metadata": {"a": 1}})
    client.post("/sessions/s/messages", ["q1"])
    client.request("PUT", "/sessions/s/messages/3", '"q2"')
    count.check(load(client, "s") == {"history": "#2\nHuman: q2"},
                load(client, "s"))
    count.stopped(server)
    upstream.stop()


def in_a_chat(count):
    """The chain asks for its memory first, then what it was told to."""
    def answer(request, reply):
        messages = request.json()["messages"]
        text = messages[-1]["content"]
        if text.startswith("X "):
            return say(reply, request.json(), "Ann")
        if text.startswith("Ann: "):
            return say(reply, request.json(), "a friend")
        if "|" in text:
            return summaries(request, reply)
        return say(reply, request.json(), f"{len(messages)} messages")

    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    make(client, "e", {
        "class": "entity", "entity_extraction_prompt": "X {history}|{input}",
        "entity_summarization_prompt": "{entity}: {summary}|{input}"})
    reply = client.post("/sessions/e/chat", {"input": "Who is Ann?"})
    count.check(reply.status == 200 and "messages" in reply.json()["response"],
                reply.body)
    count.check(wait_for(lambda: len(upstream.requests) == 4),
                list(map(asked_of, upstream.bodies())))
    want = {"Ann": "a friend"}
    count.check(wait_for(lambda: load(
        client, "e", {"input": "Ann?"})["entities"] == want))
    make(client, "s", SUMMARY)
    for number in range(2):
        client.post("/sessions/s/chat", {"input": f"q{number}"})
    count.check(wait_for(lambda: load(client, "s") == {"history": "#4"}),
                load(client, "s"))
    client.post("/v1/chat/completions", {
        "model": "m", "messages": [{"role": "user", "content": "q2"}]},
        headers={"X-Session-Id": "s"})
    count.check(wait_for(lambda: load(client, "s") == {"history": "#6"}),
                load(client, "s"))
    count.stopped(server)
    upstream.stop()


def answers_that_fail(count):
    bad = [lambda reply: reply.json({"error": {"message": "no"}}, 400),
           lambda reply: reply.json(b"rubbish"),
           lambda reply: reply.json({"choices": []}),
           lambda reply: reply.json(completion(None)),
           lambda reply: reply.hang_up()]
    ways = iter(bad)

    def answer(request, reply):
        way = next(ways, None)
        return way(reply) if way else summaries(request, reply)

    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    make(client, "s", SUMMARY)
    for number in range(len(bad)):
        reply = save(client, "s", number)
        count.check(reply.status == 201, reply.body)
        # What has failed is tried again by a later load.
        wait_for(lambda: load(client, "s") and
                 len(upstream.requests) > number)
    count.check(wait_for(lambda: load(client, "s") == {"history": "#10"}),
                load(client, "s"))
    failing = Upstream(lambda request, reply: reply.json(b"{}", 401))
    with server_for(failing) as other:
        asking = other.client()
        make(asking, "e", {"class": "entity"})
        reply = asking.post("/sessions/e/load", {"input": "Ann?"})
        count.check(reply.status == 502 and b"401" in reply.body, reply.body)
    count.stopped(server)
    upstream.stop()
    failing.stop()


def occurrences(server, word):
    return sum(open(name, "rb").read().count(word)
               for name in glob.glob(server.database + "*"))


def kept_and_gone(count):
    """A summary outlives the server, and goes with its session."""
    word = b"GLIMMERING"

    def answer(request, reply):
        say(reply, request.json(), "GLIMMERING")

    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    make(client, "s", SUMMARY)
    save(client, "s")
    want = {"history": "GLIMMERING"}
    count.check(wait_for(lambda: load(client, "s") == want))
    server.kill()
    server.start()
    client = server.client()
    count.check(load(client, "s") == want, load(client, "s"))
    client.post("/sessions/s/fork", {"id": "whole"})
    client.post("/sessions/s/fork", {"id": "part", "upto": 1})
    count.check(load(client, "whole") == want and
                load(client, "part") == {"history": "Human: q0"},
                load(client, "whole"), load(client, "part"))
    count.check(len(upstream.requests) == 1, len(upstream.requests))
    client.request("DELETE", "/sessions/s/messages")
    count.check(load(client, "s") == {"history": ""}, load(client, "s"))
    for name in ("s", "whole", "part"):
        client.request("DELETE", f"/sessions/{name}")
    count.check(occurrences(server, word) == 0, "the summary is in the file")
    count.stopped(server)
    upstream.stop()

# --- what is kept ------------------------------------------------------------

def kept(client, name):
    return client.get(f"/sessions/{name}/memory").json()


def shown_and_corrected(count):
    """What a class keeps is shown, set, corrected and made again."""
    upstream = Upstream(summaries)
    server = server_for(upstream)
    client = server.client()
    path = "/sessions/s/memory"
    count.check(client.get(path).status == 404, "there is no session")
    make(client, "s", SUMMARY)
    want = {"summary": {"text": "", "upto": 0, "behind": 0}}
    count.check(kept(client, "s") == want, kept(client, "s"))
    save(client, "s")
    want = {"summary": {"text": "#2", "upto": 2, "behind": 0}}
    count.check(wait_for(lambda: kept(client, "s") == want),
                kept(client, "s"))
    reply = client.request("PUT", path, {"summary": {"text": "#40"}})
    want["summary"]["text"] = "#40"
    count.check((reply.status, reply.json()) == (200, want), reply.body)
    reply = client.get("/sessions/s/load")
    count.check(reply.json() == {"history": "#40"} and
                reply.headers["Chatmem-Memory-Upto"] == "2" and
                reply.headers["Chatmem-Memory-Behind"] == "0" and
                reply.headers["Chatmem-Memory-Kept"] is None,
                reply.headers, reply.body)
    save(client, "s", 1)
    count.check(wait_for(lambda: load(client, "s") == {"history": "#42"}),
                load(client, "s"))
    # Given for fewer messages, the rest is summarised behind it.
    reply = client.request("PUT", path, {
        "summary": {"text": "#10", "upto": 2, "behind": 7}})
    want = {"summary": {"text": "#10", "upto": 2, "behind": 2}}
    count.check((reply.status, reply.json()) == (200, want), reply.body)
    count.check(wait_for(lambda: load(client, "s") == {"history": "#12"}),
                load(client, "s"))
    refused_corrections(count, client, path)
    reply = client.request("DELETE", path)
    want = {"summary": {"text": "", "upto": 0, "behind": 4}}
    count.check((reply.status, reply.json()) == (200, want), reply.body)
    count.check(wait_for(lambda: load(client, "s") == {"history": "#4"}),
                load(client, "s"))
    correction_survives(count, server, client, path)
    count.stopped(server)
    upstream.stop()


def refused_corrections(count, client, path):
    before = kept(client, "s")
    for body, words in (
            ([], "the body must be an object"),
            ({"summery": {"text": "x"}}, 'no more than: ["summary"]'),
            ({"summary": "x"}, "summary.text is missing"),
            ({"summary": {"upto": 1}}, "summary.text is missing"),
            ({"summary": {"text": ""}}, "text must be a string"),
            ({"summary": {"text": 5}}, "text must be a string"),
            ({"summary": {"text": "x", "upto": 5}}, "a seq from 0 to 4"),
            ({"summary": {"text": "x", "upto": -1}}, "a seq from 0 to 4"),
            ({"summary": {"text": "x", "up": 1}}, 'unknown member "up"'),
            ({"summary": {"text": "x"}, "entity": {"entities": {}}},
             'no more than: ["summary"]')):
        reply = client.request("PUT", path, body)
        count.check(reply.status == 400 and
                    words in reply.json()["error"]["message"],
                    body, reply.status, reply.body)
    count.check(kept(client, "s") == before, "a refusal changed something")
    reply = client.request("PUT", path, {"summary": {"text": "x"}},
                           {"If-Match": '"1"'})
    count.check(reply.status == 412, reply.status, reply.body)


def correction_survives(count, server, client, path):
    """kill -9 behind the reply; and the same key is the same correction."""
    headers = {"Idempotency-Key": "k"}
    body = {"summary": {"text": "#7", "upto": 4}}
    first = client.request("PUT", path, body, headers)
    server.kill()
    server.start()
    client = server.client()
    count.check(load(client, "s") == {"history": "#7"}, load(client, "s"))
    again = client.request("PUT", path, body, headers)
    count.check(again.headers["Idempotent-Replay"] == "true" and
                again.body == first.body, again.body)


def several_at_once(count):
    """A combined memory shows each; a class without a state shows none."""
    upstream = Upstream(summaries)
    server = server_for(upstream)
    client = server.client()
    make(client, "b", {"class": "buffer"})
    count.check(kept(client, "b") == {}, kept(client, "b"))
    reply = client.request("PUT", "/sessions/b/memory", {"summary": {
        "text": "x"}})
    count.check(reply.status == 400 and b"no more than: []" in reply.body,
                reply.body)
    make(client, "c", {"class": "combined", "memories": [
        {**SUMMARY, "memory_key": "one"}, {"class": "window"},
        {**SUMMARY, "memory_key": "two"}]})
    save(client, "c")
    done = {"text": "#2", "upto": 2, "behind": 0}
    want = {"summary": done, "summary:two": done}
    count.check(wait_for(lambda: kept(client, "c") == want),
                kept(client, "c"))
    reply = client.request("PUT", "/sessions/c/memory", {
        "summary:two": {"text": "second"}})
    want["summary:two"] = {**done, "text": "second"}
    count.check(reply.json() == want, reply.body)
    client.request("PUT", "/sessions/v", {"memory": {"class": "vector"}})
    count.check(kept(client, "v") == {"vector": {"upto": 0, "behind": 0}},
                kept(client, "v"))
    reply = client.request("PUT", "/sessions/v/memory", {"vector": {}})
    count.check(reply.status == 400 and b"cannot be set" in reply.body,
                reply.body)
    # A class of the query alone: nothing is made for it.
    save(client, "b")
    reply = client.get("/sessions/b/load?class=summary")
    count.check(reply.headers["Chatmem-Memory-Kept"] == "false" and
                reply.headers["Chatmem-Memory-Upto"] == "0" and
                reply.headers["Chatmem-Memory-Behind"] == "2" and
                reply.json() == {"history": "Human: q0\nAI: a0"},
                reply.headers, reply.body)
    count.check(client.get("/sessions/b/load").headers[
        "Chatmem-Memory-Upto"] is None, "a buffer keeps nothing")
    count.stopped(server)
    upstream.stop()


def entities_corrected(count):
    def answer(request, reply):
        say(reply, request.json(), "Ann")

    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    make(client, "e", {"class": "entity"})
    reply = client.request("PUT", "/sessions/e/memory", {
        "entity": {"entities": {"Ann": "A \u00e9 painter."}}})
    count.check(reply.json() == {"entity": {
        "entities": {"Ann": "A \u00e9 painter."}, "upto": 0, "behind": 0}},
        reply.body)
    shown = load(client, "e", {"input": "Who is Ann?"})
    count.check(shown["entities"] == {"Ann": "A \u00e9 painter."}, shown)
    for wrong in (5, {"Ann": 5}):
        reply = client.request("PUT", "/sessions/e/memory", {
            "entity": {"entities": wrong}})
        count.check(reply.status == 400, wrong, reply.body)
    count.stopped(server)
    upstream.stop()


def within_its_limit(count):
    """No model answers: the limit holds, and the head says what is left."""
    def refuse(request, reply):
        reply.json({"error": "down"}, 400)

    upstream = Upstream(refuse)
    server = server_for(upstream)
    client = server.client()
    make(client, "s", {"class": "summary_buffer", "max_token_limit": 30})
    for number in range(5):
        save(client, "s", number)
    reply = client.get("/sessions/s/load")
    lines = reply.json()["history"].splitlines()
    head = reply.headers
    count.check(0 < len(lines) < 10 and lines[-1] == "AI: a4" and
                int(head["Chatmem-Tokens"]) <= 30 and
                int(head["Chatmem-Omitted"]) == 10 - len(lines) and
                head["Chatmem-Memory-Upto"] == "0" and
                head["Chatmem-Memory-Behind"] == "10", head, reply.body)
    count.stopped(server)
    upstream.stop()


def reads_its_writes(count):
    """A turn that was acknowledged is known, whatever the background does."""
    def answer(request, reply):
        body = request.json()
        text = asked_of(body)
        if "input" in body:
            return say(reply, body, [float(text.count("dog")), 1.0])
        if "Extract all" in text:
            return say(reply, body, "Rex")
        return say(reply, body, "Rex is a dog.")

    with Server() as server:
        client = server.client()
        client.request("PUT", "/sessions/w", {"memory": {"class": "vector"}})
        for number in range(50):
            client.post("/sessions/w/save", {
                "inputs": {"input": f"My dog is called R\u00e9x{number}"},
                "outputs": {"output": "Nice."}})
            shown = load(client, "w", {"input": f"rex{number}"})
            count.check(f"R\u00e9x{number}\n" in shown["memory"], number, shown)
    upstream = Upstream(answer)
    server = server_for(upstream)
    client = server.client()
    for name, inputs, variable, words in (
            ("vector", {"input": "dog"}, "memory", "Rex"),
            ("entity", {"input": "Rex?"}, "entities", "Rex is a dog.")):
        for number in range(10):
            session = f"{name}{number}"
            make(client, session, {"class": name})
            client.post(f"/sessions/{session}/save", {
                "inputs": {"input": "My dog is called Rex"},
                "outputs": {"output": "Nice."}})
            shown = load(client, session, inputs)
            count.check(words in str(shown[variable]), session, shown)
    count.stopped(server)
    upstream.stop()


def main():
    count = Count()
    for test in (vectors, without_a_model, in_the_background,
                 each_message_once, edits, in_a_chat, answers_that_fail,
                 kept_and_gone, shown_and_corrected, several_at_once,
                 entities_corrected, within_its_limit, reads_its_writes):
        test(count)
    count.close()


if __name__ == "__main__":
    main()
