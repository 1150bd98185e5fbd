/* SPDX-License-Identifier: MIT */
/*
 * check.h - what is damaged, looked for and mended.
 */
#ifndef CORE_STORE_CHECK_H
#define CORE_STORE_CHECK_H

#include "core/store/store.h"

/*
 * As store_message_find(), of a message that may be damaged, to replace or
 * remove it: of its contents only the id is read, and is empty if that is
 * damaged.
 */
int store_message_locate(struct store *store, const struct session *session,
	struct message_ref ref, struct message_visitor visitor,
	struct error *error);

/*
 * As store_session_find(), of a session whose row may be damaged, to erase it:
 * but for its id and how many messages it has nothing is read.
 */
int store_session_locate(struct store *store, struct session_ref ref,
	struct session *out, struct error *error);

/*
 * Did a damaged page keep the last step of maintenance from erasing what was to
 * be erased?  *session: whose erasure that is; 0: it is part of an owner's.
 */
bool store_erase_is_stuck(const struct store *store, int64_t *session);
/* -1; the words for it, and what to do. */
int store_erase_refuse(struct error *error);

/*
 * Puts every row that can be read into the empty file `path`, which is then a
 * store of its own, to be opened for reading: of a store whose reads end at
 * ERROR_DAMAGED.  ERROR_NOT_CONFIGURED where an engine needs none.
 */
int store_salvage(struct store *store, const char *path, struct error *error);

enum checker_part {
	CHECK_SESSIONS,
	CHECK_HISTORIES,
	CHECK_MESSAGES,
	CHECK_RETIRED,
	CHECK_DATABASE, /* what the engine finds of its own */
	CHECK_DONE,
};

/* How far a check came; the caller starts with {0}. */
struct checker {
	enum checker_part part;
	int64_t sessions; /* looked at, */
	int64_t messages; /* live and retired, */
	int64_t unsummed; /* of these without a checksum yet */
	int64_t damaged;  /* findings */
	/* Behind this row: a session's id, or a message's history and so on. */
	int64_t at[4];
	/* Gets each finding as a sentence; "" for the tenant of none. */
	void (*report)(
		void *context, struct slice tenant, const char *sentence);
	void *context;
};

/*
 * Looks at about so many rows, in a read of its own outside of any other, so
 * that a server beside it is not kept from its log; checker->part is CHECK_DONE
 * when these were the last.
 */
int store_check(struct store *store, struct checker *checker, int64_t rows,
	struct error *error);

#endif
