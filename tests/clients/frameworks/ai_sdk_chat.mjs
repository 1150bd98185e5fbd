// SPDX-License-Identifier: MIT
// ai_sdk_chat.mjs - a chat of the AI SDK: what a route for useChat() does
import {
  consumeStream, convertToModelMessages, streamText, validateUIMessages,
} from "ai";
import { ask, messagesOf } from "./chatmem.mjs";

export async function load(chat, tools) {
  const { messages } = await ask("GET", `${messagesOf(chat)}?format=ai-sdk&last=10000`);
  return messages.length ? validateUIMessages({ messages, tools }) : [];
}

// A message is known by its id: sent twice it is there once, grown it is edited.
export async function post(chat, message, { model, tools, ...settings }) {
  await ask("POST", messagesOf(chat), [message]);
  const originalMessages = await load(chat, tools);
  const messages = await convertToModelMessages(originalMessages, { tools });
  return streamText({ model, tools, messages, ...settings }).toUIMessageStreamResponse({
    originalMessages,
    consumeSseStream: consumeStream, // to its end, also when the client leaves
    generateMessageId: () => crypto.randomUUID(),
    onFinish: ({ responseMessage }) => ask("POST", messagesOf(chat), [responseMessage]),
  });
}
