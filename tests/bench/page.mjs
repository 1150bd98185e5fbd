// SPDX-License-Identifier: MIT
// page.mjs - measures the page in Chromium; see page.
//
// Prints medians in milliseconds: of a first view, from the navigation until
// its first rows are painted, of a text of the same server, and of a step
// in the list, near its beginning and a thousand sessions on.

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

/* Runs in the page before its own script. */
function watch(wanted) {
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

/* A tab of a browser that was never there. */
async function open(path, wanted) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(watch, wanted);
  await page.goto(server + path);
  return page;
}

async function view(path, wanted) {
  const page = await open(path, wanted);
  const took = await until(page, () => globalThis.view);
  await page.context().close();
  return took;
}

const views = [], texts = [];
for (let round = 0; round <= rounds; round++) {
  views[round] = await view("", "#list [role=option]");
  texts[round] = await view("page.css", "pre");
}

const page = await open("", "#list [role=option]");
await until(page, () => globalThis.view);
await page.focus("#list");
for (let step = 1; step <= SESSIONS; step++) {
  await page.keyboard.press("ArrowDown");
  await until(page, (wanted) => steps.length >= wanted, step);
}
const steps = await page.evaluate(() => steps);
await browser.close();
console.log(JSON.stringify({
  view: part(views.slice(1), 0.5), /* the first warms the server */
  text: part(texts.slice(1), 0.5),
  first: part(steps.slice(0, 100), 0.5),
  last: part(steps.slice(-100), 0.5),
  slow: part(steps, 0.99),
}));
