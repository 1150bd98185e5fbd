/* SPDX-License-Identifier: MIT */
/*
 * answer_items.h - which messages are the items of one answer.
 *
 * To a chat they are one message, which has the seq of the last of them: no
 * page and no fork has a part of them.
 */
#ifndef CORE_HISTORY_ANSWER_ITEMS_H
#define CORE_HISTORY_ANSWER_ITEMS_H

#include "core/store/store.h"

/*
 * The first and the last seq of the answer that this message is an item of; of
 * any other, and where there is none, its own.
 */
int history_answer_first(struct store *store, const struct session *session,
	int64_t seq, int64_t *first, struct error *error);
int history_answer_last(struct store *store, const struct session *session,
	int64_t seq, int64_t *last, struct error *error);

#endif
