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

#endif
