#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""conversations_test.py - OpenAI's SDKs and agents keep their state here.

Both packages do with a conversation all that they can, and meet the errors
that they meet elsewhere; agents of both languages have ten turns with tools
in a session that they call OpenAI's.  Each item is stored once, whatever gets
lost on the way.
"""

import asyncio
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import agents
import httpx2
import openai
import pydantic

from openai.types.conversations import ConversationItem
from openai.types.responses import ResponseItem

from agents_test import TURNS, Model, expected, told, weather
from every_item import EVERY_ITEM
from harness import PATIENCE, TESTS, Count, Server
from responses import answering
from upstream import NODE, Upstream, unpaired

count = Count()
check = count.check


def equal(seen, wanted, *words):
    return check(seen == wanted, *words, "is", seen, "not", wanted)


def client_of(server, **more):
    return openai.OpenAI(**{
        "api_key": "any", "max_retries": 0,
        "base_url": f"http://127.0.0.1:{server.port}/v1", **more})


def raises(kind, call, *words):
    """The SDK's error of this kind, which says these words."""
    try:
        call()
    except kind as error:
        message = error.body["message"] if error.body else str(error)
        check(all(word in message for word in words), words, "not in", message)
        check(set(error.body) == {"message", "type", "param", "code"},
              "not OpenAI's shape", error.body)
        return error
    except openai.APIError as error:
        check(False, kind.__name__, "but", type(error).__name__, error)
    else:
        check(False, kind.__name__, "but nothing", words)
    return None


def texts(items):
    return [item.content[0].text if item.type == "message" else
            getattr(item, "output", None) or item.name for item in items]


ITEMS = [
    {"role": "user", "content": "How warm is it?"},
    {"type": "function_call", "call_id": "c1", "name": "warm",
     "arguments": "{}", "id": "fc_own"},
    {"type": "function_call_output", "call_id": "c1", "output": "11"},
    {"type": "message", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "11.", "annotations": []}]},
]


def test_sdk(server):
    client = client_of(server)
    made = client.conversations.create(metadata={"topic": "tea"})
    check(made.id.startswith("conv_"), made.id)
    equal((made.object, made.metadata), ("conversation", {"topic": "tea"}))
    items = client.conversations.items
    added = items.create(made.id, items=ITEMS)
    equal(texts(added.data), ["How warm is it?", "warm", "11", "11."], "added")
    equal([item.type for item in added.data], [
        "message", "function_call", "function_call_output", "message"])
    equal([item.status for item in added.data], ["completed"] * 4)
    equal(added.data[1].id, "fc_own")
    for limit in 1, 2, 3, 20:
        for order in "asc", "desc":
            seen = list(items.list(made.id, limit=limit, order=order))
            equal(seen, added.data[::1 if order == "asc" else -1], limit)
    one = items.retrieve(added.data[3].id, conversation_id=made.id,
                         include=["reasoning.encrypted_content",
                                  "message.output_text.logprobs"])
    equal(one, added.data[3], "retrieved")
    equal(items.delete("fc_own", conversation_id=made.id).id, made.id)
    raises(openai.NotFoundError, lambda: items.retrieve(
        "fc_own", conversation_id=made.id), "fc_own", made.id)
    equal(len(items.list(made.id).data), 3, "after a deletion")
    equal(client.conversations.update(made.id, metadata={"a": "b"}).metadata,
          {"a": "b"})
    equal(client.conversations.retrieve(made.id).metadata, {"a": "b"})
    equal(client.conversations.delete(made.id).deleted, True)
    raises(openai.NotFoundError, lambda: client.conversations.retrieve(
        made.id), made.id)


def lacking(of_type, item):
    """What the official type says against what was sent."""
    try:
        pydantic.TypeAdapter(of_type).validate_python(item)
    except pydantic.ValidationError as error:
        return error
    return None


def test_types():
    """Of each type an item comes as the official types have it."""
    upstream = Upstream(answering(lambda messages: {"content": "a"}))
    server = Server("--llm-url", upstream.url)
    http = server.client()
    for at, item in enumerate(EVERY_ITEM):
        path = f"/v1/conversations/typed{at}/items"
        item_, = http.post(path, {"items": [item]}).json()["data"]
        wrong = lacking(ConversationItem, item_)
        check(not wrong, "added:", item_, wrong)
        equal(http.get(path).json()["data"], [item_], "listed")
        equal(http.get(f"{path}/{item_['id']}").json(), item_, "one")
        again, = http.post(path, {"items": [item_]}).json()["data"]
        equal(again, item_, "as it was shown, again")
        equal(len(http.get(path).json()["data"]), 1, "added again")
        kept = http.get(
            f"/sessions/typed{at}/messages?format=openai-items").json()
        equal(kept["messages"], [item], "as it came")
    made = http.post("/v1/responses", {
        "model": "m", "input": EVERY_ITEM}).json()
    listed = http.get(f"/v1/responses/{made['id']}/input_items"
                      "?limit=100&order=asc").json()["data"]
    equal(len(listed), len(EVERY_ITEM), "inputs")
    for item in listed:
        wrong = lacking(ResponseItem, item)
        check(not wrong, "an input:", item, wrong)
    count.stopped(server)
    upstream.stop()


def test_errors(server):
    client = client_of(server)
    items = client.conversations.items
    one = client.conversations.create(items=ITEMS[:1])
    two = client.conversations.create(items=ITEMS[:1])
    other = items.list(two.id).data[0].id
    raises(openai.NotFoundError, lambda: items.retrieve(
        other, conversation_id=one.id), other)
    raises(openai.NotFoundError, lambda: items.list("conv_none"), "conv_none")
    raises(openai.NotFoundError, lambda: items.create(
        "conv_none", items=ITEMS), "conv_none")
    raises(openai.BadRequestError, lambda: items.list(
        one.id, after=other), "after", other)
    raises(openai.BadRequestError, lambda: items.list(one.id, limit=101),
           "limit")
    for bad, words in (
            ([{"role": "user"}], "items[1].content"),
            ([{"role": "bot", "content": "a"}], "items[1].role"),
            ([{"type": "human", "content": "a"}], "items[1].type"),
            ([{"type": "function_call", "name": "f"}], "items[1].call_id"),
            ([{"role": "user", "content": "a", "id": 7}], "items[1].id"),
            (["a"], "items[1] must be an object")):
        raises(openai.BadRequestError, lambda: items.create(
            one.id, items=ITEMS[:1] + bad), words)
    raises(openai.BadRequestError, lambda: client.conversations.create(
        metadata={str(i): "" for i in range(17)}), "16")
    raises(openai.BadRequestError, lambda: client.conversations.create(
        metadata={"a": "b" * 513}), "512")
    raises(openai.BadRequestError, lambda: client.conversations.update(
        one.id, metadata={"a" * 65: "b"}), "64")
    items.create(one.id, items=[{"role": "user", "content": "a", "id": "m1"}])
    raises(openai.UnprocessableEntityError, lambda: items.create(
        one.id, items=[{"role": "user", "content": "b", "id": "m1"}]), "m1")
    equal(len(items.list(one.id).data), 2, "what was refused")


def test_keys():
    server = Server("--rate", "3", env={"CHATMEM_API_KEY": "a:one,b:two"})
    first, second = (client_of(server, api_key=key) for key in ("one", "two"))
    made = first.conversations.create()
    raises(openai.AuthenticationError, lambda: client_of(
        server, api_key="three").conversations.create())
    raises(openai.NotFoundError, lambda: second.conversations.retrieve(
        made.id), made.id)

    def ask():
        while True:
            first.conversations.retrieve(made.id)

    error = raises(openai.RateLimitError, ask)
    check(error and int(error.response.headers["Retry-After"]) > 0,
          "no Retry-After")
    count.stopped(server)


class Losing(httpx2.HTTPTransport):
    """Loses the reply to each first attempt of a POST."""

    def handle_request(self, request):
        response = super().handle_request(request)
        if request.method == "POST" and \
                request.headers["x-stainless-retry-count"] == "0":
            response.read()
            response.close()
            raise httpx2.ReadError("lost", request=request)
        return response


def test_retries(server):
    """The SDK repeats what it got no answer to."""
    client = client_of(server, max_retries=2, http_client=httpx2.Client(
        transport=Losing()))
    items = client.conversations.items
    added = items.create("retried", items=ITEMS)
    again = items.create("retried", items=ITEMS[:1])
    listed = list(items.list("retried", order="asc"))
    equal(listed, added.data + again.data, "repeated")
    equal(client.conversations.update("retried", metadata={"a": "b"}).metadata,
          {"a": "b"})


def test_responses(server, upstream):
    """A response with a conversation: whole, streamed, asked for again."""
    client = client_of(server)
    made = client.conversations.create()
    whole = client.responses.create(
        model="m", input="turn 3", conversation=made.id)
    equal((whole.output_text, whole.conversation.id), ("done turn 3", made.id))
    before = len(upstream.requests)
    with client.responses.stream(
            model="m", input="turn 0", conversation=made.id) as stream:
        kinds = [event.type for event in stream]
        last = stream.get_final_response()
    equal(kinds, [f"response.{kind}" for kind in (
        "created", "in_progress", "output_item.added",
        "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done", "completed")])
    listed = list(client.conversations.items.list(made.id, order="asc"))
    equal(listed[-1].id, last.output[0].id, "the call's id")
    sent = upstream.requests[-1].json()["input"]
    equal([item.get("role") for item in sent], ["user", "assistant", "user"])
    losing = client_of(server, max_retries=2, http_client=httpx2.Client(
        transport=Losing()))
    again = losing.responses.create(
        model="m", conversation=made.id, input=[
            {"type": "function_call_output", "call_id": last.output[0].call_id,
             "output": "sunny"}])
    equal(again.output_text, "done turn 0", "again")
    equal(len(upstream.requests) - before, 2, "paid for once")
    equal(len(client.conversations.items.list(made.id).data), 6, "and stored")
    raises(openai.NotFoundError, lambda: client.responses.create(
        model="m", input="Hi!", conversation="conv_none"), "conv_none")
    raises(openai.BadRequestError, lambda: client.responses.create(
        model="m", input="Hi!", conversation=made.id,
        previous_response_id="resp_1"), "exclusive")


def sent(upstream):
    """What the model was told last: items, or messages of a chat."""
    body = upstream.requests[-1].json()
    return body["input"] if "input" in body else body["messages"]


def test_kept(server, upstream):
    """Responses that are kept: gone on from, forked, read, deleted."""
    client = client_of(server)
    one = client.responses.create(model="m", input="turn 3")
    before = len(upstream.requests)
    losing = client_of(server, max_retries=2, http_client=httpx2.Client(
        transport=Losing()))
    two = losing.responses.create(model="m", input="turn 7",
                                  previous_response_id=one.id)
    alone = losing.responses.create(model="m", input="turn 19")
    equal(len(upstream.requests) - before, 2, "paid for once")
    with client.responses.stream(model="m", input="turn 11",
                                 previous_response_id=two.id) as stream:
        three = stream.get_final_response()
    equal(len(sent(upstream)), 5, "the history before the third")
    equal((three.output_text, three.previous_response_id),
          ("done turn 11", two.id))
    forked = client.responses.create(model="m", input="turn 23",
                                     previous_response_id=one.id)
    equal(len(sent(upstream)), 3, "a fork")
    for whole in one, two, alone, forked:
        equal(client.responses.retrieve(whole.id), whole, "retrieved")
    equal(client.responses.retrieve(three.id).output_text, "done turn 11")
    listed = list(client.responses.input_items.list(three.id, order="asc"))
    equal(texts(listed), ["turn 11"], "its own input")
    refers = client.responses.create(model="m", input=[
        {"role": "user", "content": "turn 3"},
        {"type": "item_reference", "id": one.output[0].id},
        {"role": "user", "content": "turn 15"}])
    equal(len(sent(upstream)), 3, "a reference")
    equal(refers.output_text, "done turn 15")
    client.responses.delete(one.id)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(one.id),
           one.id)
    error = raises(openai.BadRequestError, lambda: client.responses.create(
        model="m", input="a", previous_response_id=one.id), one.id)
    equal((error.code, error.param), (
        "previous_response_not_found", "previous_response_id"))
    raises(openai.BadRequestError, lambda: client.responses.cancel(two.id),
           "synchronous")
    raises(openai.NotFoundError, lambda: client.responses.create(
        model="m", input=[{"type": "item_reference", "id": "msg_none"}]),
           "msg_none")


def test_sessions(server):
    """What comes one way is there the other way."""
    client, http = client_of(server), server.client()
    http.post("/sessions/my%20own%2Fid%20%C3%A9/messages", [
        "Hi!", {"role": "assistant", "content": "I look.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {
                "name": "warm", "arguments": "{}"}}]},
        {"type": "tool", "data": {"content": "11", "tool_call_id": "c1"}},
        {"type": "ai", "data": {"content": "11."}}])
    items = client.conversations.items
    listed = list(items.list("my own/id \u00e9", order="asc", limit=2))
    equal(texts(listed), ["Hi!", "I look.", "warm", "11", "11."])
    equal(listed, list(items.list("my own/id \u00e9", limit=2))[::-1])
    items.create("other", items=ITEMS)
    read = http.get("/sessions/other/messages?format=openai").json()
    equal([told(message) for message in read["messages"]], [
        ("user", "How warm is it?"), ("assistant", 1), ("tool", "11"),
        ("assistant", "11.")])
    read = http.get("/sessions/other/messages?format=openai-items").json()
    equal(read["messages"], ITEMS, "as they came")
    equal(http.get("/sessions/other/load").json()["history"],
          "Human: How warm is it?\nAI: \nTool: 11\nAI: 11.")


# --- agents ------------------------------------------------------------------

def asynchronous(url):
    return openai.AsyncOpenAI(api_key="any", base_url=url)


def agent_of(client):
    return agents.Agent(
        name="a", instructions="Be kind.",
        tools=[agents.function_tool(weather)],
        model=agents.OpenAIResponsesModel(model="m", openai_client=client))


async def turns(session, upstream):
    """Ten turns, then what a session can do beside them."""
    client = asynchronous(upstream.url)
    agent = agent_of(client)
    for text in TURNS:
        await agents.Runner.run(agent, text, session=session)
    last = await session.get_items(limit=2)
    popped = await session.pop_item()
    equal(popped, last[-1], "popped")
    equal(await session.get_items(limit=1), last[:1], "after that")
    await session.add_items([{"role": "assistant", "content": "done turn 9"}])
    await client.close()


def stored(server, name):
    read = server.client().get(f"/sessions/{name}/messages?format=openai")
    return [told(message) for message in read.json()["messages"]]


def test_agents(server, upstream):
    async def run():
        session = agents.OpenAIConversationsSession(
            openai_client=asynchronous(f"http://127.0.0.1:{server.port}/v1"))
        await turns(session, upstream)
        name = session.session_id
        equal(stored(server, name), expected(), "by agents")
        await session.clear_session()
        equal(stored(server, name), [], "cleared")

    asyncio.run(run())


def test_conversation_id(server):
    """Agents that say which conversation it is send what is new only."""
    async def run(streams):
        client = asynchronous(f"http://127.0.0.1:{server.port}/v1")
        agent = agent_of(client)
        name = (await client.conversations.create()).id
        for text in TURNS:
            if streams:
                done = agents.Runner.run_streamed(
                    agent, text, conversation_id=name)
                async for _ in done.stream_events():
                    pass
            else:
                await agents.Runner.run(agent, text, conversation_id=name)
        await client.close()
        equal(stored(server, name), expected(), "by its id", streams)

    asyncio.run(run(False))
    asyncio.run(run(True))


def test_previous_response(server):
    """Agents that go on from their last response send what is new only."""
    async def run():
        client = asynchronous(f"http://127.0.0.1:{server.port}/v1")
        agent = agent_of(client)
        last, first = None, None
        for text in TURNS:
            done = await agents.Runner.run(
                agent, text, previous_response_id=last,
                auto_previous_response_id=True)
            last = done.last_response_id
            first = first or done.raw_responses[0].response_id
        await client.close()
        equal(stored(server, first), expected(), "by the last response")

    asyncio.run(run())


def node(*arguments):
    run = subprocess.run(
        ["node", os.path.join(TESTS, "clients", "conversations.mjs"),
         *arguments], env={**os.environ, "NODE_PACKAGES": NODE}, text=True,
        capture_output=True, timeout=PATIENCE)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return json.loads(run.stdout)


def test_node(server, upstream):
    base = f"http://127.0.0.1:{server.port}/v1"
    done = node("sdk", base)
    equal(done["pages"], done["all"], "pages of JavaScript's")
    equal(done["errors"], ["NotFoundError", "BadRequestError",
                           "NotFoundError"], "its errors")
    done = node("kept", base)
    equal(done["texts"], ["done turn 3", "done turn 7", "done turn 7"])
    equal(done["inputs"], ["turn 7"])
    equal(done["errors"], ["BadRequestError", "NotFoundError",
                           "BadRequestError"], "errors of responses")
    done = node("agents", base, upstream.url, json.dumps(TURNS))
    equal(stored(server, done["session"]), expected()[:-1],
          "by agents of JavaScript's, and popped")
    equal(done["popped"], "done turn 9", "popped")
    for streams in "", "streams":
        done = node("conversation", base, json.dumps(TURNS), streams)
        equal(stored(server, done["session"]), expected(),
              "by its id, in JavaScript", streams)


def test_chat_only():
    """A model's server without /responses makes no difference."""
    model = Model()

    def answer(request, reply):
        if request.path.endswith("/responses"):
            return reply.json({"error": {"message": "Not Found"}}, 404)
        return model(request, reply)

    upstream = Upstream(answer)
    server = Server("--llm-url", upstream.url)
    test_kept(server, upstream)
    test_conversation_id(server)
    test_previous_response(server)
    base = f"http://127.0.0.1:{server.port}/v1"
    equal(node("kept", base)["texts"], [
        "done turn 3", "done turn 7", "done turn 7"], "JavaScript's")
    for streams in "", "streams":
        done = node("conversation", base, json.dumps(TURNS), streams)
        equal(stored(server, done["session"]), expected(), streams)
    count.stopped(server)
    upstream.stop()


def main():
    model = Model()

    def say(messages):
        check(not unpaired(messages), unpaired(messages))
        return model.message(messages)

    upstream = Upstream(answering(say))
    server = Server("--llm-url", upstream.url)
    test_sdk(server)
    test_errors(server)
    test_types()
    test_keys()
    test_retries(server)
    test_kept(server, upstream)
    test_sessions(server)
    test_responses(server, upstream)
    test_agents(server, upstream)
    test_conversation_id(server)
    test_previous_response(server)
    test_node(server, upstream)
    test_chat_only()
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
