// SPDX-License-Identifier: MIT
// conversations.mjs - OpenAI's state, by its package and its agents.
//
//	node conversations.mjs sdk URL
//	node conversations.mjs kept URL
//	node conversations.mjs agents URL MODEL_URL TURNS
//	node conversations.mjs conversation URL TURNS streams|""
//
// Prints what came of it as JSON.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const load = (name) => import(pathToFileURL(packages.resolve(name)));
const [kind, baseURL, ...rest] = process.argv.slice(2);
const { default: OpenAI } = await load("openai");
const client = new OpenAI({ apiKey: "any", baseURL, maxRetries: 0 });

async function named(promise) {
  try {
    await promise;
    return "nothing";
  } catch (error) {
    return error.constructor.name;
  }
}

async function sdk() {
  const items = Array.from({ length: 45 }, (_, i) => ({
    role: i % 2 ? "assistant" : "user",
    content: `text ${i}`,
  }));
  const { id } = await client.conversations.create({ items: [] });
  const added = await client.conversations.items.create(id, { items });
  const pages = [];
  for await (const item of client.conversations.items.list(id, {
    order: "asc",
    include: ["reasoning.encrypted_content"],
  }))
    pages.push(item);
  const errors = [
    await named(client.conversations.retrieve("conv_none")),
    await named(client.conversations.items.create(id, { items: [{}] })),
    await named(
      client.conversations.items.retrieve("none", { conversation_id: id }),
    ),
  ];
  return { pages, all: added.data, errors };
}

async function kept() {
  const { responses } = client;
  const one = await responses.create({ model: "m", input: "turn 3" });
  const two = await responses
    .stream({ model: "m", input: "turn 7", previous_response_id: one.id })
    .finalResponse();
  const read = await responses.retrieve(two.id);
  const inputs = [];
  for await (const item of responses.inputItems.list(two.id))
    inputs.push(item.content[0].text);
  await responses.delete(one.id);
  const errors = [
    await named(
      responses.create({
        model: "m",
        input: "a",
        previous_response_id: one.id,
      }),
    ),
    await named(responses.retrieve(one.id)),
    await named(responses.cancel(two.id)),
  ];
  return {
    texts: [one, two, read].map((each) => each.output[0].content[0].text),
    inputs,
    errors,
  };
}

async function agentOf(client) {
  const core = await load("@openai/agents-core");
  const { OpenAIResponsesModel } = await load("@openai/agents-openai");
  const agent = new core.Agent({
    name: "a",
    instructions: "Be kind.",
    model: new OpenAIResponsesModel(client, "m"),
    tools: [
      core.tool({
        name: "weather",
        description: "Tells the weather.",
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false,
        },
        execute: ({ city }) => `sunny in ${city}`,
      }),
    ],
  });
  return { agent, runner: new core.Runner({ tracingDisabled: true }) };
}

async function agents([modelURL, turns]) {
  const { OpenAIConversationsSession } = await load("@openai/agents-openai");
  const session = new OpenAIConversationsSession({ client });
  const { agent, runner } = await agentOf(
    new OpenAI({ apiKey: "any", baseURL: modelURL }),
  );
  for (const text of JSON.parse(turns))
    await runner.run(agent, text, { session });
  const popped = await session.popItem();
  return { session: session.sessionId, popped: popped.content[0].text };
}

async function conversation([turns, streams]) {
  const { agent, runner } = await agentOf(client);
  const { id } = await client.conversations.create();
  for (const text of JSON.parse(turns)) {
    const done = await runner.run(agent, text, {
      conversationId: id,
      stream: Boolean(streams),
    });
    if (streams) {
      for await (const _ of done);
      await done.completed;
    }
  }
  return { session: id };
}

console.log(
  JSON.stringify(await { sdk, kept, agents, conversation }[kind](rest)),
);
