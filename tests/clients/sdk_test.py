#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sdk_test.py - the packages that people have, pointed at chatmem.

OpenAI's for Python and for JavaScript remember by a header; the prompts of a
session are those of LangChain.js's ConversationChain, byte for byte, on the
way to the same upstream.  Run by build-test/python.
"""

import json
import os
import subprocess

import openai
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import PATIENCE, TESTS, Count, Server
from upstream import NODE, Upstream, completion, echo

count = Count()
check = count.check

INPUTS = ("Hi! I'm Jim.", "What's my \"name\"?\n{input} \u00e9\U0001f600",
          "Bye {history}")


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def node(*arguments):
    run = subprocess.run(
        ["node", os.path.join(TESTS, "clients", "sdk_test.mjs"), *arguments],
        env={**os.environ, "NODE_PACKAGES": NODE}, text=True,
        capture_output=True, timeout=PATIENCE)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return json.loads(run.stdout)


def contents(server, session):
    reply = server.client().get(f"/sessions/{session}/messages?format=openai")
    return [message["content"] for message in reply.json()["messages"]]


def test_python(server, upstream):
    client = openai.OpenAI(
        api_key="any", base_url=f"http://127.0.0.1:{server.port}/v1",
        default_headers={"X-Session-Id": "python"})

    def ask(content, **more):
        return client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": content}],
            **more)

    equal(ask("one two").choices[0].message.content, "one two", "Python")
    streamed = "".join(chunk.choices[0].delta.content or ""
                       for chunk in ask("three four", stream=True))
    equal(streamed, "three four", "Python, streamed")
    equal(contents(server, "python"),
          ["one two", "one two", "three four", "three four"], "remembered")
    equal([model.id for model in client.models.list()], ["test"], "models")
    named = client.with_options(default_headers={}).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "a"}],
        metadata={"session_id": "named"}, extra_headers={
            "X-Session-Id": openai.Omit()})
    equal(named.choices[0].message.content, "a", "by metadata")
    equal(contents(server, "named"), ["a", "a"], "by metadata")
    check("metadata" not in upstream.requests[-1].json(),
          "our metadata went out")


def test_python_whole_history(server, upstream):
    """Those who send everything each time store nothing twice."""
    client = openai.OpenAI(
        api_key="any", base_url=f"http://127.0.0.1:{server.port}/v1",
        default_headers={"X-Session-Id": "everything"})
    upstream.answer = lambda request, reply: reply.json(completion(
        "ok", choices=[{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant", "content": "ok", "refusal": None,
            "annotations": []}}]))
    messages = []
    for text in ("a", "b", "c"):
        messages.append({"role": "user", "content": text})
        answer = client.chat.completions.create(model="m", messages=messages)
        messages.append(answer.choices[0].message.to_dict()
                        if text == "a" else
                        {"role": "assistant", "content": "ok"})
    equal(contents(server, "everything"), ["a", "ok", "b", "ok", "c", "ok"],
          "the whole history")
    upstream.answer = echo


def test_python_errors(server, upstream):
    """What an upstream refuses is an error that the package understands."""
    client = openai.OpenAI(
        api_key="any", base_url=f"http://127.0.0.1:{server.port}/v1",
        default_headers={"X-Session-Id": "errors"}, max_retries=2)
    before = len(upstream.requests)
    upstream.answer = lambda request, reply: reply.json(
        {"error": {"message": "no such model"}}, 404)
    for stream in (False, True):
        try:
            client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "a"}],
                stream=stream)
            check(False, "no error")
        except openai.APIStatusError as error:
            check(error.status_code == 404 and "no such model" in str(error)
                  and isinstance(error, openai.NotFoundError), error)
    equal(contents(server, "errors"), [], "errors")
    equal(len(upstream.requests) - before, 2, "asked once each")
    upstream.answer = echo


def test_javascript(server, upstream):
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}

    def answer(request, reply):
        body = request.json() if request.method == "POST" else {"stream": 1}
        if body.get("stream"):
            return echo(request, reply)
        return reply.json(completion(body["messages"][-1]["content"],
                                     usage=usage))

    upstream.answer = answer
    equal(node("openai", f"http://127.0.0.1:{server.port}/v1", "javascript"),
          {"whole": "one two", "usage": usage, "streamed": "three four",
           "models": ["test"]}, "JavaScript")
    equal(contents(server, "javascript"),
          ["one two", "one two", "three four", "three four"], "JavaScript")
    upstream.answer = echo


def member(body, name):
    """The bytes of a member of a JSON object."""
    text = body.decode()
    start = text.index(f'"{name}":') + len(name) + 3
    end = json.JSONDecoder().raw_decode(text, start)[1]
    return text[start:end]


def test_chain(server, upstream):
    """A chain of LangChain's and a session of ours ask the same."""
    client = server.client()
    client.request("PUT", "/sessions/chat", {"memory": {"system": "Be kind."}})
    for kind, name in (("text", "prompt"), ("chat", "messages")):
        start = len(upstream.requests)
        wanted = node(kind, upstream.url, *INPUTS)
        middle = len(upstream.requests)
        prompt = "?prompt=string" if kind == "text" else ""
        got = [client.post(f"/sessions/{kind}/chat{prompt}",
                           {"input": text}).json()["response"]
               for text in INPUTS]
        equal(got, wanted, kind, "responses")
        asked = upstream.requests[start:]
        bodies = [member(request.body, name) for request in asked]
        theirs, ours = bodies[:middle - start], bodies[middle - start:]
        if kind == "text":  # LangChain sends a list of one
            theirs = [prompt[1:-1] for prompt in theirs]
        equal(ours, theirs, kind, "prompts")
        check(len({request.path for request in asked}) == 1, kind, "paths")


def echo_any(request, reply):
    """LangChain's prompts are lists, and the answer must be one text."""
    if request.method == "POST" and "prompt" in request.json():
        return reply.json({"id": "c", "object": "text_completion",
                           "model": "m", "choices": [{
                               "index": 0, "text": " I'm \"fine\".\n",
                               "finish_reason": "stop"}]})
    return echo(request, reply)


def main():
    upstream = Upstream()
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    for test in (test_python, test_python_whole_history, test_python_errors,
                 test_javascript):
        test(server, upstream)
    upstream.answer = echo_any
    test_chain(server, upstream)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
