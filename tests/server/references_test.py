#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""references_test.py - items that a request for a response names by their ids.

They are sent, and stored, as the items that they stand for: of a response that
is kept, or of any conversation of the tenant, and of nobody else's.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Keyed, Server, wait_for
from responses import items_of, response
from upstream import Upstream

MORE = {"role": "user", "content": "more"}
count = Count()
check = count.check


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def ask(client, given="Hi!", **more):
    return client.post("/v1/responses", {"model": "m", "input": given, **more})


def reference(item):
    return {"type": "item_reference", "id": item}


def text_of(item):
    content = item.get("content", item.get("name"))
    return content if isinstance(content, str) else content[0]["text"]


def said(upstream):
    """What the model was told last."""
    return [text_of(item)
            for item in upstream.requests[-1].json()["input"]]


def texts(client, name):
    return [message["data"]["content"] for message in client.get(
        f"/sessions/{name}/messages").json()["messages"]]


def items(client, name):
    return client.get(
        f"/v1/conversations/{name}/items?order=asc").json()["data"]


def refused(reply, status, code, *words):
    error = reply.json()["error"]
    equal((reply.status, error["code"], error["type"]),
          (status, code, "invalid_request_error"), error)
    check(all(word in error["message"] for word in words), error, words)


def unknown(upstream, client, item):
    """No request finds it, and the model is asked nothing."""
    before = len(upstream.requests)
    for more in {}, {"conversation": "refers"}, {"store": False}:
        refused(ask(client, [reference(item), MORE], **more), 404,
                "not_found", f"Item with id '{item}' not found.")
    equal(len(upstream.requests), before, "calls")


def test_kept(server, upstream):
    client = server.client()
    first = ask(client, "one").json()
    made = reference(first["output"][0]["id"])
    given = client.get(f"/v1/responses/{first['id']}/input_items").json()
    asked = reference(given["data"][0]["id"])
    whole = ask(client, [asked, made, MORE]).json()
    equal(said(upstream), ["one", "Hello!", "more"])
    listed = client.get(
        f"/v1/responses/{whole['id']}/input_items?order=asc").json()["data"]
    equal([item["role"] for item in listed], ["user", "assistant", "user"])
    ask(client, [asked, made, MORE], store=False)
    equal(said(upstream), ["one", "Hello!", "more"], "handed on")
    check(first["id"][5:] not in json.dumps(upstream.requests[-1].json()),
          "our id went out")
    ask(client, [made, MORE], previous_response_id=first["id"])
    equal(said(upstream), ["one", "Hello!", "more"], "what is there already")
    ask(client, [made, MORE], conversation="refers")
    equal(said(upstream), ["Hello!", "more"], "another session's")
    ask(client, [made, MORE], conversation="refers")
    equal(said(upstream), ["Hello!", "more", "Hello!", "more"])
    equal(len(texts(client, "refers")), 5)
    unknown(upstream, client, "msg_none")
    unknown(upstream, client, made["id"][:-1] + "1")
    refused(ask(client, [{"type": "item_reference"}]), 400, "invalid",
            "must have an id")


def test_of_conversations(server, upstream):
    """Whatever its id is, and though no response is kept that has it."""
    client = server.client()
    client.post("/v1/conversations/far/items", {"items": [
        {"role": "user", "content": "How warm?"},
        {"role": "user", "content": "Its own.", "id": "own"},
        {"type": "function_call", "call_id": "c1", "name": "warm",
         "arguments": "{}", "id": "fc_own"},
        {"type": "function_call_output", "call_id": "c1", "output": "11"}]})
    client.post("/sessions/chat/messages", [
        {"role": "user", "content": "Hi!"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [
            {"id": "c2", "type": "function", "function": {
                "name": "look", "arguments": "{}"}}]}])
    for name in "far", "chat":
        for item in items(client, name):
            whole = ask(client, [reference(item["id"]), MORE])
            equal(whole.status, 200, item)
            sent = upstream.requests[-1].json()["input"]
            if "output" in item:
                equal(sent[0]["output"], item["output"])
            else:
                equal(said(upstream), [text_of(item), "more"])
            listed = client.get(f"/v1/responses/{whole.json()['id']}"
                                "/input_items?order=asc").json()["data"]
            equal((listed[0]["id"], listed[0]["type"]),
                  (item["id"], item["type"]), "the item that was stored")
    answered = ask(client, "one", conversation="answers").json()
    client.request("DELETE", f"/v1/responses/{answered['id']}")
    for at, item in enumerate(items(client, "answers")):
        ask(client, [reference(item["id"]), MORE], store=False)
        equal(said(upstream), [("one", "Hello!")[at], "more"])
        ask(client, [reference(item["id"]), MORE], conversation=f"to {at}")
        equal(texts(client, f"to%20{at}")[:2], [
            ("one", "Hello!")[at], "more"])


def test_what_is_gone(server, upstream):
    client = server.client()
    for name, ids in ("erased", "ab"), ("forked", "c"), ("short", "d"):
        client.post(f"/v1/conversations/{name}/items", {"items": [
            {"role": "user", "content": one, "id": f"msg_{name}_{one}"}
            for one in ids]})
    client.request("DELETE", "/v1/conversations/erased/items/msg_erased_a")
    unknown(upstream, client, "msg_erased_a")
    equal(ask(client, [reference("msg_erased_b")]).status, 200)
    client.request("DELETE", "/v1/conversations/erased")
    # What was stored by the reference has it too, under its own name.
    unknown(upstream, client, "msg_erased_a")
    made = items(client, "forked")[0]["id"]
    client.post("/sessions/forked/fork", {"id": "fork"})
    client.request("DELETE", "/v1/conversations/forked")
    equal(ask(client, [reference(made)]).status, 200, "a fork has it")
    client.request("DELETE", "/sessions/fork")
    unknown(upstream, client, made)
    short = [reference("msg_short_d")]
    equal(ask(client, short, store=False).status, 200)
    client.request("PATCH", "/sessions/short", {"ttl_seconds": 1})
    check(wait_for(lambda: ask(client, short, store=False).status == 404))


def test_tenants(upstream):
    server = Server("--llm-url", upstream.url,
                    env={"CHATMEM_API_KEY": "a:one,b:two"})
    first, second = (Keyed(server.port, key) for key in ("one", "two"))
    for client, text in (first, "a's"), (second, "b's"):
        client.post("/v1/conversations/same/items", {"items": [
            {"role": "user", "content": text, "id": "msg_same"},
            {"role": "user", "content": text}]})
    for client, text in (first, "a's"), (second, "b's"):
        ask(client, [reference("msg_same"), MORE])
        equal(said(upstream), [text, "more"])
    unknown(upstream, second, items(first, "same")[1]["id"])
    first.post("/v1/conversations/same/items", {"items": [
        {"role": "user", "content": "a's", "id": "msg_of_a"}]})
    unknown(upstream, second, "msg_of_a")
    equal(ask(first, [reference("msg_of_a")]).status, 200)
    count.stopped(server)


def main():
    upstream = Upstream(lambda request, reply: reply.json(
        response(items_of({"content": "Hello!"}))))
    server = Server("--llm-url", upstream.url)
    test_kept(server, upstream)
    test_of_conversations(server, upstream)
    test_what_is_gone(server, upstream)
    test_tenants(upstream)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
