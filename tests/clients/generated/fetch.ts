/* SPDX-License-Identifier: MIT */
/*
 * fetch.ts - uses the client that openapi-generator made for TypeScript: node
 * fetch.js URL.
 *
 * The generator takes alternatives for one object with the members of each, so
 * its client cannot write a list of messages.
 */
import {
  Configuration, MemoryApi, ResponseError, SessionsApi,
} from "./made/index";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  const configuration = new Configuration({ basePath: process.argv[2] });
  const memory = new MemoryApi(configuration);
  const sessions = new SessionsApi(configuration);
  const saved = await memory.saveContext({ id: "made/1", saveContextRequest: {
    inputs: { input: "Tea?" }, outputs: { response: "Green." } } });
  const loaded = await memory.loadMemory({ id: "made/1" });
  const page = await sessions.listSessions({ limit: 1 });
  const error = await sessions.readSession({ id: "nobody" }).catch(
    (refused: unknown) => refused);
  console.log(JSON.stringify({
    version: saved.version,
    history: loaded.history,
    sessions: page.sessions.map((session) => session.id),
    error: error instanceof ResponseError ? error.response.status : null,
  }));
}

void main();
