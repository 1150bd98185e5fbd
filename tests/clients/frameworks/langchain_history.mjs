// SPDX-License-Identifier: MIT
// langchain_history.mjs - a history of LangChain, for RunnableWithMessageHistory
import { BaseListChatMessageHistory } from "@langchain/core/chat_history";
import {
  mapChatMessagesToStoredMessages, mapStoredMessagesToChatMessages,
} from "@langchain/core/messages";
import { ask, messagesOf } from "./chatmem.mjs";

export class ChatmemHistory extends BaseListChatMessageHistory {
  lc_namespace = ["chatmem"];

  // All of it, or what is left of "turns=10&max_tokens=4000".
  constructor(session, window = "last=10000") {
    super();
    this.path = messagesOf(session);
    this.window = window;
  }
  async getMessages() {
    const { messages } = await ask("GET", `${this.path}?${this.window}`);
    return mapStoredMessagesToChatMessages(messages);
  }
  async addMessages(messages) {
    await ask("POST", this.path, mapChatMessagesToStoredMessages(messages));
  }
  async addMessage(message) {
    await this.addMessages([message]);
  }
  async clear() {
    await ask("DELETE", this.path);
  }
}
