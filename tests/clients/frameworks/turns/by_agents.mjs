// SPDX-License-Identifier: MIT
// by_agents.mjs - ten turns of OpenAI's Agents SDK, in a session; those that
// call a tool are interrupted for a person's word, kept as text and resumed.
import { Agent, RunState, Runner, Usage, isSessionHistoryTransactionAwareSession, tool } from "@openai/agents-core";
import { ChatmemSession } from "../agents_session.mjs";
import { callId, calls, check, close, givenSizes, ofTurns, sessions, turns } from "./plan.mjs";

const given = {};
const usage = new Usage();
const weather = tool({
  name: "weather", description: "Tells the weather.", needsApproval: true, strict: true,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  execute: async ({ city }) => `sunny in ${city}`,
});
const model = {
  async getResponse({ input }) {
    const question = input.findLast((item) => item.role === "user").content;
    given[question] = input.length;
    const output = calls(question) && input.at(-1).role === "user"
      ? { type: "function_call", name: "weather", callId: callId(question),
          status: "completed", arguments: '{"city":"Oslo"}' }
      : { type: "message", role: "assistant", status: "completed", id: `msg_${question}`,
          content: [{ type: "output_text", text: `done ${question}` }] };
    return { usage, output: [output] };
  },
};
const agent = new Agent({ name: "a", model, tools: [weather] });
const runner = new Runner({ tracingDisabled: true });

for (const [session, , question] of turns()) {
  let done = await runner.run(agent, question, { session: new ChatmemSession(session) });
  while (done.interruptions.length) {
    const state = await RunState.fromString(agent, done.state.toString());
    for (const wanted of state.getInterruptions()) state.approve(wanted);
    done = await runner.run(agent, state, { session: new ChatmemSession(session) });
  }
}

let items;
for (const [session, who] of Object.entries(sessions)) {
  const kept = new ChatmemSession(session);
  items = await kept.getItems();
  check("kinds", items.map((item) => item.role ?? item.type),
    ofTurns(["user", "function_call", "function_call_result", "assistant"], ["user", "assistant"]));
  check("result", items[2].output, { type: "text", text: "sunny in Oslo" });
  check("newest", await kept.getItems(3), items.slice(-3));
  check("given", givenSizes.map((_, number) => given[`${who} ${number}`]), givenSizes);
}

const gone = new ChatmemSession("gone");
check("aware", isSessionHistoryTransactionAwareSession(gone), true);
await gone.addItems(items);
check("popped", [await gone.popItem(), await gone.popItem()], [items.at(-1), items.at(-2)]);

// Once under an operation; a change that cannot be leaves all as it was.
const apply = (operationId, transaction) => gone.applyHistoryTransaction({ operationId, transaction }).then(
  () => "applied", (error) => error.message);
const user = (content) => ({ type: "message", role: "user", content });
const strings = { type: "function_call_result", name: "weather", callId: "c", status: "completed", output: "a text" };
const change = { type: "replace_suffix", expectedSuffix: items.slice(-4, -2), replacement: [user("a"), strings] };
const before = items.length - 4;
check("replaced", [await apply("one", change), await apply("one", change)], ["applied", "applied"]);
check("so", await gone.getItems(), [...items.slice(0, before), user("a"), strings]);
check("again, of another operation", /does not hold|end/.test(await apply("two", change)), true);
check("another change", (await apply("one", { type: "append_items", items: [user("b")] })) === "applied", false);
for (const round of [1, 2])
  check(`appended ${round}`, await apply("three", { type: "append_items", items: [user("b")] }), "applied");
check("all", (await gone.getItems()).length, before + 3);
await gone.clearSession();
check("empty", [await gone.popItem(), await gone.getItems()], [undefined, []]);
close();
