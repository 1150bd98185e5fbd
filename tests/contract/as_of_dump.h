/* SPDX-License-Identifier: MIT */
/*
 * as_of_dump.h - all that can be read of a store, as lines of JSON that are
 * the same wherever the same was done.
 *
 * Ids of rows are left out: an engine may leave holes among them.
 */
#ifndef TESTS_CONTRACT_AS_OF_DUMP_H
#define TESTS_CONTRACT_AS_OF_DUMP_H

#include "core/store/change_feed.h"
#include "core/store/search_text.h"
#include "core/store/session_list.h"
#include "core/transfer/export.h"
#include "tests/contract/as_of_model.h"

static int dump_row(void *context, const struct message_row *row)
{
	struct text *out = context;

	text_format(out, "{\"seq\":%" PRId64 ",\"born\":%" PRId64 ",\"id\":\"",
		row->seq, row->born);
	text_slice(out, row->message.id);
	text_string(out, "\",\"mark\":\"");
	text_slice(out, row->mark);
	text_format(out,
		"\",\"created_at\":%" PRId64 ",\"updated_at\":%" PRId64
		",\"type\":%d,\"form\":%d,\"body\":",
		row->created_at, row->updated_at, row->message.type,
		row->message.form);
	text_slice(out, row->message.body);
	text_string(out, "}\n");
	return 0;
}

static int dump_change(void *context, const struct store_change *change)
{
	struct text *out = context;

	text_format(out,
		"{\"version\":%" PRId64 ",\"first\":%" PRId64
		",\"last\":%" PRId64 "}\n",
		change->version, change->row ? 0 : change->first,
		change->row ? 0 : change->last);
	return change->row ? dump_row(out, change->row) : 0;
}

/* What the session was at each version that is kept, and how it changed. */
static void dump_past(struct text *out, const struct session *session)
{
	const struct message_query query = { .limit = INT64_MAX };

	for (int64_t at = session->purged; at <= session_version(session);
		at++) {
		struct session view = *session;
		int64_t count;

		ok(store_session_as_of(store, &view, at, &error));
		ok(store_message_count(store, &view,
			(struct seq_range){ 1, INT64_MAX - 1 }, &count,
			&error));
		text_format(out,
			"{\"version\":%" PRId64 ",\"count\":%" PRId64 "}\n", at,
			count);
		ok(store_message_list(store, &view, &query,
			(struct message_visitor){ dump_row, out }, &error));
	}
	ok(store_change_feed(store, session, session->purged,
		(struct change_visitor){ dump_change, out }, &error));
}

static void dump_session(struct text *out, const char *name)
{
	struct session session = find(store, name);
	int64_t updated;

	if (session.id == 0)
		return;
	ok(store_session_updated(store, &session, &updated, &error));
	text_format(out,
		"{\"session\":\"%s\",\"mark\":\"%s\",\"version\":%" PRId64
		",\"messages\":%" PRId64 ",\"purged\":%" PRId64
		",\"updated_at\":%" PRId64 "}\n",
		name, session.mark, session_version(&session),
		session_message_count(&session), session.purged, updated);
	dump_past(out, &session);
}

static int dump_name(void *context, const struct session_row *row)
{
	text_string(context, "{\"listed\":\"");
	text_slice(context, row->name);
	text_format(context, "\",\"at\":%" PRId64 "}\n", row->updated_at);
	return 0;
}

static int dump_found(void *context, const struct search_row *row)
{
	text_string(context, "{\"found\":\"");
	text_slice(context, row->name);
	text_string(context, "\",\"row\":");
	return dump_row(context, &row->message);
}

static int dump_compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Hits that are as good as each other come as the engine finds them. */
static void dump_sorted(struct text *out, struct text *lines)
{
	char *found[100], *at = lines->data;
	size_t count = 0;

	for (char *end; count < 100 && at < lines->data + lines->length;
		at = end + 1) {
		end = memchr(
			at, '\n', (size_t)(lines->data + lines->length - at));
		*end = '\0';
		found[count++] = at;
	}
	if (count > 0)
		qsort(found, count, sizeof(*found), dump_compare_lines);
	for (size_t i = 0; i < count; i++)
		text_format(out, "%s\n", found[i]);
}

static void dump_words(struct text *out)
{
	for (int body = 1; body <= bodies; body += 7) {
		struct search_query query = {
			.limit = 100,
			.steps = 100000,
			.now = clock_ms,
		};
		struct text words = { 0 }, lines = { 0 };

		text_number(&words, body);
		query.text = text_view(&words);
		ok(store_search(store, &query,
			(struct search_visitor){ dump_found, &lines }, &error));
		dump_sorted(out, &lines);
		text_clear(&words);
		text_clear(&lines);
	}
}

static void dump_export(struct text *out)
{
	const struct export_step step = { store, clock_ms, SIZE_MAX / 2, out };
	struct exporter exporter;

	export_all(&exporter, SLICE(""));
	ok(store_begin(store, &error));
	while (!exporter.ended)
		ok(export_next(&exporter, &step, &error));
	store_rollback(store);
	export_clear(&exporter);
}

/* The caller clears `out`. */
static void dump_all(struct text *out)
{
	const struct session_query by_activity = { .now = clock_ms };
	const struct session_query by_name = { .has_prefix = true,
		.now = clock_ms };

	for (int i = 0; i < SESSIONS; i++)
		dump_session(out, all[i].name);
	ok(store_session_list(store, &by_activity,
		(struct session_visitor){ dump_name, out }, &error));
	ok(store_session_list(store, &by_name,
		(struct session_visitor){ dump_name, out }, &error));
	dump_words(out);
	dump_export(out);
}

/* FNV-1a: a name for it that fits on a line. */
static uint64_t hash_of(struct slice text)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
	return hash;
}

#endif
