#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""responses_kept_test.py - responses that are kept, and gone on from.

The newest of a chain is gone on from in place, any other in a fork; nobody
sees those of another tenant, and what is lost on the way is stored once.
"""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Count, Gate, Keyed, Server, wait_for
from responses import answering, dumped, events, items_of, response
from upstream import Upstream

AGAIN = {"x-stainless-retry-count": "1"}
count = Count()
check = count.check


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def says(*texts):
    whole = [item for text in texts for item in items_of({"content": text})]
    return lambda request, reply: reply.json(response(whole))


def ask(client, given="Hi!", headers=(), **more):
    return client.post("/v1/responses", {"model": "m", "input": given, **more},
                       headers=dict(headers))


def said(upstream):
    """What the model was told last."""
    return [part if isinstance(part, str) else part[0]["text"] for part in
            (item["content"] for item in upstream.requests[-1].json()["input"])
            ]


def texts(client, name):
    return [message["data"]["content"] for message in client.get(
        f"/sessions/{name}/messages").json()["messages"]]


def refused(reply, status, code, *words):
    error = reply.json()["error"]
    equal((reply.status, error["code"], error["type"]),
          (status, code, "invalid_request_error"), error)
    check(all(word in error["message"] for word in words), error, words)
    return error


def gone(client, name):
    refused(client.get(f"/v1/responses/{name}"), 404, "not_found", name)
    error = refused(ask(client, previous_response_id=name), 400,
                    "previous_response_not_found", name)
    equal(error["param"], "previous_response_id")


def test_chains(server, upstream):
    client = server.client()
    upstream.answer = answering(
        lambda messages: {"content": f"to {messages[-1]['content']}"})
    one = ask(client, "one", instructions="Be kind.").json()
    equal((one["conversation"], one["previous_response_id"], one["store"]),
          (None, None, True))
    equal(client.get(f"/sessions/{one['id']}").status, 404, "a session")
    two = ask(client, "two", previous_response_id=one["id"]).json()
    equal(said(upstream), ["one", "to one", "two"])
    check("instructions" not in upstream.requests[-1].json(), "carried over")
    check("previous_response_id" not in upstream.requests[-1].json(), "sent")
    three = ask(client, "three", previous_response_id=two["id"]).json()
    equal(said(upstream), ["one", "to one", "two", "to two", "three"])
    equal(texts(client, one["id"]), [
        "one", "to one", "two", "to two", "three", "to three"], "the chain")
    other = ask(client, "2b", previous_response_id=one["id"]).json()
    equal(said(upstream), ["one", "to one", "2b"])
    equal(texts(client, other["id"]), ["one", "to one", "2b", "to 2b"])
    later = ask(client, "2c", previous_response_id=other["id"]).json()
    equal(said(upstream), ["one", "to one", "2b", "to 2b", "2c"])
    equal(len(texts(client, other["id"])), 6, "a fork goes on")
    equal(len(texts(client, one["id"])), 6, "the chain that was forked")
    equal(client.get("/sessions").json()["sessions"], [])
    equal(client.get(f"/sessions?prefix={one['id']}").json()["sessions"], [])
    equal(client.get("/v1/conversations").json()["data"], [])
    for whole in one, two, three, other, later:
        equal(client.get(f"/v1/responses/{whole['id']}").json(), whole)
    equal((later["previous_response_id"], later["output"][0]["content"][0][
        "text"]), (other["id"], "to 2c"))


def test_conversations(server, upstream):
    """One of a conversation is gone on from in a fork."""
    client = server.client()
    upstream.answer = says("Hello!")
    first = ask(client, "one", conversation="kim").json()
    equal(client.get(f"/v1/responses/{first['id']}").json(), first)
    second = ask(client, "two", previous_response_id=first["id"]).json()
    equal((second["conversation"], second["previous_response_id"]),
          (None, first["id"]))
    equal(texts(client, "kim"), ["one", "Hello!"])
    equal(texts(client, second["id"]), ["one", "Hello!", "two", "Hello!"])
    check(client.get(f"/sessions/{second['id']}").json()["expires_at"],
          "never expires")
    equal(client.get("/sessions/kim").json()["expires_at"], None)
    client.request("DELETE", "/sessions/kim/messages?last=1")
    gone_on = ask(client, previous_response_id=first["id"])
    equal(gone_on.json()["error"]["code"], "previous_response_not_found",
          "whose end is removed")
    equal(client.get(f"/v1/responses/{first['id']}").json(), first)
    client.request("DELETE", "/sessions/kim")
    gone(client, first["id"])
    equal(ask(client, "3", previous_response_id=second["id"]).status, 200)
    client.request("DELETE", f"/sessions/{second['id']}")
    gone(client, second["id"])


def test_nothing_kept(server, upstream):
    client = server.client()
    upstream.answer = says("Hello!")
    first = ask(client, "one").json()
    second = ask(client, "two", previous_response_id=first["id"], store=False)
    equal(said(upstream), ["one", "Hello!", "two"])
    equal((second.json()["store"], second.json()["previous_response_id"]),
          (False, first["id"]))
    gone(client, second.json()["id"])
    equal(client.get(f"/sessions/{first['id']}").status, 404, "a session")
    refused(ask(client, previous_response_id=first["id"], store=False,
                headers={"Idempotency-Key": "a"}), 400, "invalid")
    kept = ask(client, "kept", conversation="forgets", store=False).json()
    equal((kept["store"], len(texts(client, "forgets"))), (False, 2))
    gone(client, kept["id"])


def test_input_items(server, upstream):
    client = server.client()
    upstream.answer = says("Hello!")
    given = [{"role": "user", "content": str(n)} for n in range(7)]
    given[2]["id"] = "my-id"
    whole = ask(client, given).json()
    path = f"/v1/responses/{whole['id']}/input_items"
    listed = client.get(f"{path}?order=asc&limit=100").json()
    equal([item["content"][0]["text"] for item in listed["data"]],
          [str(n) for n in range(7)])
    equal((listed["data"][2]["id"], listed["has_more"], listed["object"]),
          ("my-id", False, "list"))
    equal(client.get(path).json()["data"], listed["data"][::-1], "desc")
    for order in "asc", "desc":
        seen, after = [], ""
        while True:
            page = client.get(f"{path}?limit=3&order={order}{after}").json()
            seen += page["data"]
            after = f"&after={page['last_id']}"
            if not page["has_more"]:
                break
        equal(seen, listed["data"][::1 if order == "asc" else -1], order)
    refused(client.get(f"{path}?after=msg_1"), 400, "invalid", "msg_1")
    refused(client.get(f"{path}?limit=101"), 400, "invalid", "limit")
    reply = client.request("DELETE", f"/v1/responses/{whole['id']}")
    equal(reply.json(), {"id": whole["id"], "object": "response",
                         "deleted": True})
    refused(client.get(path), 404, "not_found", whole["id"])
    gone(client, whole["id"])
    refused(client.request("DELETE", f"/v1/responses/{whole['id']}"), 404,
            "not_found")


def test_once(server, upstream):
    """A response is asked for once, whatever gets lost."""
    client = server.client()
    upstream.answer = says("Hello!")
    first = ask(client, "once").json()["id"]
    before = len(upstream.requests)
    for number, more in enumerate((
            {}, {"previous_response_id": first}, {"stream": True},
            {"stream": True, "previous_response_id": first})):
        whole = response(items_of({"content": f"n {number}"}))
        upstream.answer = lambda request, reply: reply.stream([
            dumped(event) for event in events(whole)]) if "stream" in more \
            else reply.json(whole)
        for headers in ({"Idempotency-Key": f"k{number}"},
                        {"x-stainless-retry-count": "1"}):
            given = f"once {number} {headers}"
            one = ask(client, given, **more, headers={
                **headers, "x-stainless-retry-count": "0"})
            two = ask(client, given, **more, headers=headers)
            equal(two.headers["Idempotent-Replay"], "true", given, more)
            if "stream" in more:
                ids = [json.loads(reply.body.decode().split("data: ")[-1])[
                    "response"]["id"] for reply in (one, two)]
                equal(ids[0], ids[1], given)
            else:
                equal(two.body, one.body, given)
    equal(len(upstream.requests) - before, 8, "calls")
    equal(ask(client, "once 0", headers={"x-stainless-retry-count": "1"})
          .headers.get("Idempotent-Replay"), None, "another body")


def test_leaving(server, upstream):
    """What is answered is stored though its client has left; kill -9 too."""
    gate = Gate()
    client = server.client()
    upstream.answer = says("Hello!")
    first = ask(client, "left").json()["id"]
    second = ask(client, "left", previous_response_id=first).json()["id"]
    before = len(upstream.requests)

    def answer(request, reply):
        gate.wait()
        says("Late.")(request, reply)

    upstream.answer = answer
    body = json.dumps({"model": "m", "input": "Hi!",
                       "previous_response_id": second})
    client.send((
        "POST /v1/responses HTTP/1.1\r\nHost: localhost\r\n"
        "x-stainless-retry-count: 0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
    wait_for(lambda: len(upstream.requests) > before)
    client.close()
    gate.set()
    check(wait_for(lambda: len(texts(server.client(), first)) == 6),
          "not stored")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    client = server.client()
    again = client.request("POST", "/v1/responses", body, headers={
        "x-stainless-retry-count": "1"})
    equal(again.headers["Idempotent-Replay"], "true")
    equal(len(texts(client, first)), 6, "after kill -9")
    equal(len(upstream.requests) - before, 1, "calls")
    third = again.json()
    equal(client.get(f"/v1/responses/{third['id']}").json(), third)


def test_streams(server, upstream):
    client = server.client()
    whole = response(items_of({"content": "Hello there!"}))
    upstream.answer = lambda request, reply: reply.stream(
        [dumped(event) for event in events(whole)])
    last = None
    for given in "one", "two":
        reply = ask(client, given, stream=True, previous_response_id=last and
                    last["id"])
        seen = [json.loads(line[6:]) for line in reply.body.decode().split("\n")
                if line.startswith("data: ")]
        equal([event["sequence_number"] for event in seen],
              list(range(len(seen))))
        equal({event["response"]["previous_response_id"] for event in seen
               if "response" in event}, {last and last["id"]})
        last = seen[-1]["response"]
        equal(client.get(f"/v1/responses/{last['id']}").json(), last)
    equal(texts(client, last["previous_response_id"]), [
        "one", "Hello there!", "two", "Hello there!"])
    ended = {**whole, "status": "failed"}
    upstream.answer = lambda request, reply: reply.stream(
        [dumped(event) for event in events(ended)])
    reply = ask(client, stream=True, previous_response_id=last["id"])
    failed = json.loads(reply.body.decode().split("data: ")[-1])["response"]
    gone(client, failed["id"])
    upstream.answer = says("Hello!")


def test_tenants(upstream):
    server = Server("--llm-url", upstream.url, "--quota-bytes", "5000",
                    env={"CHATMEM_API_KEY": "a:one,b:two"})
    first, second = (Keyed(server.port, key) for key in ("one", "two"))
    upstream.answer = says("Hello!")
    whole = ask(first).json()
    gone(second, whole["id"])
    refused(second.request("DELETE", f"/v1/responses/{whole['id']}"), 404,
            "not_found")
    equal(first.get(f"/v1/responses/{whole['id']}").json(), whole)
    over = None
    for _ in range(20):
        reply = ask(first)
        if reply.status != 200:
            over = reply.json()["error"]["code"]
            break
        last = reply.json()["id"]
    equal(over, "quota", "what is kept is not counted")
    equal(ask(second).status, 200, "another tenant's")
    for name in whole["id"], last:
        equal(first.request("DELETE", f"/v1/responses/{name}").status, 200)
    equal(ask(first).status, 200, "deleting makes room")
    count.stopped(server)


def test_exports(server, upstream):
    """An export has the sessions of chains, though no list shows them."""
    client = server.client()
    upstream.answer = says("answer")
    first = ask(client, "one").json()["id"]
    ask(client, "two", previous_response_id=first)
    check(first not in client.get("/sessions?limit=1000").body.decode())
    for path in f"/sessions/{first}/export", "/export":
        lines = [json.loads(line) for line in
                 client.get(path).body.splitlines()]
        at = [line.get("session") for line in lines].index(first)
        said = [line["message"]["content"] for line in lines[at + 1:at + 5]]
        equal([part if isinstance(part, str) else part[0]["text"]
               for part in said], ["one", "answer", "two", "answer"], path)


def test_erasure(server, upstream):
    """Of an erased chain no byte is left, of its responses neither."""
    client = server.client()
    upstream.answer = says("hushhush answer")
    counted = {"x-stainless-retry-count": "0"}
    first = ask(client, "hushhush one", counted).json()["id"]
    second = ask(client, "hushhush two", previous_response_id=first).json()
    receipt = client.request("DELETE", f"/sessions/{first}").json()
    equal(receipt["deleted_messages"], 4)
    for name in first, second["id"]:
        gone(client, name)
    for name in os.listdir(server.directory):
        with open(os.path.join(server.directory, name), "rb") as file:
            check(b"hushhush" not in file.read(), name, "has its bytes")


def test_deleted_alone(server, upstream):
    """A request that comes again after the DELETE is a new one."""
    client = server.client()
    upstream.answer = says("once")
    for headers in {"x-stainless-retry-count": "0"}, {"Idempotency-Key": "k"}:
        name = ask(client, "twice?", headers).json()["id"]
        equal(ask(client, "twice?", {**headers, **AGAIN}).json()["id"], name)
        client.request("DELETE", f"/v1/responses/{name}")
        check(ask(client, "twice?", {**headers, **AGAIN}).json()["id"] != name)


def main():
    upstream = Upstream()
    server = Server("--llm-url", upstream.url)
    test_chains(server, upstream)
    test_conversations(server, upstream)
    test_nothing_kept(server, upstream)
    test_input_items(server, upstream)
    test_once(server, upstream)
    test_leaving(server, upstream)
    test_streams(server, upstream)
    test_tenants(upstream)
    test_exports(server, upstream)
    test_erasure(server, upstream)
    test_deleted_alone(server, upstream)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
