/* SPDX-License-Identifier: MIT */
/*
 * restore.h - sessions as they were elsewhere.
 */
#ifndef CORE_STORE_RESTORE_H
#define CORE_STORE_RESTORE_H

#include "core/store/store.h"

/* A session elsewhere: of the first only mark, edits and times count. */
struct session_image {
	const struct session *session;
	const struct session_profile *profile;
};

/*
 * Makes the session as it was elsewhere, without messages so far; what it was
 * before cannot be shown.
 */
int store_session_restore(struct store *store, struct session_ref ref,
	const struct session_image *image, struct session *out,
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
