// SPDX-License-Identifier: MIT
// client.mjs - the official MCP client for JavaScript calls every tool:
// node client.mjs URL SESSION; prints what came as JSON.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const load = (name) =>
  import(pathToFileURL(packages.resolve("@modelcontextprotocol/sdk/" + name)));
const { Client } = await load("client/index.js");
const { StreamableHTTPClientTransport } = await load(
  "client/streamableHttp.js",
);
const [url, session] = process.argv.slice(2);

const client = new Client({ name: "test", version: "1" });
await client.connect(
  new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: "Bearer k1" } },
  }),
);
const call = async (name, arguments_) =>
  (await client.callTool({ name, arguments: arguments_ })).structuredContent;

await client.ping();
const tools = (await client.listTools()).tools.map((tool) => tool.name);
const appended = await call("append", {
  session,
  messages: [{ role: "user", content: "Green tea?" }],
});
const loaded = await call("load", { session });
const found = await call("search", { session, q: "nothing" });
const forked = await call("fork", { session, id: session + "-2", upto: 1 });
const listed = await call("list_sessions", { prefix: session });
const refused = await client.callTool({
  name: "append",
  arguments: { session, messages: [{ role: "user" }] },
});
await client.close();
console.log(
  JSON.stringify({
    tools,
    version: appended.version,
    history: loaded.history,
    found: found.results,
    forked: forked.id,
    listed: listed.sessions.map((one) => one.id),
    refused: [refused.isError, refused.content[0].text],
  }),
);
