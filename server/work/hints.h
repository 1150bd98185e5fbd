/* SPDX-License-Identifier: MIT */
/*
 * hints.h - a thread that tells other servers of changes, and hears of theirs.
 */
#ifndef SERVER_WORK_HINTS_H
#define SERVER_WORK_HINTS_H

struct error;
struct hints;
struct store_changes;

struct hints_options {
	const char *url; /* of the database; borrowed */
	/* Called from the thread for what another server changed. */
	void (*heard)(void *context, const struct store_changes *changes);
	void (*warn)(void *context, const char *line);
	void *context;
};

/* ERROR_NOT_CONFIGURED: a database of this kind has no hints. */
int hints_start(struct hints **out, const struct hints_options *options,
	struct error *error);
/* All that is told within 10 ms goes out together.  Accepts NULL. */
void hints_tell(struct hints *hints, const struct store_changes *changes);
/* Accepts NULL. */
void hints_stop(struct hints *hints);

#endif
