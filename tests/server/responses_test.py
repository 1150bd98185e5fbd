#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""responses_test.py - responses with a conversation, and without one.

The model's server gets the history before the input and keeps nothing; what
it answers is stored once, with ids of this server, before the client has it.
"""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Gate, Server, wait_for
from responses import dumped, events, response
from upstream import Upstream

count = Count()
check = count.check

SAID = {"type": "message", "id": "msg_theirs", "status": "completed",
        "role": "assistant", "content": [
            {"type": "output_text", "text": "Hello!", "annotations": [],
             "logprobs": []}]}
CALL = {"type": "function_call", "id": "fc_theirs", "status": "completed",
        "call_id": "c1", "name": "f", "arguments": "{}"}
CALL_2 = {**CALL, "id": "fc_2", "call_id": "c2"}
DONE = {"type": "function_call_output", "call_id": "c1", "output": "1"}
DONE_2 = {**DONE, "call_id": "c2"}
SEALED = {"type": "reasoning", "id": "rs_theirs", "summary": [],
          "encrypted_content": "gAAA"}
OPAQUE = {"type": "reasoning", "id": "rs_2", "summary": []}
# What the event that ends a stream has, and should not.
ENDS = [{}, {"response": 7}, {"response": {}}, {"response": {"output": None}},
        {"response": response([SAID], status="failed")},
        {"response": response([SAID], status="in_progress")}]


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def bare(item):
    return {name: value for name, value in item.items() if name != "id"}


def says(*output, **more):
    return lambda request, reply: reply.json(response(output, **more))


def ask(client, conversation="kim", given="Hi!", headers=(), **more):
    body = {"model": "m", "input": given, **more}
    if conversation:
        body["conversation"] = conversation
    return client.post("/v1/responses", body, headers=dict(headers))


def items(client, name="kim"):
    return client.get(
        f"/v1/conversations/{name}/items?order=asc&limit=100").json()["data"]


def told(upstream):
    return upstream.requests[-1].json()


def test_turns(server, upstream):
    """The history goes before the input; ids are ours, and kept once."""
    client = server.client()
    upstream.answer = says(SEALED, CALL, CALL_2)
    first = ask(client, instructions="Be kind.", reasoning={"effort": "low"},
                tools=[], metadata={"a": "b"}, unknown=[1.10]).json()
    sent = told(upstream)
    equal(sent["input"], [{"role": "user", "content": "Hi!"}], "first input")
    equal((sent["store"], sent["instructions"], sent["unknown"],
           sent["metadata"], sent["include"]),
          (False, "Be kind.", [1.1], {"a": "b"},
           ["reasoning.encrypted_content"]))
    check("conversation" not in sent, "our conversation went out")
    equal((first["conversation"], first["store"], first["model"]),
          ({"id": "kim"}, True, "m"))
    listed = items(client)
    equal([item["type"] for item in listed], [
        "message", "reasoning", "function_call", "function_call"])
    equal(first["output"][1:], listed[2:], "output")
    equal(first["output"][0], {
        name: value for name, value in listed[1].items()
        if name != "encrypted_content"}, "a thought that was not asked for")
    check("theirs" not in json.dumps([first, listed]), "their ids")
    upstream.answer = says(OPAQUE, SAID)
    ask(client, given=[DONE, DONE_2], conversation={"id": "kim"},
        include=["reasoning.encrypted_content"])
    equal(told(upstream)["input"], [
        {"role": "user", "content": "Hi!"}, bare(SEALED), bare(CALL),
        bare(CALL_2), DONE, DONE_2], "second input")
    equal(told(upstream)["include"], ["reasoning.encrypted_content"])
    ask(client, given="And?")
    equal(told(upstream)["input"][-2:], [
        bare(SAID), {"role": "user", "content": "And?"}],
          "an opaque thought")
    check("include" not in told(upstream), "include")
    chat = client.get("/sessions/kim/messages?format=openai").json()
    equal([message["role"] for message in chat["messages"]], [
        "user", "assistant", "tool", "tool", "assistant", "user",
        "assistant"])
    as_came = client.get("/sessions/kim/messages?format=openai-items").json()
    equal(as_came["messages"][1:3], [SEALED, CALL], "bytes")


def test_windows(server, upstream):
    """The session's memory is its window."""
    client = server.client()
    client.request("PUT", "/sessions/window", json.dumps(
        {"memory": {"class": "window", "k": 1}}))
    client.post("/sessions/window/messages", [
        "1", ["ai", "2"], "3", ["ai", "4"]])
    upstream.answer = says(SAID)
    ask(client, "window", "5")
    equal([item["content"] for item in told(upstream)["input"]],
          ["3", "4", "5"])


def test_once(server, upstream):
    """A turn is paid for once, whatever gets lost."""
    client = server.client()
    upstream.answer = says(SAID)
    before = len(upstream.requests)
    for header in ({"Idempotency-Key": "k"}, {"x-stainless-retry-count": "1"}):
        name = "once" + header.get("Idempotency-Key", "")
        first = ask(client, name, headers={
            **header, **{"x-stainless-retry-count": "0"}})
        again = ask(client, name, headers=header)
        equal(again.body, first.body, header)
        equal(len(items(client, name)), 2, header)
    equal(len(upstream.requests) - before, 2, "calls")


def test_another_request(server, upstream):
    """Under a key, and as a repeat, what steers the turn is of the request."""
    client = server.client()
    upstream.answer = says(SAID)
    key, said = {"Idempotency-Key": "steered"}, {"Chatmem-Send": "new"}
    one, other = {"X-Session-Id": "steered"}, {"X-Session-Id": "other"}
    first = ask(client, None, headers={**key, **one, **said})
    equal((first.status, ask(client, None, headers={
        **key, **one, **said}).body), (200, first.body), "the same")
    for headers in ({**one, "Chatmem-Send": "all"}, one, {**other, **said}):
        refused = ask(client, None, headers={**key, **headers})
        equal((refused.status, refused.json()["error"]["code"]),
              (422, "key_reused"), headers)
    equal(len(items(client, "steered")), 2)
    equal(client.get("/sessions/other").status, 404)
    again = ask(client, None, headers={
        **one, "Chatmem-Send": "all", "x-stainless-retry-count": "1"})
    equal((again.status, again.headers.get("Idempotent-Replay")), (200, None))


def test_leaving(server, upstream):
    """The turn of a client that has left is stored; after kill -9, too."""
    gate = Gate()

    def answer(request, reply):
        gate.wait()
        says(SAID)(request, reply)

    upstream.answer = answer
    before = len(upstream.requests)
    client = server.client()
    body = json.dumps({"model": "m", "input": "Hi!", "conversation": "left"})
    client.send((
        "POST /v1/responses HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
    wait_for(lambda: len(upstream.requests) > before)
    client.close()
    gate.set()
    check(wait_for(lambda: len(items(server.client(), "left")) == 2),
          "not stored")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    again = ask(server.client(), "left")
    equal(len(items(server.client(), "left")), 2, "after kill -9")
    equal(again.json()["output"][0]["id"],
          items(server.client(), "left")[1]["id"])
    equal(len(upstream.requests) - before, 1, "calls")


def named(client, name, given, headers=(), **more):
    """A request whose conversation is in its head; what was sent on."""
    return ask(client, None, given, {"X-Session-Id": name, **dict(headers)},
               **more)


def user(text):
    return {"role": "user", "content": text}


def test_named_in_the_head(server, upstream):
    """What the session has of a request is neither stored nor sent again."""
    client = server.client()
    upstream.answer = says(SEALED, CALL, CALL_2)
    first = named(client, "caf%C3%A9", "Hi!", reasoning={"effort": "low"})
    equal(first.json()["conversation"], {"id": "café"})
    results = [{**DONE, "output": "one"}, {**DONE_2, "output": "two"}]
    upstream.answer = says(SAID)
    listed = items(client, "caf%C3%A9")
    for talk in (
            [user("Hi!"), *first.json()["output"], *results],
            [user("Hi!"), *({"type": "item_reference", "id": item["id"]}
                            for item in listed[1:]), *results, SAID,
             user("And?")],
            [user("Well?")]):
        named(client, "café".encode(), talk)
    equal(told(upstream)["input"], [
        user("Hi!"), bare(SEALED), bare(CALL), bare(CALL_2), *results,
        bare(SAID), user("And?"), bare(SAID), user("Well?")], "told")
    chat = client.get("/sessions/caf%C3%A9/messages?format=openai").json()
    equal([message["role"] for message in chat["messages"]], [
        "user", "assistant", "tool", "tool", "assistant", "user", "assistant",
        "user", "assistant"], "stored")


def test_gone_back(server, upstream):
    """An edited question replaces what it replaces."""
    client = server.client()
    upstream.answer = says(SAID)
    named(client, "back", "One")
    named(client, "back", [user("One"), SAID, user("Two")])
    version = client.get("/sessions/back").json()["version"]
    named(client, "back", [user("One"), SAID, user("Three")], store=False)
    equal(told(upstream)["input"], [user("One"), bare(SAID), user("Three")])
    equal([item["content"][0]["text"] for item in items(client, "back")],
          ["One", "Hello!", "Three", "Hello!"])
    old = client.get(f"/sessions/back/messages?as_of={version}").json()
    equal(len(old["messages"]), 4, "what it replaced")


def test_systems_of_the_head(server, upstream):
    """System items in front are sent, and stored in an empty session."""
    client = server.client()
    upstream.answer = says(SAID)
    system = [{"role": "developer", "content": "Be kind."}]
    named(client, "systems", [*system, user("1")])
    system[0]["content"] = "Be short."
    named(client, "systems", [*system, user("1"), SAID, user("2")])
    equal(told(upstream)["input"], [
        *system, user("1"), bare(SAID), user("2")])
    equal([item["role"] for item in items(client, "systems")], [
        "developer", "user", "assistant", "user", "assistant"])
    named(client, "systems", [user("1")], {"Chatmem-Send": "new"})
    equal(len(items(client, "systems")), 7, "new")
    upstream.answer = says({**SAID, "content": [
        {"type": "output_text", "text": "Hi.", "annotations": []}]})
    named(client, "systems", [user("1")], {"Chatmem-Send": "all"})
    equal([item["content"][0]["text"] for item in items(client, "systems")],
          ["Be kind.", "1", "Hi."], "all")


def test_refusals(server, upstream):
    client = server.client()
    upstream.answer = says(SAID)
    before = len(upstream.requests)
    for status, words, body in (
            (404, "conv_none", {"conversation": "conv_none"}),
            (400, "exclusive", {"conversation": "a",
                              "previous_response_id": "resp_1"}),
            (400, "conversation must", {"conversation": 7}),
            (400, "background", {"background": True}),
            (400, "background must", {"background": "no"}),
            (400, "stream must be true or false", {"stream": "yes"}),
            (400, "store must be true or false", {"store": 0}),
            (400, "input[0].role", {"conversation": "a",
                                    "input": [{"content": "a"}]}),
            (400, "input must be", {"conversation": "a", "input": 7})):
        reply = client.post("/v1/responses", {"input": "Hi!", **body})
        equal(reply.status, status, body)
        check(words in reply.json()["error"]["message"], reply.body)
        equal(reply.json()["error"]["type"], "invalid_request_error")
    equal(len(upstream.requests), before, "calls")
    error = {"error": {"message": "no such model: m", "code": "x"}}
    upstream.answer = lambda request, reply: reply.json(error, 404)
    reply = ask(client, "a")
    equal((reply.status, reply.json()), (404, error), "handed on")
    upstream.answer = says(status="failed", error={"code": "server_error"})
    equal(ask(client, "a").json()["status"], "failed")
    for bad in (b'{"output":7}', b"no", b'{"output":[{"type":"human"}]}'):
        upstream.answer = lambda request, reply: reply.json(bad)
        reply = ask(client, "a")
        equal((reply.status, reply.json()["error"]["code"]),
              (502, "upstream"), bad)
    equal(items(client, "a"), [], "what failed")
    upstream.answer = says(SAID, status="incomplete")
    equal(ask(client, "a").json()["status"], "incomplete")
    equal(len(items(client, "a")), 2, "what ended early")


def parsed(body):
    """The events: their names are their types."""
    found = []
    for block in body.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        equal(name, f"event: {found[-1]['type']}", "an event's name")
    return found


def theirs(event):
    """An event without what is ours in ours."""
    event = json.loads(json.dumps(event))
    event.pop("item_id", None)
    for item in [event.get("item", {}),
                 *event.get("response", {}).get("output", ())]:
        item.pop("id", None)
        item.pop("encrypted_content", None)
    for name in "id", "conversation", "store", "previous_response_id":
        event.get("response", {}).pop(name, None)
    return event


def test_streams(server, upstream):
    """Typed events, in order and as sent, with ids of ours in each."""
    client = server.client()
    whole = response([SEALED, CALL, SAID])
    sent = events(whole)
    pieces = b"".join(map(dumped, sent)).replace(b"\n\n", b"\r\n\r\n", 3)
    upstream.answer = lambda request, reply: reply.stream(
        [pieces[at:at + 97] for at in range(0, len(pieces), 97)])
    reply = ask(client, "stream", stream=True)
    equal(reply.headers["Content-Type"], "text/event-stream")
    seen = parsed(reply.body)
    equal([theirs(event) for event in seen], [theirs(event) for event in sent])
    listed = items(client, "stream")
    ids = [item["id"] for item in listed[1:]]
    for event in seen:
        if "output_index" in event:
            equal(event.get("item_id", event.get("item", {}).get("id")),
                  ids[event["output_index"]], event["type"])
    check(all(word not in reply.body.decode()
              for word in ("theirs", whole["id"], "gAAA")), "their ids")
    equal([item["id"] for item in seen[-1]["response"]["output"]], ids)
    equal(len({event["response"]["id"] for event in seen
               if "response" in event}), 1, "the response's ids")
    equal((seen[-1]["response"]["conversation"], seen[0]["response"]["store"]),
          ({"id": "stream"}, True))
    for header in {"Idempotency-Key": "s"}, {"x-stainless-retry-count": "1"}:
        name = "again" + header.get("Idempotency-Key", "")
        ask(client, name, stream=True, headers={
            **header, "x-stainless-retry-count": "0"})
        again = ask(client, name, stream=True, headers=header)
        equal(again.headers["Content-Type"], "text/event-stream", header)
        equal([event["type"] for event in parsed(again.body)],
              ["response.created", "response.completed"], header)
        equal(len(items(client, name)), 4, header)


def test_streams_that_fail(server, upstream):
    client = server.client()
    failed = {**response([SAID], error={"code": "server_error"}),
              "status": "failed"}
    for kind, pieces in (
            ("failed", [dumped(event) for event in events(failed)]),
            ("error", [dumped({"type": "error", "message": "no",
                               "code": "x", "sequence_number": 0})]),
            ("cut", [dumped(event) for event in events(
                response([SAID]))[:-1]]),
            ("odd", [b"data: {\n\n"]),
            *(("odd", [dumped({"type": "response.completed", **members})])
              for members in ENDS)):
        upstream.answer = lambda request, reply: reply.stream(pieces)
        reply = ask(client, "bad", stream=True)
        last = reply.body.decode().split("\n\n")[-2]
        if kind in ("cut", "odd"):
            equal(json.loads(last.removeprefix("data: "))["error"]["code"],
                  "upstream", kind)
        else:
            check(last.startswith(f"event: {'response.' * (kind == 'failed')}"
                                  f"{kind}\n"), kind, last)
        equal(items(client, "bad"), [], kind)
    ended = response([SAID], status="incomplete")
    upstream.answer = lambda request, reply: reply.stream(
        [dumped(event) for event in events(ended)] + [b"data: [DONE]\n\n"])
    ask(client, "bad", stream=True)
    equal(len(items(client, "bad")), 2, "what ended early")


def test_odd_events(server, upstream):
    """An event whose type is no word has no name; it is handed on."""
    client = server.client()
    for at, kind in enumerate(("a\nb", "a\rb", "a\0b", "", 7, None)):
        odd = {"type": kind, "sequence_number": 0}
        upstream.answer = lambda request, reply: reply.stream(
            [f"data: {json.dumps(odd)}\n\n".encode(),
             *(dumped(event) for event in events(response([SAID])))])
        reply = ask(client, f"odd{at}", stream=True)
        equal(reply.body.decode().split("\n\n")[0],
              "data: " + json.dumps(odd, separators=(",", ":")), kind)
        equal(len(items(client, f"odd{at}")), 2, kind)


def test_proxy(server, upstream):
    """What keeps nothing and goes on from nothing is the model's own."""
    client = server.client()
    upstream.answer = says(SAID)
    listed = items(client)
    given = [listed[0], {"type": "web_search_call", "id": "ws_x"}, SEALED]
    reply = ask(client, None, given, store=False, n=1.10)
    equal(reply.json()["output"], [SAID], "as it came")
    equal(told(upstream), {
        "model": "m", "input": [bare(listed[0]), *given[1:]],
        "store": False, "n": 1.1}, "without our ids")
    events = [b'event: response.created\ndata: {"type":"a"}\n\n',
              b'event: response.completed\ndata: {"type":"b"}\n\n']
    upstream.answer = lambda request, reply: reply.stream(events)
    reply = ask(client, None, stream=True, store=False)
    equal(reply.body, b"".join(events), "a stream")
    reply = ask(client, None, store=False,
                headers={"Idempotency-Key": "p"})
    equal(reply.status, 400, "a key")


def main():
    upstream = Upstream()
    server = Server("--llm-url", upstream.url)
    test_turns(server, upstream)
    test_windows(server, upstream)
    test_once(server, upstream)
    test_another_request(server, upstream)
    test_leaving(server, upstream)
    test_named_in_the_head(server, upstream)
    test_gone_back(server, upstream)
    test_systems_of_the_head(server, upstream)
    test_refusals(server, upstream)
    test_streams(server, upstream)
    test_streams_that_fail(server, upstream)
    test_odd_events(server, upstream)
    test_proxy(server, upstream)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
