// SPDX-License-Identifier: MIT
// chatmem.mjs - what the examples for JavaScript ask chatmem by.
const base = process.env.CHATMEM_URL ?? "http://localhost:8080";

// A request that heard no answer is sent again, under its key: it counts once.
export async function ask(method, path, body, key = crypto.randomUUID()) {
  for (let attempt = 1; ; attempt++) {
    const reply = await fetch(base + path, {
      method,
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: body && JSON.stringify(body),
    }).catch((error) => {
      if (attempt === 5) throw error;
    });
    if (!reply || ([429, 503].includes(reply.status) && attempt < 5)) {
      await new Promise((done) => setTimeout(done, 100 * 2 ** attempt));
      continue;
    }
    const value = await reply.json();
    if (!reply.ok) throw new Error(value.error.message);
    return value;
  }
}

export const messagesOf = (session) => `/sessions/${encodeURIComponent(session)}/messages`;
