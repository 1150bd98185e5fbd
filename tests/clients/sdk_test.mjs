// SPDX-License-Identifier: MIT
// sdk_test.mjs - the official package for JavaScript, and LangChain.js.
//
//	node sdk_test.mjs openai URL SESSION	turns; prints what came as JSON
//	node sdk_test.mjs text URL INPUT…	a ConversationChain over an LLM
//	node sdk_test.mjs chat URL INPUT…	the same over a chat model

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const load = (name) => import(pathToFileURL(packages.resolve(name)));
const [kind, url, ...rest] = process.argv.slice(2);

async function turns(session) {
  const { default: OpenAI } = await load("openai");
  const client = new OpenAI({
    apiKey: "any",
    baseURL: url,
    defaultHeaders: { "X-Session-Id": session },
  });
  const ask = (content, more) =>
    client.chat.completions.create({
      model: "gpt-4o",
      messages: [{ role: "user", content }],
      ...more,
    });
  const whole = await ask("one two");
  let streamed = "";
  for await (const chunk of await ask("three four", { stream: true }))
    streamed += chunk.choices[0]?.delta?.content ?? "";
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  return {
    whole: whole.choices[0].message.content,
    usage: whole.usage,
    streamed,
    models,
  };
}

async function chain() {
  const { OpenAI, ChatOpenAI } = await load("@langchain/openai");
  const { ConversationChain } = await load("langchain/chains");
  const { BufferMemory } = await load("langchain/memory");
  const { ChatPromptTemplate, MessagesPlaceholder } = await load(
    "@langchain/core/prompts",
  );
  const options = { apiKey: "any", model: "m", configuration: { baseURL: url } };
  if (kind === "text")
    return new ConversationChain({ llm: new OpenAI(options) });
  return new ConversationChain({
    llm: new ChatOpenAI(options),
    memory: new BufferMemory({ returnMessages: true }),
    prompt: ChatPromptTemplate.fromMessages([
      ["system", "Be kind."],
      new MessagesPlaceholder("history"),
      ["human", "{input}"],
    ]),
  });
}

if (kind === "openai") {
  console.log(JSON.stringify(await turns(rest[0])));
} else {
  const conversation = await chain();
  const responses = [];
  for (const input of rest)
    responses.push((await conversation.invoke({ input })).response);
  console.log(JSON.stringify(responses));
}
