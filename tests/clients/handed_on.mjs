// SPDX-License-Identifier: MIT
// handed_on.mjs - OpenAI's package for JavaScript asks for what is no
// conversation: node handed_on.mjs URL; prints what came as JSON.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const { default: OpenAI, toFile } = await import(
  pathToFileURL(packages.resolve("openai"))
);
const client = new OpenAI({
  apiKey: "the-client's",
  baseURL: process.argv[2],
  maxRetries: 0,
});

const refused = async (promise) => {
  try {
    await promise;
    return "nothing";
  } catch (error) {
    return `${error.constructor.name} ${error.status} ${error.code}`;
  }
};

const embedding = await client.embeddings.create({
  model: "m",
  input: "one",
  encoding_format: "float",
});
const speech = await client.audio.speech.create({
  model: "m",
  voice: "alloy",
  input: "one",
});
const text = await client.audio.transcriptions.create({
  model: "m",
  file: await toFile(Buffer.from([0, 255, 13, 10]), "a.wav"),
});
console.log(
  JSON.stringify({
    embedding: embedding.data[0].embedding,
    speech: Buffer.from(await speech.arrayBuffer()).length,
    text: text.text,
    flagged: (await client.moderations.create({ input: "x" })).results[0]
      .flagged,
    model: (await client.models.retrieve("org/one")).id,
    limited: await refused(
      client.images.generate({ model: "m", prompt: "limit" }),
    ),
    files: await refused(client.files.list()),
  }),
);
