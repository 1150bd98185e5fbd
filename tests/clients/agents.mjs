// SPDX-License-Identifier: MIT
// agents.mjs - agents of npm, run by agents_test.py in build-test/node.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";

const { KIND, URL, SESSION, STREAM, KEEPS, TURNS } = process.env;
const headers = { "X-Session-Id": SESSION };
const parameters = {
	type: "object",
	properties: { city: { type: "string" } },
	required: ["city"],
	additionalProperties: false,
};
const weather = ({ city }) => `sunny in ${city}`;

async function runTools(turns) {
	const client = new OpenAI({ apiKey: "any", baseURL: URL,
		defaultHeaders: headers, maxRetries: 0 });
	let messages = [];

	for (const text of turns) {
		const runner = client.chat.completions.runTools({
			model: "m",
			stream: Boolean(STREAM),
			messages: [...messages, { role: "user", content: text }],
			tools: [{ type: "function", function: {
				name: "weather", description: "Tells the weather.",
				parse: JSON.parse, function: weather, parameters } }],
		});

		await runner.done();
		messages = KEEPS ? runner.messages : [];
	}
}

async function vercel(turns) {
	const model = createOpenAICompatible({ name: "chatmem", apiKey: "any",
		baseURL: URL, headers })("m");
	const tools = { weather: tool({ description: "Tells the weather.",
		inputSchema: jsonSchema(parameters), execute: weather }) };
	let messages = [];

	for (const text of turns) {
		messages = KEEPS ? messages : [];
		messages.push({ role: "user", content: text });
		const asked = { model, tools, messages, system: "Be kind.",
			maxRetries: 0, stopWhen: stepCountIs(9) };
		const done = STREAM ? streamText({ ...asked,
			onError: ({ error }) => { throw error; } })
			: await generateText(asked);

		if (STREAM)
			await done.consumeStream();
		messages.push(...(await done.response).messages);
	}
}

await { runTools, vercel }[KIND](JSON.parse(TURNS));
