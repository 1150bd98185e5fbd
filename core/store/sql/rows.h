/* SPDX-License-Identifier: MIT */
/*
 * rows.h - sessions, profiles and messages, read from the rows of any
 * statement, and their names where these are damaged.
 */
#ifndef CORE_STORE_SQL_ROWS_H
#define CORE_STORE_SQL_ROWS_H

#include "core/store/engine.h"

/*
 * The columns that begin every statement which finds sessions.  ERROR_DAMAGED
 * names the session.
 */
int store_read_session(const struct store *store, const struct query *query,
	struct slice name, struct session *out, struct error *error);
/* And its TEXTS_COLUMNS, which begin at this column. */
int store_check_texts(const struct query *query, struct slice name, int column,
	struct error *error);
/* Of a column that tells: false: the row is not what was stored. */
bool store_is_sound(const struct query *query, int column);
/* Of a message that is written there, to be kept with it. */
struct checksum_place;
int64_t store_checksum(const struct store *store, const struct message *message,
	const struct checksum_place *place);
/* Copies MARK_LENGTH bytes of the column, or none if it is no mark. */
void store_read_mark(const struct query *query, int column, char *mark);
/* In seconds, of its column, where NULL is -1. */
int64_t store_retained_for(int64_t retain_retired);
/* As store_damaged_session(), by a name that is known. */
int store_damaged_named(const struct store_options *options, struct slice name,
	struct error *error);
/* Name the session, or the message, in ERROR_DAMAGED; any other stays.  -1. */
int store_damaged_session(struct store *store, const struct session *session,
	struct error *error);
int store_damaged_message(struct store *store, const struct session *session,
	int64_t seq, struct error *error);
/* The same of a session that a damaged row of a history would show. */
int store_damaged_history(
	struct store *store, int64_t session, struct error *error);
/* The same of what a class keeps of it. */
int store_damaged_state(struct store *store, const struct session *session,
	struct slice class, struct error *error);
/* A row of PROFILE_COLUMNS, to be borrowed from; ERROR_DAMAGED: it is none. */
int store_profile_read(const struct query *query, struct session_profile *out,
	struct error *error);

#endif
