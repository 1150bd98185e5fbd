/* SPDX-License-Identifier: MIT */
/* client.ts - uses the client that @hey-api/openapi-ts made: node client.js URL */
import { client } from "./made/client.gen";
import {
  appendMessages, listSessions, loadMemory, readMessages, readSession,
  saveContext,
} from "./made/sdk.gen";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  client.setConfig({ baseUrl: process.argv[2], throwOnError: true });
  const path = { id: "made/1" };
  const appended = await appendMessages<true>({
    path, body: [{ role: "user", content: "Hi!" }] });
  await saveContext<true>({ path, body: {
    inputs: { input: "Tea?" }, outputs: { response: "Green." } } });
  const window = await readMessages<true>({ path, query: { turns: 1 } });
  const loaded = await loadMemory<true>({ path });
  await appendMessages<true>({ path: { id: "made/2" }, body: "Ho!" });
  const page = await listSessions<true>({ query: { limit: 1 } });
  const rest = await listSessions<true>({
    query: { limit: 1, cursor: page.data.next_cursor ?? undefined } });
  const missing = await readSession<false>({
    path: { id: "nobody" }, throwOnError: false });
  if (typeof window.data === "string")
    throw new Error("a text, not a page");
  console.log(JSON.stringify({
    version: appended.data.version,
    window: window.data.messages.map(
      (message) => "seq" in message ? message.seq : 0),
    history: loaded.data.history,
    sessions: [...page.data.sessions, ...rest.data.sessions].map(
      (session) => session.id).sort(),
    error: missing.error?.error.code,
  }));
}

void main();
