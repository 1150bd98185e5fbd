// SPDX-License-Identifier: MIT
/*
 * page.js - the page for people: sessions, a transcript, what a model sees.
 *
 * It asks what any client may ask, and nothing else.  What others wrote is
 * only ever put into text nodes: nothing here takes HTML.  A key stays in
 * memory, or in the tab if a person says so.
 */

/* --- elements ------------------------------------------------------------ */

const $ = (id) => document.getElementById(id);

/* el("p.soft", { title: "…", click: f }, "text", node, …) */
function el(kind, attributes = {}, ...children) {
	const [tag, ...classes] = kind.split(".");
	const node = document.createElement(tag);
	if (classes.length) node.className = classes.join(" ");
	for (const [name, value] of Object.entries(attributes)) {
		if (typeof value === "function") node.addEventListener(name, value);
		else if (value === true) node.setAttribute(name, "");
		else if (value !== false && value != null) node.setAttribute(name, value);
	}
	node.append(...children.flat().filter((child) => child != null && child !== false));
	return node;
}

/* Control characters become pictures of themselves: NUL is ␀. */
function visible(text) {
	return text.replace(/[\0-\x08\x0b-\x1f\x7f]/g, (c) =>
		String.fromCharCode(c === "\x7f" ? 0x2421 : 0x2400 + c.charCodeAt(0)));
}

/* A text of others amid ours: its direction of writing stays its own. */
const name_of = (text) => el("bdi", {}, visible(text));

function button(label, press, attributes = {}) {
	return el("button", { type: "button", click: press, ...attributes }, label);
}

function plural(count, word) {
	return `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
}

const full_time = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const clock_time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day_name = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const ago = new Intl.RelativeTimeFormat(undefined, { style: "narrow" });

function since(time) {
	const seconds = (new Date(time) - Date.now()) / 1000;
	for (const [unit, length] of [["year", 31536000], ["month", 2592000], ["day", 86400],
		["hour", 3600], ["minute", 60]])
		if (Math.abs(seconds) >= length) return ago.format(Math.round(seconds / length), unit);
	return "now";
}

function time_node(time, text) {
	return el("time", { datetime: time, title: full_time.format(new Date(time)) }, text);
}

let toast_timer;
function toast(text) {
	clearTimeout(toast_timer);
	$("toast").textContent = visible(text);
	toast_timer = setTimeout(() => { $("toast").textContent = ""; }, 6000);
}

const pause = (milliseconds, signal) => new Promise((resolve) => {
	const timer = setTimeout(resolve, milliseconds);
	signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
});

function later(milliseconds, run) {
	let timer;
	return (...values) => {
		clearTimeout(timer);
		timer = setTimeout(run, milliseconds, ...values);
	};
}

/* --- JSON, with its bytes as they came ------------------------------------ */

function string_end(json, at) {
	for (at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
	return at;
}

/*
 * The values of an array or an object, as a map from index or name to text:
 * `1.10` stays `1.10`.  The text must be valid JSON.
 */
function pieces(json) {
	const found = new Map();
	let depth = 0, from = 0, name = null;
	const put = (to) => {
		const value = json.slice(from, to).trim();
		if (value) found.set(name ?? found.size, value);
		from = to + 1;
		name = null;
	};
	for (let i = 0; i < json.length; i++) {
		const c = json[i];
		if (c === '"') i = string_end(json, i);
		else if (c === "[" || c === "{") { if (depth++ === 0) from = i + 1; }
		else if (c === "]" || c === "}") { if (--depth === 0) put(i); }
		else if (c === "," && depth === 1) put(i);
		else if (c === ":" && depth === 1) {
			name = JSON.parse(json.slice(from, i));
			from = i + 1;
		}
	}
	return found;
}

/* The same tokens, with white space between them. */
function indented(json) {
	const out = [];
	let depth = 0;
	const line = () => out.push("\n", "  ".repeat(depth));
	for (let i = 0; i < json.length; i++) {
		const c = json[i];
		if (c === '"') {
			const end = string_end(json, i);
			out.push(json.slice(i, end + 1));
			i = end;
		} else if ((c === "[" || c === "{") && !/^\s*[\]}]/.test(json.slice(i + 1, i + 9))) {
			depth++;
			out.push(c);
			line();
		} else if ((c === "]" || c === "}") && out.at(-1) !== "[" && out.at(-1) !== "{") {
			depth--;
			line();
			out.push(c);
		} else if (c === ",") {
			out.push(c);
			line();
		} else if (c === ":") out.push(": ");
		else if (c > " ") out.push(c);
	}
	return out.join("");
}

/* --- requests ------------------------------------------------------------- */

/* A reply that is none of 2xx, with the server's words. */
class Refused extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

const KEPT_KEY = "chatmem.key.1"; /* in sessionStorage */
let key = kept(sessionStorage, KEPT_KEY) ?? "";
let asking = null; /* for a key */
let locked = false; /* a person did not give one: nothing asks by itself */

/* Storage may be forbidden; then nothing is kept. */
function kept(storage, name, value) {
	try {
		if (value === undefined) return storage.getItem(name);
		if (value) storage.setItem(name, value);
		else storage.removeItem(name);
	} catch { /* it is not kept */ }
	return null;
}

async function refusal(response) {
	const text = await response.text();
	try {
		return new Refused(response.status, JSON.parse(text).error.message);
	} catch {
		return new Refused(response.status, text || `status ${response.status}`);
	}
}

async function call(path, { method = "GET", body, headers = {}, signal } = {}) {
	for (;;) {
		const sent = key;
		const response = await fetch(path, {
			method, body, signal, cache: "no-store", redirect: "error",
			headers: {
				...headers,
				...(sent && { Authorization: `Bearer ${sent}` }),
				...(body !== undefined && { "Content-Type": "application/json" }),
			},
		});
		if (response.ok) return response;
		const refused = await refusal(response);
		if (response.status !== 401) throw refused;
		/* Another request may have got a key meanwhile. */
		if (sent === key && !await ask_key(sent && refused.message)) throw refused;
	}
}

const get = async (path, signal) => (await call(path, { signal })).json();

/* The path below a session, and a query without what is empty. */
function at(name, rest = "", query = {}) {
	const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
	const search = new URLSearchParams(given).toString();
	return `sessions/${encodeURIComponent(name)}${rest}${search && "?" + search}`;
}

/* The events of a stream: {event, data, id}. */
async function* events(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		const from = Math.max(0, text.length - 1);
		text += value;
		for (let end, start = from; (end = text.indexOf("\n\n", start)) >= 0; start = 0) {
			const event = { event: "", data: "", id: "" };
			for (const line of text.slice(0, end).split("\n")) {
				const [, field, rest] = /^(\w*):? ?([^]*)$/.exec(line) ?? [];
				if (field in event) event[field] = rest;
			}
			text = text.slice(end + 2);
			yield event;
		}
	}
}

/* A line of shell; the key is left for the reader to fill in. */
function curl_of(path, { method = "GET", body } = {}) {
	const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;
	return ["curl", method !== "GET" && `-X ${method}`,
		key && '-H "Authorization: Bearer $CHATMEM_KEY"',
		quoted(new URL(path, location.href.split("#")[0]).href),
		body !== undefined && `-d ${quoted(body)}`].filter(Boolean).join(" ");
}

/* Only pages of this machine, or over TLS, may write to the clipboard. */
async function copy(text, what) {
	try {
		await navigator.clipboard.writeText(text);
		toast(`${what} copied`);
	} catch {
		const area = el("textarea", { rows: 8, readonly: true, "aria-label": what });
		area.value = text;
		dialog(what, [area], { cancel: false });
		area.select();
	}
}

function download(blob, name) {
	const url = URL.createObjectURL(blob);
	el("a", { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/* --- dialogs -------------------------------------------------------------- */

/* Resolves with the form's values, or with null. */
function dialog(title, content, { ok = "OK", cancel = true, danger = false, ready } = {}) {
	const box = $("dialog");
	return new Promise((resolve) => {
		const yes = el("button", { type: "submit", class: danger ? "danger" : "first" }, ok);
		const form = el("form", {
			autocomplete: "off",
			input: () => { yes.disabled = ready ? !ready(new FormData(form)) : false; },
			submit: (event) => {
				event.preventDefault();
				const values = new FormData(form);
				box.close();
				resolve(values);
			},
		}, el("h2", { id: "dialog-title" }, title), content, el("div.acts", {},
			cancel && button("Cancel", () => box.close()), yes));
		yes.disabled = !!ready;
		box.replaceChildren(form);
		box.onclose = () => { box.replaceChildren(); resolve(null); };
		if (!box.open) box.showModal();
	});
}

function field(label, attributes = {}, hint) {
	return el("label", {}, label, el("input", { spellcheck: "false", ...attributes }),
		hint && el("small", {}, hint));
}

/* Asks a person, once for all that wait.  False: there is none. */
function ask_key(wrong) {
	asking ??= dialog("This server wants a key", [
		wrong && el("p.wrong", { role: "alert" }, visible(wrong)),
		field("API key", { name: "key", type: "password", required: true,
			autocomplete: "off" }),
		el("label.check", {}, el("input", { type: "checkbox", name: "keep" }),
			"Keep it until this tab is closed"),
		el("p.soft", {}, "It names the tenant whose sessions you see. It is sent in a " +
			"header, and is in no address, cookie or file."),
	], { ok: "Use it" }).then((values) => {
		asking = null;
		locked = !values;
		if (values) use_key(values.get("key").trim(), values.get("keep"));
		return !!values;
	});
	return asking;
}

function use_key(value, keep) {
	key = value;
	kept(sessionStorage, KEPT_KEY, keep ? value : "");
	$("key").textContent = key ? "Forget key" : "Key";
}

/* --- sessions ------------------------------------------------------------- */

const PAGE = 50;
const list = { rows: [], cursor: null, at: -1, turn: 0 };

function list_query() {
	const filters = Object.fromEntries(new FormData($("filters")));
	const query = { prefix: filters.prefix, owner: filters.owner };
	if (filters.key) query["metadata." + filters.key] = filters.value;
	return query;
}

function list_row(session, index) {
	return el("div", {
		role: "option", id: `row-${index}`, "aria-selected": session.id === view.name,
		click: () => { list_mark(index); list_open(index); },
	}, el("span.name", { dir: "auto" }, visible(session.id)),
		el("span.when", {}, time_node(session.updated_at, since(session.updated_at))),
		el("span.what", {}, plural(session.message_count, "message"),
			session.owner && [" · ", name_of(session.owner)]));
}

/* The first page, or what follows the last one. */
async function list_load(more, quietly) {
	const turn = ++list.turn;
	const query = { ...list_query(), limit: PAGE, ...(more && { cursor: list.cursor }) };
	const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
	try {
		const page = await get("sessions?" + new URLSearchParams(given));
		if (turn !== list.turn) return;
		list.rows = more ? [...list.rows, ...page.sessions] : page.sessions;
		list.cursor = page.next_cursor;
		list_show();
	} catch (error) {
		if (turn !== list.turn || quietly) return;
		list.rows = [];
		list.cursor = null;
		list_show();
		$("list-note").replaceChildren(el("span.wrong", {}, visible(error.message)));
	}
}

function list_show() {
	const marked = list.rows[list.at]?.id ?? view.name;
	$("list").replaceChildren(...list.rows.map(list_row));
	list_mark(list.rows.findIndex((row) => row.id === marked));
	$("list-note").replaceChildren(
		list.cursor ? button("Show more", () => list_load(true))
			: list.rows.length ? "" : Object.values(list_query()).some(Boolean)
				? "No session is like that." : "There is no session yet.");
}

function list_mark(index) {
	$("list").querySelector(".marked")?.classList.remove("marked");
	list.at = index;
	const row = $(`row-${index}`);
	row?.classList.add("marked");
	row?.scrollIntoView({ block: "nearest" });
	if (row) $("list").setAttribute("aria-activedescendant", row.id);
	else $("list").removeAttribute("aria-activedescendant");
}

function list_open(index) {
	if (list.rows[index]) go(session_hash(list.rows[index].id, view.tab));
}

const list_open_soon = later(120, list_open);

async function list_key(event) {
	const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10,
		Home: -Infinity, End: Infinity };
	if (event.key === "Enter") return list_open(list.at);
	if (!(event.key in moves)) return undefined;
	event.preventDefault();
	const to = list.at + moves[event.key];
	if (to >= list.rows.length && list.cursor) await list_load(true);
	list_mark(Math.max(0, Math.min(list.rows.length - 1, to)));
	return list_open_soon(list.at);
}

function list_select() {
	for (const row of $("list").children)
		row.setAttribute("aria-selected", list.rows[row.id.slice(4)]?.id === view.name);
}

async function list_new() {
	const values = await dialog("New session", [
		field("Name", { name: "name", dir: "auto", maxlength: 255 },
			"Any text, up to 255 bytes. Empty: the server chooses one."),
	], { ok: "Make it" });
	if (!values) return;
	const name = values.get("name");
	try {
		const made = await (name
			? call(at(name), { method: "PUT", body: "{}", headers: { "If-None-Match": "*" } })
			: call("sessions", { method: "POST", body: "{}" })).then((r) => r.json());
		await list_load();
		go(session_hash(made.id));
	} catch (error) {
		toast(error.status === 412 ? "There is a session of that name." : error.message);
	}
}

/* --- one message ---------------------------------------------------------- */

const ROLES = { human: "Human", ai: "AI", system: "System", tool: "Tool",
	function: "Function" };
const CLIP = 4000; /* characters of a text that are shown at first */

/* A text as it is, the rest of a long one on demand. */
function text_node(text, kind = "div.text") {
	const shown = text.length > CLIP + 500 ? text.slice(0, CLIP) : text;
	const node = el(kind, { dir: "auto" }, visible(shown));
	if (shown === text) return node;
	const rest = button(`Show all ${plural(text.length, "character")}`, () => {
		node.textContent = visible(text);
		rest.remove();
	}, { class: "rest" });
	return [node, rest];
}

/* Shut until somebody opens it, and empty until then. */
function folded(summary, content, kind = "details") {
	const node = el(kind, { toggle: () => {
		if (node.open && node.children.length === 1) node.append(...[content()].flat());
	} }, el("summary", {}, summary));
	return node;
}

const json_node = (json) => text_node(indented(json), "pre");

function part_node(part) {
	if (typeof part === "string") return text_node(part);
	if (typeof part?.text === "string") return text_node(part.text);
	return folded(visible(String(part?.type ?? "part")),
		() => json_node(JSON.stringify(part)), "details.fold");
}

function call_node(call) {
	const name = call?.name ?? call?.function?.name ?? "?";
	const args = call?.args ?? call?.function?.arguments ?? call?.arguments ?? "";
	const text = typeof args === "string" ? args : JSON.stringify(args);
	return folded(["calls ", el("code", { dir: "auto" }, visible(String(name))),
		el("span.soft.one", { dir: "auto" }, visible(text.slice(0, 160)))],
	() => [typeof args === "string" ? text_node(args, "pre") : json_node(text),
		el("p.soft", {}, `id ${visible(String(call?.id ?? "none"))}`)], "details.fold");
}

function calls_of(data) {
	const more = data.additional_kwargs ?? {};
	const calls = [...(data.tool_calls ?? []), ...(data.invalid_tool_calls ?? [])];
	if (calls.length === 0) calls.push(...(more.tool_calls ?? []));
	if (more.function_call) calls.push(more.function_call);
	return calls;
}

function content_nodes(type, data) {
	const { content } = data;
	const calls = calls_of(data);
	if ((type === "tool" || type === "function") && typeof content === "string") {
		const whose = data.name ?? data.tool_call_id ?? "";
		return folded(["result of ", el("code", { dir: "auto" }, visible(String(whose))),
			el("span.soft.one", { dir: "auto" }, visible(content.slice(0, 160)))],
		() => text_node(content), "details.fold");
	}
	const nodes = [];
	const thought = data.additional_kwargs?.reasoning_content;
	if (typeof thought === "string" && thought)
		nodes.push(folded("reasoning", () => text_node(thought), "details.fold"));
	if (Array.isArray(content)) nodes.push(...content.map(part_node));
	else if (typeof content === "string" && content) nodes.push(text_node(content));
	nodes.push(...calls.map(call_node));
	return nodes.length ? nodes : el("p.soft", {}, "(empty)");
}

function role_of(message) {
	const role = message.type === "generic" ? message.data?.role : ROLES[message.type];
	return visible(String(role ?? message.type));
}

/* A message from its bytes.  `acts` are buttons, `raw` shows the bytes. */
function message_node(raw, name, { raw: bare = false, acts = [], begins = false } = {}) {
	const message = JSON.parse(raw);
	const { type, data = {}, seq, created_at, updated_at, client_created_at } = message;
	const body = el("div.body");
	const fill = (bytes) => body.replaceChildren(
		...[bytes ? text_node(raw, "pre.raw") : content_nodes(type, data)].flat());
	fill(bare);
	const shows = button("Raw", () => {
		const bytes = shows.getAttribute("aria-pressed") !== "true";
		shows.setAttribute("aria-pressed", bytes);
		fill(bytes);
	}, { "aria-pressed": bare });
	const kind = type in ROLES ? type : "generic";
	return el(`article.${kind}`, { "data-seq": seq, "data-time": created_at,
		"aria-label": `${role_of(message)}, message ${seq}` },
	begins && el("p.begins", {}, "The model’s window begins here"),
	el("header", {}, el("strong", { dir: "auto" }, role_of(message)),
		el("a.seq", { href: session_hash(name, "transcript", seq),
			title: `Message ${seq}, ${message.id}` }, `${seq}`),
		created_at && time_node(created_at, clock_time.format(new Date(created_at))),
		client_created_at && el("span.tag", { title: client_created_at }, "client’s time"),
		updated_at && el("span.tag", { title: full_time.format(new Date(updated_at)) },
			"edited"),
		el("span.acts", {}, shows, acts)),
	body);
}

/* A page of messages, each as its bytes. */
async function messages_of(name, query, signal) {
	const response = await call(at(name, "/messages", query), { signal });
	const page = pieces(await response.text());
	return {
		version: Number(page.get("version")),
		more: page.get("has_more") === "true",
		messages: [...pieces(page.get("messages")).values()],
		/* As an event's id: without the quotes. */
		etag: response.headers.get("ETag")?.slice(1, -1) ?? "",
	};
}

/* --- a transcript --------------------------------------------------------- */

const STEP = 50; /* messages of a request */
const MOST = 300; /* messages in the document; more are there by scrolling */
const NEAR = 700; /* pixels to an end, where the next ones are fetched */

class Transcript {
	constructor(name, signal) {
		Object.assign(this, { name, signal, as_of: null, version: 0, pending: 0,
			raw: false, at_start: true, at_end: true, busy: false, turn: 0 });
		this.rows = el("div.rows");
		this.note = el("p.note");
		this.pill = button("", () => this.newest(), { class: "pill", hidden: true });
		this.scroller = el("section.scroll", { tabindex: "0", "aria-label": "Messages",
			scroll: () => this.fill(), keydown: (event) => this.press(event) },
		this.note, this.rows);
		this.travel = this.travel_bar();
		this.bar = this.tool_bar();
		this.node = el("div.transcript", {}, this.bar, this.travel, this.scroller, this.pill);
	}

	tool_bar() {
		const check = (label, checked, change) => el("label.check", {},
			el("input", { type: "checkbox", checked, change }), label);
		this.live = check("Live", true, () => this.follow());
		return el("div.tools", {}, this.live,
			check("Raw JSON", false, (event) => {
				this.raw = event.target.checked;
				this.again();
			}),
			button("Time travel", (event) => {
				this.travel.hidden = !this.travel.hidden;
				event.target.setAttribute("aria-expanded", !this.travel.hidden);
				if (this.travel.hidden) this.go_to_version(null);
			}, { "aria-expanded": "false" }),
			button("Copy as curl", () => copy(curl_of(at(this.name, "/messages",
				{ last: 100, as_of: this.as_of })), "curl line")),
			el("form.jump", { submit: (event) => {
				event.preventDefault();
				this.jump(Number(new FormData(event.target).get("seq")));
			} }, el("label", {}, "Go to ", el("input", { name: "seq", type: "number", min: 1,
				required: true, inputmode: "numeric", "aria-label": "Message number",
				placeholder: "#" }))),
			button("First", () => this.oldest()), button("Newest", () => this.newest()));
	}

	travel_bar() {
		const move = later(150, (value) => this.go_to_version(value));
		this.slider = el("input", { type: "range", min: 1, "aria-label": "Version",
			input: () => {
				this.number.value = this.slider.value;
				move(Number(this.slider.value));
			} });
		this.number = el("input", { type: "number", min: 1, "aria-label": "Version number",
			change: () => move(Number(this.number.value)) });
		this.of = el("span.soft");
		return el("div.travel", { hidden: true }, "Version", this.number, this.of, this.slider,
			button("Now", () => this.go_to_version(null)));
	}

	show_version() {
		const shown = this.as_of ?? this.version;
		this.slider.max = this.number.max = Math.max(1, this.version);
		this.slider.value = this.number.value = shown;
		this.of.textContent = `of ${this.version.toLocaleString()}`;
		this.node.classList.toggle("past", this.as_of !== null);
	}

	async go_to_version(version) {
		if (version !== null && (version < 1 || version >= this.version)) version = null;
		if (version === this.as_of) return;
		this.as_of = version;
		await this.newest();
	}

	fetch(query) {
		return messages_of(this.name, { as_of: this.as_of, ...query }, this.signal);
	}

	make(raw) {
		const seq = Number(pieces(raw).get("seq"));
		const path = at(this.name, `/messages/${seq}`, { as_of: this.as_of });
		return message_node(raw, this.name, {
			raw: this.raw,
			begins: view.window?.name === this.name && view.window.first === seq,
			acts: [button("Fork", () => this.fork(seq), { title: "A new session up to here" }),
				button("curl", () => copy(curl_of(path), "curl line"))],
		});
	}

	first() { return Number(this.rows.firstElementChild?.dataset.seq ?? 0); }
	last() { return Number(this.rows.lastElementChild?.dataset.seq ?? 0); }
	row(seq) { return this.rows.querySelector(`[data-seq="${seq}"]`); }

	/* Runs a change of all that is shown; the newest call wins. */
	async replace(load) {
		const turn = ++this.turn;
		try {
			await load((found) => {
				if (turn !== this.turn) return false;
				this.rows.replaceChildren(...found.map((raw) => this.make(raw)));
				this.settle();
				return true;
			});
			this.fill();
		} catch (error) {
			if (this.signal.aborted || turn !== this.turn) return;
			this.rows.replaceChildren();
			this.settle();
			this.note.replaceChildren(el("span.wrong", {}, visible(error.message)));
		}
	}

	/* What follows from the rows that are shown now. */
	settle() {
		let day = "";
		for (const row of this.rows.children) {
			const its = day_name.format(new Date(row.dataset.time ?? 0));
			if (its !== day) row.dataset.day = day = its;
			else delete row.dataset.day;
		}
		this.note.textContent = this.rows.children.length ? "" :
			"There is no message here.";
		this.show_version();
	}

	newest() {
		return this.replace(async (show) => {
			const page = await this.fetch({ order: "desc", limit: STEP });
			if (this.as_of === null) Object.assign(this, { version: page.version,
				etag: page.etag });
			if (!show(page.messages.reverse())) return;
			this.at_start = !page.more;
			this.at_end = true;
			this.wait_for(0);
			this.scroller.scrollTop = this.scroller.scrollHeight;
		});
	}

	oldest() {
		return this.replace(async (show) => {
			const page = await this.fetch({ limit: STEP });
			if (!show(page.messages)) return;
			this.at_start = true;
			this.at_end = !page.more;
			this.scroller.scrollTop = 0;
		});
	}

	jump(seq) {
		return this.replace(async (show) => {
			const [before, after] = await Promise.all([
				this.fetch({ before: seq + 1, order: "desc", limit: STEP / 2 }),
				this.fetch({ after: seq, limit: STEP / 2 })]);
			if (this.as_of === null) Object.assign(this, { version: after.version,
				etag: after.etag });
			if (!show([...before.messages.reverse(), ...after.messages])) return;
			this.at_start = !before.more;
			this.at_end = !after.more;
			const row = this.row(seq);
			if (!row) return toast(`Message ${seq} is not there.`);
			row.classList.add("target");
			row.scrollIntoView({ block: "center" });
			row.querySelector(".seq").focus({ preventScroll: true });
		});
	}

	again() {
		return this.at_end ? this.newest() : this.jump(this.first());
	}

	async older() {
		const page = await this.fetch({ before: this.first(), order: "desc", limit: STEP });
		const below = this.scroller.scrollHeight - this.scroller.scrollTop;
		this.rows.prepend(...page.messages.reverse().map((raw) => this.make(raw)));
		this.at_start = !page.more;
		while (this.rows.children.length > MOST) {
			this.rows.lastElementChild.remove();
			this.at_end = false;
		}
		this.settle();
		this.scroller.scrollTop = this.scroller.scrollHeight - below;
	}

	async newer() {
		const page = await this.fetch({ after: this.last(), limit: STEP });
		this.add(page.messages);
		this.at_end = !page.more;
		if (this.at_end) this.wait_for(0);
	}

	/* Appends what is not there yet, and forgets as much at the top. */
	add(found) {
		const last = this.last();
		this.rows.append(...found.map((raw) => this.make(raw))
			.filter((row) => Number(row.dataset.seq) > last));
		const below = this.scroller.scrollHeight - this.scroller.scrollTop;
		while (this.rows.children.length > MOST) {
			this.rows.firstElementChild.remove();
			this.at_start = false;
		}
		this.settle();
		this.scroller.scrollTop = this.scroller.scrollHeight - below;
	}

	/* Fetches what is about to be scrolled to. */
	async fill() {
		if (this.busy) return;
		this.busy = true;
		try {
			for (let turn = this.turn; turn === this.turn && !this.signal.aborted;) {
				const { scrollTop, clientHeight, scrollHeight } = this.scroller;
				if (!clientHeight || !this.first()) break;
				if (!this.at_start && scrollTop < NEAR) await this.older();
				else if (!this.at_end && scrollHeight - scrollTop - clientHeight < NEAR)
					await this.newer();
				else break;
			}
		} catch (error) {
			if (!this.signal.aborted) toast(error.message);
		} finally {
			this.busy = false;
		}
	}

	press(event) {
		if (event.target !== this.scroller) return;
		if (event.key === "Home" && !this.at_start) this.oldest();
		else if (event.key === "End" && !this.at_end) this.newest();
		else return;
		event.preventDefault();
	}

	/* --- live --- */

	wait_for(count) {
		this.pending = count;
		this.pill.hidden = count === 0;
		this.pill.textContent = `${plural(count, "new message")} ↓`;
	}

	/* Follows while it is asked to and the page can be seen. */
	async follow() {
		this.tail?.abort();
		this.node.classList.remove("live");
		if (!this.live.firstChild.checked || document.hidden || this.signal.aborted) return;
		const tail = this.tail = new AbortController();
		for (let wait = 500; !tail.signal.aborted; wait = Math.min(2 * wait, 15000)) {
			try {
				const response = await call(at(this.name, "/events"), {
					signal: tail.signal,
					headers: this.etag ? { "Last-Event-ID": this.etag } : {},
				});
				this.node.classList.add("live");
				for await (const event of events(response)) {
					wait = 500;
					if (this.happened(event)) return;
				}
			} catch (error) {
				if (tail.signal.aborted) return;
				if (error.status && error.status < 500) return void toast(error.message);
			}
			this.node.classList.remove("live");
			await pause(wait, tail.signal);
		}
	}

	/* True: nothing more will come. */
	happened({ event, data, id }) {
		if (event === "message") this.came(data);
		else if (event === "delete") this.went(JSON.parse(data).seqs);
		else if (event === "resync") this.newest();
		else if (event === "end") {
			this.note.textContent = "This session has ended: it was erased, or it expired.";
			this.scroller.scrollTop = 0;
		} else return false;
		if (id) this.etag = id;
		this.version = Math.max(this.version, parseInt(id, 10) || 0);
		this.show_version();
		head_soon();
		return event === "end";
	}

	came(raw) {
		const message = JSON.parse(raw);
		const { scrollTop, clientHeight, scrollHeight } = this.scroller;
		const there = this.row(message.seq);
		if (this.as_of === null && there) {
			there.replaceWith(this.make(raw));
			this.settle();
		} else if (message.updated_at && message.seq <= this.last()) {
			return;
		} else if (this.as_of === null && this.at_end) {
			this.add([raw]);
			if (scrollHeight - scrollTop - clientHeight < 120)
				this.scroller.scrollTop = this.scroller.scrollHeight;
			else this.wait_for(this.pending + 1);
		} else this.wait_for(this.pending + 1);
		const { content } = message.data ?? {};
		$("said").textContent = `${role_of(message)}: ` +
			visible(typeof content === "string" ? content.slice(0, 200) : "a message");
	}

	went(ranges) {
		if (this.as_of !== null) return;
		for (const row of this.rows.children) {
			const seq = Number(row.dataset.seq);
			if (!ranges.some(([from, to]) => seq >= from && seq <= to)) continue;
			if (row.classList.contains("gone")) continue;
			row.classList.add("gone");
			row.querySelector("header .acts").before(el("span.tag", {}, "deleted"));
		}
	}

	/* --- fork --- */

	async fork(seq) {
		const values = await dialog(`Fork up to message ${seq}`, [
			field("Name of the new session", { name: "name", dir: "auto", maxlength: 255 },
				"Empty: the server chooses one."),
		], { ok: "Fork" });
		if (!values) return;
		const id = values.get("name");
		try {
			const made = await (await call(at(this.name, "/fork"), {
				method: "POST", body: JSON.stringify({ upto: seq, ...(id && { id }) }),
			})).json();
			list_load();
			go(session_hash(made.id));
			toast("A new session that begins with these messages");
		} catch (error) {
			toast(error.status === 412 ? "There is a session of that name." : error.message);
		}
	}
}

/* --- the views ------------------------------------------------------------ */

/* What is shown.  `window` is the one that was last looked at. */
const view = { name: null, tab: "transcript", stop: new AbortController(), window: null };

const TABS = {
	transcript: ["Transcript", show_transcript],
};

async function show_transcript(root, signal, query) {
	const shown = new Transcript(view.name, signal);
	root.replaceChildren(shown.node);
	const see = () => shown.follow();
	document.addEventListener("visibilitychange", see, { signal });
	signal.addEventListener("abort", () => shown.tail?.abort());
	const seq = Number(query.get("at"));
	await (seq ? shown.jump(seq) : shown.newest());
	shown.follow();
}

/* --- the head of a session ------------------------------------------------- */

const head = { facts: el("p.facts"), tabs: el("nav.tabs", { "aria-label": "Views" }) };

async function head_load() {
	const name = view.name;
	if (name === null) return;
	let facts;
	try {
		const session = await get(at(name), view.stop.signal);
		facts = [plural(session.message_count, "message"), `version ${session.version}`,
			["active ", time_node(session.updated_at, since(session.updated_at))],
			session.owner && ["owner ", name_of(session.owner)],
			session.expires_at && ["expires ",
				time_node(session.expires_at, since(session.expires_at))],
			session.memory?.class && `memory ${session.memory.class}`];
	} catch (error) {
		if (error.name === "AbortError" || name !== view.name) return;
		facts = [error.status === 404 ? "Nothing is stored under this name."
			: visible(error.message)];
	}
	if (name !== view.name) return;
	head.facts.replaceChildren(...facts.filter(Boolean).map((fact) =>
		el("span", {}, fact)));
}

const head_soon = later(400, head_load);

/* --- where we are ---------------------------------------------------------- */

function session_hash(name, tab = "transcript", seq) {
	return `#/s/${encodeURIComponent(name)}/${tab}${seq ? `?at=${seq}` : ""}`;
}

function go(hash) {
	if (location.hash === hash) show();
	else location.hash = hash;
}

function parse_hash() {
	const [path, query = ""] = location.hash.slice(2).split(/\?([^]*)/);
	const [kind, name, tab] = path.split("/").map((piece) => {
		try { return decodeURIComponent(piece); } catch { return ""; }
	});
	return { kind, name, tab: tab in TABS ? tab : "transcript",
		query: new URLSearchParams(query) };
}

function show() {
	const { kind, name, tab, query } = parse_hash();
	if (location.hash && !location.hash.startsWith("#/")) return;
	view.stop.abort();
	view.stop = new AbortController();
	const root = el("div.view");
	const session = kind === "s" && name;
	if (session) {
		view.tab = tab;
		if (view.name !== name) show_head(name);
		for (const link of head.tabs.children)
			link.setAttribute("aria-current", link.dataset.tab === tab ? "page" : "false");
		$("main").replaceChildren($("main").firstElementChild, root);
	} else {
		view.name = null;
		$("main").replaceChildren(root);
	}
	document.body.dataset.pane = kind ? "main" : "side";
	document.title = session ? `${visible(name)} · chatmem` : "chatmem";
	for (const link of document.querySelectorAll(".top nav a"))
		link.setAttribute("aria-current", link.dataset.view === kind ? "page" : "false");
	list_select();
	const run = session ? TABS[tab][1] : PLACES[kind] ?? show_welcome;
	Promise.resolve(run(root, view.stop.signal, query)).catch((error) => {
		if (error.name !== "AbortError")
			root.replaceChildren(el("p.wrong", { role: "alert" }, visible(error.message)));
	});
}

function show_head(name) {
	view.name = name;
	view.window = null;
	head.facts.replaceChildren();
	head.tabs.replaceChildren(...Object.entries(TABS).map(([tab, [label]]) =>
		el("a", { href: session_hash(name, tab), "data-tab": tab }, label)));
	$("main").replaceChildren(el("header.head", {},
		el("a.back", { href: "#/" }, "‹ Sessions"),
		el("h2", { dir: "auto" }, visible(name)), head.facts, head.tabs));
	head_load();
}

const PLACES = {};

function show_welcome(root) {
	root.replaceChildren(el("div.welcome", {},
		el("h2", {}, "Every message, exactly as it came"),
		el("p", {}, "Pick a session to read what was said, as people and as the model see it."),
		el("p", {}, "A session is made by its first message:"),
		el("pre", {}, curl_of("sessions/alice/messages",
			{ body: '{"type":"human","content":"Hi!"}' })),
		el("p", {}, "All that this page does, it does by the API in ",
			el("code", {}, "/openapi.json"), ".")));
}

/* --- light and dark -------------------------------------------------------- */

const THEMES = ["Auto", "Light", "Dark"];

function use_theme(name) {
	const theme = THEMES.includes(name) ? name : "Auto";
	document.documentElement.dataset.theme = theme.toLowerCase();
	$("theme").textContent = theme;
	$("theme").setAttribute("aria-label", `Colours: ${theme}`);
	kept(localStorage, "chatmem.theme.1", theme === "Auto" ? "" : theme);
}

/* --- start ----------------------------------------------------------------- */

use_theme(kept(localStorage, "chatmem.theme.1"));
use_key(key, true);
$("theme").addEventListener("click", () =>
	use_theme(THEMES[(THEMES.indexOf($("theme").textContent) + 1) % THEMES.length]));
$("key").addEventListener("click", async () => {
	if (key) use_key("", false);
	else if (!await ask_key()) return;
	locked = false;
	list_load();
	show();
});
$("new").addEventListener("click", list_new);
$("refresh").addEventListener("click", () => list_load());
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", later(200, () => list_load()));
$("list").addEventListener("keydown", list_key);
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	$("main").focus();
});
window.addEventListener("hashchange", show);

/* The list stays fresh while it can be seen and nobody has paged in it. */
setInterval(() => {
	if (!document.hidden && !locked && list.rows.length <= PAGE) list_load(false, true);
}, 15000);

list_load();
show();
