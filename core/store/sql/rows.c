/* SPDX-License-Identifier: MIT */
/*
 * rows.c - sessions, profiles, messages, read from the rows of any statement.
 */
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#include <string.h>

int64_t store_retained_for(int64_t retain_retired)
{
	return retain_retired < 0 ? STORE_RETAIN : retain_retired;
}

void store_read_mark(const struct query *query, int column, char *mark)
{
	const struct slice text = query_get_text(query, column);

	if (text.length == MARK_LENGTH)
		memcpy(mark, text.data, MARK_LENGTH);
}

/* A damaged one is its message's, which can be mended, and counts for none. */
static int64_t rows_read_appended_at(const struct query *query)
{
	const int64_t at = query_get_number(query, SESSION_APPENDED_AT);

	return at < 0 || at > TEXT_TIME_MOST ? 0 : at;
}

static void rows_read_session(const struct query *query, struct session *out)
{
	*out = (struct session){
		.id = query_get_number(query, SESSION_ID),
		.history = query_get_number(query, SESSION_HISTORY),
		.last_seq = query_get_number(query, SESSION_LAST_SEQ),
		.edits = query_get_number(query, SESSION_EDITS),
		.removed = query_get_number(query, SESSION_REMOVED),
		.created_at = query_get_number(query, SESSION_CREATED_AT),
		.touched_at = query_get_number(query, SESSION_TOUCHED_AT),
		.inherited = query_get_number(query, SESSION_INHERITED),
		.purged = query_get_number(query, SESSION_PURGED),
		.retain_retired = store_retained_for(
			query_get_number(query, SESSION_RETAIN)),
		.ttl_seconds = query_get_number(query, SESSION_TTL),
		.appended_at = rows_read_appended_at(query),
		.disowned = query_get_number(query, SESSION_DISOWNED),
	};
	store_read_mark(query, SESSION_MARK, out->mark);
}

bool store_is_sound(const struct query *query, int column)
{
	return query_get_number(query, column) != SOUND_NOT;
}

static int rows_tell(const struct store_options *options, struct error *error)
{
	error->final = true;
	if (options->damaged)
		options->damaged(options->warn_context, error->message);
	return -1;
}

/* Puts what is damaged before what is wrong with it, and the way out behind. */
int store_damaged_named(const struct store_options *options, struct slice name,
	struct error *error)
{
	const struct error wrong = *error;

	if (error->code != ERROR_DAMAGED)
		return -1;
	error_describe(error, ERROR_DAMAGED,
		"session \"%.*s\" is damaged: %s; DELETE erases it, a backup may"
		" have it",
		SLICE_SHORT(name), wrong.message);
	return rows_tell(options, error);
}

static int rows_check_sound(
	const struct query *query, int column, struct error *error)
{
	return store_is_sound(query, column)
		       ? 0
		       : error_set(error, ERROR_DAMAGED,
				 "its row is not what was stored");
}

/*
 * The sum vouches for the bounds, too, which say more of what is wrong, but for
 * the last seq, which may be the newest message's.
 */
static int rows_check_session(const struct query *query,
	const struct session *session, struct error *error)
{
	if (damage_check_counts(session, error))
		return -1;
	if (query_get_number(query, SESSION_SOUND) == SOUND)
		return 0;
	return damage_check_session(session, error) ||
			       rows_check_sound(query, SESSION_SOUND, error)
		       ? -1
		       : 0;
}

int store_read_session(const struct store *store, const struct query *query,
	struct slice name, struct session *out, struct error *error)
{
	rows_read_session(query, out);
	return rows_check_session(query, out, error) ||
			       store_epoch_show(store, out,
				       query_get_number(query, SESSION_EPOCH),
				       error)
		       ? store_damaged_named(
				 &query->engine->options, name, error)
		       : 0;
}

/* The sum vouches for the texts, also for their JSON. */
static int rows_check_texts(
	const struct query *query, int column, struct error *error)
{
	if (query_get_number(query, column + TEXTS_SOUND) == SOUND)
		return 0;
	return damage_check_object(query->engine,
		       query_get_text(query, column + TEXTS_MEMORY), "memory",
		       error) ||
			       damage_check_object(query->engine,
				       query_get_text(
					       query, column + TEXTS_METADATA),
				       "metadata", error)
		       ? -1
		       : rows_check_sound(query, column + TEXTS_SOUND, error);
}

int store_check_texts(const struct query *query, struct slice name, int column,
	struct error *error)
{
	return rows_check_texts(query, column, error)
		       ? store_damaged_named(
				 &query->engine->options, name, error)
		       : 0;
}

/* --- which one it is ----------------------------------------------------- */

enum { NAME_SESSION = 1 };
enum { IS_NAME };

const char *const rows_sql[SQL_COUNT] = {
	[SQL_SESSION_NAME] = "SELECT name FROM session WHERE id = ?1",
};

/* To be ended when the name, or "?", was used. */
static struct slice rows_find_name(
	struct store *store, const struct session *session, struct query *query)
{
	struct error ignored = { 0 };

	*query = query_start(store, SQL_SESSION_NAME);
	query_number(query, NAME_SESSION, session->id);
	return query_step(query, &ignored) > 0 ? query_get_text(query, IS_NAME)
					       : SLICE("?");
}

int store_damaged_session(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query;

	if (error->code == ERROR_DAMAGED) {
		store_damaged_named(&store->options,
			rows_find_name(store, session, &query), error);
		query_end(&query);
	}
	return -1;
}

int store_damaged_history(
	struct store *store, int64_t session, struct error *error)
{
	const struct session shown = { .id = session };

	error_describe(error, ERROR_DAMAGED,
		"the row of a history is not what was stored");
	return store_damaged_session(store, &shown, error);
}

int store_damaged_state(struct store *store, const struct session *session,
	struct slice class, struct error *error)
{
	struct query query;
	const struct slice name = rows_find_name(store, session, &query);

	error_describe(error, ERROR_DAMAGED,
		"what the class \"%.*s\" keeps of session \"%.*s\" is not what"
		" was stored; DELETE of its memory has it made again",
		SLICE_SHORT(class), SLICE_SHORT(name));
	query_end(&query);
	return rows_tell(&store->options, error);
}

/* The past cannot be mended. */
static void rows_name_message(const struct session *session, struct slice name,
	int64_t seq, struct error *error)
{
	const struct error wrong = *error;

	error_describe(error, ERROR_DAMAGED,
		"message %lld of session \"%.*s\"%s is damaged: %s; %s",
		(long long)seq, SLICE_SHORT(name),
		session->as_of ? ", as it was then," : "", wrong.message,
		session->as_of ? "a backup may have it"
			       : "PUT or DELETE it, or take it from a backup");
}

int store_damaged_message(struct store *store, const struct session *session,
	int64_t seq, struct error *error)
{
	struct query query;

	if (error->code == ERROR_DAMAGED) {
		rows_name_message(session,
			rows_find_name(store, session, &query), seq, error);
		query_end(&query);
		rows_tell(&store->options, error);
	}
	return -1;
}

/* --- profiles --------------------------------------------------------- */

/* The columns of PROFILE_COLUMNS. */
enum { IS_OWNER, IS_TTL, IS_RETAIN, IS_TEXTS };

int store_profile_copy(const struct session_profile *from, struct text *buf,
	struct session_profile *to, struct error *error)
{
	buf->length = 0;
	text_slice(buf, from->owner);
	text_slice(buf, from->memory);
	text_slice(buf, from->metadata);
	if (buf->failed)
		return error_out_of_memory(error);
	*to = *from;
	to->owner.data = buf->data;
	to->memory.data = to->owner.data + to->owner.length;
	to->metadata.data = to->memory.data + to->memory.length;
	return 0;
}

int store_profile_read(const struct query *query, struct session_profile *out,
	struct error *error)
{
	*out = (struct session_profile){
		.owner = query_get_text(query, IS_OWNER),
		.memory = query_get_text(query, IS_TEXTS + TEXTS_MEMORY),
		.metadata = query_get_text(query, IS_TEXTS + TEXTS_METADATA),
		.ttl_seconds = query_get_number(query, IS_TTL),
		.retain_retired = query_get_number(query, IS_RETAIN),
	};
	return rows_check_texts(query, IS_TEXTS, error);
}
