// SPDX-License-Identifier: MIT
/*
 * page.js - the page for people: sessions, a transcript, what a model sees.
 *
 * It asks what any client may ask.  What others wrote becomes text nodes, never
 * HTML.  Keys stay in memory or in the tab.
 */

/* --- elements --- */

const $ = (id) => document.getElementById(id);

/* This may be here before the last element. */
while (!$("dialog")) await new Promise((look) => setTimeout(look));

/* What is not seen, but does something, is seen: NUL is ␀, turning a line over is ⇄. */
function visible(text) {
	return String(text).replace(/[\u202d\u202e]/g, "⇄").replace(/[\0-\x08\x0b-\x1f\x7f]/g,
		(c) => String.fromCharCode(c === "\x7f" ? 0x2421 : 0x2400 + c.charCodeAt(0)));
}

/* The only way in: nodes, and texts as text nodes, in arrays of any depth. */
function fill(node, ...children) {
	node.replaceChildren(...children.flat(9).filter((child) => child != null && child !== false)
		.map((child) => child instanceof Node ? child : visible(child)));
	return node;
}

/* el("p.soft", { title: "…", click: f }, "text", node, [node, …]) */
function el(kind, attributes = {}, ...children) {
	const [tag, ...classes] = kind.split(".");
	const node = document.createElementNS(/svg|polyline/.test(tag)
		? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml", tag);
	node.classList.add(...classes);
	for (const [name, value] of Object.entries(attributes)) {
		if (typeof value === "function") node.addEventListener(name, value);
		else if (name.startsWith("aria-")) node.setAttribute(name, value);
		else if (value !== false && value != null)
			node.setAttribute(name, value === true ? "" : value);
	}
	return fill(node, ...children);
}

function button(label, click, attributes = {}) {
	return el("button", { type: "button", click, ...attributes }, label);
}

function field(label, attributes, hint) {
	return el("label", {}, label, el("input", { dir: "auto", ...attributes }),
		hint && el("small", {}, hint));
}

function check(label, attributes) {
	return el("label.check", {}, el("input", { type: "checkbox", ...attributes }), label);
}

const wrong_node = (error) => el("p.wrong", { role: "alert" }, error.message);

/* A text of others amid ours: its direction of writing stays its own. */
const name_node = (text) => el("bdi", {}, text);

/* Intl loads its tables for tens of milliseconds: the list does without. */
const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

function plural(count, word) {
	return `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;
}

const formats = {};

/* A moment in full, or what of it the options name. */
function time_text(time, options = { dateStyle: "full", timeStyle: "medium" }) {
	return (formats[Object.values(options)] ??= new Intl.DateTimeFormat(undefined, options))
		.format(new Date(time));
}

function since(text) {
	const seconds = (new Date(text) - Date.now()) / 1000;
	for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
		const count = Math.floor(Math.abs(seconds) / length);
		if (count) return seconds < 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
	}
	return "now";
}

const time_node = (text, show = since) => el("time", { datetime: text,
	pointerenter: ({ target }) => { target.title = time_text(text); } }, show(text));

const hide_toast = later(6000, () => { $("toast").textContent = ""; });

function toast(text) {
	$("toast").textContent = visible(text);
	hide_toast();
}

const pause = (milliseconds, signal) => new Promise((resolve) => {
	setTimeout(resolve, milliseconds);
	signal.addEventListener("abort", resolve);
});

function later(milliseconds, run) {
	let timer;
	return (...values) => {
		clearTimeout(timer);
		timer = setTimeout(run, milliseconds, ...values);
	};
}

/* --- JSON --- */

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
		if (c === '"') { while (json[++i] !== '"') if (json[i] === "\\") i++; }
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

const pretty = (value) => JSON.stringify(value, null, 2);

/* --- requests --- */

let key = kept(sessionStorage, "chatmem.key.1") ?? "";
let asking = null; /* a person, for a key */
let locked = false; /* none was given: nothing asks again by itself */

/* Storage may be forbidden; then nothing is kept. */
function kept(storage, name, value) {
	try {
		if (value === undefined) return storage.getItem(name);
		storage.setItem(name, value);
	} catch { /* as said */ }
	return null;
}

/* What is refused is thrown, with its status and the server's words. */
async function call(path, { method, body, headers, signal } = {}) {
	for (;;) {
		const sent = key;
		const response = await fetch(path, {
			method, body, signal, cache: "no-store", redirect: "error",
			headers: {
				...headers,
				...(sent && { Authorization: `Bearer ${sent}` }),
				...(body && { "Content-Type": "application/json" }),
			},
		});
		if (response.ok) return response;
		const text = await response.text();
		let words = text;
		try { words = JSON.parse(text).error.message; } catch { /* not ours */ }
		/* Another request may have got a key. */
		if (response.status === 401 &&
			(sent !== key || !locked && await ask_key(sent && words))) continue;
		throw Object.assign(new Error(words), { status: response.status });
	}
}

const get = async (path, signal) => (await call(path, { signal })).json();

/* A path with what of the query is not empty. */
function with_query(path, query) {
	const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
	return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

function at(name, rest = "", query = {}) {
	return with_query(`sessions/${encodeURIComponent(name)}${rest}`, query);
}

/* The events of a stream: {event, data, id}. */
async function* events(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	for (let text = "", read; !(read = await reader.read()).done;) {
		const blocks = (text += read.value).split("\n\n");
		text = blocks.pop();
		for (const block of blocks)
			yield Object.fromEntries(block.split("\n").map((line) =>
				[line.split(":", 1)[0], line.slice(line.indexOf(":") + 2)]));
	}
}

/* A line of shell; the key is left for the reader to fill in. */
function curl_of(path, { body } = {}) {
	const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;
	return ["curl", key && '-H "Authorization: Bearer $CHATMEM_KEY"',
		quoted(new URL(path, location.href.split("#")[0]).href),
		body && `-d ${quoted(body)}`].filter(Boolean).join(" ");
}

/* Only pages of this machine, or over TLS, may write to the clipboard. */
async function copy_curl(...request) {
	const line = curl_of(...request);
	try {
		await navigator.clipboard.writeText(line);
		toast("Copied");
	} catch {
		dialog("Copy this", el("textarea", { readonly: true, "aria-label": "curl" }, line));
	}
}

/* --- dialogs --- */

/* Resolves with the form's values, or with null. */
function dialog(title, content, { ok = "OK", kind = "first", ready } = {}) {
	const box = $("dialog");
	return new Promise((resolve) => {
		const yes = el("button", { class: kind, disabled: !!ready }, ok);
		const form = el("form", {
			autocomplete: "off",
			input: () => { yes.disabled = ready && !ready(new FormData(form)); },
			submit: (event) => {
				event.preventDefault();
				resolve(new FormData(form));
				box.close();
			},
		}, el("h2", { id: "dialog-title" }, title), content,
		el("div.acts", {}, button("Cancel", () => box.close()), yes));
		fill(box, form);
		box.onclose = () => resolve(null);
		if (!box.open) box.showModal();
	});
}

/* Asks a person, once for all that wait.  False: there is no key. */
function ask_key(words) {
	asking ??= dialog("Your API key", [
		words && wrong_node({ message: words }),
		field("API key", { name: "key", type: "password", required: true }),
		check("Keep it until this tab is closed", { name: "keep" }),
		el("p.soft", {}, "It names the tenant whose sessions you see, and stays in this tab."),
	], { ok: "Use it" }).then((values) => {
		asking = null;
		locked = !values;
		if (values) use_key(values.get("key").replace(/[^ -~]/g, "").trim(), values.get("keep"));
		return !!values;
	});
	return asking;
}

function use_key(value, keep) {
	key = value;
	kept(sessionStorage, "chatmem.key.1", keep ? value : "");
	$("key").textContent = key ? "Forget key" : "Key";
}

/* Asks for the name of a session, and makes it. */
async function make_session(title, ok, make) {
	const values = await dialog(title, field("Name", { name: "name" },
		"Empty: the server chooses one."), { ok });
	if (!values) return;
	try {
		const { id } = await (await make(values.get("name"))).json();
		list_load();
		go(session_hash(id));
	} catch (error) {
		toast(error.status === 412 ? "There is a session of that name." : error.message);
	}
}

/* --- sessions --- */

const PAGE = 50; /* rows of a request */
const list = { rows: [], cursor: null, at: -1, turn: 0 };

function list_query() {
	const { prefix, owner, key: member, value } = Object.fromEntries(new FormData($("filters")));
	return { prefix, owner, ...(member && { [`metadata.${member}`]: value }) };
}

function list_row(session, index) {
	return el("div", {
		role: "option", id: `row-${index}`, "aria-selected": session.id === view.name,
		click: () => { list_mark(index); list_open(index); },
	}, el("span.name", { dir: "auto" }, session.id),
	el("span.when", {}, time_node(session.updated_at)),
	el("span.what", {}, plural(session.message_count, "message"),
		session.owner && [" · ", name_node(session.owner)]));
}

/* The first page, or what follows the last one. */
async function list_load(more, quietly) {
	const turn = ++list.turn;
	const query = { ...list_query(), limit: PAGE, cursor: more ? list.cursor : "" };
	try {
		const page = await get(with_query("sessions", query));
		if (turn === list.turn) list_show(page, more ? list.rows : []);
	} catch (error) {
		if (turn !== list.turn || quietly) return;
		if (!more) fill($("list"));
		fill($("list-note"), wrong_node(error), more && button("Show more", list_more));
	}
}

function list_show({ sessions, next_cursor, damaged = [] }, before) {
	const marked = list.rows[list.at]?.id ?? view.name;
	list.rows = [...before, ...sessions];
	list.cursor = next_cursor;
	if (!before.length) fill($("list"));
	$("list").append(...sessions.map((session, index) =>
		list_row(session, before.length + index)));
	list_mark(list.rows.findIndex((row) => row.id === marked));
	fill($("list-note"), damaged.map(wrong_node),
		next_cursor ? button("Show more", list_more)
			: list.rows[0] || damaged[0] ? "" : "No session is here.");
}

function list_more() {
	list.more ??= list_load(true).finally(() => { list.more = null; });
}

function list_mark(index) {
	$("list").querySelector(".marked")?.classList.remove("marked");
	list.at = index;
	const row = $(`row-${index}`);
	row?.classList.add("marked");
	$("list").setAttribute("aria-activedescendant", row?.id ?? "");
}

function list_open(index) {
	if (list.rows[index]) go(session_hash(list.rows[index].id, view.tab));
}

const list_open_soon = later(120, list_open);

async function list_key(event) {
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (event.key === "Enter") list_open(list.at);
	if (!step) return;
	event.preventDefault();
	const to = list.at + step;
	if (to + PAGE / 2 > list.rows.length && list.cursor) list_more();
	if (to >= list.rows.length) await list.more;
	list_mark(Math.max(0, Math.min(list.rows.length - 1, to)));
	$(`row-${list.at}`)?.scrollIntoView({ block: "nearest" });
	list_open_soon(list.at);
}

/* --- one message --- */

const ROLES = { human: "Human", ai: "AI", system: "System", tool: "Tool",
	function: "Function" };
const CLIP = 4000; /* characters that are shown at first */

/* A text as it is; the rest of a long one on demand. */
function text_node(text, kind = "div.text") {
	const long = text.length > CLIP + 500;
	const node = el(kind, { dir: "auto" }, long ? text.slice(0, CLIP) : text);
	const rest = button(`Show all ${plural(text.length, "character")}`, () => {
		node.textContent = visible(text);
		rest.remove();
	}, { class: "rest" });
	return long ? [node, rest] : node;
}

const json_node = (value) => text_node(pretty(value), "pre");

/* Shut until somebody opens it, and empty until then. */
function folded(summary, glimpse, content) {
	const node = el("details.fold", { toggle: () => {
		if (node.children.length === 1) node.append(el("div", {}, content()));
	} }, el("summary", {}, summary,
		el("span.soft.one", { dir: "auto" }, glimpse.slice(0, 160))));
	return node;
}

const code_node = (text) => el("code", { dir: "auto" }, text);

function part_node(part) {
	const text = typeof part === "string" ? part : part?.text;
	return typeof text === "string" ? text_node(text)
		: folded(code_node(part?.type ?? "part"), "", () => json_node(part));
}

function call_node(call) {
	const made = call?.function ?? call ?? {};
	const args = made.args ?? made.arguments ?? "";
	const text = typeof args === "string" ? args : JSON.stringify(args);
	return folded(["calls ", code_node(made.name)], text, () =>
		[typeof args === "string" ? text_node(args, "pre") : json_node(args),
			el("p.soft", {}, `id ${call?.id}`)]);
}

function content_nodes(type, { content, name, additional_kwargs: more, ...data }) {
	if (/tool|function/.test(type) && typeof content === "string")
		return folded(["result of ", code_node(name ?? data.tool_call_id)], content,
			() => text_node(content));
	const calls = [data.tool_calls, data.invalid_tool_calls].flat().filter(Boolean);
	const nodes = [typeof more?.reasoning_content === "string" ? folded("reasoning", "", () =>
		text_node(more.reasoning_content)) : [], content ? [content].flat().map(part_node) : [],
	[calls.length ? calls : more?.tool_calls, more?.function_call].flat().filter(Boolean)
		.map(call_node)].flat();
	return nodes.length ? nodes : el("p.soft", {}, "(empty)");
}

/* A message from its bytes.  `acts` are buttons more; a window begins at `first`. */
function message_node(raw, name, first, ...acts) {
	const { type, data, seq, ...more } = JSON.parse(raw);
	const role = ROLES[type] ?? data?.role ?? type;
	const body = el("div.body");
	const bytes = button("Raw", () => show_bytes(bytes.ariaPressed !== "true"));
	const show_bytes = (pressed) => {
		bytes.ariaPressed = pressed;
		fill(body, pressed ? text_node(raw, "pre") : content_nodes(type, data ?? {}));
	};
	show_bytes(false);
	return el(`article.${type in ROLES ? type : "generic"}`, {
		"data-seq": seq, "data-time": more.created_at, "aria-label": `${role}, message ${seq}`,
	}, first === seq && el("p.begins", {}, "The model’s window begins here"),
	el("header", {}, el("strong", { dir: "auto" }, role),
		el("a.seq", { href: session_hash(name, "transcript", seq), title: more.id }, seq),
		time_node(more.created_at, (time) => time_text(time, { timeStyle: "short" })),
		more.client_created_at && el("i", { title: more.client_created_at }, "client’s time"),
		more.updated_at && el("i", { title: more.updated_at }, "edited"),
		el("span.acts", {}, bytes, acts)), body);
}

/* A page of messages, each as its bytes, the oldest first. */
async function messages_of(name, query, signal) {
	const response = await call(at(name, "/messages", query), { signal });
	const page = pieces(await response.text());
	const messages = [...pieces(page.get("messages")).values()];
	return {
		messages: query.order === "desc" ? messages.reverse() : messages,
		more: page.get("has_more") === "true",
		version: Number(page.get("version")),
		etag: response.headers.get("ETag").slice(1, -1), /* as the id of an event */
	};
}

/* --- a transcript --- */

const MOST = 300; /* in the document */
const NEAR = 700; /* pixels to an end, where the next ones are fetched */

class Transcript {
	constructor(name, signal) {
		Object.assign(this, { name, signal, as_of: null, version: 0, etag: "", pending: 0,
			at_start: true, at_end: true, busy: false, turn: 0 });
		this.rows = el("div.rows");
		this.drafts = el("div"); /* what is being said, and not yet stored */
		this.note = el("p.note");
		this.pill = button("", () => this.newest(), { class: "pill", hidden: true });
		this.scroller = el("section.scroll", { tabindex: "0", "aria-label": "Messages",
			scroll: () => this.fill() }, this.note, this.rows, this.drafts);
		this.node = el("div.transcript", {}, this.tool_bar(), this.travel_bar(), this.scroller,
			this.pill);
	}

	tool_bar() {
		this.live = check("Live", { checked: true, change: () => this.follow() });
		const travel = button("Time travel", () => {
			this.travel.hidden = !this.travel.hidden;
			travel.ariaExpanded = !this.travel.hidden;
			if (this.travel.hidden) this.go_to_version(null);
		}, { "aria-expanded": false });
		return el("div.tools", {}, this.live, travel,
			button("Copy as curl", () => copy_curl(at(this.name, "/messages",
				{ last: 100, as_of: this.as_of }))),
			el("form.jump", { submit: (event) => {
				event.preventDefault();
				this.jump(Number(new FormData(event.target).get("seq")));
			} }, el("input", { name: "seq", type: "number", min: 1, required: true,
				"aria-label": "Go to message number", placeholder: "Go to #" })),
			button("Newest", () => this.newest()));
	}

	travel_bar() {
		const move = later(150, (value) => this.go_to_version(Number(value)));
		const input = (type, label) => el("input", { type, min: 1, "aria-label": label,
			input: (event) => {
				this.slider.value = this.number.value = event.target.value;
				move(event.target.value);
			} });
		this.slider = input("range", "Version");
		this.number = input("number", "Version number");
		this.of = el("span.soft");
		return this.travel = el("div.travel", { hidden: true }, "Version", this.number, this.of,
			this.slider, button("Now", () => this.go_to_version(null)));
	}

	show_version() {
		this.slider.max = this.number.max = Math.max(1, this.version);
		this.slider.value = this.number.value = this.as_of ?? this.version;
		this.of.textContent = `of ${grouped(this.version)}`;
		this.node.classList.toggle("past", this.as_of !== null);
	}

	go_to_version(version) {
		const as_of = version > 0 && version < this.version ? version : null;
		if (as_of === this.as_of) return;
		this.as_of = as_of;
		this.newest();
	}

	async begin(seq) {
		const { signal } = this;
		document.addEventListener("visibilitychange", () => this.follow(), { signal });
		signal.addEventListener("abort", () => this.tail?.abort());
		await (seq ? this.jump(seq) : this.newest());
		this.follow();
	}

	fetch(query) {
		return messages_of(this.name, { limit: PAGE, as_of: this.as_of, ...query }, this.signal);
	}

	make(raw) {
		const seq = Number(pieces(raw).get("seq"));
		return message_node(raw, this.name, view.first,
			button("Fork", () => make_session(`Fork up to message ${seq}`, "Fork", (name) =>
				call(at(this.name, "/fork"), { method: "POST",
					body: JSON.stringify({ upto: seq, id: name || undefined }) }))),
			button("curl", () => copy_curl(at(this.name, `/messages/${seq}`,
				{ as_of: this.as_of }))));
	}

	first() { return Number(this.rows.firstElementChild?.dataset.seq ?? 0); }
	last() { return Number(this.rows.lastElementChild?.dataset.seq ?? 0); }
	row(seq) { return this.rows.querySelector(`[data-seq="${seq}"]`); }
	below() { return this.scroller.scrollHeight - this.scroller.scrollTop; }

	/* Shows other messages: a page back, and one forth; the last call wins. */
	async replace(back, forth, place) {
		const turn = ++this.turn;
		try {
			const [older, newer] = await Promise.all([this.fetch({ ...back, order: "desc" }),
				forth && this.fetch(forth)]);
			if (turn !== this.turn) return;
			const { version, etag } = older;
			if (this.as_of === null) Object.assign(this, { version, etag });
			fill(this.rows, [...older.messages, ...newer?.messages ?? []]
				.map((raw) => this.make(raw)));
			fill(this.drafts);
			this.at_start = !older.more;
			this.at_end = !newer?.more;
			if (this.at_end) this.wait_for(0);
			this.settle();
			place();
			this.fill();
		} catch (error) {
			if (this.signal.aborted || turn !== this.turn) return;
			fill(this.rows);
			this.settle();
			fill(this.note, wrong_node(error));
		}
	}

	/* What follows from the rows that are shown now. */
	settle() {
		let day = "";
		for (const row of this.rows.children) {
			const its = new Date(row.dataset.time).toDateString();
			if (its === day) delete row.dataset.day;
			else row.dataset.day = time_text(day = its, { dateStyle: "full" });
		}
		this.note.textContent = this.rows.children.length ? "" : "There is no message here.";
		this.show_version();
	}

	newest() {
		return this.replace({}, null, () => {
			this.scroller.scrollTop = this.scroller.scrollHeight;
		});
	}

	jump(seq) {
		return this.replace({ before: seq + 1 }, { after: seq }, () => {
			const row = this.row(seq);
			if (!row) return toast(`Message ${seq} is not there.`);
			row.classList.add("target");
			row.scrollIntoView({ block: "center" });
			row.querySelector(".seq").focus({ preventScroll: true });
		});
	}

	async older() {
		const page = await this.fetch({ before: this.first(), order: "desc" });
		const below = this.below();
		this.rows.prepend(...page.messages.map((raw) => this.make(raw)));
		this.at_start = !page.more;
		for (; this.rows.children.length > MOST; this.at_end = false)
			this.rows.lastElementChild.remove();
		this.settle();
		this.scroller.scrollTop = this.scroller.scrollHeight - below;
	}

	async newer() {
		const page = await this.fetch({ after: this.last() });
		this.add(page.messages);
		this.at_end = !page.more;
		if (this.at_end) this.wait_for(0);
	}

	/* Appends what is not there yet, and forgets as much at the top. */
	add(found) {
		const last = this.last();
		this.rows.append(...found.map((raw) => this.make(raw))
			.filter((row) => Number(row.dataset.seq) > last));
		const below = this.below();
		for (; this.rows.children.length > MOST; this.at_start = false)
			this.rows.firstElementChild.remove();
		this.settle();
		this.scroller.scrollTop = this.scroller.scrollHeight - below;
	}

	/* Fetches what is about to be scrolled to. */
	async fill() {
		if (this.busy) return;
		this.busy = true;
		try {
			for (const { turn } = this; turn === this.turn && !this.signal.aborted;) {
				const { scrollTop, clientHeight } = this.scroller;
				if (!clientHeight || !this.first()) break;
				if (!this.at_start && scrollTop < NEAR) await this.older();
				else if (!this.at_end && this.below() - clientHeight < NEAR) await this.newer();
				else break;
			}
		} catch (error) {
			if (!this.signal.aborted) toast(error.message);
		}
		this.busy = false;
	}

	wait_for(count) {
		this.pending = count;
		this.pill.hidden = !count;
		this.pill.textContent = `${plural(count, "new message")} ↓`;
	}

	/* Follows while it is asked to and the page can be seen. */
	async follow() {
		this.tail?.abort();
		if (!this.live.firstChild.checked || document.hidden || this.signal.aborted) return;
		const { signal } = this.tail = new AbortController();
		for (let wait = 500; !signal.aborted; wait = Math.min(2 * wait, 15000)) {
			try {
				const response = await call(at(this.name, "/events"), { signal,
					headers: { ...(this.etag && { "Last-Event-ID": this.etag }) } });
				this.node.classList.add("follows");
				for await (const event of events(response)) {
					wait = 500;
					this.happened(event);
					if (event.event === "end") return;
				}
			} catch (error) {
				if (signal.aborted) return;
				if (error.status < 500) return toast(error.message);
			} finally {
				this.node.classList.remove("follows");
			}
			await pause(wait, signal);
		}
	}

	happened({ event, data, id }) {
		if (!event) return;
		if (event === "message") this.came(data);
		else if (event === "delete") this.went(JSON.parse(data).seqs);
		else if (event === "resync") this.newest();
		else if (event === "end")
			this.note.textContent = "This session has ended: it was erased, or it expired.";
		if (id) this.etag = id;
		this.version = Math.max(this.version, parseInt(id, 10) || 0);
		this.show_version();
		head_soon();
	}

	came(raw) {
		const { seq, type, data, updated_at } = JSON.parse(raw);
		const near = this.below() - this.scroller.clientHeight < 120;
		if (this.drafts.firstChild) {
			this.newest(); /* instead of the drafts */
		} else if (this.as_of === null && this.row(seq)) {
			this.row(seq).replaceWith(this.make(raw));
			this.settle();
		} else if (updated_at && seq <= this.last()) {
			return;
		} else if (this.as_of === null && this.at_end) {
			this.add([raw]);
			if (near) this.scroller.scrollTop = this.scroller.scrollHeight;
			else this.wait_for(this.pending + 1);
		} else this.wait_for(this.pending + 1);
		const words = typeof data?.content === "string" ? data.content : "a message";
		$("said").textContent = `${ROLES[type] ?? type}: ${visible(words.slice(0, 200))}`;
	}

	went(ranges) {
		for (const row of this.as_of === null ? this.rows.children : []) {
			const seq = Number(row.dataset.seq);
			if (row.classList.contains("gone") ||
				!ranges.some(([from, to]) => seq >= from && seq <= to)) continue;
			row.classList.add("gone");
			row.querySelector(".acts").before(el("i", {}, "deleted"));
		}
	}
}

const show_transcript = (root, signal, query) => {
	const shown = new Transcript(view.name, signal);
	fill(root, shown.node);
	return shown.begin(Number(query.get("at")));
};

/* --- what the model sees --- */

/* Runs `load` now and after each input; shows the nodes of the newest run. */
function show_form(root, signal, form, load) {
	const result = el("div.result", { "aria-live": "polite" });
	let turn = 0;
	const run = async () => {
		const mine = ++turn;
		const nodes = await load(Object.fromEntries(new FormData(form)))
			.catch((error) => [wrong_node(error)]);
		if (mine === turn && !signal.aborted) fill(result, nodes);
	};
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("input", later(250, run));
	fill(root, el("div.page", {}, form, result));
	return run();
}

/* Of the query of /load what a person may want to try, as documented. */
async function load_parameters(signal) {
	const all = await get("openapi.json", signal);
	const { parameters = [], get: operation } = all.paths["/sessions/{id}/load"];
	const resolved = (one) => one.$ref
		? resolved(one.$ref.split("/").slice(1).reduce((part, step) => part[step], all)) : one;
	return [...parameters, ...operation.parameters].map(resolved)
		.map((one) => ({ ...one, schema: resolved(one.schema) }))
		.filter((one) => one.in === "query" && !/_key$/.test(one.name));
}

const CLASSES = "buffer window token_buffer summary summary_buffer entity vector combined";

function parameter_node({ name, schema, description }) {
	const values = schema.enum ?? (schema.type === "boolean" ? [true, false] : null);
	return el("label", { title: description }, name, values
		? el("select", { name }, el("option", { value: "" }, "as kept"),
			values.map((value) => el("option", {}, value)))
		: el("input", { name, placeholder: schema.default, list: name === "class" && "classes",
			...(schema.type === "integer" && { type: "number", min: 0 }) }));
}

async function show_model(root, signal) {
	const { name } = view;
	const parameters = await load_parameters(signal);
	const fields = (often) => el("div.fields", {}, parameters.filter((one) => often ===
		/^(class|k|last|turns|start|align|max.*)$/.test(one.name)).map(parameter_node));
	const form = el("form.card", {},
		el("datalist", { id: "classes" },
			CLASSES.split(" ").map((value) => el("option", { value }))),
		fields(true), el("details", {}, el("summary", {}, "More"), fields(false)),
		field("Input of the next turn", { name: "input",
			placeholder: "for entity and vector" }));
	await show_form(root, signal, form, async ({ input, ...query }) => {
		const request = [at(name, "/load", query),
			input ? { method: "POST", body: JSON.stringify({ input }) } : {}];
		const { headers, ...response } = await call(request[0], { ...request[1], signal })
			.then(async (reply) => ({ headers: reply.headers, text: await reply.text() }));
		const figures = ["First-Seq", "Tokens", "Omitted"].map((which) =>
			headers.get(`Chatmem-${which}`));
		const texts = [...pieces(response.text)].map(([member, json]) => {
			const value = JSON.parse(json);
			return [el("h3", {}, member), typeof value === "string"
				? text_node(value, "pre") : json_node(value)];
		});
		return [figures[2] === null ? el("p.soft", {}, "No window: all that the memory gives.")
			: await figure_nodes(name, figures.map(Number)), texts,
		button("Copy as curl", () => copy_curl(...request)),
		figures[2] === null ? [] : await edge_nodes(name, Number(figures[0]), query.as_of,
			signal)];
	});
}

async function figure_nodes(name, [first, tokens, omitted]) {
	const { message_count: count } = await get(at(name));
	const part = el("span");
	part.style.width = `${100 * omitted / Math.max(1, count)}%`;
	return [el("p.figures", {}, el("b", {}, plural(tokens, "token")),
		el("span", {}, first ? ["from ", el("a", { href: session_hash(name, "transcript",
			first) }, `#${first}`), " on"] : "nothing found room"),
		el("span", {}, `${plural(omitted, "message")} of ${grouped(count)} left out`)),
	el("div.share", {}, part)];
}

/* The messages around the place where the window begins. */
async function edge_nodes(name, first, as_of, signal) {
	view.first = first;
	if (!first) return [];
	const pages = await Promise.all([
		messages_of(name, { before: first, order: "desc", limit: 2, as_of }, signal),
		messages_of(name, { after: first - 1, limit: 2, as_of }, signal)]);
	return [el("h3", {}, "Where it begins"), el("div.around", {}, pages.flatMap((page) =>
		page.messages).map((raw) => message_node(raw, name, first)))];
}

/* --- chat --- */

async function show_chat(root, signal) {
	const shown = new Transcript(view.name, signal);
	const status = el("p.wrong", { role: "alert" });
	const text = el("textarea", { rows: 2, required: true, dir: "auto",
		"aria-label": "Your message", placeholder: "Your message", keydown: (event) => {
			if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
			event.preventDefault();
			if (!send.disabled) form.requestSubmit();
		} });
	const model = el("input", { "aria-label": "Model", placeholder: "model" });
	const send = el("button.first", {}, "Send");
	const form = el("form.compose", { submit: async (event) => {
		event.preventDefault();
		send.disabled = true;
		status.textContent = "";
		await chat_turn(shown, text.value, model.value).then(() => { text.value = ""; },
			(error) => { status.textContent = visible(error.message); });
		await shown.newest();
		send.disabled = false;
		text.focus();
	} }, status, text, el("div.acts", {}, model, send));
	shown.node.append(form);
	fill(root, shown.node);
	shown.begin();
	await get("v1/models", signal).catch((error) => {
		status.textContent = visible(error.message);
		shown.scroller.scrollTop = shown.scroller.scrollHeight;
		text.disabled = model.disabled = send.disabled = error.status === 501;
	});
}

async function chat_turn(shown, input, model) {
	const answer = el("div.text", { dir: "auto" });
	const draft = (kind, content) => el(`article.${kind}.draft`, {},
		el("header", {}, el("strong", {}, ROLES[kind])), el("div.body", {}, content));
	fill(shown.drafts, draft("human", text_node(input)), draft("ai", answer));
	const response = await call(at(shown.name, "/chat", { stream: true }), { method: "POST",
		body: JSON.stringify({ input, model: model || undefined }), signal: shown.signal });
	for await (const { data } of events(response)) {
		const { delta, error } = JSON.parse(data || "{}");
		if (error) throw error;
		if (delta) answer.append(visible(delta));
		shown.scroller.scrollTop = shown.scroller.scrollHeight;
	}
}

/* --- search --- */

/* The words of a query stand out; case and accents apart, as they are found. */
function snippet_nodes(snippet, query) {
	const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
	const words = plain(query).match(/[\p{L}\p{N}]+/gu) ?? [];
	return snippet.split(/([\p{L}\p{N}\p{M}]+)/u).map((piece) =>
		words.some((word) => plain(piece).startsWith(word)) ? el("mark", {}, piece) : piece);
}

function show_search(root, signal, query) {
	const { name } = view;
	const path = name === null ? "search" : at(name, "/search");
	const form = el("form.card", { role: "search" },
		field(name === null ? "Words in any session" : "Words in this session", { name: "q",
			type: "search", autofocus: true, value: query.get("q") },
		'All words count; so do "a phrase" and a prefix*.'));
	return show_form(root, signal, form, async ({ q }) => {
		if (!q.trim()) return [];
		const { results } = await get(with_query(path, { q, limit: 50 }), signal);
		return results.length ? results.map(({ session, seq, snippet }) =>
			el("a.card.hit", { href: session_hash(session, "transcript", seq) },
				el("small", {}, name_node(session), ` #${seq}`),
				el("span", { dir: "auto" }, snippet_nodes(snippet, q))))
			: [el("p.soft", {}, "Nothing is like that.")];
	});
}

/* --- manage --- */

/*
 * The members of a merge patch that makes `after` of `before`: what stays keeps
 * its bytes, what is new goes as it was typed.
 */
function patch_of(before, after) {
	if (JSON.parse(after)?.constructor !== Object) throw new Error("An object is needed.");
	const [old, wanted] = [before, after].map(pieces);
	const members = [...wanted].filter(([name, value]) => old.get(name) !== value);
	for (const name of old.keys()) if (!wanted.has(name)) members.push([name, "null"]);
	return members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join();
}

function card(title, words, ...acts) {
	return el("div.card", {}, el("h3", {}, title), el("p", {}, words), el("div.acts", {}, acts));
}

async function show_manage(root, signal) {
	const { name } = view;
	const response = await call(at(name), { signal });
	const session = await response.json();
	const wrong = el("div.wrong");
	/* A button's work; all is looked at again if it has changed something. */
	const act = (run) => async (event) => {
		event.preventDefault();
		try {
			if (!await run(new FormData(form))) return;
			head_load();
			list_load(false, true);
			await show_manage(root, signal);
		} catch (error) {
			fill(wrong, wrong_node(error));
		}
	};
	const members = ["memory", "metadata"];
	const form = el("form.card", { submit: act(async (values) => {
		const body = members.map((member) => `"${member}":{${
			patch_of(pretty(session[member]), values.get(member))}}`);
		if (values.get("owner") !== (session.owner ?? ""))
			body.push(`"owner":${JSON.stringify(values.get("owner") || null)}`);
		const seconds = values.get("never") ? "null" : values.get("ttl");
		if (seconds) body.push(`"ttl_seconds":${seconds}`);
		await call(at(name), { method: "PATCH", body: `{${body}}`,
			headers: { "If-Match": response.headers.get("ETag") } });
		toast("Saved");
		return true;
	}) }, el("h3", {}, "Profile"),
	field("owner", { name: "owner", value: session.owner }),
	members.map((name) => el("label", {}, name, el("textarea", { name },
		pretty(session[name])))),
	field("ttl_seconds", { name: "ttl", type: "number", min: 1 },
		["It ends so long after its last write; now ",
			session.expires_at ? time_node(session.expires_at) : "never", "."]),
	session.expires_at && check("It never ends", { name: "never" }),
	wrong, el("div.acts", {}, el("button.first", {}, "Save")));

	const download = async () => {
		const href = URL.createObjectURL(await (await call(at(name, "/export"))).blob());
		el("a", { href, download: `${name}.ndjson` }).click();
		setTimeout(() => URL.revokeObjectURL(href), 60000);
	};
	const clear = async () => {
		if (!await dialog("Clear all messages?", el("p", {}, "The settings of ", name_node(name),
			" stay."), { ok: "Clear", kind: "danger" })) return false;
		const reply = await call(at(name, "/messages"), { method: "DELETE" });
		toast(`${plural((await reply.json()).deleted, "message")} cleared`);
		return true;
	};
	const erase = async () => {
		if (!await dialog("Erase for good?", [
			el("p", {}, "Type the name to erase it with all that it holds: ", name_node(name)),
			field("Name", { name: "name" })],
		{ ok: "Erase", kind: "danger", ready: (values) =>
		visible(values.get("name")) === visible(name) })) return;
		const reply = await call(at(name), { method: "DELETE" });
		toast(`Erased, with ${plural((await reply.json()).deleted_messages, "message")}`);
		list_load();
		go("#/");
	};
	fill(root, el("div.page", {}, form,
		card("Export", "Lines of JSON, as an import takes them.",
			button("Copy as curl", () => copy_curl(at(name, "/export"))),
			button("Download", act(download))),
		card("End", "What is cleared stays in time travel for a while; what is erased is gone.",
			button("Clear the messages", act(clear)),
			button("Erase the session", act(erase), { class: "danger" }))));
}

/* --- the server --- */

/* Prometheus' text: a map of name and labels to value. */
function reading_of(text) {
	return new Map([...text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)]
		.map(([, name, value]) => [name, Number(value)]));
}

const requests = (reading) => [...reading].reduce((sum, [name, value]) =>
	sum + (name.startsWith("chatmem_requests_total") && value), 0);

/* Milliseconds that this part of what came since then took, streams apart. */
function within(name, part) {
	const pattern = new RegExp(`^chatmem_${name}_seconds_bucket(?!.*/(events|chat)").*le="(.*?)"`);
	return (now, then) => {
		const counts = new Map();
		for (const [its, value] of now) {
			const bound = pattern.exec(its)?.[2].replace("+Inf", "Infinity");
			if (bound) counts.set(Number(bound), (counts.get(Number(bound)) ?? 0) + value -
				(then.get(its) ?? 0));
		}
		const rising = [...counts].sort(([a], [b]) => a - b);
		const all = rising.at(-1)?.[1];
		return all ? 1000 * rising.find(([, count]) => count >= part * all)[0] : null;
	};
}

const gauge = (name, unit = 1) => (now) => (now.get(`chatmem_${name}`) ?? 0) / unit;

const PLOTS = [
	["Requests a second", "", ["", (now, then, seconds) =>
		(requests(now) - requests(then)) / seconds]],
	["Answered within", "ms", ["half", within("request", 0.5)], ["99 %", within("request", 0.99)]],
	["Durable within", "ms", ["half", within("commit", 0.5)], ["99 %", within("commit", 0.99)]],
	["Waiting", "", ["writes", gauge("queue_jobs")], ["reads", gauge("scan_jobs")]],
	["Connections", "", ["open", gauge("connections")], ["tails", gauge("tails")]],
	["Write-ahead log", "MB", ["", gauge("wal_bytes", 1e6)]],
];
const POINTS = 60;

function plot_node([title, unit, ...series], points) {
	const most = Math.max(1e-9, ...points.flat().filter(Number.isFinite));
	const line = (_, index) => el(`polyline.line-${index}`, { points: points
		.map((point, x) => [x + POINTS - points.length, point[index]])
		.filter(([, y]) => Number.isFinite(y)).map(([x, y]) => [4 * x, 58 - 56 * y / most]) });
	const last = (index) => points.at(-1)[index]?.toLocaleString(undefined,
		{ maximumSignificantDigits: 3 }) ?? "–";
	return el("figure.card", {}, el("figcaption", {}, el("h3", {}, title), el("p", {},
		series.map(([label], index) => el(`span.line-${index}`, {}, label && `${label} `,
			el("b", {}, last(index)), unit && ` ${unit}`)))),
	el("svg", { viewBox: "0 0 236 60", preserveAspectRatio: "none", "aria-hidden": true },
		series.map(line)));
}

async function show_server(root, signal) {
	root.tabIndex = 0; /* it can be scrolled, and has nothing else to focus */
	const facts = el("p.figures");
	const plots = el("div.plots");
	fill(root, el("div.page", {}, facts, plots));
	const points = PLOTS.map(() => []);
	for (let then, at_then; !signal.aborted; await pause(points[0][1] ? 5000 : 1000, signal)) {
		if (document.hidden) continue;
		const now = await call("metrics", { signal }).then((reply) => reply.text())
			.then(reading_of, (error) => void fill(facts, wrong_node(error)));
		if (!now) continue;
		const state = await get("readyz", signal).then(({ status }) => status,
			({ message }) => message);
		const seconds = Math.max(1, performance.now() - at_then) / 1000;
		if (then) points.forEach((line, index) => {
			line.push(PLOTS[index].slice(2).map(([, value]) => value(now, then, seconds)));
			if (line.length > POINTS) line.shift();
		});
		[then, at_then] = [now, performance.now()];
		const version = /version="(.*?)"/.exec([...now.keys()].join())?.[1];
		const started = new Date(1000 * now.get("process_start_time_seconds")).toISOString();
		fill(facts, el("b", {}, state), el("span", {}, `version ${version}`),
			el("span", {}, "started ", time_node(started)));
		if (points[0].length) fill(plots, PLOTS.map((plot, index) =>
			plot_node(plot, points[index])));
	}
}

/* --- a session's head --- */

const head = { facts: el("p.facts"), tabs: el("nav.tabs", { "aria-label": "Views" }) };

async function head_load() {
	const { name } = view;
	if (name === null) return;
	const facts = await get(at(name)).then((session) => [
		plural(session.message_count, "message"), `version ${session.version}`,
		["active ", time_node(session.updated_at)],
		session.owner && ["owner ", name_node(session.owner)],
		session.expires_at && ["ends ", time_node(session.expires_at)],
		session.memory.class && `memory ${session.memory.class}`],
	(error) => [error.status === 404 ? "Nothing is stored under this name." : error.message]);
	if (name === view.name)
		fill(head.facts, facts.filter(Boolean).map((fact) => el("span", {}, fact)));
}

const head_soon = later(400, head_load);

function show_head(name) {
	view.name = name;
	view.first = 0;
	fill(head.facts);
	fill(head.tabs, Object.entries(TABS).map(([tab, [label]]) =>
		el("a", { href: session_hash(name, tab), "data-view": `/${tab}` }, label)));
	fill($("main"), el("header.head", {}, el("a.back", { href: "#/" }, "‹ Sessions"),
		el("h2", { dir: "auto" }, name), head.facts, head.tabs));
	head_load();
}

/* --- where we are --- */

const TABS = {
	__proto__: null,
	transcript: ["Transcript", show_transcript],
	model: ["What the model sees", show_model],
	chat: ["Chat", show_chat],
	search: ["Search", show_search],
	manage: ["Manage", show_manage],
};
const PLACES = { __proto__: null, search: show_search, server: show_server };

/* What is shown, and where the window begins that was last looked at. */
const view = { name: null, tab: "transcript", stop: new AbortController(), first: 0 };

function session_hash(name, tab = "transcript", seq) {
	return with_query(`#/s/${encodeURIComponent(name)}/${tab}`, { at: seq });
}

function go(hash) {
	if (location.hash === hash) show();
	else location.hash = hash;
}

function show_welcome(root) {
	fill(root, el("div.welcome", {}, el("h2", {}, "Every message, exactly as it came"),
		el("p", {}, "Pick a session, or make one by its first message:"),
		el("pre", {}, curl_of("sessions/alice/messages",
			{ body: '{"type":"human","content":"Hi!"}' }))));
}

function show() {
	const [path, query] = location.hash.slice(2).split("?");
	let kind, name, tab;
	try { [kind, name, tab] = path.split("/").map(decodeURIComponent); } catch { /* none */ }
	const session = kind === "s" && name;
	const root = el("div.view");
	locked = false;
	view.stop.abort();
	view.stop = new AbortController();
	if (session) {
		view.tab = tab in TABS ? tab : "transcript";
		if (view.name !== name) show_head(name);
		fill($("main"), $("main").firstElementChild, root);
	} else {
		view.name = null;
		fill($("main"), root);
	}
	document.body.dataset.pane = kind ? "main" : "side";
	document.title = session ? `${visible(name)} · chatmem` : "chatmem";
	for (const link of document.querySelectorAll("[data-view]"))
		link.ariaCurrent = link.dataset.view === (session ? `/${view.tab}` : kind) && "page";
	head.tabs.querySelector("[aria-current=page]")?.scrollIntoView({ inline: "nearest" });
	for (const row of $("list").children)
		row.ariaSelected = list.rows[row.id.slice(4)]?.id === view.name;
	const run = session ? TABS[view.tab][1] : PLACES[kind] ?? show_welcome;
	Promise.resolve(run(root, view.stop.signal, new URLSearchParams(query))).catch((error) => {
		if (error.name !== "AbortError") fill(root, wrong_node(error));
	});
}

/* --- light and dark --- */

const THEMES = ["Auto", "Light", "Dark"];

function use_theme(name) {
	const theme = THEMES.includes(name) ? name : "Auto";
	document.documentElement.dataset.theme = theme;
	$("theme").textContent = `◐ ${theme}`;
	kept(localStorage, "chatmem.theme.1", theme);
}

/* --- start --- */

list_load();
use_theme(kept(localStorage, "chatmem.theme.1"));
use_key(key, true);
$("theme").addEventListener("click", () =>
	use_theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % 3]));
$("key").addEventListener("click", async () => {
	if (key) use_key("");
	else if (!await ask_key()) return;
	locked = false;
	list_load();
	show();
});
$("new").addEventListener("click", () => make_session("New session", "Make it", (name) => name
	? call(at(name), { method: "PUT", body: "{}", headers: { "If-None-Match": "*" } })
	: call("sessions", { method: "POST" })));
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", later(200, () => list_load()));
$("list").addEventListener("keydown", list_key);
addEventListener("hashchange", show);

/* The list stays fresh while nobody has paged in it. */
setInterval(() => {
	if (!document.hidden && !locked && list.rows.length <= PAGE) list_load(false, true);
}, 15000);

show();
