// SPDX-License-Identifier: MIT
// memory.mjs - what the memory classes of LangChain 0.3 show and ask.
//
//	npm install langchain@0.3.37 @langchain/core@0.3.80
//	node memory.mjs >memory-0.3.jsonl
//
// A line is a session: settings as chatmem names them, steps (save, load with
// what it showed, clear), and every text that a model was asked, with its
// answer.  The model counts tokens as chatmem does: a letter and a digit have
// 2, and the message 3 more.

import {
  BufferMemory, CombinedMemory, ConversationSummaryBufferMemory,
  ConversationSummaryMemory, ConversationTokenBufferMemory, EntityMemory,
  VectorStoreRetrieverMemory
} from "langchain/memory";
import { MemoryVectorStore } from "langchain/vectorstores/memory";
import { Embeddings } from "@langchain/core/embeddings";
import { LLM } from "@langchain/core/language_models/llms";
import { PromptTemplate } from "@langchain/core/prompts";

let asked;

class Model extends LLM {
  _llmType() { return "fixed"; }

  async _call(prompt) {
    if (!asked.has(prompt)) asked.set(prompt, this.say(prompt));
    return asked.get(prompt);
  }

  // Names are what begins with a capital in the last line.
  say(prompt) {
    const line = /\(for extraction\):\nHuman: (.*)\n\nOutput:$/s.exec(prompt);
    if (line)
      return line[1].match(/\b[A-Z][a-z]+\b/g)?.join(", ") ?? "NONE";
    const entity = /Entity to summarize:\n(.*)\n\nExisting/.exec(prompt);
    if (entity)
      return entity[1] === "Sam" ? "UNCHANGED" : ` ${entity[1]} ${asked.size} `;
    return `S${asked.size + 1}`;
  }

  async getNumTokens(text) {
    if (text === "") return 0;
    return text.split("\n").reduce((sum, line) =>
      sum + (/^\w+: [a-z]\d$/.test(line) ? 5 : NaN), 0);
  }
}

// How often each letter is there.
class Letters extends Embeddings {
  constructor() { super({}); }

  async embedQuery(text) {
    const counts = Array(26).fill(0);
    for (const c of text.toLowerCase())
      if (c >= "a" && c <= "z") counts[c.charCodeAt(0) - 97]++;
    asked.set(text, counts);
    return counts;
  }

  embedDocuments(texts) {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const camel = (name) => name.replace(/_(.)/g, (_, c) => c.toUpperCase());
const model = new Model({});

const prompts = {
  summary_prompt: ["prompt", ["summary", "new_lines"]],
  entity_extraction_prompt: ["entityExtractionPrompt", ["history", "input"]],
  entity_summarization_prompt: ["entitySummarizationPrompt",
    ["entity", "summary", "history", "input"]],
};

function options(settings) {
  const out = { llm: model };
  for (const [name, value] of Object.entries(settings)) {
    if (name in prompts)
      out[prompts[name][0]] = new PromptTemplate(
        { template: value, inputVariables: prompts[name][1] });
    else if (name !== "class")
      out[camel(name)] = value;
  }
  return out;
}

function make(settings) {
  const given = options(settings);
  switch (settings.class) {
    case "buffer": return new BufferMemory(given);
    case "token_buffer": return new ConversationTokenBufferMemory(given);
    case "summary": return new ConversationSummaryMemory(given);
    case "summary_buffer": return new ConversationSummaryBufferMemory(given);
    case "entity": return new EntityMemory(given);
    case "combined":
      return new CombinedMemory({ memories: settings.memories.map(make) });
    case "vector": {
      const store = new MemoryVectorStore(new Letters());
      return new VectorStoreRetrieverMemory(
        { ...given, vectorStoreRetriever: store.asRetriever(settings.k) });
    }
  }
}

// Messages as they are stored, whatever they are in JavaScript.
const plain = (value) => JSON.parse(JSON.stringify(value, (key, item) =>
  item?.lc === 1 ? { type: kinds[item.id.at(-1)], data: item.kwargs } : item));
const kinds = { HumanMessage: "human", AIMessage: "ai", SystemMessage: "system" };

async function run(settings, steps) {
  asked = new Map();
  const memory = make(settings);
  const done = [];
  for (const [verb, ...values] of steps) {
    if (verb === "save") {
      await memory.saveContext(...values);
      done.push([verb, ...values]);
    } else if (verb === "clear") {
      await memory.clear();
      done.push([verb]);
    } else {
      const inputs = values[0] ?? {};
      const shown = await memory.loadMemoryVariables(inputs);
      done.push([verb, inputs, plain(shown)]);
    }
  }
  console.log(JSON.stringify({ settings, steps: done, asked: [...asked] }));
}

const save = (input, output) => ["save", { input }, { output }];
const load = (input) => ["load", input === undefined ? {} : { input }];
const clear = ["clear"];
const hello = [save("Hi! I'm Jim.", " Hi Jim!"),
  save("What's my name?", "You said \"Jim\".\nDidn't you?"),
  save("{braces} {{and}} more", "ok")];

for (const more of [{}, { return_messages: true }, { memory_key: "s" },
  { human_prefix: "User", ai_prefix: "Bot" },
  { summary_prompt: "{{{summary}}} + {new_lines}" }]) {
  const settings = { class: "summary", ...more };
  await run(settings, [load()]);
  await run(settings, [hello[0], load(), hello[1], load(), hello[2], load()]);
  await run(settings, [...hello, clear, load(), hello[0], load()]);
}

const q = [1, 2, 3, 4].map((n) => save(`q${n}`, `a${n}`));
for (const more of [{}, { return_messages: true },
  { human_prefix: "User", ai_prefix: "Bot", memory_key: "s" }]) {
  for (const max_token_limit of [2000, 10, 15, 20, 24]) {
    const settings = { max_token_limit, ...more };
    await run({ class: "token_buffer", ...settings },
      [load(), ...q.flatMap((turn) => [turn, load()]), clear, load()]);
    // Until it prunes for the first time.
    const turns = Math.floor(max_token_limit / 10) + 1;
    await run({ class: "summary_buffer", ...settings },
      [load(), ...q.slice(0, turns).flatMap((turn) => [turn, load()])]);
    await run({ class: "summary_buffer", ...settings },
      [q[0], q[1], clear, load(), q[2], load()]);
  }
}

for (const more of [{}, { k: 1 }, { return_messages: true },
  { chat_history_key: "talk", entities_key: "known" },
  { human_prefix: "User", ai_prefix: "Bot" }]) {
  const settings = { class: "entity", ...more };
  await run(settings, [
    load("Hi, who is Ann?"), save("Hi, who is Ann?", "Nobody."),
    load("Ann and Bob met Sam."), save("Ann and Bob met Sam.", "Where?"),
    load("hm"), save("hm", "Hm."),
    load("in Rome, said Bob"), save("in Rome, said Bob", "Ah."),
    load("and Ann?")]);
  await run(settings, [load("Ann"), save("Ann", "Who?"), clear, load("Ann")]);
}

await run({ class: "combined", memories: [
  { class: "buffer", memory_key: "lines", input_key: "input" },
  { class: "summary", memory_key: "short", input_key: "input" }] },
[hello[0], load(), hello[1], load(), clear, load()]);

const facts = [save("My favorite food is pizza", "thats good to know"),
  save("My favorite sport is soccer", "..."),
  save("I don't the Celtics", "ok"), save("zzz zz", "zzzz")];
for (const more of [{}, { memory_key: "history" }, { return_docs: true },
  { return_docs: true, metadata: { kind: "fact" } }])
  for (const k of [1, 2, 4])
    await run({ class: "vector", k, ...more },
      [...facts, load("what sport should i watch?"), load("pizza"),
        load("zz")]);
