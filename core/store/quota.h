/* SPDX-License-Identifier: MIT */
/*
 * quota.h - the most that a tenant may keep.
 *
 * The bytes are those of its messages, of retired ones too, of settings and
 * metadata, and of responses, and 100 for each message, session and response.
 * A row that forks share counts once.  A write that adds to them and has more
 * than the quota of struct store_options in the end is ERROR_QUOTA; one that
 * only takes away never is, though it may copy what a fork shares.
 */
#ifndef CORE_STORE_QUOTA_H
#define CORE_STORE_QUOTA_H

#include "schema/text.h"

struct error;
struct store;

/*
 * ERROR_QUOTA if there is no room for so many messages; on any handle.  A
 * reader's lets pass what cannot be read: a write counts it anew.
 */
int store_quota_check(struct store *store, struct slice tenant, int messages,
	struct error *error);

#endif
