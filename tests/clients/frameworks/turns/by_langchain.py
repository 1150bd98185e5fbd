# SPDX-License-Identifier: MIT
"""by_langchain.py - ten turns of a RunnableWithMessageHistory: called at once,
awaited and streamed, with tools."""

import asyncio

import plan
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (AIMessage, AIMessageChunk, HumanMessage,
                                     ToolMessage)
from langchain_core.outputs import (ChatGeneration, ChatGenerationChunk,
                                    ChatResult)
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_history import ChatmemHistory

given = {}


class Model(BaseChatModel):
    _llm_type = "scripted"

    def answer(self, messages):
        """Notes how many messages it was given for the question."""
        last = messages[-1]
        question = next(message.content for message in reversed(messages)
                        if isinstance(message, HumanMessage))
        given[question] = len(messages)
        if isinstance(last, HumanMessage) and plan.calls(question):
            return {"content": "", "tool_calls": [{
                "name": "weather", "args": {"city": "Oslo"},
                "id": plan.call_id(question)}]}
        return {"content": f"done {question}"}

    def _generate(self, messages, stop=None, run_manager=None, **more):
        message = AIMessage(**self.answer(messages))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages, stop=None, run_manager=None, **more):
        for piece in self.answer(messages)["content"].split(" "):
            yield ChatGenerationChunk(
                message=AIMessageChunk(content=piece + "|"))


def loop(messages):
    """An agent: all that it adds."""
    added = []
    while not added or isinstance(added[-1], ToolMessage):
        added.append(Model().invoke(messages + added))
        added += [ToolMessage("sunny in Oslo", tool_call_id=call["id"])
                  for call in added[-1].tool_calls]
    return added


async def main():
    agent = RunnableWithMessageHistory(RunnableLambda(loop), ChatmemHistory)
    model = RunnableWithMessageHistory(Model(), ChatmemHistory)
    for session, number, question in plan.turns():
        config = {"configurable": {"session_id": session}}
        said = [HumanMessage(question)]
        if number % 4 == 0:
            agent.invoke(said, config)
        elif number % 4 == 1:
            list(model.stream(said, config))
        elif number % 4 == 2:
            await agent.ainvoke(said, config)
        else:
            [chunk async for chunk in model.astream(said, config)]


def read():
    for session, who in plan.SESSIONS.items():
        history = ChatmemHistory(session)
        kinds = [type(message).__name__ for message in history.messages]
        plan.check("classes", kinds, [
            "HumanMessage", "AIMessage", "ToolMessage", "AIMessage",
            "HumanMessage", "AIMessageChunk"] * 5)
        plan.check("window", [message.content for message in ChatmemHistory(
            session, turns=1).messages], [f"{who} 9", f"done|{who}|9|"])
        plan.check("given", [given[f"{who} {i}"] for i in range(plan.TURNS)],
                   [i // 2 * 6 + (5 if i % 2 else 3) for i in range(10)])
    gone = ChatmemHistory("gone")
    gone.add_user_message("a")
    gone.add_ai_message("b")
    plan.check("text", str(gone), "Human: a\nAI: b")
    gone.clear()
    plan.check("cleared", gone.messages, [])


asyncio.run(main())
read()
plan.close()
