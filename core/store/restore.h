/* SPDX-License-Identifier: MIT */
/*
 * restore.h - sessions as they were elsewhere.
 */
#ifndef CORE_STORE_RESTORE_H
#define CORE_STORE_RESTORE_H

#include "core/store/store.h"

/*
 * Makes the session with the mark, edits and times of `as`, and without
 * messages so far; what it was before cannot be shown.
 */
int store_session_restore(struct store *store, struct slice tenant,
	struct slice name, const struct session *as,
	const struct session_profile *profile, struct session *out,
	struct error *error);

/*
 * Adds the message with its own seq, which is beyond the session's last, and
 * its own times; the seqs between are those of messages that are no more.
 */
int store_message_restore(struct store *store, struct session *session,
	const struct message_row *row, int64_t now, struct error *error);

/*
 * Comes after such messages.  The seqs up to `last_seq` are taken: those
 * beyond the last message were those of messages that are no more.
 */
int store_session_settle(struct store *store, struct session *session,
	int64_t last_seq, struct error *error);

#endif
