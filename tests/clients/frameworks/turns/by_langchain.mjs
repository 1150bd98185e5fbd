// SPDX-License-Identifier: MIT
// by_langchain.mjs - ten turns of a RunnableWithMessageHistory, with tools;
// those without are streamed.
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import { RunnableLambda, RunnableWithMessageHistory } from "@langchain/core/runnables";
import { ChatmemHistory } from "../langchain_history.mjs";
import { callId, calls, check, close, givenSizes, ofTurns, sessions, turns } from "./plan.mjs";

const given = {};

class Model extends BaseChatModel {
  _llmType() {
    return "scripted";
  }
  answer(messages) {
    const question = messages.findLast((message) => message.getType() === "human").content;
    given[question] = messages.length;
    if (messages.at(-1).getType() === "human" && calls(question))
      return { content: "", tool_calls: [
        { name: "weather", args: { city: "Oslo" }, id: callId(question), type: "tool_call" }] };
    return { content: `done ${question}` };
  }
  async _generate(messages) {
    const message = new AIMessage(this.answer(messages));
    return { generations: [{ text: message.content, message }] };
  }
  async *_streamResponseChunks(messages) {
    for (const piece of this.answer(messages).content.split(" "))
      yield new ChatGenerationChunk({ text: piece, message: new AIMessageChunk(piece + "|") });
  }
}

// An agent: all that it adds.
async function loop(messages) {
  const added = [];
  while (!added.length || added.at(-1).getType() === "tool") {
    const answer = await new Model({}).invoke([...messages, ...added]);
    added.push(answer);
    for (const call of answer.tool_calls)
      added.push(new ToolMessage({ content: "sunny in Oslo", tool_call_id: call.id }));
  }
  return added;
}

const remembering = (runnable) => new RunnableWithMessageHistory({
  runnable, getMessageHistory: (session) => new ChatmemHistory(session) });
const agent = remembering(RunnableLambda.from(loop));
const model = remembering(new Model({}));

for (const [session, , question] of turns()) {
  const config = { configurable: { sessionId: session } };
  const said = [new HumanMessage(question)];
  if (calls(question)) await agent.invoke(said, config);
  else for await (const chunk of await model.stream(said, config)) void chunk;
}

for (const [session, who] of Object.entries(sessions)) {
  const messages = await new ChatmemHistory(session).getMessages();
  check("kinds", messages.map((message) => message.getType()),
    ofTurns(["human", "ai", "tool", "ai"], ["human", "ai"]));
  const newest = await new ChatmemHistory(session, "turns=1").getMessages();
  check("window", newest.map((message) => message.content), [`${who} 9`, `done|${who}|9|`]);
  check("given", givenSizes.map((_, number) => given[`${who} ${number}`]), givenSizes);
}
const gone = new ChatmemHistory("gone");
await gone.addUserMessage("a");
await gone.addAIMessage("b");
check("texts", (await gone.getMessages()).map((message) => message.content), ["a", "b"]);
await gone.clear();
check("cleared", await gone.getMessages(), []);
close();
