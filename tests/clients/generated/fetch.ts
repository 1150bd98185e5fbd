/* SPDX-License-Identifier: MIT */
/*
 * fetch.ts - uses the client that openapi-generator made for TypeScript: node
 * fetch.js URL.
 */
import {
  Configuration, MemoryApi, Message, MessagesApi, RefusalFromJSON,
  ResponseError, SessionsApi,
} from "./made/index";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  const configuration = new Configuration({ basePath: process.argv[2] });
  const memory = new MemoryApi(configuration);
  const messages = new MessagesApi(configuration);
  const sessions = new SessionsApi(configuration);
  const appended = await messages.appendMessages({
    id: "made/1", body: [{ role: "user", content: "Hi!" }] });
  await memory.saveContext({ id: "made/1", saveContextRequest: {
    inputs: { input: "Tea?" }, outputs: { response: "Green." } } });
  const window = await messages.readMessages({ id: "made/1", turns: 1 });
  const loaded = await memory.loadMemory({ id: "made/1" });
  await messages.appendMessages({ id: "made/2", body: "Ho!" });
  const page = await sessions.listSessions({ limit: 1 });
  const rest = await sessions.listSessions({
    limit: 1, cursor: page.nextCursor ?? undefined });
  const error = await sessions.readSession({ id: "nobody" }).catch(
    (refused: unknown) => refused);
  if (!(error instanceof ResponseError))
    throw error;
  console.log(JSON.stringify({
    version: appended.version,
    window: (window.messages as Message[]).map((message) => message.seq),
    history: loaded.history,
    sessions: [...page.sessions, ...rest.sessions].map(
      (session) => session.id).sort(),
    error: RefusalFromJSON(await error.response.json()).error.code,
  }));
}

void main();
