/* SPDX-License-Identifier: MIT */
/*
 * file_dump.h - all that the store tells of the sessions in files/NNNN.db.gz,
 * as lines; the code that wrote the file wrote down the same.
 */
#ifndef TESTS_SQLITE_FILE_DUMP_H
#define TESTS_SQLITE_FILE_DUMP_H

#include "core/store/change_feed.h"
#include "core/store/idempotency.h"
#include "core/store/memory_state.h"
#include "core/store/search_text.h"
#include "core/store/session_list.h"
#include "core/transfer/export.h"
#include "schema/error.h"
#include "schema/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_NOW INT64_C(1800000000000) /* when it was written */

/* Names that are or were in it, and some that never were. */
static const char *const file_names[] = { "a", "b", "c", "heir", "dead", "wide",
	"o1", "o2", "o3", "v1", "v2", "short", "plain", "new", "none" };

struct file_dump {
	struct store *store;
	int64_t now;
	struct text out;
};

/* What the dump cannot do without. */
static inline void file_must(int result, const struct error *error)
{
	if (result == -1) {
		fprintf(stderr, "%s\n", error->message);
		abort();
	}
}

#define MUST(call)                           \
	do {                                 \
		struct error error_ = { 0 }; \
		struct error *why = &error_; \
		int result_ = (call);        \
		file_must(result_, why);     \
	} while (0)

static inline int file_dump_row(void *context, const struct message_row *row)
{
	struct text *out = context;

	text_format(out, "  %" PRId64 " born %" PRId64 " form %d type %d id ",
		row->seq, row->born, row->message.form, row->message.type);
	text_slice(out, row->message.id);
	text_string(out, " mark ");
	text_slice(out, row->mark);
	text_format(out, " at %" PRId64 " %" PRId64 " ", row->created_at,
		row->updated_at);
	text_slice(out, row->message.body);
	text_string(out, "\n");
	return 0;
}

static inline int file_dump_change(
	void *context, const struct store_change *change)
{
	text_format(context, " %" PRId64 ":", change->version);
	if (change->row)
		return file_dump_row(context, change->row);
	text_format(context, " without %" PRId64 " to %" PRId64 "\n",
		change->first, change->last);
	return 0;
}

static inline void file_dump_past(
	struct file_dump *dump, const struct session *session)
{
	const struct message_query all = { .limit = INT64_MAX };
	const int64_t end = session_version(session);

	for (int64_t at = session->purged; at <= end; at++) {
		struct session view = *session;
		int64_t count;

		MUST(store_session_as_of(dump->store, &view, at, why));
		MUST(store_message_count(dump->store, &view,
			(struct seq_range){ 1, INT64_MAX - 1 }, &count, why));
		text_format(&dump->out,
			" version %" PRId64 " has %" PRId64 "\n", at, count);
		MUST(store_message_list(dump->store, &view, &all,
			(struct message_visitor){ file_dump_row, &dump->out },
			why));
	}
	MUST(store_change_feed(dump->store, session, session->purged,
		(struct change_visitor){ file_dump_change, &dump->out }, why));
}

static inline int file_dump_item(void *context, int64_t seq, struct slice bytes)
{
	text_format(context, " %" PRId64 "=", seq);
	text_slice(context, bytes);
	return 0;
}

static inline void file_dump_states(
	struct file_dump *dump, const struct session *session)
{
	const struct state_key keys[] = {
		{ session, SLICE("summary"), SLICE("history") },
		{ session, SLICE("vector"), SLICE("history") },
		{ session, SLICE("entity"), SLICE("notes") },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct session_state state;
		struct text room = { 0 };

		MUST(store_memory_state_find(
			dump->store, &keys[i], &room, &state, why));
		text_format(&dump->out, " state %" PRId64 " %" PRId64 " ",
			state.seq, state.edits);
		text_slice(&dump->out, state.bytes);
		MUST(store_memory_item_list(dump->store, &keys[i],
			(struct item_visitor){ file_dump_item, &dump->out },
			why));
		text_string(&dump->out, "\n");
		text_clear(&room);
	}
}

static inline int file_dump_reply(
	void *context, const struct idempotency_record *reply)
{
	text_format(context, " reply %d%s ", reply->status,
		reply->session ? " of a session" : "");
	text_slice(context, reply->etag);
	text_slice(context, reply->location);
	text_slice(context, reply->body);
	text_string(context, "\n");
	return 0;
}

static inline void file_dump_session(struct file_dump *dump, const char *name)
{
	const struct idempotency_newest any = { 0 };
	struct session_profile profile;
	struct text room = { 0 };
	struct erasure erasure;
	struct session session;

	MUST(store_erase_find(dump->store,
		(struct session_ref){ SLICE(""), slice_of(name) }, &erasure,
		why));
	text_format(&dump->out, "%s erased %" PRId64 " %" PRId64 "\n", name,
		erasure.deleted, erasure.erased_at);
	MUST(store_session_find(dump->store,
		(struct session_ref){ SLICE(""), slice_of(name) }, dump->now,
		&session, why));
	if (session.id == 0)
		return;
	MUST(store_session_profile(
		dump->store, &session, &room, &profile, why));
	text_format(&dump->out,
		"%s %s version %" PRId64 " messages %" PRId64 " purged %" PRId64
		" from %" PRId64 " to %" PRId64 " ttl %" PRId64
		" retain %" PRId64 " ",
		name, session.mark, session_version(&session),
		session_message_count(&session), session.purged,
		session.created_at, session.touched_at, profile.ttl_seconds,
		profile.retain_retired);
	text_slice(&dump->out, profile.owner);
	text_slice(&dump->out, profile.memory);
	text_slice(&dump->out, profile.metadata);
	text_string(&dump->out, "\n");
	file_dump_past(dump, &session);
	file_dump_states(dump, &session);
	MUST(store_idempotency_newest(dump->store, &session, &any,
		(struct idempotency_visitor){ file_dump_reply, &dump->out },
		why));
	text_clear(&room);
}

static inline void file_dump_replies(struct file_dump *dump)
{
	static const char *const keys[] = { "with", "without", "gone", "old",
		"of o1" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		text_format(&dump->out, "key %s\n", keys[i]);
		MUST(store_idempotency_find(dump->store,
			&(struct idempotency_query){
				{ SLICE(""), slice_of(keys[i]) }, 0,
				dump->now },
			(struct idempotency_visitor){
				file_dump_reply, &dump->out },
			why));
	}
}

static inline int file_dump_listed(void *context, const struct session_row *row)
{
	if (row->hidden)
		return 0;
	text_string(context, " ");
	text_slice(context, row->name);
	text_format(context, "@%" PRId64, row->updated_at);
	return 0;
}

static inline void file_dump_lists(struct file_dump *dump)
{
	const struct session_tag tag = { SLICE("t"), SLICE("1") };
	const struct session_query queries[] = {
		{ .now = dump->now },
		{ .now = dump->now, .has_prefix = true },
		{ .now = dump->now, .owner = SLICE("u") },
		{ .now = dump->now, .tags = &tag, .tag_count = 1 },
	};

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		text_string(&dump->out, "list");
		MUST(store_session_list(dump->store, &queries[i],
			(struct session_visitor){
				file_dump_listed, &dump->out },
			why));
		text_string(&dump->out, "\n");
	}
}

static inline int file_dump_found(void *context, const struct search_row *row)
{
	text_string(context, " in ");
	text_slice(context, row->name);
	return file_dump_row(context, &row->message);
}

static inline void file_dump_words(struct file_dump *dump)
{
	static const char *const words[] = { "one", "two", "edited", "own",
		"dead", "secret" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const struct search_query query = { .text = slice_of(words[i]),
			.limit = 50,
			.steps = 100000,
			.now = dump->now };

		text_format(&dump->out, "word %s\n", words[i]);
		MUST(store_search(dump->store, &query,
			(struct search_visitor){ file_dump_found, &dump->out },
			why));
	}
}

static inline void file_dump_export(struct file_dump *dump)
{
	const struct export_step step = { dump->store, dump->now, SIZE_MAX / 2,
		&dump->out };
	struct exporter exporter;

	export_all(&exporter, SLICE(""));
	MUST(store_begin(dump->store, why));
	while (!exporter.ended)
		MUST(export_next(&exporter, &step, why));
	store_rollback(dump->store);
	export_clear(&exporter);
}

/* `store` is a reader's handle; the caller clears dump->out. */
static inline void file_dump(struct file_dump *dump)
{
	for (size_t i = 0; i < sizeof(file_names) / sizeof(*file_names); i++)
		file_dump_session(dump, file_names[i]);
	file_dump_replies(dump);
	file_dump_lists(dump);
	file_dump_words(dump);
	file_dump_export(dump);
}

#endif
