# SPDX-License-Identifier: MIT
"""by_llama_index.py - ten turns of an agent of LlamaIndex whose memory has its
chat store here, with tools."""

import asyncio

import plan
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index_store import ChatmemStore

given = {}


def answer(messages, **more):
    question = next(message.content for message in reversed(messages)
                    if message.role == "user")
    given[question] = len(messages)
    if messages[-1].role == "user" and plan.calls(question):
        return ChatMessage(role="assistant", blocks=[ToolCallBlock(
            tool_call_id=plan.call_id(question), tool_name="weather",
            tool_kwargs={"city": "Oslo"})])
    return ChatMessage(role="assistant", content=f"done {question}")


def weather(city: str) -> str:
    """Tells the weather."""
    return f"sunny in {city}"


def memory(session):
    return ChatMemoryBuffer.from_defaults(
        token_limit=100000, chat_store=ChatmemStore(), chat_store_key=session)


async def main():
    for session, _, question in plan.turns():
        agent = FunctionAgent(
            tools=[weather], streaming=False, llm=MockFunctionCallingLLM(
                response_generator=answer, is_chat_model=True))
        await agent.run(question, memory=memory(session))


def read():
    for session, who in plan.SESSIONS.items():
        messages = memory(session).get_all()
        plan.check("roles", [message.role.value for message in messages], [
            "user", "assistant", "tool", "assistant",
            "user", "assistant"] * 5)
        plan.check("given", [given[f"{who} {i}"] for i in range(plan.TURNS)],
                   [i // 2 * 6 + (5 if i % 2 else 3) for i in range(10)])
    store = ChatmemStore()
    plan.check("keys", sorted(store.get_keys()), sorted(plan.SESSIONS))
    store.set_messages("gone", messages)
    plan.check("kept", store.get_messages("gone"), messages)
    plan.check("last", store.delete_last_message("gone"), messages[-1])
    plan.check("first", store.delete_message("gone", 0), messages[0])
    plan.check("left", store.get_messages("gone"), messages[1:-1])
    store.delete_messages("gone")
    plan.check("none", [store.delete_last_message("gone"),
                        store.get_messages("gone")], [None, []])
    plan.check("keys left", "gone" in store.get_keys(), False)


asyncio.run(main())
read()
plan.close()
