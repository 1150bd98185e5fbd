/* SPDX-License-Identifier: MIT */
/* import.c - lines become sessions again. */
#include "core/transfer/import.h"

#include <string.h>

#include "core/store/restore.h"
#include "core/transfer/import_line.h"
#include "schema/error.h"

/* --- the session at hand ---------------------------------------------- */

/* True if it is here as its line says, but for messages that are to come. */
bool import_may_follow(const struct importer *importer)
{
	return importer->session.edits == importer->edits;
}

static bool import_lacks_messages(const struct importer *importer)
{
	return importer->session_name.length > 0 && !importer->gone &&
	       import_may_follow(importer) &&
	       session_message_count(&importer->session) < importer->count;
}

void import_forget_session(struct importer *importer)
{
	importer->session_name.length = 0;
	importer->stored = 0;
	importer->made = false;
	importer->gone = false;
}

/* A version 0 is no session: none of its messages has come with its line. */
static int import_unmake_session(struct importer *importer, struct error *error)
{
	importer->sessions--;
	return store_session_erase(
		importer->store, &importer->session, importer->now, error);
}

/* Writes what was counted while its messages were stored. */
static int import_settle_session(struct importer *importer, struct error *error)
{
	struct session *session = &importer->session;
	int64_t last_seq = session->last_seq;

	if (importer->stored == 0 && !importer->made)
		return 0;
	if (session_message_count(session) == importer->count &&
		last_seq < importer->last_seq)
		last_seq = importer->last_seq;
	if (last_seq + session->edits == 0)
		return import_unmake_session(importer, error);
	if (session->touched_at < importer->updated_at)
		session->touched_at = importer->updated_at;
	return store_session_settle(importer->store, session, last_seq, error);
}

int import_end_session(struct importer *importer, struct error *error)
{
	if (import_lacks_messages(importer))
		return error_set(error, ERROR_INVALID,
			"%lld of the %lld messages of session \"%.*s\" are "
			"missing before it",
			(long long)(importer->count -
				    session_message_count(&importer->session)),
			(long long)importer->count,
			SLICE_SHORT(importer->session_name));
	if (import_settle_session(importer, error))
		return -1;
	import_forget_session(importer);
	return 0;
}

/* --- session lines ---------------------------------------------------- */

static int import_make_session(struct importer *importer,
	const struct session_line *line, struct error *error)
{
	struct session as = {
		.edits = line->version - line->last_seq,
		.created_at = line->created_at,
		.touched_at = line->updated_at,
	};

	importer->sessions++;
	memcpy(as.mark, line->mark, sizeof(as.mark));
	importer->made = true;
	return store_session_restore(importer->store,
		(struct session_ref){
			importer->tenant, text_view(&line->name) },
		&(struct session_image){ &as, &line->draft.profile },
		&importer->session, error);
}

static int import_open_session(struct importer *importer,
	const struct session_line *line, struct error *error)
{
	struct slice name = text_view(&line->name);
	const int64_t ttl = line->draft.profile.ttl_seconds;

	importer->session_name = name;
	importer->edits = line->version - line->last_seq;
	importer->last_seq = line->last_seq;
	importer->count = line->count;
	importer->updated_at = line->updated_at;
	importer->gone =
		ttl && text_time_after(line->updated_at, ttl) <= importer->now;
	if (importer->gone)
		return 0;
	if (store_session_take(importer->store,
		    (struct session_ref){ importer->tenant, name },
		    importer->now, &importer->session, error))
		return -1;
	if (importer->session.id == 0)
		return import_make_session(importer, line, error);
	if (strcmp(importer->session.mark, line->mark) == 0 ||
		strcmp(importer->session.id_mark, line->mark) == 0)
		return 0;
	return error_set(error, ERROR_KEY_REUSED,
		"session \"%.*s\" is there already, with another mark",
		SLICE_SHORT(name));
}

static int import_store_session(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	(void)input;
	return import_end_session(importer, error) ||
			       import_open_session(
				       importer, entry->is.session, error)
		       ? -1
		       : 0;
}

/*
 * The session at hand is not gone on with.  It is erased if all that it has
 * came from such lines: then nothing of its past can be shown.
 */
static int import_drop_session(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	const struct session *session = &importer->session;

	(void)input;
	(void)entry;
	if (import_settle_session(importer, error))
		return -1;
	if (import_lacks_messages(importer) &&
		session->purged == session_version(session)) {
		if (store_session_erase(
			    importer->store, session, importer->now, error))
			return -1;
		importer->sessions -= importer->made;
		importer->messages -= importer->stored;
	}
	import_forget_session(importer);
	return 0;
}

/* The session is whole without these, which nobody can give any more. */
static int import_do_without(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	(void)input;
	if (entry->is.lost > importer->count)
		return error_set(error, ERROR_INVALID,
			"the session lost more messages than it counts");
	importer->count -= entry->is.lost;
	importer->lost += entry->is.lost;
	return 0;
}

/* The names of what an export left out. */
static int import_pass(struct importer *importer,
	const struct import_input *input, const struct import_entry *entry,
	struct error *error)
{
	(void)importer;
	(void)input;
	(void)entry;
	(void)error;
	return 0;
}

/* --- all of it -------------------------------------------------------- */

int import_store(struct importer *importer, const struct import_input *input,
	struct error *error)
{
	static int (*const kinds[])(struct importer * importer,
		const struct import_input *input,
		const struct import_entry *entry, struct error *error) = {
		[LINE_SESSION] = import_store_session,
		[LINE_DROPPED] = import_drop_session,
		[LINE_LOST] = import_do_without,
		[LINE_DAMAGED] = import_pass,
		[LINE_MESSAGE] = import_store_message,
		[LINE_CONVERSATION] = import_store_list,
	};

	for (size_t i = 0; i < input->count; i++) {
		const struct import_entry *entry = &input->entries[i];
		struct error why = { 0 };

		if (kinds[entry->kind](importer, input, entry, &why))
			return import_refuse(entry->line, &why, error);
	}
	importer->incomplete = import_lacks_messages(importer);
	if (import_settle_session(importer, error))
		return -1;
	import_forget_session(importer);
	return 0;
}
