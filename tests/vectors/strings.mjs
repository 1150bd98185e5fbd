// SPDX-License-Identifier: MIT
// strings.mjs - the buffer strings of a @langchain/core: for each line, a list
// of stored messages, a line with the string, or null if it refuses them.
//
//	node strings.mjs FOLDER <lists >strings
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const need = createRequire(`${process.argv[2]}/`);
const { getBufferString, mapStoredMessagesToChatMessages } =
  need("@langchain/core/messages");

console.warn = () => {}; // of calls in additional_kwargs
for await (const line of createInterface({ input: process.stdin })) {
  let string = null;
  try {
    string = getBufferString(
      mapStoredMessagesToChatMessages(JSON.parse(line)));
  } catch { /* null */ }
  process.stdout.write(`${JSON.stringify(string)}\n`);
}
