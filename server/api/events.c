/* SPDX-License-Identifier: MIT */
/*
 * events.c - what happens to a session, as Server-Sent Events.
 *
 * A tail is a position: the version up to which its reader knows everything,
 * or, while it is told the messages that are there, the seq of the last one.
 * An event's id is such a version, from which a reader can go on.
 */
#include <stdlib.h>
#include <string.h>

#include "core/store/change_feed.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"

struct tail {
	struct source source;
	const struct request *request;
	int64_t session; /* 0: there was none so far */
	char mark[MARK_LENGTH + 1];
	int64_t version; /* told up to here; of a replay: as it was then */
	bool lost;	 /* what the reader asked for is not to be had */
	bool replays;	 /* the messages after `seq` come first */
	int64_t seq;
	int64_t known; /* of a replay: the version for its ids */
};

/* --- where a reader begins -------------------------------------------- */

/* -1: not given. */
struct beginning {
	int64_t version;
	struct slice mark;
	int64_t after;
};

static bool is_mark(struct slice mark)
{
	if (mark.length != MARK_LENGTH)
		return false;
	for (size_t i = 0; i < mark.length; i++)
		if (mark.data[i] == '\0' ||
			!strchr("0123456789abcdefghjkmnpqrstvwxyz",
				mark.data[i]))
			return false;
	return true;
}

/* `17-9f3kq0w2m5xvd`, or `0` where there was no session. */
static bool parse_event_id(struct slice id, struct beginning *from)
{
	const char *dash = memchr(id.data, '-', id.length);
	struct slice number = { id.data,
		dash ? (size_t)(dash - id.data) : id.length };

	if (!json_int64(number, &from->version) || from->version < 0 ||
		from->version > SEQ_MOST)
		return false;
	if (!dash)
		return from->version == 0;
	from->mark = (struct slice){ dash + 1, id.length - number.length - 1 };
	return is_mark(from->mark);
}

static int read_beginning(const struct request *request, struct beginning *from,
	struct error *error)
{
	struct slice id = request->last_event_id;

	*from = (struct beginning){ .version = -1, .after = -1 };
	if (request_integer(request, "after", 0, SEQ_MOST, &from->after, error))
		return -1;
	if (id.length > 0 && !parse_event_id(id, from))
		return error_set(error, ERROR_INVALID,
			"Last-Event-ID must be the id of an event, not "
			"\"%.*s\"",
			SLICE_SHORT(id));
	return 0;
}

static void begin(struct tail *tail, const struct session *session,
	const struct beginning *from)
{
	tail->session = session->id;
	memcpy(tail->mark, session->mark, sizeof(tail->mark));
	tail->version = session_version(session);
	if (from->version >= 0) {
		tail->lost = from->version > tail->version ||
			     (from->mark.length > 0 &&
				     !slice_is(from->mark, session->mark));
		tail->version = from->version;
	} else if (from->after >= 0 && session->id != 0) {
		tail->replays = true;
		tail->seq = from->after;
		tail->known = from->after;
	}
}

/* --- events ----------------------------------------------------------- */

static void write_id(struct text *out, const struct tail *tail, int64_t version)
{
	text_string(out, "id: ");
	text_number(out, version);
	if (tail->session != 0) {
		text_string(out, "-");
		text_string(out, tail->mark);
	}
	text_string(out, "\n\n");
}

/* Without its id, which ends the event. */
static void write_message(struct text *out, const struct session *session,
	const struct message_row *row)
{
	text_string(out, "event: message\ndata: ");
	reply_write_message(out, session, row, NULL);
	text_string(out, "\n");
}

static enum source_state write_end(struct text *out)
{
	text_string(out, "event: end\ndata: {\"version\":0}\n\n");
	return SOURCE_END;
}

static enum source_state write_resync(
	struct tail *tail, const struct session *session, struct text *out)
{
	tail->lost = false;
	tail->version = session_version(session);
	text_string(out, "event: resync\ndata: {\"version\":");
	text_number(out, tail->version);
	text_string(out, "}\n");
	write_id(out, tail, tail->version);
	return SOURCE_MORE;
}

/* --- the messages that are there -------------------------------------- */

struct replay {
	struct tail *tail;
	const struct session *session;
	struct text *out;
	bool open; /* the last event has no id yet */
	bool stopped;
};

/*
 * A message that was never edited came before all that follow it.  Those that
 * a fork has from its parent have no versions of its own.
 */
static bool is_position(
	const struct session *session, const struct message_row *row)
{
	return row->seq > session->inherited && row->updated_at == 0 &&
	       row->born != session->purged;
}

static int replay_message(void *context, const struct message_row *row)
{
	struct replay *replay = context;
	struct tail *tail = replay->tail;

	if (replay->open)
		write_id(replay->out, tail, tail->known);
	replay->open = false;
	replay->stopped = replay->out->length >= SOURCE_BYTES;
	if (replay->stopped)
		return 1;
	write_message(replay->out, replay->session, row);
	tail->seq = row->seq;
	if (is_position(replay->session, row))
		tail->known = row->born;
	replay->open = true;
	return replay->out->failed;
}

/* As they were when the reader came; what happened since follows. */
static enum source_state replay(struct tail *tail, struct store *store,
	struct session *session, struct text *out, struct error *error)
{
	const struct message_query query = {
		.after = tail->seq,
		.limit = INT64_MAX - 1,
	};
	struct replay replay = { .tail = tail, .session = session, .out = out };

	if (store_session_at(store, session, tail->version, error) ||
		store_message_list(
			store, session, &query, replay_message, &replay, error))
		return SOURCE_FAILED;
	if (replay.open)
		write_id(out, tail, tail->version);
	tail->replays = replay.stopped;
	return SOURCE_MORE;
}

/* --- what happens ----------------------------------------------------- */

struct follow {
	struct tail *tail;
	const struct session *session;
	struct text *out;
};

static int write_change(void *context, const struct store_change *change)
{
	const struct follow *follow = context;
	struct text *out = follow->out;

	if (change->row != NULL) {
		write_message(out, follow->session, change->row);
	} else {
		text_string(out, "event: delete\ndata: {\"version\":");
		text_number(out, change->version);
		text_string(out, ",\"seqs\":[[");
		text_number(out, change->first);
		text_string(out, ",");
		text_number(out, change->last);
		text_string(out, "]]}\n");
	}
	follow->tail->version = change->version;
	write_id(out, follow->tail, change->version);
	return out->length >= SOURCE_BYTES || out->failed;
}

static enum source_state follow(struct tail *tail, struct store *store,
	const struct session *session, struct text *out, struct error *error)
{
	struct follow follow = { tail, session, out };

	if (session->id == 0 || tail->version == session_version(session))
		return SOURCE_WAIT;
	if (store_change_list(store, session, tail->version, write_change,
		    &follow, error))
		return SOURCE_FAILED;
	if (out->length >= SOURCE_BYTES)
		return SOURCE_MORE;
	tail->version = session_version(session);
	return SOURCE_WAIT;
}

static enum source_state tail_next(struct source *source, struct store *store,
	int64_t now, struct text *out, struct error *error)
{
	struct tail *tail = (struct tail *)(void *)source;
	const struct request *request = tail->request;
	struct session session;

	if (store_session_find(store, request->tenant, request_session(request),
		    now, &session, error))
		return SOURCE_FAILED;
	if (tail->session != 0 && tail->session != session.id)
		return write_end(out);
	tail->session = session.id;
	memcpy(tail->mark, session.mark, sizeof(tail->mark));
	if (tail->lost || tail->version < session.purged) {
		tail->replays = false;
		return write_resync(tail, &session, out);
	}
	return tail->replays ? replay(tail, store, &session, out, error)
			     : follow(tail, store, &session, out, error);
}

static void tail_free(struct source *source)
{
	free(source);
}

int api_events_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct beginning from;
	struct session session;
	struct tail *tail;

	if (read_beginning(request, &from, error) ||
		request_find(store, request, &session, error))
		return -1;
	tail = calloc(1, sizeof(*tail));
	if (tail == NULL)
		return error_out_of_memory(error);
	begin(tail, &session, &from);
	tail->request = request;
	tail->source.next = tail_next;
	tail->source.free = tail_free;
	tail->source.key =
		store_session_key(request->tenant, request_session(request));
	reply->source = &tail->source;
	reply->status = 200;
	reply->content_type = STREAM_TYPE;
	reply_header(reply, "Cache-Control", "no-store");
	return 0;
}
