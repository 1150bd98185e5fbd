// SPDX-License-Identifier: MIT
// by_ai_sdk.mjs - ten turns of a chat of the AI SDK, with tools, by a route that
// answers with a stream.
import { jsonSchema, simulateReadableStream, stepCountIs, tool } from "ai";
import * as mocks from "ai/test";
import { load, post } from "../ai_sdk_chat.mjs";
import { callId, calls, check, close, givenSizes, ofTurns, sessions, turns } from "./plan.mjs";

const given = {};
const [version, Mock] = [[4, mocks.MockLanguageModelV4], [3, mocks.MockLanguageModelV3]].find(([, mock]) => mock);
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };

function chunks(prompt) {
  const question = prompt.findLast((message) => message.role === "user").content[0].text;
  const called = calls(question) && prompt.at(-1).role === "user";
  given[question] = prompt.length;
  return [
    { type: "stream-start", warnings: [] },
    ...(called
      ? [{ type: "tool-call", toolCallId: callId(question), toolName: "weather", input: '{"city":"Oslo"}' }]
      : [{ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "done " },
         { type: "text-delta", id: "t", delta: question }, { type: "text-end", id: "t" }]),
    { type: "finish", usage, finishReason: { unified: called ? "tool-calls" : "stop" } },
  ];
}

const settings = {
  model: new Mock({ doStream: async ({ prompt }) => ({ stream: simulateReadableStream({ chunks: chunks(prompt) }) }) }),
  stopWhen: stepCountIs(5),
  tools: { weather: tool({
    inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
    execute: async ({ city }) => `sunny in ${city}`,
  }) },
};

const asked = (question) =>
  ({ id: `user ${question}`, role: "user", parts: [{ type: "text", text: question }] });

for (const [session, , question] of turns())
  await (await post(session, asked(question), settings)).text();

for (const [session, who] of Object.entries(sessions)) {
  const messages = await load(session, settings.tools);
  check("roles", messages.map((message) => message.role), ofTurns(["user", "assistant"], ["user", "assistant"]));
  check("parts", messages[1].parts.map((part) => part.type), ["step-start", "tool-weather", "step-start", "text"]);
  check("output", messages[1].parts[1].output, "sunny in Oslo");
  check("ids", new Set(messages.map((message) => message.id)).size, 20);
  check("given", givenSizes.map((_, number) => given[`${who} ${number}`]), givenSizes);
}

// A client leaves when the answer has begun: it is stored as a whole.
const left = (await post("left", asked("left 0"), settings)).body.getReader();
await left.read();
await left.cancel();
let kept = [];
while (kept.length < 2) {
  await new Promise((done) => setTimeout(done, 50));
  kept = await load("left", settings.tools);
}
check("left", kept[1].parts.at(-1).text, "done left 0");
check("an empty chat", await load("nobody"), []);
close();
