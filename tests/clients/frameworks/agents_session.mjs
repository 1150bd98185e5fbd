// SPDX-License-Identifier: MIT
// agents_session.mjs - a session of OpenAI's Agents SDK, for run()
import { ask, messagesOf } from "./chatmem.mjs";

// The SDK's names for what OpenAI's items have, there and back.
const toItem = ({ callId, ...item }) => callId === undefined ? item : {
  ...item,
  call_id: callId,
  type: item.type.replace(/_result$/, "_output"),
  ...(item.output?.type && { output: [item.output] }),
};
const fromItem = ({ call_id, ...item }) => call_id === undefined ? item : {
  ...item,
  callId: call_id,
  type: item.type.replace(/^(function|computer)_call_output$/, "$1_call_result"),
  ...(/^(text|image|file|computer_)/.test(item.output?.[0]?.type) && { output: item.output[0] }),
};
const items = "format=openai-items";

export class ChatmemSession {
  constructor(id) {
    this.id = id;
    this.path = messagesOf(id);
  }
  async getSessionId() {
    return this.id;
  }
  async getItems(limit = 10000) {
    return (await ask("GET", `${this.path}?${items}&last=${limit}`)).messages.map(fromItem);
  }
  async addItems(added) {
    await ask("POST", this.path, added.map(toItem));
  }
  async popItem() {
    return (await ask("DELETE", `${this.path}?${items}&last=1`)).messages.map(fromItem)[0];
  }
  async clearSession() {
    await ask("DELETE", this.path);
  }
  // Under the operation's id a change is made once, or not at all.
  async applyHistoryTransaction({ operationId, transaction: change }) {
    if (change.type === "append_items")
      await ask("POST", this.path, change.items.map(toItem), operationId);
    else
      await ask("PATCH", this.path, { replace_suffix: {
        expected: change.expectedSuffix.map(toItem),
        replacement: change.replacement.map(toItem),
      } }, operationId);
  }
}
