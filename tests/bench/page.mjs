// SPDX-License-Identifier: MIT
// page.mjs - measures the page in Chromium; see page.
//
// Prints medians in milliseconds, from the navigation until what is wanted is
// painted: of the page and of a text of the same server, in a tab of a browser
// that was never there, and in one that was; and of a step in the list, near
// its beginning and a thousand sessions on.

import { createRequire } from "node:module";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const { chromium } = packages("playwright-core");
const [server, rounds] = process.argv.slice(2);
const SESSIONS = 1000;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

const part = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];

/* Runs in a page before its own script; a text is shown as one element. */
function watch() {
  const wanted = location.pathname === "/" ? "#list [role=option]" : "pre";
  const painted = (since, done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - since);
    channel.port2.postMessage(null);
  });
  const observer = new MutationObserver(() => {
    if (!document.querySelector(wanted)) return;
    observer.disconnect();
    painted(0, (took) => { globalThis.view = took; });
  });
  observer.observe(document, { childList: true, subtree: true });
  globalThis.steps = [];
  document.addEventListener("keydown", ({ timeStamp }) => {
    new MutationObserver((_, its) => {
      its.disconnect();
      painted(timeStamp, (took) => steps.push(took));
    }).observe(document.getElementById("list"), { attributes: true,
      attributeFilter: ["aria-activedescendant"] });
  }, true);
}

/* Waits until `look`, in the page, gives something true. */
async function until(page, look, argument) {
  for (;;) {
    const found = await page.evaluate(look, argument);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/* A new window loads parts of the browser itself for a while. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1500));

/* A tab of a browser that was never there. */
async function tab() {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await settled();
  return page;
}

async function view(page, path) {
  await page.goto(server + path);
  return until(page, () => globalThis.view);
}

async function first_view(path) {
  const page = await tab();
  const took = await view(page, path);
  await page.context().close();
  return took;
}

const PAGE = "", TEXT = "page.css";
const page = await tab();
const took = { view: [], text: [], view_again: [], text_again: [] };
for (let round = 0; round <= rounds; round++) {
  took.view[round] = await first_view(PAGE);
  took.text[round] = await first_view(TEXT);
  /* The second of two comes from what it is itself. */
  await view(page, TEXT);
  took.text_again[round] = await view(page, TEXT);
  await view(page, PAGE);
  took.view_again[round] = await view(page, PAGE);
}

await page.focus("#list");
for (let step = 1; step <= SESSIONS; step++) {
  await page.keyboard.press("ArrowDown");
  await until(page, (wanted) => steps.length >= wanted, step);
}
const steps = await page.evaluate(() => steps);
await browser.close();
console.log(JSON.stringify({
  /* The first warms the server. */
  ...Object.fromEntries(Object.entries(took).map(([name, values]) =>
    [name, part(values.slice(1), 0.5)])),
  first: part(steps.slice(0, 100), 0.5),
  last: part(steps.slice(-100), 0.5),
  slow: part(steps, 0.99),
}));
