// SPDX-License-Identifier: MIT
// page_test.mjs - drives the page in Chromium; see page_test.py.
//
// Each check prints "ok", or "FAILED:" and words; "done" comes last.  The
// names of scenes as arguments run these alone.

import { execFileSync, execSync } from "node:child_process";
import { createRequire } from "node:module";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const { chromium } = packages("playwright-core");
const AXE = packages("axe-core").source;
const at = JSON.parse(process.env.SERVERS);
const TRIP = "Trip to Copenhagen";

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

/* --- counting --- */

function check(good, ...words) {
  console.log(good ? "ok" : `FAILED: ${words.join(" ")}`);
}

function equal(got, wanted, ...words) {
  const [a, b] = [got, wanted].map((value) => JSON.stringify(value));
  check(a === b, ...words, `\n  got  ${a}\n  want ${b}`);
}

/* Waits until `look` gives something true; no eval, the page forbids it. */
async function until(words, look) {
  const end = Date.now() + 60000;
  for (;;) {
    const found = await look().catch(() => false);
    if (found || Date.now() > end) {
      check(found, words);
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/* --- the API --- */

async function api(server, method, path, body, headers = {}) {
  const response = await fetch(at[server] + path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "object" ? JSON.stringify(body) : body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return { text, headers: response.headers, json: () => JSON.parse(text) };
}

const path = (name, rest = "") =>
  `sessions/${encodeURIComponent(name)}${rest}`;
const say = (name, messages, server = "open", headers = {}) =>
  api(server, "POST", path(name, "/messages"), messages, headers);

/* --- pages --- */

/* Whatever a page says that it should not, from its first request on. */
function watch(page, host) {
  page.on("pageerror", (error) => check(false, "threw", error.stack));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/Failed to load/.test(text) &&
      !page.probed)
      check(false, "console:", text);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!/^(data|blob):$/.test(url.protocol) && url.host !== host)
      check(false, "a request to another host:", url.href);
  });
}

async function open(server, hash = "", options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  const page = await context.newPage();
  watch(page, new URL(at[server]).host);
  await page.goto(at[server] + hash);
  return page;
}

const view = (name, tab) => `#/s/${encodeURIComponent(name)}/${tab}`;
const rows = (page) => page.locator(".rows article");
const text = (page, selector) => page.locator(selector).innerText();
const count = (page, selector) => page.locator(selector).count();

/* --- what there is to see --- */

const TALK = [
  { type: "system", data: { content: "You are a travel assistant of " +
    "Nordwind Rail. Be brief, and name no price that you do not know." } },
  ["human", "Hi! I need to get from Hamburg to Copenhagen next Friday, " +
    "with a bicycle."],
  { role: "assistant", content: null, tool_calls: [{ id: "call_91",
    type: "function", function: { name: "search_connections",
      arguments: '{"from":"Hamburg Hbf","to":"København H","bicycle":true}',
    } }] },
  { role: "tool", tool_call_id: "call_91", content: JSON.stringify([
    { dep: "09:53", arr: "14:35", train: "EC 395", bicycle: 2 },
    { dep: "13:53", arr: "18:35", train: "EC 397", bicycle: 0 }]) },
  ["ai", "There are two direct trains on Friday:\n\n" +
    "• 09:53 → 14:35, EC 395, two bicycle places left\n" +
    "• 13:53 → 18:35, EC 397, no bicycle places\n\n" +
    "Shall I hold a place on the 09:53?"],
  ["human", "Yes please. And is there a dining car?"],
  ["ai", "EC 395 has a bistro car between coaches 7 and 8."],
  ["human", "هل يمكنني الدفع نقدًا في المحطة؟"],
  ["ai", "نعم، يمكنك الدفع نقدًا حتى الساعة 18:00."],
];

async function furnish() {
  for (let i = 0; i < 60; i++)
    await say(`call-${i}`, [["human", `Call ${i}`]]);
  await api("open", "PUT", path("support/4711"),
    '{"owner":"lina","metadata":{"plan":"pro","price":1.10},' +
    '"memory":{"class":"window","k":2}}');
  await say("support/4711", [["human", "Where is my parcel?"]]);
  await say("שיחה עם דנה", [["human", "שלום"]]);
  await say(TRIP, TALK);
}

/* --- the scenes --- */

const scenes = {
  async sessions() {
    const page = await open("open");
    await until("the sessions are listed", async () =>
      (await count(page, "#list [role=option]")) === 50);
    equal(await text(page, "#row-0 .name"), TRIP, "the newest is first");
    await page.route("**/sessions?*cursor=*", (route) => route.abort());
    await page.getByRole("button", { name: "Show more" }).click();
    await until("what cannot be fetched is told", async () =>
      (await count(page, "#list-note .wrong")) === 1);
    equal(await count(page, "#list [role=option]"), 50, "beside what is there");
    await page.unroute("**/sessions?*cursor=*");
    await page.getByRole("button", { name: "Show more" }).click();
    await until("and the rest", async () =>
      (await count(page, "#list [role=option]")) === 63);
    await page.fill("[name=prefix]", "call-5");
    await until("a prefix chooses", async () =>
      (await count(page, "#list [role=option]")) === 11);
    await page.fill("[name=prefix]", "");
    await page.click("#filters summary");
    await page.fill("[name=owner]", "lina");
    await until("an owner chooses", async () =>
      (await count(page, "#list [role=option]")) === 1);
    await page.fill("[name=owner]", "");
    await page.fill("#filters [name=key]", "plan");
    await page.fill("#filters [name=value]", "pro");
    await until("metadata choose", async () =>
      (await text(page, "#list")).startsWith("support/4711"));
    await page.fill("#filters [name=key]", "");
    await until("all again", async () =>
      (await count(page, "#list [role=option]")) === 50);
    await page.focus("#list");
    for (let i = 0; i < 52; i++) await page.keyboard.press("ArrowDown");
    await until("arrows go on to the next page and open", async () =>
      (await text(page, ".head h2")) === (await text(page, ".marked .name")) &&
      (await count(page, "#list [role=option]")) === 63);
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.locator("#dialog [name=name]").fill("made here");
    await page.keyboard.press("Enter");
    await until("a session is made", async () =>
      (await text(page, ".head h2")) === "made here");
    await api("open", "DELETE", path("made here"));
    await page.context().close();
  },

  async narrow() {
    const page = await open("open", "", {
      viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await page.locator("#row-0").tap();
    await until("a session takes the screen", async () =>
      await page.locator("main .head").isVisible() &&
      !(await page.locator("#list").isVisible()));
    await page.getByRole("link", { name: "Manage" }).tap();
    await until("every tab can be reached", async () =>
      await page.locator(".tabs [aria-current=page]").evaluate((tab) =>
        tab.getBoundingClientRect().right <= innerWidth + 1));
    await page.getByRole("link", { name: "Sessions" }).tap();
    await until("and gives it back", async () =>
      await page.locator("#list").isVisible() &&
      !(await page.locator("main").isVisible()));
    await page.context().close();
  },

  async transcript() {
    const page = await open("open", view(TRIP, "transcript"));
    await until("all is shown", async () => (await rows(page).count()) === 9);
    equal(await page.locator(".rows strong").allInnerTexts(),
      ["System", "Human", "AI", "Tool", "AI", "Human", "AI", "Human", "AI"],
      "roles");
    equal(await count(page, ".rows article time"), 9, "times");
    await page.locator(".rows time").first().hover();
    check((await page.locator(".rows time").first().getAttribute("title"))
      .includes(new Date().getFullYear()), "in full where one points");
    check(!(await text(page, ".rows")).includes('"bicycle": 2'),
      "results are folded");
    await rows(page).nth(2).locator("summary").click();
    await until("arguments unfold", async () =>
      (await rows(page).nth(2).innerText()).includes('"bicycle": true'));
    equal(await rows(page).nth(8).locator(".text").getAttribute("dir"), "auto",
      "direction of a text");
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard",
      { value: undefined })); /* as on http://192.0.2.1 */
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await until("where nothing is copied, the line is shown", async () =>
      (await page.locator("#dialog textarea").inputValue())
        .startsWith(`curl '${at.open}sessions/`));
    await page.context().close();
  },

  async bytes() {
    const odd = '{"type":"human","data":{"content":"a\\u0000\\ud83d\\u00e9",' +
      '"n":1.10,"big":12345678901234567890,"e":1e400}}';
    await say("bytes", odd);
    const page = await open("open", view("bytes", "transcript"));
    await rows(page).first().hover();
    await page.getByRole("button", { name: "Raw" }).click();
    const kept = (await api("open", "GET", path("bytes", "/messages/1"))).text;
    equal(await text(page, ".rows pre"), kept.trim(), "the bytes as they came");
    await page.context().close();
  },

  async tail() {
    await say("tail", [["human", "before"]]);
    const page = await open("open", view("tail", "transcript"));
    await until("it follows", async () => (await count(page, ".follows")) > 0);
    execFileSync("curl", ["-sSf", at.open + path("tail", "/messages"), "-d",
      '["said by curl"]']);
    await until("a message of curl is seen", async () =>
      (await text(page, ".rows")).includes("said by curl"));
    equal(await text(page, "#said"), "Human: said by curl", "and is read out");
    await api("open", "PUT", path("tail", "/messages/2"), '"edited by curl"');
    await until("an edit is seen", async () =>
      (await text(page, '[data-seq="2"]')).includes("edited by curl") &&
      (await text(page, '[data-seq="2"] header')).includes("edited"));
    const hide = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await hide(true);
    await until("a hidden page does not follow", async () =>
      (await count(page, ".follows")) === 0);
    await api("open", "DELETE", path("tail", "/messages/1"));
    await hide(false);
    await until("what was missed is seen", async () =>
      (await text(page, '[data-seq="1"].gone')).includes("deleted"));
    await until("the head counts it", async () =>
      /^1 message(?!s)/.test(await text(page, ".facts")));
    await page.getByRole("button", { name: "Time travel" }).click();
    await page.getByLabel("Version number").fill("2");
    await until("version 2 is as it was", async () =>
      (await text(page, ".rows")).includes("said by curl") &&
      (await text(page, ".rows")).includes("before"));
    await page.getByRole("button", { name: "Now" }).click();
    await until("and now is now", async () =>
      (await rows(page).count()) === 1);
    await rows(page).first().hover();
    await rows(page).getByRole("button", { name: "Fork" }).click();
    await page.locator("#dialog [name=name]").fill("forked");
    await page.keyboard.press("Enter");
    await until("a fork is made and shown", async () =>
      (await text(page, ".head h2")) === "forked" &&
      (await text(page, ".rows")).includes("edited by curl"));
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await until("the line is copied", async () =>
      (await text(page, "#toast")) === "Copied");
    const line = await page.evaluate(() => navigator.clipboard.readText());
    equal(execSync(line, { stdio: ["ignore", "pipe", "ignore"] }).toString(),
      (await api("open", "GET", path("forked", "/messages?last=100"))).text,
      "the line of curl asks for it");
    await api("open", "DELETE", path("forked"));
    await until("the end is told", async () =>
      (await text(page, ".note")).includes("has ended"));
    await page.context().close();
  },

  async model() {
    const page = await open("open", view(TRIP, "model"));
    await until("the whole memory at first", async () =>
      (await text(page, ".result pre")).includes("Human: Hi!"));
    await page.fill("[name=max_tokens]", "100");
    await page.click("main form summary");
    await page.fill("[name=human_prefix]", "Ann");
    const reply = await api("open", "GET",
      path(TRIP, "/load?max_tokens=100&human_prefix=Ann"));
    await until("the exact text", async () =>
      (await page.locator(".result pre").first().textContent()) ===
        reply.json().history);
    const figure = (name) => reply.headers.get(`Chatmem-${name}`);
    equal((await text(page, ".figures")).match(/\d+/g), [figure("Tokens"),
      figure("First-Seq"), figure("Omitted"), "9"], "the figures");
    equal(await page.locator("article:has(.begins)").getAttribute("data-seq"),
      figure("First-Seq"), "where it begins");
    await page.click(".tabs >> text=Transcript");
    await until("the line is in the transcript too", async () =>
      (await page.locator(".rows article:has(.begins)")
        .getAttribute("data-seq")) === figure("First-Seq"));
    await page.click(".tabs >> text=What the model sees");
    await page.fill("[name=class]", "nonsense");
    await until("a refusal in the server's words", async () =>
      (await text(page, ".result .wrong")).includes("nonsense"));
    await page.fill("[name=class]", "vector");
    await page.fill("[name=input]", "bistro");
    await until("a class that looks at the input", async () =>
      (await text(page, ".result pre")).includes("bistro car"));
    await page.context().close();
  },

  async chat() {
    await say("chat", [["human", "Hello"], ["ai", "Hello!"]]);
    const page = await open("open", view("chat", "chat"));
    await page.getByLabel("Your message").fill("How much have you read?");
    await page.keyboard.press("Enter");
    await until("an answer comes and is stored", async () =>
      (await text(page, ".rows")).includes("I have read 3 messages."));
    equal(await page.locator(".scroll article").count(), 4, "and only once");
    equal((await api("open", "GET", path("chat", "/load"))).json().history,
      "Human: Hello\nAI: Hello!\nHuman: How much have you read?\n" +
      "AI: I have read 3 messages.", "the turn");
    equal(await count(page, ".draft"), 0, "no draft is left");
    await page.context().close();
    const plain = await open("plain", view("chat", "chat"));
    await until("without a model it says which flag is missing", async () =>
      (await text(plain, ".compose .wrong")).includes("--llm-url"));
    check(await plain.getByLabel("Your message").isDisabled(), "and is shut");
    await plain.context().close();
  },

  async search() {
    const page = await open("open", "#/search");
    await page.fill("[name=q]", "BISTRO");
    await until("words are found", async () =>
      (await text(page, ".hit mark")) === "bistro");
    await page.click(".hit");
    await until("and lead to the message", async () =>
      (await page.locator(".target").getAttribute("data-seq")) === "7");
    await page.goto(at.open + view(TRIP, "search"));
    await page.fill("main [name=q]", '"two direct" trai*');
    await until("a phrase, in one session", async () =>
      (await count(page, ".hit")) === 1);
    await page.fill("main [name=q]", "zeppelin");
    await until("nothing is nothing", async () =>
      (await text(page, ".result")) === "Nothing is like that.");
    await page.context().close();
  },

  async manage() {
    const name = "support/4711";
    const page = await open("open", view(name, "manage"));
    await page.fill("main [name=metadata]",
      '{"price": 1.1, "seats": 2.50, "plan": "free"}');
    await page.fill("main [name=owner]", "dana");
    await page.fill("main [name=ttl]", "86400");
    await page.getByRole("button", { name: "Save" }).click();
    await until("it is saved", async () =>
      (await text(page, "#toast")) === "Saved");
    const kept = (await api("open", "GET", path(name))).text;
    check(kept.includes('"price":1.10'), "what was left keeps its bytes", kept);
    check(kept.includes('"seats":2.50'), "what is new goes as typed", kept);
    check(/"plan":"free".*|"owner":"dana"/.test(kept) &&
      !kept.includes('"expires_at":null'), "the rest", kept);
    await until("and drawn anew", async () =>
      (await page.locator("main [name=metadata]").inputValue())
        .includes("\n"));
    await page.fill("main [name=metadata]", "[1]");
    await page.getByRole("button", { name: "Save" }).click();
    await until("what is no object is refused", async () =>
      (await text(page, "form p.wrong")) === "An object is needed.");
    await page.fill("main [name=metadata]", "{}");
    await api("open", "PATCH", path(name), { owner: "eve" });
    await page.getByRole("button", { name: "Save" }).click();
    await until("a change meanwhile is seen", async () =>
      /version/.test(await text(page, "form p.wrong")));
    await page.locator("main [name=metadata]").fill('{"not": "saved"}');
    const [file] = await Promise.all([page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click()]);
    const bytes = [];
    for await (const piece of await file.createReadStream()) bytes.push(piece);
    equal(Buffer.concat(bytes).toString(),
      (await api("open", "GET", path(name, "/export"))).text, "the export");
    equal(await page.locator("main [name=metadata]").inputValue(),
      '{"not": "saved"}', "what is typed stays");
    await page.getByRole("button", { name: "Clear the messages" }).click();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await until("messages are cleared", async () =>
      (await text(page, "#toast")) === "1 message cleared");
    await page.getByRole("button", { name: "Erase the session" }).click();
    const erase = page.getByRole("button", { name: "Erase", exact: true });
    await page.locator("#dialog [name=name]").fill("support");
    check(await erase.isDisabled(), "half a name erases nothing");
    await page.locator("#dialog [name=name]").fill(name);
    await erase.click();
    await until("the whole one does", async () =>
      (await text(page, "#toast")).startsWith("Erased"));
    const gone = await fetch(at.open + path(name));
    equal(gone.status, 404, "it is gone");
    await page.context().close();
  },

  /* A fresh server has nothing to show, and says so. */
  async empty() {
    const page = await open("plain");
    await until("no session", async () =>
      (await text(page, "#list-note")) === "No session is here.");
    equal(await axe(page), [], "axe: no session");
    await page.goto(at.plain + view("nobody", "transcript"));
    await until("no message", async () =>
      (await text(page, ".note")) === "There is no message here.");
    equal(await axe(page), [], "axe: no message");
    for (const hash of ["#/s/%E0%A4%A/chat", "#/s//x", "#nowhere", "#/?",
      "#/valueOf"]) {
      await page.goto(at.plain + hash);
      await until(`${hash} leads home`, async () =>
        (await count(page, ".welcome")) === 1);
    }
    await page.goto(at.plain + view("nobody", "constructor"));
    await until("a tab that is none is the first", async () =>
      (await text(page, ".tabs [aria-current=page]")) === "Transcript");
    await page.context().close();
  },

  async server() {
    const page = await open("open", "#/server");
    await until("it is ready", async () =>
      (await text(page, ".figures")).startsWith("ready"));
    await until("six plots are drawn", async () =>
      (await count(page, ".plots svg polyline")) === 10 &&
      (await count(page, ".plots figure")) === 6);
    check(/Requests a second\s+[\d.]+/.test(await text(page, ".plots")),
      "with figures");
    const script = await (await fetch(at.open + "page.js")).text();
    const figures = (await api("open", "GET", "metrics")).text;
    for (const [, name] of script.matchAll(/gauge\("(\w+)"/g))
      check(figures.includes(`\nchatmem_${name} `), "no figure", name);
    await page.context().close();
  },

  async hostile() {
    const name = "<img src=x onerror=hacked=1>\u202eevil\u0001";
    const line = "x".repeat(1 << 20);
    await api("open", "PUT", path(name), { owner: "<b>\u202eowner" });
    await say(name, JSON.stringify([
      "<img src=x onerror='hacked=1'><script>hacked=1</script>",
      line, "\u0000\u0007", "\u202egnirts a\u2066", "<b>bold</b>",
      { role: "<i>r", content: [{ type: "<u>", x: 1 }, "<s>struck" ] },
      { role: "assistant", tool_calls: [{ id: "<q>", type: "function",
        function: { name: "<em>", arguments: "<svg onload=hacked=1>" } }] },
      { type: "ai", data: { content: [{}, { text: {} }], tool_calls: [{}],
        additional_kwargs: { tool_calls: 5, function_call: "<a>",
          reasoning_content: "<p>thought" } } },
      { type: "ai", data: { content: "", additional_kwargs: {
        tool_calls: 5, function_call: { name: ["<x>"], arguments: null } } } },
    ]).replace('"<b>bold', '"\\ud83d<b>bold'));
    const page = await open("open", view(name, "transcript"));
    await until("all is shown", async () => (await rows(page).count()) === 9);
    const seen = name.replace("\u0001", "\u2401").replace("\u202e", "\u21c4");
    equal(await text(page, ".head h2"), seen, "a name");
    equal(await page.locator(".rows .text").first().textContent(),
      "<img src=x onerror='hacked=1'><script>hacked=1</script>", "markup");
    check((await text(page, ".rows")).includes("␀␇"), "NUL is seen");
    check((await text(page, ".rows")).includes("<b>bold</b>"), "half an emoji");
    for (const summary of await page.locator(".rows summary").all())
      await summary.click();
    await until("all unfolds", async () =>
      (await text(page, ".rows")).includes("<p>thought"));
    await page.getByRole("button", { name: /Show all 1,048,576/ }).click();
    equal((await page.locator(".rows .text").nth(1).textContent()).length,
      1 << 20, "a line of a megabyte");
    equal(await page.evaluate(() => [...document.querySelectorAll(
      ".rows .text, .head h2, #list .name")].map((node) =>
      getComputedStyle(node).unicodeBidi).filter((value) =>
      !/isolate|plaintext/.test(value))), [], "every direction stays inside");
    for (const tab of ["model", "chat", "search", "manage"]) {
      await page.goto(at.open + view(name, tab));
      await until(`${tab} opens`, async () =>
        (await count(page, ".view > *")) > 0);
    }
    await page.goto(at.open + "#/search?q=bold");
    await until("a snippet is text", async () =>
      (await text(page, ".hit")).includes("<b>bold</b>"));
    equal(await count(page, "img, main script, main b b, main i i"), 0,
      "no element");
    equal(await page.evaluate(() => typeof hacked), "undefined", "no script");
    page.probed = true; /* now it is us who do what is forbidden */
    equal(await page.evaluate(() => {
      try {
        document.body.innerHTML = "<p>";
        return "taken";
      } catch (error) {
        return error.name;
      }
    }), "TypeError", "HTML is not taken from anybody");
    await page.goto(at.open + view(name, "manage"));
    await page.getByRole("button", { name: "Erase the session" }).click();
    await page.locator("#dialog [name=name]").fill(seen);
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await until("it is erased by the name that is seen", async () =>
      (await text(page, "#toast")).startsWith("Erased"));
    await page.context().close();
  },

  /* The others are listed, and what the server says stands below them. */
  async damaged() {
    const page = await open("open");
    const message = 'session "old" is damaged: its mark is none';
    await page.route("**/sessions?*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...await response.json(),
        damaged: [{ session: "old", message }] } });
    });
    await page.reload();
    await until("a damaged session is told of", async () =>
      (await text(page, "#list-note")).includes(message));
    equal(await count(page, "#list [role=option]"), 50, "beside the others");
    await page.context().close();
  },

  async keys() {
    await say("secret", ["for alice"], "keys", { "X-API-Key": "key-a" });
    const page = await open("keys", view("secret", "transcript"));
    const enter = async (key, keep) => {
      await page.locator("#dialog [name=key]").fill(key);
      if (keep) await page.getByLabel("Keep it").check();
      await page.getByRole("button", { name: "Use it" }).click();
    };
    const shows = () => page.evaluate(() => document.body.innerText);
    await until("a key is asked for", async () =>
      (await text(page, "#dialog")).includes("Your API key"));
    await enter("wrong\u200bключ"); /* as some pages let one copy it */
    await until("a wrong one is told", async () =>
      (await text(page, "#dialog")).includes("is not one of this server"));
    await page.keyboard.press("Escape");
    await until("without one nothing is seen", async () =>
      (await text(page, "#list-note")).includes("API key"));
    check(!(await shows()).includes("for alice"), "not a word of it");
    await page.reload();
    await enter("key-b");
    await until("another tenant sees nothing", async () =>
      (await text(page, "#list-note")) === "No session is here." &&
      (await text(page, ".note")).includes("no message"));
    check(!(await shows()).includes("for alice"), "not a word of it");
    await page.reload();
    await enter("key-a", true);
    await until("the tenant sees it", async () =>
      (await text(page, ".rows")).includes("for alice") &&
      (await text(page, "#list")).includes("secret"));
    await until("and follows", async () => (await count(page, ".follows")) > 0);
    await say("secret", ["and more"], "keys", { "X-API-Key": "key-a" });
    await until("what comes", async () =>
      (await text(page, ".rows")).includes("and more"));
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await until("the line is copied", async () =>
      (await page.evaluate(() => navigator.clipboard.readText()))
        .includes('Bearer $CHATMEM_KEY"'));
    equal(await page.evaluate(() => [location.href.includes("key-a"),
      document.cookie, JSON.stringify(localStorage).includes("key-a"),
      JSON.stringify(sessionStorage).includes("key-a")]),
    [false, "", false, true], "where the key is");
    await page.reload();
    await until("it is kept in the tab", async () =>
      (await text(page, ".rows")).includes("for alice"));
    await page.getByRole("button", { name: "Forget key" }).click();
    await until("and forgotten", async () =>
      (await text(page, "#dialog")).includes("Your API key"));
    check(!(await page.evaluate(() => JSON.stringify(sessionStorage)))
      .includes("key-a"), "wholly");
    await page.context().close();
  },

  async long() {
    const lines = (from) => Array.from({ length: 10000 }, (_, i) =>
      [i % 2 ? "ai" : "human", `Message ${from + i + 1}`]);
    for (let i = 0; i < 10; i++) await say("long", lines(10000 * i));
    const page = await open("open", view("long", "transcript"));
    const seqs = () => page.evaluate(() => [...document.querySelectorAll(
      ".rows article")].map((row) => Number(row.dataset.seq)));
    await until("its end is shown", async () =>
      (await seqs()).at(-1) === 100000);
    await page.locator(".scroll").hover();
    await until("it is scrolled through", async () => {
      await page.mouse.wheel(0, -4000);
      return (await seqs())[0] < 99000;
    });
    let found = await seqs();
    check(found.length <= 300, "few are in the document", found.length);
    check(found.every((seq, i) => !i || seq === found[i - 1] + 1), "no hole");
    await page.getByLabel("Go to message number").fill("50000");
    await page.keyboard.press("Enter");
    await until("any of them is gone to", async () =>
      (await page.locator(".target").getAttribute("data-seq")) === "50000");
    await page.locator(".scroll").hover();
    await until("and scrolled from, down", async () => {
      await page.mouse.wheel(0, 4000);
      return (await seqs()).at(-1) > 50500;
    });
    found = await seqs();
    check(found.length <= 300, "few are in the document", found.length);
    check(found.every((seq, i) => !i || seq === found[i - 1] + 1), "no hole");
    await say("long", ["the newest"]);
    await until("what came is told", async () =>
      (await text(page, ".pill")) === "1 new message ↓");
    await page.click(".pill");
    await until("and is a press away", async () =>
      (await text(page, ".rows article:last-child")).includes("the newest"));
    await api("open", "DELETE", path("long"));
    await page.context().close();
  },

  /* Every view, both colours, wide and narrow: axe, and pictures. */
  async pictures() {
    await say("chat", [["human", "Hello"], ["ai", "Hello!"]]);
    const views = { sessions: "", transcript: view(TRIP, "transcript"),
      model: view(TRIP, "model"), chat: view("chat", "chat"),
      search: view(TRIP, "search"), manage: view(TRIP, "manage"),
      server: "#/server", travel: view("chat", "transcript"), key: "" };
    await Promise.all([[1280, "light"], [360, "light"], [1280, "dark"],
      [360, "dark"]].map(async ([width, colorScheme]) => {
      const page = await open("open", "", { colorScheme,
        viewport: { width, height: width > 400 ? 800 : 740 } });
      for (const [name, hash] of Object.entries(views)) {
        await page.goto(at.open + hash);
        await settle(page, name);
        const file = `${name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: `${process.env.PICTURES}/${file}` });
        /* Colours are the same at any width. */
        if (width > 400 || colorScheme === "light")
          equal(await axe(page), [], `axe: ${file}`);
        check(await page.evaluate(() => document.documentElement
          .scrollWidth <= innerWidth), `${file} is too wide`);
      }
      await page.context().close();
    }));
  },
};

async function settle(page, name) {
  const wait = {
    sessions: "#row-49", transcript: ".follows .rows article",
    model: ".result .fold, .result pre", chat: ".rows article",
    search: ".result", manage: "[name=metadata]", server: ".plots svg",
    travel: ".follows .rows article", key: "#key",
  }[name];
  await page.locator(wait).first().waitFor({ state: "attached" });
  if (name === "model") {
    await page.fill("[name=max_tokens]", "100");
    await page.locator(".around article").first().waitFor();
  } else if (name === "search") {
    await page.fill("main [name=q]", "car");
    await page.locator(".hit").first().waitFor();
  } else if (name === "transcript") {
    await page.evaluate(() => document.querySelector(".scroll").scrollTo(0, 0));
    await page.locator("summary").nth(1).click();
  } else if (name === "travel") {
    await page.getByRole("button", { name: "Time travel" }).click();
    await page.getByLabel("Version number").fill("1");
    await page.locator(".past").waitFor();
  } else if (name === "key") {
    await page.click("#key");
    await page.locator("#dialog input").first().waitFor();
  }
}

/* The serious findings, as words. */
async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    axe.run({ resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => /serious|critical/.test(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html +
      node.failureSummary).join("\n").slice(0, 600)}`);
}

const wanted = process.argv.slice(2);
await furnish();
for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length && !wanted.includes(name)) continue;
  const began = Date.now();
  await play().catch((error) => check(false, name, "broke off:", error.stack));
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
await browser.close();
console.log("done");
