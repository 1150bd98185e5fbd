# SPDX-License-Identifier: MIT
"""by_agents.py - ten turns of OpenAI's Agents SDK, in a session; those that
call a tool are interrupted for a person's word, kept as JSON and resumed."""

import asyncio

import agents
import plan
from agents_session import ChatmemSession
from openai.types.responses import (ResponseFunctionToolCall,
                                    ResponseOutputMessage, ResponseOutputText)

agents.set_tracing_disabled(True)
given = {}


@agents.function_tool(needs_approval=True)
def weather(city: str) -> str:
    """Tells the weather."""
    return f"sunny in {city}"


class Model(agents.Model):
    async def get_response(self, system_instructions, input, *more, **named):
        question = next(item["content"] for item in reversed(input)
                        if item.get("role") == "user")
        given[question] = len(input)
        if plan.calls(question) and input[-1].get("role") == "user":
            output = ResponseFunctionToolCall(
                type="function_call", name="weather", call_id=plan.call_id(
                    question), arguments='{"city":"Oslo"}')
        else:
            output = ResponseOutputMessage(
                type="message", id="msg_" + question, role="assistant",
                status="completed", content=[ResponseOutputText(
                    type="output_text", text=f"done {question}",
                    annotations=[])])
        return agents.ModelResponse(output=[output], usage=agents.Usage(),
                                    response_id=None)

    def stream_response(self, *more, **named):
        raise NotImplementedError


agent = agents.Agent(name="a", tools=[weather], model=Model())


async def turn(session, question):
    done = await agents.Runner.run(agent, question,
                                   session=ChatmemSession(session))
    while done.interruptions:
        state = await agents.RunState.from_json(
            agent, done.to_state().to_json())
        for wanted in state.get_interruptions():
            state.approve(wanted)
        done = await agents.Runner.run(agent, state,
                                       session=ChatmemSession(session))


async def read():
    for session, who in plan.SESSIONS.items():
        kept = ChatmemSession(session)
        items = await kept.get_items()
        plan.check("kinds", [item.get("type") or item["role"]
                             for item in items], [
            "user", "function_call", "function_call_output", "message",
            "user", "message"] * 5)
        plan.check("newest", await kept.get_items(3), items[-3:])
        plan.check("given", [given[f"{who} {i}"] for i in range(plan.TURNS)],
                   [i // 2 * 6 + (5 if i % 2 else 3) for i in range(10)])
    gone = ChatmemSession("gone")
    await gone.add_items(items)
    plan.check("protocol", isinstance(gone, agents.Session), True)
    plan.check("popped", [await gone.pop_item() for _ in range(2)],
               items[:-3:-1])
    await gone.clear_session()
    plan.check("empty", [await gone.pop_item(), await gone.get_items()],
               [None, []])


async def main():
    for session, _, question in plan.turns():
        await turn(session, question)
    await read()


asyncio.run(main())
plan.close()
