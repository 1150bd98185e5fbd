/* SPDX-License-Identifier: MIT */
/* export.c - sessions as lines of JSON, bit by bit. */
#include "core/transfer/export_line.h"

#include <assert.h>
#include <string.h>

#include "core/store/archive.h"
#include "core/store/session_list.h"
#include "schema/error.h"
#include "schema/json/write.h"

/* A session that retains nothing may change whenever it is written. */
#define ATTEMPTS_MOST 8

/* Some milliseconds' worth of what has expired and is there yet. */
#define SKIPPED_MOST 1000

/* The line that names them is no longer than a message may be. */
#define DAMAGES_MOST 1000

void export_all(struct exporter *exporter, struct slice tenant)
{
	*exporter = (struct exporter){ .tenant = tenant };
}

int export_one(struct exporter *exporter, struct slice tenant,
	struct slice name, struct error *error)
{
	*exporter = (struct exporter){ .tenant = tenant, .one = true };
	text_slice(&exporter->name, name);
	return exporter->name.failed ? error_out_of_memory(error) : 0;
}

void export_clear(struct exporter *exporter)
{
	text_clear(&exporter->name);
	text_clear(&exporter->damages);
}

/* --- what is damaged ---------------------------------------------------- */

void export_write_damage(
	struct text *out, struct slice name, int64_t seq, const char *sentence)
{
	json_begin_object(out);
	if (name.length > 0)
		json_member_string(out, "session", name);
	if (seq > 0)
		json_member_number(out, "seq", seq);
	json_member_string(out, "message", slice_of(sentence));
	json_end_object(out);
}

static void export_note_damage(struct exporter *exporter, struct slice name,
	int64_t seq, const char *sentence)
{
	struct text *out = &exporter->damages;

	if (exporter->report)
		exporter->report(sentence);
	if (exporter->damaged++ >= DAMAGES_MOST)
		return;
	if (out->length > 0)
		text_append(out, ",", 1);
	export_write_damage(out, name, seq, sentence);
}

void export_pass_page(struct exporter *exporter, const char *sentence)
{
	exporter->halts = false;
	export_note_damage(exporter, SLICE(""), 0, sentence);
}

/* The messages that are left of the session at hand are not written. */
static void export_lose_rest(struct exporter *exporter, const char *sentence)
{
	export_note_damage(exporter, text_view(&exporter->name), 0, sentence);
	exporter->lost += exporter->left;
	exporter->left = 0;
	exporter->seq = exporter->last_seq;
}

/* --- from session to session ------------------------------------------ */

/* The statement borrows the name before, so the next one has its own text. */
struct export_opening {
	struct exporter *exporter;
	struct text name;
	struct text *out;
	bool stopped; /* else there is no other */
};

static int export_open_session(void *context, const struct session_row *row)
{
	struct export_opening *opening = context;
	struct exporter *exporter = opening->exporter;

	if (exporter->one &&
		!slice_equal(row->name, text_view(&exporter->name)))
		return 1;
	if (row->hidden && ++exporter->skipped < SKIPPED_MOST)
		return 0;
	opening->stopped = true;
	text_slice(&opening->name, row->name);
	if (row->hidden)
		return 1;
	exporter->session = row->session.id;
	exporter->version = session_version(&row->session);
	exporter->seq = 0;
	exporter->last_seq = row->session.last_seq;
	exporter->left = session_message_count(&row->session);
	memcpy(exporter->mark, row->session.mark, sizeof(exporter->mark));
	export_line_session(opening->out, row);
	return 1;
}

static void export_pass_session(
	void *context, struct slice name, const struct error *why)
{
	struct export_opening *opening = context;

	export_note_damage(opening->exporter, name, 0, why->message);
	opening->exporter->skipped++;
}

/* Opens the session `name` itself, or the one after it. */
static int export_next_session(struct exporter *exporter,
	const struct export_step *step, bool itself, struct error *error)
{
	struct session_query query = {
		.tenant = exporter->tenant,
		.has_prefix = true,
		.chains = true,
		.now = step->now,
		.damaged = export_pass_session,
		.passes_pages = !exporter->halts,
	};
	struct export_opening opening = { .exporter = exporter,
		.out = step->out };

	if (itself)
		query.prefix = text_view(&exporter->name);
	else
		query.after.name = text_view(&exporter->name);
	if (store_session_list(step->store, &query,
		    (struct session_visitor){ export_open_session, &opening },
		    error)) {
		text_clear(&opening.name);
		return -1;
	}
	exporter->ended = !opening.stopped;
	if (opening.stopped) {
		text_clear(&exporter->name);
		exporter->name = opening.name;
	}
	return exporter->name.failed ? error_out_of_memory(error) : 0;
}

static void export_close_session(struct exporter *exporter, struct text *out)
{
	if (exporter->lost > 0)
		export_line_lost(out, exporter);
	exporter->lost = 0;
	exporter->session = 0;
	exporter->attempts = 0;
	exporter->ended = exporter->one;
}

/* --- messages --------------------------------------------------------- */

/* Its list ended before there were as many as it counts. */
static void export_lose_uncounted(struct exporter *exporter)
{
	struct error sentence = { 0 };

	error_describe(&sentence, ERROR_DAMAGED,
		"%lld messages of session \"%.*s\" are lost",
		(long long)exporter->left,
		SLICE_SHORT(text_view(&exporter->name)));
	export_lose_rest(exporter, sentence.message);
}

struct export_writing {
	struct exporter *exporter;
	struct store *store;
	const struct session *session;
	struct text *out;
	size_t end; /* of the bit */
	struct error *error;
	bool failed;
};

static bool export_is_full(const struct export_writing *writing)
{
	return writing->out->length >= writing->end || writing->out->failed;
}

/* Writes a row; is the bit full then? */
static int export_write_archived(void *context, const struct message_row *row)
{
	struct export_writing *writing = context;

	export_line_message(writing->out, writing->session, row);
	writing->exporter->seq = row->seq;
	return export_is_full(writing);
}

/* Notes a damaged row. */
static void export_pass_archived(
	void *context, int64_t seq, const struct error *why)
{
	struct export_writing *writing = context;
	struct exporter *exporter = writing->exporter;

	export_note_damage(
		exporter, text_view(&exporter->name), seq, why->message);
	exporter->seq = seq;
}

/* Writes what is archived of the seqs before this one; false: not all of it. */
static bool export_write_gap(struct export_writing *writing, int64_t before)
{
	const struct message_query query = {
		.after = writing->exporter->seq,
		.before = before,
		.limit = INT64_MAX - 1,
		.damaged = export_pass_archived,
	};

	if (query.after + 1 >= before)
		return true;
	if (store_archive_list(writing->store, writing->session, &query,
		    (struct message_visitor){ export_write_archived, writing },
		    writing->error)) {
		writing->failed = true;
		return false;
	}
	return !export_is_full(writing);
}

static int export_write_row(void *context, const struct message_row *row)
{
	struct export_writing *writing = context;

	if (!export_write_gap(writing, row->seq))
		return 1;
	writing->exporter->left--;
	return export_write_archived(context, row);
}

static void export_pass_message(
	void *context, int64_t seq, const struct error *why)
{
	struct export_writing *writing = context;

	export_pass_archived(context, seq, why);
	writing->exporter->left--;
	writing->exporter->lost++;
}

/* The lines that were written of it cannot be gone on with. */
static int export_drop_session(struct exporter *exporter,
	const struct export_step *step, bool erased, struct error *error)
{
	export_line_dropped(step->out, exporter);
	exporter->session = 0;
	exporter->lost = 0;
	if (erased) {
		export_close_session(exporter, step->out);
		return 0;
	}
	if (++exporter->attempts == ATTEMPTS_MOST)
		return error_set(error, ERROR_UNAVAILABLE,
			"a session that retains nothing changes too often");
	return export_next_session(exporter, step, true, error);
}

/* The messages behind the last that was written, in order. */
static int export_write_rest(struct export_writing *writing)
{
	struct exporter *exporter = writing->exporter;
	const struct message_query query = {
		.after = exporter->seq,
		.limit = INT64_MAX - 1,
		.damaged = export_pass_message,
	};
	const int64_t from = exporter->seq;

	if (store_message_list(writing->store, writing->session, &query,
		    (struct message_visitor){ export_write_row, writing },
		    writing->error) ||
		writing->failed)
		return -1;
	if (exporter->left == 0 &&
		export_write_gap(writing, exporter->last_seq + 1))
		exporter->seq = exporter->last_seq;
	if (writing->failed)
		return -1;
	if (exporter->seq == from)
		export_lose_uncounted(exporter);
	return 0;
}

/* `end` is where in step->out the step ends. */
static int export_write_messages(struct exporter *exporter,
	const struct export_step *step, size_t end, struct error *error)
{
	struct session session;
	struct export_writing writing = {
		.exporter = exporter,
		.store = step->store,
		.session = &session,
		.out = step->out,
		.end = end,
		.error = error,
	};

	if (store_session_find(step->store,
		    (struct session_ref){
			    exporter->tenant, text_view(&exporter->name) },
		    step->now, &session, error))
		return -1;
	if (session.id != exporter->session ||
		exporter->version < session.purged)
		return export_drop_session(
			exporter, step, session.id != exporter->session, error);
	return store_session_as_of(
		       step->store, &session, exporter->version, error) ||
			       export_write_rest(&writing)
		       ? -1
		       : 0;
}

/* A session on a damaged page ends there, unless the caller knows better. */
static int export_write_some(struct exporter *exporter,
	const struct export_step *step, size_t end, struct error *error)
{
	if (export_write_messages(exporter, step, end, error) == 0)
		return 0;
	if (error->code != ERROR_DAMAGED || exporter->halts)
		return -1;
	export_lose_rest(exporter, error->message);
	*error = (struct error){ 0 };
	return 0;
}

int export_next(struct exporter *exporter, const struct export_step *step,
	struct error *error)
{
	const struct text *out = step->out;
	const size_t end = out->length + step->bytes;

	assert(step->bytes > 0);
	exporter->skipped = 0;
	while (!exporter->ended && out->length < end && !out->failed &&
		exporter->skipped < SKIPPED_MOST) {
		if (exporter->session == 0
				? export_next_session(
					  exporter, step, exporter->one, error)
				: export_write_some(exporter, step, end, error))
			return -1;
		if (exporter->session != 0 && exporter->left <= 0 &&
			exporter->seq >= exporter->last_seq)
			export_close_session(exporter, step->out);
	}
	if (exporter->ended && exporter->damaged > 0)
		export_line_damages(step->out, exporter);
	return out->failed ? error_out_of_memory(error) : 0;
}
