/* SPDX-License-Identifier: MIT */
/*
 * archive.h - messages that a session no longer shows, and that are kept until
 * it is erased.
 */
#ifndef CORE_STORE_ARCHIVE_H
#define CORE_STORE_ARCHIVE_H

#include "core/store/store.h"

/*
 * Visits what was archived up to the session's version, oldest first;
 * row->archived tells when.  Of `what` types and descending do not count.
 */
int store_archive_list(struct store *store, const struct session *session,
	const struct message_query *what, struct message_visitor visitor,
	struct error *error);

/*
 * As store_message_restore() in restore.h, of a message that is archived since
 * the version row->archived, which is above its seq: it is not shown.
 */
int store_archive_restore(struct store *store, struct session *session,
	const struct message_row *row, int64_t now, struct error *error);

#endif
