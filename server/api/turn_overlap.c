/* SPDX-License-Identifier: MIT */
/* turn_overlap.c - what of a request is new to the session of its turn. */
#include "core/session/profile.h"
#include "server/api/turn.h"

/* How the client says that it sends: in the head, or once for the session. */
static int turn_overlap_send(const struct turn_run *turn,
	enum overlap_send *send, struct error *error)
{
	struct slice said = turn->request->send;
	struct settings settings = { 0 };
	int result = 0;

	if (said.data == NULL) {
		result = session_settings(
			turn->store, &turn->session, &settings, error);
		said = text_view(&settings.send);
	}
	*send = slice_is(said, "all")	? OVERLAP_ALL
		: slice_is(said, "new") ? OVERLAP_NEW
					: OVERLAP_FIND;
	settings_clear(&settings);
	return result;
}

int turn_compare(const struct turn_run *turn, const struct message_list *list,
	struct history_overlap *overlap, struct error *error)
{
	struct history_request request = {
		.list = list,
		.arrived = turn_arrived(turn),
	};

	if (turn_overlap_send(turn, &request.send, error))
		return -1;
	return history_find_overlap(
		turn->store, &turn->session, &request, overlap, error);
}

int turn_choose(const struct turn_run *turn, const struct message_list *all,
	struct message_list *chosen, struct error *error)
{
	const struct history_overlap *overlap = &turn->noted.overlap;
	const bool first = session_message_count(&turn->session) == 0;
	struct message message;

	for (size_t i = 0; i < all->count; i++) {
		if (i < overlap->known && !(first && i < overlap->leading))
			continue;
		message = all->items[i];
		message.answer = overlap->shortens && i == overlap->known;
		if (message_list_push(chosen, &message, error))
			return -1;
	}
	return 0;
}

int turn_archive(struct turn_run *turn, struct error *error)
{
	struct message_removal removal = {
		.seqs = turn->noted.overlap.archived,
		.now = turn->request->now,
		.archives = true,
	};

	if (removal.seqs.last == 0 || turn->session.id == 0)
		return 0;
	return store_message_remove(
		turn->store, &turn->session, &removal, error);
}
