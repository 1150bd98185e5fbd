/* SPDX-License-Identifier: MIT */
/*
 * damage.h - is a row what was stored?
 *
 * A disk may give back other bytes than it was given, and a row that another
 * program wrote may be anything.  All rows pass here before anybody walks
 * their texts.  ERROR_DAMAGED then says what is wrong, as the end of a
 * sentence; ERROR_UNAVAILABLE: out of memory.
 */
#ifndef CORE_STORE_DAMAGE_H
#define CORE_STORE_DAMAGE_H

#include "core/store/engine.h"

/*
 * Reads MESSAGE_COLUMNS of a row of this history, all of them also if they are
 * damaged: form and type, numbers, and the checksum, or the JSON of a row that
 * has none.
 */
int damage_read_message(const struct query *query, int64_t history,
	struct message_row *row, struct error *error);

/* May this be the id of a message? */
bool damage_is_id(struct slice id);

/* Seqs and versions: messages have their part in them. */
int damage_check_counts(const struct session *session, struct error *error);
/* Times and the mark. */
int damage_check_session(const struct session *session, struct error *error);
/* A text of a session's: memory or metadata, called so. */
int damage_check_object(struct engine *engine, struct slice text,
	const char *name, struct error *error);

#endif
