// SPDX-License-Identifier: MIT
// langchain.mjs - the memory of LangChain.js over Redis, behind Fastify: what
// a service of one's own would be.  Its paths and bodies are chatmem's.
//
//	node langchain.mjs PORT REDIS-PORT	beside node_modules
import cluster from "node:cluster";
import {
  mapStoredMessagesToChatMessages,
  mapChatMessagesToStoredMessages,
} from "@langchain/core/messages";
import { RedisChatMessageHistory } from "@langchain/redis";
import fastify from "fastify";
import { BufferWindowMemory } from "langchain/memory";
import { createClient } from "redis";

const [port, redis] = process.argv.slice(2);
const PROCESSES = 2;

const serve = async () => {
  const client = createClient({ url: `redis://127.0.0.1:${redis}` });
  client.on("error", () => {}); // it connects again
  await client.connect();
  const historyOf = (request) =>
    new RedisChatMessageHistory({ sessionId: request.params.id, client });
  const memoryOf = (request) =>
    new BufferWindowMemory({
      chatHistory: historyOf(request),
      k: Number(request.query.last ?? 20) / 2,
    });
  const app = fastify();

  app.post("/sessions/:id/messages", async (request, reply) => {
    const list = [].concat(request.body);
    const history = historyOf(request);
    await Promise.all(
      mapStoredMessagesToChatMessages(list).map((one) =>
        history.addMessage(one),
      ),
    );
    reply.code(201);
    return { stored: list.length };
  });
  app.post("/sessions/:id/save", async (request, reply) => {
    const { inputs, outputs } = request.body;
    await memoryOf(request).saveContext(inputs, outputs);
    reply.code(201);
    return { stored: 2 };
  });
  app.get("/sessions/:id/messages", async (request) => {
    const all = await historyOf(request).getMessages();
    const last = Number(request.query.last ?? request.query.limit);
    return { messages: mapChatMessagesToStoredMessages(all.slice(-last)) };
  });
  app.get("/sessions/:id/load", (request) =>
    memoryOf(request).loadMemoryVariables({}),
  );
  await app.listen({ host: "127.0.0.1", port: Number(port) });
};

if (cluster.isPrimary)
  for (let at = 0; at < PROCESSES; at++) cluster.fork();
else await serve();
