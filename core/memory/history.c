/* SPDX-License-Identifier: MIT */
/* history.c - the history as memory classes see it, and its words. */
#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "core/memory/shown.h"
#include "core/store/search_text.h"
#include "schema/forms/form.h"
#include "schema/json/write.h"
#include "schema/memory/prefixes.h"
#include "schema/tokens/tokens.h"

static const struct message *history_message_of(
	const struct memory_message *message)
{
	return &((const struct message_row *)message->row)->message;
}

static struct format_prefixes history_prefixes_of(const struct class_run *self)
{
	struct format_prefixes prefixes = settings_prefixes(self->settings);

	prefixes.names_media = self->run->scope->verbatim;
	return prefixes;
}

void memory_host_line(struct memory *memory,
	const struct memory_message *message, struct text *out)
{
	struct format_prefixes prefixes =
		history_prefixes_of(class_run_of(memory));

	prefixes.names_media = true;
	format_text(out, history_message_of(message), &prefixes, FORMAT_PLAIN);
}

void memory_host_content(struct memory *memory,
	const struct memory_message *message, struct text *out)
{
	struct text content = { 0 };

	(void)memory;
	search_text(&content, history_message_of(message));
	text_slice(out, text_view(&content));
	out->failed |= content.failed;
	text_clear(&content);
}

void memory_host_stored(struct memory *memory,
	const struct memory_message *message, struct text *out)
{
	(void)memory;
	json_begin_object(out);
	format_langchain(out, history_message_of(message));
	json_end_object(out);
}

/* It was found good when the class was found. */
static const struct tokenizer *history_tokenizer_of(
	const struct class_run *self)
{
	return memory_tokenizer(self->run->scope->memories, self->settings);
}

/* --- one after the other ------------------------------------------------ */

struct history_visit {
	struct class_run *self;
	int (*visit)(void *context, const struct memory_message *message);
	void *context;
	const struct tokenizer *tokenizer;
	bool failed;
};

static int history_visit_row(void *context, const struct message_row *row)
{
	struct history_visit *visit = context;
	const struct memory_message message = {
		.seq = row->seq,
		.type = message_type_name(row->message.type),
		.tokens = tokens_count(&row->message, visit->tokenizer),
		.row = row,
	};

	visit->failed = message.tokens < 0;
	return visit->failed || visit->visit(visit->context, &message);
}

static int history_visited(const struct history_visit *visit, int result)
{
	if (result)
		return class_run_failed(visit->self);
	if (visit->failed)
		return class_run_out_of_memory(visit->self);
	return MEMORY_DONE;
}

/* Nothing beyond what the first run saw. */
static int64_t history_bound(const struct memory_run *run, int64_t before)
{
	return before == 0 || before > run->upto ? run->upto + 1 : before;
}

int memory_host_each(struct memory *memory, int64_t after, int64_t before,
	int (*visit)(void *context, const struct memory_message *message),
	void *context)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;
	struct history_visit each = { self, visit, context,
		history_tokenizer_of(self), false };
	const struct message_query query = {
		.after = after,
		.before = history_bound(run, before),
		.limit = INT64_MAX,
	};

	int result;

	if (class_run_enter_store(self))
		return MEMORY_FAILED;
	if (run->session->id == 0)
		return MEMORY_DONE;
	run->visiting = true;
	result = store_message_list(run->scope->store, run->session, &query,
		(struct message_visitor){ history_visit_row, &each },
		run->error);
	run->visiting = false;
	return history_visited(&each, result);
}

struct history_lines {
	struct memory *memory;
	struct text *out;
	bool begun;
};

static int history_add_line(void *context, const struct memory_message *message)
{
	struct history_lines *lines = context;

	if (lines->begun)
		text_append(lines->out, "\n", 1);
	lines->begun = true;
	memory_host_line(lines->memory, message, lines->out);
	return 0;
}

int memory_host_lines(
	struct memory *memory, int64_t after, int64_t before, struct text *out)
{
	struct history_lines lines = { memory, out, false };

	return memory_host_each(
		memory, after, before, history_add_line, &lines);
}

static int history_note_seq(void *context, const struct message_row *row)
{
	*(int64_t *)context = row->seq;
	return 0;
}

int memory_host_back(
	struct memory *memory, int64_t before, int64_t count, int64_t *after)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;
	const struct message_query query = {
		.before = history_bound(run, before),
		.limit = count,
		.descending = true,
	};
	int64_t first = query.before;

	*after = query.before - 1;
	if (class_run_enter_store(self))
		return MEMORY_FAILED;
	if (run->session->id == 0 || count <= 0)
		return MEMORY_DONE;
	if (store_message_list(run->scope->store, run->session, &query,
		    (struct message_visitor){ history_note_seq, &first },
		    run->error))
		return class_run_failed(self);
	*after = first - 1;
	return MEMORY_DONE;
}

/* --- memory variables --------------------------------------------------- */

static void history_write_line(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	format_text(out, &row->message, context, FORMAT_JSON);
}

/* The nearer of two limits; a negative one is none. */
static int64_t history_nearer(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int history_write_messages(struct class_run *self,
	const struct memory_range *range, struct history_page *page)
{
	const struct memory_scope *scope = self->run->scope;
	struct session *session = self->run->session;
	struct window window = scope->window;

	window.tokenizer = history_tokenizer_of(self);
	window.last = history_nearer(range->last, window.last);
	window.max_tokens =
		history_nearer(range->max_tokens, window.max_tokens);
	if (!window_is_set(&window))
		return history_write(scope->store, session, page,
			self->run->out, self->run->error);
	page->window = &window;
	page->figures = scope->figures;
	return window_write(
		scope->store, session, page, self->run->out, self->run->error);
}

/* A system message, as LangChain makes one of a summary. */
static void history_write_system(
	struct text *out, struct slice front, const struct shown *shown)
{
	struct text data = { 0 };
	struct message message = { .form = MESSAGE_STORED,
		.type = MESSAGE_SYSTEM };

	json_begin_object(&data);
	json_member_string(&data, "content", front);
	json_member(&data, "additional_kwargs", SLICE("{}"));
	json_member(&data, "response_metadata", SLICE("{}"));
	json_end_object(&data);
	message.body = text_view(&data);
	out->failed |= data.failed;
	if (!out->failed)
		shown_write_made(out, &message, shown);
	text_clear(&data);
}

static void history_write_front(struct text *out, const struct shown *shown,
	bool bare, struct slice front)
{
	if (shown != NULL) {
		history_write_system(out, front, shown);
		return;
	}
	if (!bare)
		text_string(out, "System: ");
	text_json_inner(out, front);
}

/* Writes what is in front, and the history behind it. */
static int history_write_variable(struct class_run *self,
	const struct memory_range *range, const struct shown *shown)
{
	const struct format_prefixes prefixes = history_prefixes_of(self);
	struct text *out = self->run->out;
	struct history_page page = {
		.query = { .after = range->after,
			.before = history_bound(self->run, 0),
			.limit = INT64_MAX },
		.max_bytes = self->run->scope->max_bytes,
		.separator = shown ? SLICE(",") : SLICE("\\n"),
		.write = shown ? shown_write : history_write_line,
		.context = shown ? (const void *)shown : &prefixes,
		.marks = shown ? shown->marks : NULL,
	};
	const size_t start = out->length;
	size_t end;

	if (range->front.data != NULL)
		history_write_front(out, shown, range->bare, range->front);
	end = out->length;
	if (end > start)
		text_slice(out, page.separator);
	if (history_write_messages(self, range, &page))
		return class_run_failed(self);
	if (page.count == 0)
		out->length = end;
	else if (end > start)
		end += page.separator.length;
	if (shown != NULL && page.count > 0 && !out->failed)
		shown_finish(out, end, shown, &page);
	return page.more && memory_too_large(self->run->scope, self->run->error)
		       ? class_run_failed(self)
		       : MEMORY_DONE;
}

int memory_host_history(struct memory *memory, const struct memory_range *range)
{
	struct class_run *self = class_run_of(memory);
	const struct memory_scope *scope = self->run->scope;
	struct text *out = self->run->out;
	const bool list = self->settings->return_messages;
	struct text marks = { 0 };
	const struct shown shown = {
		.form = scope->verbatim	      ? NULL
			: scope->form != NULL ? scope->form
					      : form_default(),
		.marks = &marks,
	};
	int result;

	if (class_run_in_variable(self))
		return MEMORY_FAILED;
	if (out == NULL)
		return MEMORY_DONE;
	if (class_run_enter_store(self))
		return MEMORY_FAILED;
	(list ? json_begin_array : json_begin_string)(out);
	result = history_write_variable(self, range, list ? &shown : NULL);
	(list ? json_end_array : json_end_string)(out);
	text_clear(&marks);
	return result;
}
