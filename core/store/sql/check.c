/* SPDX-License-Identifier: MIT */
/*
 * check.c - every row read once, in bits, and what is damaged told.
 *
 * Rows are met in the order of the index that all reads go by, so that a row
 * which is lost with its page is missed by the index and can be named.
 */
#include "core/store/check.h"

#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#include <stdio.h>
#include <string.h>

/* Parameters of the statements, by their places. */
enum { SESSIONS_AFTER = 1, SESSIONS_MOST };
enum { HISTORIES_AFTER = 1, HISTORIES_MOST };
enum { ROWS_MOST = 1, ROWS_AT };
enum { NEXT_AT = 1 };
enum { NAME_HISTORY = 1 };

/* And the columns of their rows. */
enum { IS_NAME = SESSION_REST, IS_TENANT, IS_TEXTS };
enum { IS_HISTORY, IS_HISTORY_SOUND, IS_HISTORY_TENANT, IS_HISTORY_NAME };
enum { IS_KEY = MESSAGE_REST };
enum { IS_NAMED_TENANT, IS_NAMED_NAME };

#define MESSAGE_KEY "history, seq"
#define RETIRED_KEY "history, seq, born, retired"

const char *const check_sql[SQL_COUNT] = {
	[SQL_CHECK_SESSIONS] = "SELECT " SESSION_COLUMNS
			       ", name, tenant, " TEXTS_COLUMNS " FROM session"
			       " WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_CHECK_HISTORIES] =
		"SELECT shown.id, " SHOWN_SOUNDNESS ", session.tenant,"
		" coalesce(name, '?') FROM history AS shown LEFT JOIN session"
		" ON session.id = shown.session"
		" WHERE shown.id > ?1 ORDER BY shown.id LIMIT ?2",
	[SQL_CHECK_MESSAGES] =
		"SELECT " MESSAGE_COLUMNS ", " MESSAGE_KEY " FROM message"
		" WHERE (" MESSAGE_KEY ") > (?2, ?3)"
		" ORDER BY " MESSAGE_KEY " LIMIT ?1",
	[SQL_CHECK_RETIRED] =
		"SELECT " RETIRED_COLUMNS ", " RETIRED_KEY " FROM retired"
		" WHERE (" RETIRED_KEY ") > (?2, ?3, ?4, ?5)"
		" ORDER BY " RETIRED_KEY " LIMIT ?1",
	/* By the index alone. */
	[SQL_CHECK_NEXT_MESSAGE] = "SELECT " MESSAGE_KEY " FROM message"
				   " WHERE (" MESSAGE_KEY ") > (?1, ?2)"
				   " ORDER BY " MESSAGE_KEY " LIMIT 1",
	[SQL_CHECK_NEXT_RETIRED] = "SELECT " RETIRED_KEY " FROM retired"
				   " WHERE (" RETIRED_KEY ") > (?1, ?2, ?3, ?4)"
				   " ORDER BY " RETIRED_KEY " LIMIT 1",
	[SQL_CHECK_NAME] = "SELECT session.tenant, name FROM history"
			   " JOIN session ON session.id = history.session"
			   " WHERE history.id = ?1",
};

/* The rows of a part that are messages. */
static const struct check_rows {
	enum sql rows;
	enum sql next;
	int keys;
	const char *are; /* in the words for one of them */
} check_parts[] = {
	[CHECK_MESSAGES] = { SQL_CHECK_MESSAGES, SQL_CHECK_NEXT_MESSAGE, 2,
		"" },
	[CHECK_RETIRED] = { SQL_CHECK_RETIRED, SQL_CHECK_NEXT_RETIRED, 4,
		", as it was before a change," },
};

static void check_report(
	struct checker *checker, struct slice tenant, const char *sentence)
{
	checker->damaged++;
	checker->report(checker->context, tenant, sentence);
}

static void check_go_on(struct checker *checker)
{
	checker->part++;
	memset(checker->at, 0, sizeof(checker->at));
}

/* --- sessions ---------------------------------------------------------- */

static int check_session(struct store *store, struct checker *checker,
	const struct query *query, struct error *error)
{
	const struct slice name = query_get_text(query, IS_NAME);
	struct session session;

	checker->sessions++;
	checker->at[0] = query_get_number(query, SESSION_ID);
	if (store_read_session(store, query, name, &session, error) == 0 &&
		store_check_texts(query, name, IS_TEXTS, error) == 0)
		return 0;
	if (error->code != ERROR_DAMAGED)
		return -1;
	check_report(checker, query_get_text(query, IS_TENANT), error->message);
	*error = (struct error){ 0 };
	return 0;
}

/* Of a page that is damaged the engine tells more. */
static int check_end_at_page(
	struct checker *checker, const char *rows, struct error *error)
{
	char sentence[200];

	if (error->code != ERROR_DAMAGED)
		return -1;
	*error = (struct error){ 0 };
	snprintf(sentence, sizeof(sentence),
		"the %s behind a damaged page were not looked at", rows);
	check_report(checker, SLICE(""), sentence);
	check_go_on(checker);
	return 0;
}

static int check_sessions(struct store *store, struct checker *checker,
	int64_t rows, struct error *error)
{
	struct query query = query_rows(store, SQL_CHECK_SESSIONS, rows);
	int64_t left = rows;
	int found;

	query_number(&query, SESSIONS_AFTER, checker->at[0]);
	query_number(&query, SESSIONS_MOST, rows);
	while ((found = query_step(&query, error)) > 0) {
		left--;
		if (check_session(store, checker, &query, error)) {
			query_end(&query);
			return -1;
		}
	}
	if (found == 0 && left > 0 && !query.more)
		check_go_on(checker);
	query_end(&query);
	return found < 0 ? check_end_at_page(checker, "sessions", error) : 0;
}

/* --- histories ----------------------------------------------------------- */

static void check_history(struct checker *checker, const struct query *query)
{
	struct error sentence = { 0 };

	checker->at[0] = query_get_number(query, IS_HISTORY);
	if (store_is_sound(query, IS_HISTORY_SOUND))
		return;
	error_describe(&sentence, ERROR_DAMAGED,
		"session \"%.*s\" is damaged: the row of a history is not what"
		" was stored",
		SLICE_SHORT(query_get_text(query, IS_HISTORY_NAME)));
	check_report(checker, query_get_text(query, IS_HISTORY_TENANT),
		sentence.message);
}

static int check_histories(struct store *store, struct checker *checker,
	int64_t rows, struct error *error)
{
	struct query query = query_rows(store, SQL_CHECK_HISTORIES, rows);
	int64_t left = rows;
	int found;

	query_number(&query, HISTORIES_AFTER, checker->at[0]);
	query_number(&query, HISTORIES_MOST, rows);
	for (; (found = query_step(&query, error)) > 0; left--)
		check_history(checker, &query);
	if (found == 0 && left > 0 && !query.more)
		check_go_on(checker);
	query_end(&query);
	return found < 0 ? check_end_at_page(checker, "histories", error) : 0;
}

/* --- messages ---------------------------------------------------------- */

/* Names the row at hand, of which `wrong` is known. */
static int check_report_message(struct store *store, struct checker *checker,
	const char *wrong, struct error *error)
{
	const struct check_rows *rows = &check_parts[checker->part];
	struct query query = query_start(store, SQL_CHECK_NAME);
	struct error sentence = { 0 };
	struct slice name;
	int found;

	query_number(&query, NAME_HISTORY, checker->at[0]);
	found = query_step(&query, error);
	name = found > 0 ? query_get_text(&query, IS_NAMED_NAME) : SLICE("");
	if (name.length)
		error_describe(&sentence, ERROR_DAMAGED,
			"message %lld of session \"%.*s\"%s is damaged: %s",
			(long long)checker->at[1], SLICE_SHORT(name), rows->are,
			wrong);
	else
		error_describe(&sentence, ERROR_DAMAGED,
			"message %lld of history %lld%s is damaged: %s",
			(long long)checker->at[1], (long long)checker->at[0],
			rows->are, wrong);
	check_report(checker,
		found > 0 ? query_get_text(&query, IS_NAMED_TENANT) : SLICE(""),
		sentence.message);
	query_end(&query);
	if (found < 0 && error->code == ERROR_DAMAGED)
		*error = (struct error){ 0 };
	return error->code ? -1 : 0;
}

static int check_message(struct store *store, struct checker *checker,
	const struct query *query, struct error *error)
{
	const struct check_rows *rows = &check_parts[checker->part];
	struct error wrong = { 0 };
	struct message_row row;

	for (int i = 0; i < rows->keys; i++)
		checker->at[i] = query_get_number(query, IS_KEY + i);
	checker->messages++;
	checker->unsummed += query_get_number(query, MESSAGE_CHECKSUM) == 0;
	if (damage_read_message(query, checker->at[0], &row, &wrong) == 0)
		return 0;
	if (wrong.code == ERROR_DAMAGED)
		return check_report_message(
			store, checker, wrong.message, error);
	*error = wrong;
	return -1;
}

/* Passes the row that is lost with its page: the index knows of it. */
static int check_pass_lost(
	struct store *store, struct checker *checker, struct error *error)
{
	const struct check_rows *rows = &check_parts[checker->part];
	struct query query = query_start(store, rows->next);
	int found;

	*error = (struct error){ 0 };
	for (int i = 0; i < rows->keys; i++)
		query_number(&query, NEXT_AT + i, checker->at[i]);
	found = query_step(&query, error);
	for (int i = 0; found > 0 && i < rows->keys; i++)
		checker->at[i] = query_get_number(&query, i);
	query_end(&query);
	if (found < 0)
		return check_end_at_page(checker, "messages", error);
	if (found == 0) {
		check_go_on(checker);
		return 0;
	}
	checker->messages++;
	return check_report_message(
		store, checker, "its page is not what was written", error);
}

static int check_messages(struct store *store, struct checker *checker,
	int64_t most, struct error *error)
{
	const struct check_rows *rows = &check_parts[checker->part];
	struct query query = query_rows(store, rows->rows, most);
	int64_t left = most;
	int found;

	query_number(&query, ROWS_MOST, most);
	for (int i = 0; i < rows->keys; i++)
		query_number(&query, ROWS_AT + i, checker->at[i]);
	while ((found = query_step(&query, error)) > 0) {
		left--;
		if (check_message(store, checker, &query, error)) {
			query_end(&query);
			return -1;
		}
	}
	if (found == 0 && left > 0 && !query.more)
		check_go_on(checker);
	query_end(&query);
	if (found == 0)
		return 0;
	return error->code == ERROR_DAMAGED
		       ? check_pass_lost(store, checker, error)
		       : -1;
}

/* --- one after the other ------------------------------------------------ */

static int check_take_finding(void *context, struct slice finding)
{
	struct error sentence = { 0 };

	error_describe(&sentence, ERROR_DAMAGED,
		"the database is damaged: %.*s", (int)finding.length,
		finding.data);
	check_report(context, SLICE(""), sentence.message);
	return 0;
}

static int check_database(
	struct store *store, struct checker *checker, struct error *error)
{
	if (store->ops->check && store->ops->check(store->engine,
					 check_take_finding, checker, error))
		return -1;
	check_go_on(checker);
	return 0;
}

int store_check(struct store *store, struct checker *checker, int64_t rows,
	struct error *error)
{
	int result;

	if (checker->part == CHECK_DATABASE)
		return check_database(store, checker, error);
	if (store_begin(store, error))
		return -1;
	if (checker->part == CHECK_SESSIONS)
		result = check_sessions(store, checker, rows, error);
	else if (checker->part == CHECK_HISTORIES)
		result = check_histories(store, checker, rows, error);
	else
		result = check_messages(store, checker, rows, error);
	store_rollback(store);
	return result;
}

int store_salvage(struct store *store, const char *path, struct error *error)
{
	int result;

	if (!store->ops->salvage)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"this store's engine reads what it can by itself");
	if (store_begin(store, error))
		return -1;
	result = store->ops->salvage(store->engine, path, error);
	store_rollback(store);
	return result;
}
