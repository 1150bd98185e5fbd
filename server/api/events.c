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
#include "core/store/mark.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"
#include "server/api/source.h"

struct events_tail {
	struct source source;
	const struct request *request;
	int64_t session; /* 0: there was none so far */
	char mark[MARK_LENGTH + 1];
	int64_t version; /* told up to here; of a replay: as it was at its start
			  */
	bool lost;	 /* the reader asked for what is gone */
	bool replays;	 /* the messages after `seq` come first */
	int64_t seq;
	int64_t known; /* of a replay: the version for its ids */
};

/* --- where a reader begins -------------------------------------------- */

/* -1: not given. */
struct events_beginning {
	int64_t version;
	struct slice mark;
	int64_t after;
};

/* `17-9f3kq0w2m5xvd`, or `0` where there was no session. */
static bool events_parse_event_id(
	struct slice id, struct events_beginning *from)
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
	return mark_valid(from->mark);
}

static int events_read_beginning(const struct request *request,
	struct events_beginning *from, struct error *error)
{
	struct slice id = request->last_event_id;

	*from = (struct events_beginning){ .version = -1, .after = -1 };
	if (request_integer(request,
		    (struct integer_range){ "after", 0, SEQ_MOST },
		    &from->after, error))
		return -1;
	if (id.length > 0 && !events_parse_event_id(id, from))
		return error_set(error, ERROR_INVALID,
			"Last-Event-ID must be the id of an event, not "
			"\"%.*s\"",
			SLICE_SHORT(id));
	return 0;
}

static void events_begin(struct events_tail *tail,
	const struct session *session, const struct events_beginning *from)
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

static void events_write_id(
	struct text *out, const struct events_tail *tail, int64_t version)
{
	text_string(out, "id: ");
	text_number(out, version);
	if (tail->session != 0) {
		text_string(out, "-");
		text_string(out, tail->mark);
	}
	text_string(out, "\n\n");
}

/* Writes an event without its id, which ends the event. */
static void events_write_message(struct text *out,
	const struct session *session, const struct message_row *row)
{
	text_string(out, "event: message\ndata: ");
	reply_write_message(out, session, row, NULL);
	text_string(out, "\n");
}

/* Begins an event, whose data begins with the version. */
static void events_write_version(
	struct text *out, const char *event, int64_t version)
{
	text_format(out, "event: %s\ndata: ", event);
	json_begin_object(out);
	json_member_number(out, "version", version);
}

static enum source_state events_write_end(struct text *out)
{
	events_write_version(out, "end", 0);
	json_end_object(out);
	text_string(out, "\n\n");
	return SOURCE_END;
}

static enum source_state events_write_resync(struct events_tail *tail,
	const struct session *session, struct text *out)
{
	tail->lost = false;
	tail->version = session_version(session);
	events_write_version(out, "resync", tail->version);
	json_end_object(out);
	text_string(out, "\n");
	events_write_id(out, tail, tail->version);
	return SOURCE_MORE;
}

/* --- the messages that are there -------------------------------------- */

struct events_replay {
	struct events_tail *tail;
	const struct session *session;
	struct text *out;
	bool open; /* the last event has no id yet */
	bool stopped;
};

/*
 * A message that was never edited came before all that follow it.  The messages
 * that a fork has from its parent have no versions of their own.
 */
static bool events_is_position(
	const struct session *session, const struct message_row *row)
{
	return row->seq > session->inherited && row->updated_at == 0 &&
	       row->born != session->purged;
}

static int events_replay_message(void *context, const struct message_row *row)
{
	struct events_replay *replay = context;
	struct events_tail *tail = replay->tail;

	if (replay->open)
		events_write_id(replay->out, tail, tail->known);
	replay->open = false;
	replay->stopped = replay->out->length >= SOURCE_BYTES;
	if (replay->stopped)
		return 1;
	events_write_message(replay->out, replay->session, row);
	tail->seq = row->seq;
	if (events_is_position(replay->session, row))
		tail->known = row->born;
	replay->open = true;
	return replay->out->failed;
}

/*
 * Replays the messages as they were when the reader came; what happened since
 * follows.
 */
static enum source_state events_replay(struct events_tail *tail,
	struct store *store, struct session *session, struct text *out,
	struct error *error)
{
	const struct message_query query = {
		.after = tail->seq,
		.limit = INT64_MAX - 1,
	};
	struct events_replay replay = {
		.tail = tail, .session = session, .out = out
	};

	if (store_session_as_of(store, session, tail->version, error) ||
		store_message_list(store, session, &query,
			(struct message_visitor){
				events_replay_message, &replay },
			error))
		return SOURCE_FAILED;
	if (replay.open)
		events_write_id(out, tail, tail->version);
	tail->replays = replay.stopped;
	return SOURCE_MORE;
}

/* --- what happens ----------------------------------------------------- */

struct events_follow {
	struct events_tail *tail;
	const struct session *session;
	struct text *out;
};

/* The seqs are a list of ranges: [[FIRST,LAST]]. */
static void events_write_removal(
	struct text *out, const struct store_change *change)
{
	events_write_version(out, "delete", change->version);
	json_name(out, "seqs");
	json_begin_array(out);
	json_begin_array(out);
	json_put_number(out, change->first);
	json_put_number(out, change->last);
	json_end_array(out);
	json_end_array(out);
	json_end_object(out);
	text_string(out, "\n");
}

static int events_write_change(void *context, const struct store_change *change)
{
	const struct events_follow *follow = context;
	struct text *out = follow->out;

	if (change->row != NULL) {
		events_write_message(out, follow->session, change->row);
	} else {
		events_write_removal(out, change);
	}
	follow->tail->version = change->version;
	events_write_id(out, follow->tail, change->version);
	return out->length >= SOURCE_BYTES || out->failed;
}

static enum source_state events_follow(struct events_tail *tail,
	struct store *store, const struct session *session, struct text *out,
	struct error *error)
{
	struct events_follow follow = { tail, session, out };

	if (session->id == 0 || tail->version == session_version(session))
		return SOURCE_WAIT;
	if (store_change_feed(store, session, tail->version,
		    (struct change_visitor){ events_write_change, &follow },
		    error))
		return SOURCE_FAILED;
	if (out->length >= SOURCE_BYTES)
		return SOURCE_MORE;
	tail->version = session_version(session);
	return SOURCE_WAIT;
}

static enum source_state events_tail_next(struct source *source,
	struct store *store, int64_t now, struct text *out, struct error *error)
{
	struct events_tail *tail = (struct events_tail *)(void *)source;
	const struct request *request = tail->request;
	struct session session;

	if (store_session_find(
		    store, request_ref(request), now, &session, error))
		return SOURCE_FAILED;
	if (tail->session != 0 && tail->session != session.id)
		return events_write_end(out);
	tail->session = session.id;
	memcpy(tail->mark, session.mark, sizeof(tail->mark));
	/* A database that was put back to what it was has lost what we told. */
	if (tail->lost || tail->version < session.purged ||
		tail->version > session_version(&session)) {
		tail->replays = false;
		return events_write_resync(tail, &session, out);
	}
	return tail->replays ? events_replay(tail, store, &session, out, error)
			     : events_follow(tail, store, &session, out, error);
}

static void events_tail_free(struct source *source)
{
	free(source);
}

int api_events_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct events_beginning from;
	struct session session;
	struct events_tail *tail;

	if (events_read_beginning(request, &from, error) ||
		request_find(store, request, &session, error))
		return -1;
	tail = calloc(1, sizeof(*tail));
	if (tail == NULL)
		return error_out_of_memory(error);
	events_begin(tail, &session, &from);
	tail->request = request;
	tail->source.next = events_tail_next;
	tail->source.free = events_tail_free;
	tail->source.key = store_session_key(request_ref(request));
	reply->source = &tail->source;
	reply->status = 200;
	reply->content_type = STREAM_TYPE;
	reply_header(reply, "Cache-Control", "no-store");
	return 0;
}
