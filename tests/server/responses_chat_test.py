#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""responses_chat_test.py - responses of a server that has chat completions.

What is asked at /responses is asked there, and what comes back, whole or
streamed, is the response that it is; what has no counterpart is refused.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Server
from responses import dumped, events, items_of, response
from upstream import Upstream

count = Count()
check = count.check

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
         "prompt_tokens_details": {"cached_tokens": 1,
                                   "cache_write_tokens": 2},
         "completion_tokens_details": {"reasoning_tokens": 2}}
CALLS = [{"id": f"c{number}", "type": "function", "function": {
    "name": f"f{number}", "arguments": json.dumps({"a": number})}}
         for number in (1, 2)]
NONE = {"error": {"message": "no such path", "code": None}}


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def chunk(delta=None, finish=None, **more):
    choices = [] if delta is None else [
        {"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: %s\n\n" % json.dumps({
        "id": "x", "object": "chat.completion.chunk", "created": 5,
        "model": "theirs", "choices": choices, **more}).encode()


def chunks(message, finish):
    yield chunk({"role": "assistant", "content": ""})
    for name in "reasoning_content", "content", "refusal":
        text = message.get(name)
        for piece in (text[:3], text[3:]) if text else ():
            yield chunk({name: piece})
    for index, call in enumerate(message.get("tool_calls") or ()):
        said = call["function"]["arguments"]
        yield chunk({"tool_calls": [{**call, "index": index, "function": {
            **call["function"], "arguments": ""}}]})
        for piece in said[:3], said[3:]:
            yield chunk({"tool_calls": [
                {"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, finish)
    yield chunk(usage=USAGE)
    yield b"data: [DONE]\n\n"


def says(finish="stop", status=404, lack=NONE, **message):
    """An answer() of a server that has no /responses."""
    message = {"role": "assistant", "content": None, **message}

    def answer(request, reply):
        if request.path.endswith("/responses"):
            return reply.json(lack, status)
        if request.json().get("stream"):
            return reply.stream(list(chunks(message, finish)))
        return reply.json({
            "id": "x", "object": "chat.completion", "created": 5,
            "model": "theirs", "usage": USAGE, "choices": [
                {"index": 0, "message": message, "finish_reason": finish}]})

    return answer


def ask(client, given="Hi!", **more):
    return client.post(
        "/v1/responses", {"model": "m", "input": given, **more})


def streamed(client, **more):
    body = ask(client, stream=True, **more).body.decode()
    seen = []
    for block in body.split("\n\n")[:-1]:
        name, data = block.split("\n")
        seen.append(json.loads(data.removeprefix("data: ")))
        equal(name, f"event: {seen[-1]['type']}")
    return seen


def bare(item):
    return {name: value for name, value in item.items() if name != "id"}


def test_requests(server, upstream):
    """Each member is there by its name in chat completions."""
    client = server.client()
    upstream.answer = says(content="Hello!")
    schema = {"name": "n", "schema": {"type": "object"}, "strict": True}
    function = {"name": "f", "parameters": {"type": "object"}, "strict": True}
    reply = ask(client, [
        {"role": "developer", "content": "Short."},
        {"role": "user", "content": [
            {"type": "input_text", "text": "This?"},
            {"type": "input_image", "image_url": "http://a/b.png"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "f",
         "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "f",
         "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {"type": "function_call_output", "call_id": "c2", "output": "2"}],
        instructions="Be kind.", max_output_tokens=9, temperature=0.5,
        text={"format": {"type": "json_schema", **schema},
              "verbosity": "low"}, reasoning={"effort": "low"},
        tools=[{"type": "function", **function}], parallel_tool_calls=False,
        tool_choice={"type": "function", "name": "f"}, top_logprobs=2,
        include=["message.output_text.logprobs"], truncation="auto",
        user="u", seed=7, max_tool_calls=None,
        messages=[{"role": "system", "content": "Theirs."}])
    equal(reply.status, 200, reply.body)
    sent = upstream.requests[-1].json()
    equal([message["role"] for message in sent["messages"]], [
        "system", "developer", "user", "assistant", "tool", "tool"])
    equal(sent["messages"][2]["content"], [
        {"type": "text", "text": "This?"},
        {"type": "image_url", "image_url": {"url": "http://a/b.png"}}])
    equal([call["id"] for call in sent["messages"][3]["tool_calls"]],
          ["c1", "c2"])
    sent.pop("messages")
    equal(upstream.requests[-1].body.count(b'"messages"'), 1, "the client's")
    equal(sent, {
        "model": "m", "max_tokens": 9, "temperature": 0.5,
        "response_format": {"type": "json_schema", "json_schema": schema},
        "verbosity": "low", "reasoning_effort": "low",
        "tools": [{"type": "function", "function": function}],
        "parallel_tool_calls": False, "logprobs": True, "top_logprobs": 2,
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "user": "u", "seed": 7})
    ask(client, text={"format": {"type": "json_object"}}, tools=[],
        tool_choice="auto")
    equal(upstream.requests[-1].json(), {
        "model": "m", "response_format": {"type": "json_object"},
        "tool_choice": "auto",
        "messages": [{"role": "user", "content": "Hi!"}]})
    before = len(upstream.requests)
    for words, more in (
            ("tools[1].type", {"tools": [{"type": "function", "name": "f"},
                                         {"type": "web_search"}]}),
            ("tool_choice", {"tool_choice": {"type": "allowed_tools"}}),
            ("text.format", {"text": {"format": {"type": "grammar"}}}),
            ("prompt", {"prompt": {"id": "p"}}),
            ("input[1].type", {"given": [
                {"role": "user", "content": "a"},
                {"type": "web_search_call", "id": "w"}]})):
        for place in {}, {"store": False}, {"conversation": "refused"}:
            reply = ask(client, **more, **place)
            equal((reply.status, reply.json()["error"]["code"]),
                  (400, "invalid"), more)
            check(reply.json()["error"]["message"].startswith(words),
                  reply.body)
    equal(len(upstream.requests), before, "calls")


def said_of(item):
    """The text of an item, or the arguments of a call."""
    if item["type"] == "function_call":
        return item["arguments"]
    part = item["content"][0]
    return part.get("text", part.get("refusal"))


def tells_items(seen, output):
    """Each item begins once, is told in pieces and ends as it is kept."""
    for at, item in enumerate(output):
        own = [event for event in seen if event.get("output_index") == at]
        equal({event.get("item_id", item["id"]) for event in own},
              {item["id"]}, "its id")
        equal([event["type"] for event in own if "item" in event], [
            "response.output_item.added", "response.output_item.done"])
        equal(own[-1]["item"], item, "as it ends")
        equal("".join(event["delta"] for event in own
                      if event["type"].endswith(".delta")), said_of(item))
    check(not any(event.get("output_index", -1) >= len(output)
                  for event in seen), "more items", seen)


def test_answers(server, upstream):
    """An answer is the same response whole and streamed."""
    client = server.client()
    for finish, message, kinds in (
            ("stop", {"content": "Hello!"}, ["message"]),
            ("length", {"content": "Hello!"}, ["message"]),
            ("content_filter", {"content": "Hell"}, ["message"]),
            ("stop", {"refusal": "I will not."}, ["message"]),
            ("stop", {"reasoning_content": "Let me see.", "content": "So."},
             ["reasoning", "message"]),
            ("tool_calls", {"content": "I look.", "tool_calls": CALLS},
             ["message", "function_call", "function_call"]),
            ("tool_calls", {"tool_calls": CALLS}, ["function_call"] * 2)):
        upstream.answer = says(finish, **message)
        whole = ask(client, temperature=0.5, metadata={"a": "b"}).json()
        seen = streamed(client, temperature=0.5, metadata={"a": "b"})
        last = seen[-1]["response"]
        equal([item["type"] for item in whole["output"]], kinds, message)
        equal(whole["output"][-1]["status"], whole["status"], message)
        equal({**last, "id": 0, "output": list(map(bare, last["output"]))},
              {**whole, "id": 0, "output": list(map(bare, whole["output"]))})
        early = {"length": "max_output_tokens"}.get(finish, finish)
        early = early if finish in ("length", "content_filter") else None
        equal((whole["status"], whole["incomplete_details"]),
              ("incomplete", {"reason": early}) if early else
              ("completed", None), finish)
        equal(seen[-1]["type"], f"response.{whole['status']}")
        equal((whole["model"], whole["created_at"], whole["temperature"],
               whole["metadata"], whole["tool_choice"]),
              ("theirs", 5, 0.5, {"a": "b"}, "auto"))
        equal(whole["usage"], {
            "input_tokens": 3, "input_tokens_details": {
                "cached_tokens": 1, "cache_write_tokens": 2},
            "output_tokens": 4, "output_tokens_details": {
                "reasoning_tokens": 2}, "total_tokens": 7})
        equal([event["sequence_number"] for event in seen],
              list(range(len(seen))), "the order")
        tells_items(seen, last["output"])
    upstream.answer = says(content="Hello!")
    wanted = events(response(items_of({"content": "Hello!"})))
    types = [event["type"] for event in streamed(client)]
    equal([kind for at, kind in enumerate(types)
           if types[at - 1:at] != [kind]], [event["type"] for event in wanted],
          "OpenAI's order")


def test_other_servers(server, upstream):
    """Reasoning under two names is told once; calls need no index."""
    client = server.client()
    thought = {"reasoning_content": "Hm.", "reasoning": "Hm."}
    for message in thought, {**thought, "reasoning_content": ""}:
        message = {"role": "assistant", "content": None, **message,
                   "tool_calls": CALLS}
        upstream.answer = says("tool_calls", **message)
        whole = [bare(item) for item in ask(client).json()["output"]]
        equal([item["type"] for item in whole],
              ["reasoning", "function_call", "function_call"], message)
        pieces = [chunk(message), chunk({}, "tool_calls"), b"data: [DONE]\n\n"]
        upstream.answer = lambda request, reply: reply.stream(pieces)
        seen = streamed(client)
        equal([bare(item) for item in seen[-1]["response"]["output"]], whole)
        equal([bare(event["item"]) for event in seen
               if event["type"] == "response.output_item.done"], whole)


def call_piece(index, arguments, **more):
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"tool_calls": [{"index": index, **more, "function": {
        **name, "arguments": arguments}}]}


TEXT_PARTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
THOUGHT_PARTS = [{"type": "thinking", "thinking": [
    {"type": "text", "text": "Hm."}]}]
ONE = call_piece(0, "{}", id="c1", name="f")
# The deltas of an answer, and its items: a text, or a call's id and arguments.
ODD_STREAMS = (
    ([{}], []),
    ([ONE, {"content": "So."}], [("c1", "{}"), "So."]),
    ([{"content": "So."}, {"reasoning": "Hm."}, {"content": "No."}],
     ["So.", "Hm.", "No."]),
    ([call_piece(0, '{"a"', id="c1", name="f"),
      call_piece(1, "{", id="c2", name="g"), call_piece(0, ":1}"),
      call_piece(1, "}")], [("c1", '{"a":1}'), ("c2", "{}")]),
    ([ONE, call_piece(0, "{}", id="c2", name="f")],
     [("c1", "{}"), ("c2", "{}")]),
    ([{"tool_calls": [{"function": {"name": "f", "arguments": "{"}}]},
      {"tool_calls": [{"function": {"arguments": "}"}}]},
      {"tool_calls": [{"function": {"name": "g", "arguments": {}}}]}],
     [("call_0", "{}"), ("call_1", "{}")]),
    ([{"content": TEXT_PARTS}], ["ab"]),
    ([{"content": THOUGHT_PARTS}, {"content": "So."}], ["Hm.", "So."]),
)


def test_odd_streams(server, upstream):
    """Items are in the order in which they begin, whoever sends pieces."""
    client = server.client()
    for deltas, wanted in ODD_STREAMS:
        pieces = [*map(chunk, deltas), chunk({}, "tool_calls")]
        upstream.answer = lambda request, reply: reply.stream(pieces)
        seen = streamed(client)
        output = seen[-1]["response"]["output"]
        equal([(item["call_id"], said_of(item)) if "call_id" in item else
               said_of(item) for item in output], wanted, deltas)
        tells_items(seen, output)
    upstream.answer = says(content=THOUGHT_PARTS + TEXT_PARTS)
    equal([said_of(item) for item in ask(client).json()["output"]],
          ["Hm.", "ab"], "parts")
    upstream.answer = says(tool_calls=[{"function": CALLS[0]["function"]}] * 2)
    equal([item["call_id"] for item in ask(client).json()["output"]],
          ["call_0", "call_1"], "without ids")


def test_logprobs(server, upstream):
    """The probabilities of tokens that were asked for are there."""
    client = server.client()
    one, two = ({"token": token, "logprob": -0.5, "bytes": [97],
                 "top_logprobs": []} for token in "ab")
    upstream.answer = lambda request, reply: reply.json({
        "choices": [{"message": {"role": "assistant", "content": TEXT_PARTS},
                     "logprobs": {"content": [one, two]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    whole = ask(client, include=["message.output_text.logprobs"]).json()
    equal(upstream.requests[-1].json()["logprobs"], True, "asked for")
    equal(whole["output"][0]["content"][0]["logprobs"], [one, two])
    equal(whole["usage"]["total_tokens"], 3, "a sum that was left out")
    upstream.answer = lambda request, reply: reply.stream([
        b"data: %s\n\n" % json.dumps({"choices": [
            {"index": 0, "delta": {"content": each["token"]},
             "logprobs": {"content": [each]}}]}).encode()
        for each in (one, two)] + [chunk({}, "stop")])
    seen = streamed(client)
    equal([event["logprobs"] for event in seen if "logprobs" in event],
          [[one], [two], [one, two]], "in pieces, and at the end")
    equal(seen[-1]["response"]["output"][0]["content"][0]["logprobs"],
          [one, two])


def test_state(server, upstream):
    """A chain, a conversation and a proxy know no difference."""
    client = server.client()
    upstream.answer = says(tool_calls=CALLS)
    first = ask(client, "one").json()
    upstream.answer = says(content="Hello!")
    results = [{"type": "function_call_output", "call_id": call["id"],
                "output": "1"} for call in CALLS]
    last = streamed(client, given=results,
                    previous_response_id=first["id"])[-1]["response"]
    equal([message["role"] for message in
           upstream.requests[-1].json()["messages"]],
          ["user", "assistant", "tool", "tool"])
    equal(client.get(f"/v1/responses/{last['id']}").json(), last)
    for _ in range(2):
        ask(client, "one", conversation="kim")
    equal(len(upstream.requests[-1].json()["messages"]), 3)
    equal(len(client.get("/sessions/kim/messages").json()["messages"]), 4)
    whole = ask(client, store=False).json()
    equal((whole["store"], whole["output"][0]["content"][0]["text"]),
          (False, "Hello!"), "handed on")
    equal(client.get(f"/v1/responses/{whole['id']}").status, 404)
    equal(streamed(client, store=False)[-1]["type"], "response.completed")
    reply = client.post("/v1/responses", {
        "model": "m", "input": "Hi!", "store": False}, headers={
            "x-stainless-retry-count": "1"})
    equal((reply.status, upstream.requests[-1].path.split("/v1")[1]),
          (200, "/chat/completions"), "sent again")
    for pieces in ([chunk({"content": "a"})], [b"data: {\n\n"],
                   [b'data: {"error":{"message":"no"}}\n\n']):
        upstream.answer = lambda request, reply: reply.stream(pieces)
        reply = ask(client, conversation="kim", stream=True)
        equal(json.loads(reply.body.decode().split("data: ")[-1])[
            "error"]["code"], "upstream", pieces)
    upstream.answer = lambda request, reply: reply.json(b'{"choices":7}')
    equal(ask(client, conversation="kim").status, 502)
    equal(len(client.get("/sessions/kim/messages").json()["messages"]), 4,
          "what failed")


def test_finding_out(upstream):
    """A server that lacks /responses is asked there once, not each time."""
    for status in 404, 405, 501:
        for more in ({}, {"stream": True}, {"store": False},
                     {"conversation": "kim"}):
            server = Server("--llm-url", upstream.url)
            client = server.client()
            upstream.answer = says(content="Hello!", status=status)
            before = len(upstream.requests)
            for _ in range(2):
                reply = ask(client, **more)
                equal(reply.status, 200, status, more)
                check("Hello!" in reply.body.decode(), reply.body)
            equal([request.path.split("/v1")[1] for request in
                   upstream.requests[before:]], [
                       "/responses"] + ["/chat/completions"] * 2, status, more)
            count.stopped(server)
    server = Server("--llm-url", upstream.url)
    client = server.client()
    error = {"error": {"message": "The model 'm' does not exist"}}
    upstream.answer = says(lack=error)
    before = len(upstream.requests)
    for place in {}, {"store": False}:
        for name in b'"m"', b'"\\u006d"':
            reply = client.post("/v1/responses", b'{"model":%s,%s' % (
                name, json.dumps({"input": "Hi!", **place}).encode()[1:]))
            equal((reply.status, reply.json()), (404, error), "of the model")
    upstream.answer = says()
    reply = ask(client, model="gr\u00fcn")
    equal(reply.status, 404, "JSON may write it otherwise")
    upstream.answer = says(status=400)
    equal(ask(client).status, 400)
    equal({request.path.split("/v1")[1] for request in
           upstream.requests[before:]}, {"/responses"})
    count.stopped(server)
    server = Server("--llm-url", upstream.url, "--llm-api", "responses")
    upstream.answer = says(content="Hello!")
    equal(ask(server.client()).json(), NONE, "what was said counts")
    count.stopped(server)


def test_gone_back(upstream):
    """What had arrived before a server was found to lack it is known."""
    server = Server("--llm-url", upstream.url)
    client = server.client()
    client.post("/sessions/back/messages", ["1", ["ai", "2"], "3"])
    upstream.answer = says(content="4")
    reply = client.post("/v1/responses", {"model": "m", "input": [
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "3"}]}, headers={"X-Session-Id": "back"})
    equal(reply.status, 200, reply.body)
    told = client.get("/sessions/back/messages?format=openai").json()
    equal([message["content"] for message in told["messages"]],
          ["1", "Two", "3", "4"], "gone back")
    count.stopped(server)


def test_having(upstream):
    """A server that has answered at /responses is not asked elsewhere."""
    for more in {}, {"store": False}, {"stream": True, "store": False}:
        server = Server("--llm-url", upstream.url)
        client = server.client()
        whole = response(items_of({"content": "Hello!"}))
        upstream.answer = lambda request, reply: (
            reply.stream(map(dumped, events(whole)))
            if request.json().get("stream") else reply.json(whole))
        equal(ask(client, **more).status, 200, more)
        upstream.answer = says(content="Hello!")
        equal(ask(client).status, 404, more)
        equal(upstream.requests[-1].path, "/v1/responses", more)
        count.stopped(server)


def main():
    upstream = Upstream()
    server = Server("--llm-url", upstream.url, "--llm-api", "chat")
    test_requests(server, upstream)
    test_answers(server, upstream)
    test_other_servers(server, upstream)
    test_odd_streams(server, upstream)
    test_logprobs(server, upstream)
    test_state(server, upstream)
    test_finding_out(upstream)
    test_gone_back(upstream)
    test_having(upstream)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
