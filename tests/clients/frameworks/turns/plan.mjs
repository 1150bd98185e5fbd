// SPDX-License-Identifier: MIT
// plan.mjs - what is said in the turns that every framework has: see plan.py.
import { isDeepStrictEqual } from "node:util";

export const sessions = JSON.parse(process.env.SESSIONS); // of a name: who speaks
export const TURNS = 10;
const checks = [];

// Session, number and question of each turn.
export function* turns() {
  for (let number = 0; number < TURNS; number++)
    for (const [session, who] of Object.entries(sessions))
      yield [session, number, `${who} ${number}`];
}

export const calls = (question) => Number(question.split(" ").at(-1)) % 2 === 0;
export const callId = (question) => "call_" + question.replaceAll(" ", "_");

// How many messages a model is given for the last time in each turn.
export const givenSizes = Array.from({ length: TURNS }, (_, number) =>
  Math.floor(number / 2) * 6 + (number % 2 ? 5 : 3));

// How many of what a turn with a call has, and one without.
export const ofTurns = (called, plain) =>
  Array.from({ length: TURNS }, (_, number) => (number % 2 ? plain : called)).flat();

export function check(name, got, wanted) {
  checks.push([name, isDeepStrictEqual(got, wanted),
    `is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`]);
}

export const close = () => console.log(JSON.stringify(checks));
