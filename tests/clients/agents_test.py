#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""agents_test.py - agents as people write them, with tools, over ten turns.

Each sends what its library sends: of the whole talk, which it keeps, or of one
turn, as the session has the rest.  The model refuses what OpenAI refuses.
Whatever comes, each message is stored once.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import agents
import openai
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from harness import Count, Server
from upstream import NODE, Upstream, completion, strict

count = Count()
check = count.check

HERE = os.path.dirname(os.path.abspath(__file__))
# The numbers of calls that the model makes, one after the other, in a turn.
PLANS = ((1,), (1, 1), (2,), ())
TURNS = [f"turn {turn}" for turn in range(10)]
SCHEMA = {"type": "function", "function": {
    "name": "weather", "description": "Tells the weather.", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}},
        "required": ["city"], "additionalProperties": False}}}

agents.set_tracing_disabled(True)


def plan_of(text):
    return PLANS[int(text.split()[-1]) % len(PLANS)]


def weather(city):
    """Tells the weather."""
    return f"sunny in {city}"


def text_of(message):
    content = message["content"]
    return content if isinstance(content, str) else content[0]["text"]


class Model:
    """Goes by what it is told: the newest question and what was called."""

    def __init__(self):
        self.number = 0
        self.recurs = False
        self.lock = threading.Lock()

    def call(self, index):
        with self.lock:
            self.number += 1
            number = index if self.recurs else self.number
        return {"id": f"call_{number}", "type": "function", "function": {
            "name": "weather", "arguments": '{"city": "Oslo"}'}}

    def message(self, messages):
        at = max(at for at, message in enumerate(messages)
                 if message["role"] == "user")
        text, rounds = text_of(messages[at]), sum(
            bool(message.get("tool_calls")) for message in messages[at:])
        plan = plan_of(text)
        if rounds < len(plan):
            return {"role": "assistant", "content": None, "tool_calls": [
                self.call(rounds * 2 + i) for i in range(plan[rounds])]}
        return {"role": "assistant", "content": f"done {text}",
                "refusal": None}

    def __call__(self, request, reply):
        body = request.json()
        message = self.message(body["messages"])
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        if not body.get("stream"):
            whole = completion("", usage={
                "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2})
            whole["choices"][0].update(message=message, finish_reason=reason)
            return reply.json(whole)
        return reply.stream(self.pieces(message, reason))

    def pieces(self, message, reason):
        deltas = [{"role": "assistant", "content": None}]
        for index, call in enumerate(message.get("tool_calls", ())):
            arguments = call["function"]["arguments"]
            deltas += [
                {"tool_calls": [{"index": index, **call, "function": {
                    "name": "weather", "arguments": ""}}]},
                {"tool_calls": [{"index": index, "function": {
                    "arguments": arguments[:6]}}]},
                {"tool_calls": [{"index": index, "function": {
                    "arguments": arguments[6:]}}]}]
        deltas += [{"content": piece} for piece in message["content"] or ()]
        choices = [{"index": 0, "delta": delta, "finish_reason": None}
                   for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": reason})
        return [b"data: %s\n\n" % json.dumps({
            "id": "c", "object": "chat.completion.chunk", "created": 1,
            "model": "m", "choices": [choice]}).encode()
            for choice in choices] + [b"data: [DONE]\n\n"]


def expected():
    """What is said in all turns: roles, and how many calls."""
    rows = []
    for text in TURNS:
        rows.append(("user", text))
        for calls in plan_of(text):
            rows.append(("assistant", calls))
            rows += [("tool", "sunny in Oslo")] * calls
        rows.append(("assistant", f"done {text}"))
    return rows


def told(message):
    calls = message.get("tool_calls")
    return message["role"], len(calls) if calls else text_of(message)


# --- the agents --------------------------------------------------------------

def base(server):
    return f"http://127.0.0.1:{server.port}/v1"


def head(name):
    return {"X-Session-Id": name}


def gathered(stream):
    """The message of a stream."""
    text, calls = "", {}
    for chunk in stream:
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for piece in delta.tool_calls or ():
            call = calls.setdefault(piece.index, {
                "id": piece.id, "type": "function",
                "function": {"name": "", "arguments": ""}})
            call["function"]["name"] += piece.function.name or ""
            call["function"]["arguments"] += piece.function.arguments or ""
    return {"role": "assistant", "content": text or None,
            **({"tool_calls": list(calls.values())} if calls else {})}


def by_openai(server, name, stream, keeps):
    client = openai.OpenAI(api_key="any", base_url=base(server),
                           default_headers=head(name), max_retries=0)
    said = []
    for text in TURNS:
        said = said if keeps else []
        said.append({"role": "user", "content": text})
        while said[-1]["role"] != "assistant" or said[-1].get("tool_calls"):
            got = client.chat.completions.create(
                model="m", messages=said, tools=[SCHEMA], stream=stream)
            said.append(gathered(got) if stream else
                        got.choices[0].message.model_dump())
            said += [{"role": "tool", "tool_call_id": call["id"],
                      "content": weather(**json.loads(
                          call["function"]["arguments"]))}
                     for call in said[-1].get("tool_calls") or ()]


def by_agents(server, name, stream, keeps):
    async def turns():
        client = openai.AsyncOpenAI(api_key="any", base_url=base(server),
                                    default_headers=head(name), max_retries=0)
        agent = agents.Agent(
            name="a", instructions="Be kind.",
            tools=[agents.function_tool(weather)],
            model=agents.OpenAIChatCompletionsModel(
                model="m", openai_client=client))
        said = []
        for text in TURNS:
            said = said if keeps else []
            said.append({"role": "user", "content": text})
            if stream:
                done = agents.Runner.run_streamed(agent, said)
                async for _ in done.stream_events():
                    pass
            else:
                done = await agents.Runner.run(agent, said)
            said = done.to_input_list()
        await client.close()

    asyncio.run(turns())


def by_langchain(server, name, stream, keeps):
    agent = create_agent(
        ChatOpenAI(model="m", api_key="any", base_url=base(server),
                   default_headers=head(name), max_retries=0,
                   streaming=stream, use_responses_api=False),
        tools=[tool(weather)], system_prompt="Be kind.")
    said = []
    for text in TURNS:
        said = said if keeps else []
        said.append({"role": "user", "content": text})
        if stream:
            for state in agent.stream({"messages": said},
                                      stream_mode="values"):
                last = state
        else:
            last = agent.invoke({"messages": said})
        said = last["messages"]


def by_node(kind):
    def run(server, name, stream, keeps):
        done = subprocess.run(
            ["node", "--input-type=module"],
            stdin=open(os.path.join(HERE, "agents.mjs"), "rb"), cwd=NODE,
            check=False, capture_output=True, timeout=600, env={
                **os.environ, "KIND": kind, "URL": base(server),
                "SESSION": name, "STREAM": "1" if stream else "",
                "KEEPS": "1" if keeps else "", "TURNS": json.dumps(TURNS)})
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-2000:])
    return run


AGENTS = {"openai": by_openai, "agents": by_agents, "langchain": by_langchain,
          "runTools": by_node("runTools"), "vercel": by_node("vercel")}


def test_agent(server, model, kind, run):
    for stream, keeps in itertools.product((False, True), repeat=2):
        name = f"{kind}-stream-{stream}-keeps-{keeps}"
        try:
            run(server, name, stream, keeps)
        except Exception as error:  # what it says is what a user would see
            check(False, name, type(error).__name__, str(error)[-1500:])
            continue
        stored = server.client().get(
            f"/sessions/{name}/messages?format=openai").json()["messages"]
        rows = [told(message) for message in stored
                if message["role"] != "system"]
        check(rows == expected(), name, "stored", rows)
        check(len(stored) - len(rows) in (0, 1), name, "system messages")


def main():
    model = Model()
    upstream = Upstream(strict(model))
    server = Server("--llm-url", upstream.url, "--llm-model", "m")
    only = sys.argv[1:] or AGENTS
    for kind in only:
        model.recurs = False
        test_agent(server, model, kind, AGENTS[kind])
    if "openai" in only:
        model.recurs = True
        test_agent(server, model, "openai-ids-recur", by_openai)
    count.stopped(server)
    upstream.stop()
    count.close()


if __name__ == "__main__":
    main()
