# SPDX-License-Identifier: MIT
"""by_llama_index.py - ten turns of an agent of LlamaIndex with tools, whose
memory has its store here: in one session ChatMemoryBuffer, in the other Memory,
which archives what is old."""

import asyncio

import plan
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index_memory import ChatmemMemoryStore
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


def buffer(session):
    return ChatMemoryBuffer.from_defaults(
        token_limit=100000, chat_store=ChatmemStore(), chat_store_key=session)


def memory(session):
    """With room for a few messages."""
    return Memory.from_defaults(
        session_id=session, chat_store=ChatmemMemoryStore(), token_limit=100,
        chat_history_token_ratio=0.6, token_flush_size=20)


MEMORIES = dict(zip(plan.SESSIONS, (buffer, memory)))


async def main():
    for session, _, question in plan.turns():
        agent = FunctionAgent(
            tools=[weather], streaming=False, llm=MockFunctionCallingLLM(
                response_generator=answer, is_chat_model=True))
        await agent.run(question, memory=MEMORIES[session](session))


ROLES = ["user", "assistant", "tool", "assistant", "user", "assistant"] * 5


def roles(messages):
    return [message.role.value for message in messages]


def read_buffer(session, who):
    plan.check("roles", roles(buffer(session).get_all()), ROLES)
    plan.check("given", [given[f"{who} {i}"] for i in range(plan.TURNS)],
               [i // 2 * 6 + (5 if i % 2 else 3) for i in range(10)])


async def read_memory(session, who):
    """What is archived stands before what is active."""
    kept = memory(session)
    parts = [await kept.aget_all(status=status)
             for status in (None, "archived", "active")]
    plan.check("all", roles(parts[0]), ROLES)
    plan.check("parts", parts[1] + parts[2], parts[0])
    plan.check("both are there", [bool(part) for part in parts], [True] * 3)
    plan.check("given less", max(given[f"{who} {i}"] for i in range(
        plan.TURNS)) < 20, True)
    store = ChatmemMemoryStore()
    await store.set_messages(session, parts[2][:-1])
    plan.check("set", await store.get_messages(session), parts[2][:-1])
    await store.add_messages(session, parts[2][-1:])
    plan.check("counted", [await store.count_messages(session, status)
                           for status in (None, "archived", "active")],
               [len(part) for part in parts])


async def read_none(messages):
    store = ChatmemMemoryStore()
    await store.add_messages("gone", messages)
    plan.check("archived", await store.archive_oldest_messages("gone", 2),
               messages[:2])
    plan.check("removed", await store.delete_oldest_messages("gone", 1),
               messages[2:3])
    plan.check("one", await store.delete_message("gone", 1), messages[4])
    plan.check("limited", await store.get_messages(
        "gone", limit=2, offset=1), messages[5:7])
    await store.delete_messages("gone", "active")
    plan.check("left", await store.get_messages("gone", None), messages[:2])
    await store.delete_messages("gone")
    plan.check("nothing", [await store.get_messages("gone", None),
                           await store.delete_message("gone", 0),
                           "gone" in await store.get_keys()],
               [[], None, False])


def read():
    first, second = plan.SESSIONS.items()
    read_buffer(*first)
    asyncio.run(read_memory(*second))
    messages = buffer(first[0]).get_all()
    asyncio.run(read_none(messages))
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
