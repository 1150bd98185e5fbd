/* SPDX-License-Identifier: MIT */
/*
 * epoch.h - the marks of a store that was restored from a backup.
 *
 * A backup does not know what was given out after it was made.  Each restore
 * begins an epoch, with a random mark of its own: the mark that is kept with a
 * session is moved by the newest epoch's before anybody sees it, so that its
 * ETags and the ids of its events are none of those of before.  A history's
 * mark is kept as it was seen when the history was made: ids of messages stay.
 */
#ifndef CORE_STORE_SQL_EPOCH_H
#define CORE_STORE_SQL_EPOCH_H

#include "core/store/store.h"

/* The marks of the restores so far. */
struct store_epochs {
	char (*marks)[MARK_LENGTH + 1];
	int64_t count; /* also the number of the epoch that it is */
	bool lost;     /* they could not be read */
};

int store_epochs_open(struct store *store, struct error *error);
void store_epochs_close(struct store *store);
/*
 * Makes the marks of a session just read what clients see: its mark is as it
 * is kept; its history was made in this epoch.
 */
int store_epoch_show(const struct store *store, struct session *session,
	int64_t epoch, struct error *error);
/* The session's mark as it is to be kept. */
struct epoch_mark {
	char letters[MARK_LENGTH + 1];
};
struct epoch_mark store_epoch_keep(
	const struct store *store, const struct session *session);
/* The same if its mark was seen in this epoch, as in an older export. */
struct epoch_mark store_epoch_keep_of(const struct store *store,
	const struct session *session, int64_t epoch);

#define STORE_ID_BYTES 40
/*
 * The id that is kept with a message of this seq: its client's, or none, as
 * the server's is made of its history's mark; but where that is of an earlier
 * epoch it is the server's, written to `made`: else a message would get an id
 * that another one had, which the restore has lost.
 */
struct slice store_id_to_keep(const struct session *session,
	const struct message *message, int64_t seq, char made[STORE_ID_BYTES]);

#endif
