# SPDX-License-Identifier: MIT
"""by_langgraph.py - ten turns of a graph with a checkpointer; a tool waits for
a person's word, and the last steps run again from their checkpoint."""

import contextlib
import os
import tempfile

import plan
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from langgraph_transcript import transcript


def model(state):
    last = state["messages"][-1]
    question = next(message.content for message in reversed(state["messages"])
                    if isinstance(message, HumanMessage))
    if isinstance(last, HumanMessage) and plan.calls(question):
        return {"messages": [AIMessage("", tool_calls=[{
            "name": "weather", "args": {"city": "Oslo"},
            "id": plan.call_id(question)}])]}
    return {"messages": [AIMessage(f"done {question}")]}


def tools(state):
    city = interrupt("May I?")
    return {"messages": [ToolMessage(f"sunny in {city}", tool_call_id=call[
        "id"]) for call in state["messages"][-1].tool_calls]}


def built():
    graph = StateGraph(MessagesState)
    graph.add_node(model)
    graph.add_node(tools)
    graph.add_node(transcript)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", lambda state: "tools" if state[
        "messages"][-1].tool_calls else "transcript")
    graph.add_edge("tools", "model")
    graph.add_edge("transcript", END)
    return graph


@contextlib.contextmanager
def saver():
    """SQLite's where there is one: each turn opens the file again."""
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver
    except ImportError:
        saver = InMemorySaver()
        yield lambda: contextlib.nullcontext(saver)
        return
    with tempfile.TemporaryDirectory() as place:
        yield lambda: SqliteSaver.from_conn_string(
            os.path.join(place, "graph.db"))


def turn(opened, session, question):
    config = {"configurable": {"thread_id": session}}
    with opened() as kept:
        graph = built().compile(kept)
        done = graph.invoke({"messages": [HumanMessage(question)]}, config)
    if plan.calls(question):
        plan.check("interrupted", "__interrupt__" in done, True)
        with opened() as kept:
            graph = built().compile(kept)
            graph.invoke(Command(resume="Oslo"), config)
    with opened() as kept:  # the node of the transcript once more
        graph = built().compile(kept)
        before = next(state for state in graph.get_state_history(config)
                      if state.next == ("transcript",))
        graph.invoke(None, before.config)


def main():
    with saver() as opened:
        for session, _, question in plan.turns():
            turn(opened, session, question)
        for session in plan.SESSIONS:
            with opened() as kept:
                state = built().compile(kept).get_state(
                    {"configurable": {"thread_id": session}})
            plan.check("state", len(state.values["messages"]), 30)


main()
plan.close()
