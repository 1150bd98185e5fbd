// SPDX-License-Identifier: MIT
// read.mjs - the packages for JavaScript read what chatmem hands out.
//
//	node read.mjs make	prints messages of every class of
//				@langchain/core: {"stored":[…],"serialised":[…]}
//	node read.mjs read	reads {"FORMAT":[[message…]…]} and prints for
//				each list null, or what was wrong with it
//
// NODE_PACKAGES names the directory that has them.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const load = async (name) =>
  import(pathToFileURL(packages.resolve(name)));
const core = await load("@langchain/core/messages");
const ai = await load("ai").catch(() => null);

function classes() {
  const call = { name: "w", args: { city: "Oslo" }, id: "c1", type: "tool_call" };
  const made = [];
  for (const name of ["HumanMessage", "SystemMessage", "AIMessage"])
    for (const suffix of ["", "Chunk"])
      for (const fields of [
        { content: "Hi!" },
        { content: [{ type: "text", text: "b" }], name: "bob", id: "m1" },
      ])
        made.push(new core[name + suffix](fields));
  made.push(
    new core.AIMessage({ content: "", tool_calls: [call] }),
    new core.AIMessageChunk({
      content: "",
      tool_call_chunks: [{ name: "w", args: "{}", id: "c1", index: 0 }],
    }),
    new core.AIMessage({
      content: "",
      invalid_tool_calls: [{ name: "w", args: "{", id: "c1", error: "bad" }],
    }),
    new core.ChatMessage({ content: "x", role: "critic" }),
    new core.FunctionMessage({ content: "x", name: "f" }),
    new core.ToolMessage({ content: "x", tool_call_id: "c1", status: "error" }),
  );
  return made;
}

const readers = {
  langchain(messages) {
    const read = core.mapStoredMessagesToChatMessages(messages);
    core.getBufferString(read.filter((message) => message.getType() !== "function"));
  },
  async "ai-sdk"(messages) {
    await ai.validateUIMessages({ messages });
    await ai.convertToModelMessages(messages);
  },
};
if (!ai) delete readers["ai-sdk"];

async function wrong(reader, messages) {
  try {
    await reader(messages);
  } catch (error) {
    return String(error).slice(0, 2000);
  }
  return null;
}

const answer = {};
if (process.argv[2] === "make") {
  const made = classes();
  answer.stored = core.mapChatMessagesToStoredMessages(made);
  answer.serialised = made;
} else {
  const lists = JSON.parse(readFileSync(0, "utf8"));
  for (const [name, many] of Object.entries(lists))
    if (readers[name]) {
      answer[name] = [];
      for (const messages of many)
        answer[name].push(await wrong(readers[name], messages));
    }
}
console.log(JSON.stringify(answer));
