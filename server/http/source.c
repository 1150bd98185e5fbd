/* SPDX-License-Identifier: MIT */
/*
 * source.c - a response that is made while it is sent.
 *
 * The source is asked for a bit when the one before has been sent, so there is
 * one bit in memory for each reader, however slow; bits of long messages count
 * among the bodies in flight.  While there is nothing to send the connection is
 * suspended: until the notifier signals its session, or until a comment is due,
 * which keeps proxies patient and finds out which readers have gone.
 */
#include "server/http/exchange.h"
#include "server/http/waiter.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/recent.h"
#include "schema/clock.h"
#include "schema/error.h"
#include "server/api/source.h"
#include "server/observe/log.h"
#include "server/observe/metrics.h"

#define HEARTBEAT_MILLISECONDS 15000

/* Only for HTTP/1.0, which has no chunks. */
#define BLOCK_BYTES 4096

struct stream {
	struct waiter waiter;
	struct source *source; /* the reply's */
	struct worker *worker;
	struct text text; /* the bit at hand */
	size_t sent;	  /* of it */
	size_t held;	  /* bytes, among the bodies in flight */
	int64_t beat_at;
	bool ended; /* nothing comes after the bit at hand */
	bool read;  /* by a reader: the bit is at hand, and these say more */
	enum source_state state;
	struct error error;
};

int stream_open(struct exchange *exchange)
{
	struct worker *worker = httpd_worker(exchange->httpd);
	struct shares *shares = &exchange->httpd->shares;
	struct stream *stream;

	if (worker->streams >= STREAMS_PER_WORKER)
		return error_set(&exchange->error, ERROR_UNAVAILABLE,
			"%u readers follow already", worker->streams);
	if (share_take(shares, exchange->share, SHARE_TAILS, 1) !=
		SHARE_TAKEN) {
		metrics_refused(
			exchange->httpd->options.metrics, METRICS_OVER_SHARE);
		return error_set(&exchange->error, ERROR_UNAVAILABLE,
			"too many readers of this tenant follow already");
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream) {
		share_give(shares, exchange->share, SHARE_TAILS, 1);
		return error_out_of_memory(&exchange->error);
	}
	worker->streams++;
	stream->worker = worker;
	stream->source = exchange->reply.source;
	stream->waiter.connection = exchange->connection;
	stream->waiter.peer = exchange->peer;
	stream->waiter.key = stream->source->key;
	stream->waiter.whole = stream->source->whole;
	if (!stream->source->whole)
		stream->waiter.ref =
			(struct session_ref){ exchange->request.tenant,
				request_session(&exchange->request) };
	/*
	 * A reader that follows gets a first sign at once; one that waits for a
	 * model does not.
	 */
	if (stream->source->whole)
		stream->beat_at = clock_milliseconds() + HEARTBEAT_MILLISECONDS;
	notifier_join(exchange->httpd->options.notifier, &stream->waiter);
	exchange->stream = stream;
	/* Else the library ends even the body that HEAD has not. */
	if (exchange->request.method == METHOD_HEAD)
		exchange->closes = true;
	return 0;
}

static void source_forget_bit(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;

	body_let_go(exchange, stream->held);
	stream->held = 0;
	stream->sent = 0;
	text_clear(&stream->text);
}

void stream_close(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;

	if (!stream)
		return;
	notifier_leave(exchange->httpd->options.notifier, &stream->waiter);
	stream->worker->streams--;
	share_give(&exchange->httpd->shares, exchange->share, SHARE_TAILS, 1);
	source_forget_bit(exchange);
	free(stream);
	exchange->stream = NULL;
}

/* The bit waits for a reader that may never fetch it. */
static int source_hold_bit(struct exchange *exchange, struct error *error)
{
	struct stream *stream = exchange->stream;
	const size_t size = stream->text.length;

	if (size <= SOURCE_BYTES)
		return 0;
	if (body_hold(exchange, size, error))
		return -1;
	stream->held = size;
	return 0;
}

/* No statement and no snapshot stays open between two calls. */
static enum source_state source_ask(
	struct exchange *exchange, struct store *store, struct error *error)
{
	struct source *source = exchange->stream->source;
	struct text *text = &exchange->stream->text;
	enum source_state state;

	state = source->next(
		source, store, store ? store_now(store) : 0, text, error);
	if (text->failed)
		return error_set(error, ERROR_UNAVAILABLE, "out of memory");
	return state;
}

static enum source_state source_ask_now(
	struct exchange *exchange, struct error *error)
{
	const bool storeless = exchange->stream->source->storeless;
	enum source_state state;
	struct store *store = NULL;

	if (!storeless && httpd_begin_read(exchange->httpd, &store, error))
		return SOURCE_FAILED;
	if (store)
		store_pass_recent(store);
	state = source_ask(exchange, store, error);
	if (store)
		store_rollback(store);
	return state;
}

/* --- a bit that a reader reads ------------------------------------------ */

static int source_run_job(struct job *job, struct store *store)
{
	struct exchange *exchange = exchange_of(job);
	struct stream *stream = exchange->stream;

	stream->error = (struct error){ 0 };
	stream->state = source_ask(exchange, store, &stream->error);
	return stream->state == SOURCE_FAILED ? -1 : 0;
}

/* From the resume on the exchange may be gone. */
static void source_finish_job(struct job *job, const struct error *outcome)
{
	struct exchange *exchange = exchange_of(job);
	struct stream *stream = exchange->stream;

	if (outcome) {
		stream->state = SOURCE_FAILED;
		stream->error = *outcome;
	}
	stream->read = true;
	MHD_resume_connection(exchange->connection);
}

/*
 * Only the reader resumes the connection: a signal of the notifier is seen when
 * the source wants to rest.
 */
static void source_ask_reader(struct exchange *exchange)
{
	exchange->job = (struct job){
		.accepted = true,
		.once = true,
		.follows = !exchange->stream->source->whole,
		.run = source_run_job,
		.done = source_finish_job,
	};
	peer_expects_reply(exchange->peer);
	exchange_lend(exchange);
	if (exchange_push(exchange, LANE_READER))
		source_finish_job(&exchange->job, &exchange->error);
}

/* --- bit after bit ------------------------------------------------------- */

/* A tail lasts for as long as the key that it was begun with. */
static bool source_may_go_on(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;

	if (stream->ended || !notifier_watch(exchange->httpd->options.notifier,
				     &stream->waiter))
		return false;
	return stream->source->whole ||
	       grant_holds(&exchange->grant, exchange->httpd->options.access,
		       clock_ms(CLOCK_REALTIME));
}

/* The reader may go on as soon as it has the end, before that is noted. */
static void source_note_end(struct exchange *exchange)
{
	struct source *source = exchange->stream->source;

	exchange->gone = peer_has_left(exchange->peer);
	if (source->delivered && !exchange->gone)
		source->delivered(source, DELIVERY_BEGUN);
}

/* Fetches the next bit; false: a reader does, and resumes the connection. */
static bool source_fetch(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;

	source_forget_bit(exchange);
	stream->state = SOURCE_END;
	if (!source_may_go_on(exchange))
		return true;
	if (stream->source->bytes && stream->waiter.left) {
		stream->state = SOURCE_FAILED;
		return error_set(&stream->error, ERROR_UNAVAILABLE,
			       "the reader has left") != 0;
	}
	if (exchange->httpd->options.far && !stream->source->storeless) {
		source_ask_reader(exchange);
		return false;
	}
	stream->error = (struct error){ 0 };
	stream->state = source_ask_now(exchange, &stream->error);
	return true;
}
/* False: the reader sees that its answer broke off, and comes again. */
static bool source_take(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;

	if (stream->state != SOURCE_FAILED &&
		source_hold_bit(exchange, &stream->error))
		stream->state = SOURCE_FAILED;
	if (stream->state == SOURCE_END && !stream->ended)
		source_note_end(exchange);
	stream->ended = stream->state == SOURCE_END;
	if (stream->state != SOURCE_FAILED)
		return true;
	log_line(LOG_WARNING, "a stream broke off", "request", exchange->id,
		"why", stream->error.message, NULL);
	return false;
}

/*
 * There is nothing: writes a comment if one is due, else suspends.  Or it has
 * to look again.
 */
static bool source_rest(struct exchange *exchange)
{
	struct stream *stream = exchange->stream;
	const int64_t now = clock_milliseconds();

	if (stream->source->bytes && now >= stream->beat_at)
		stream->beat_at = now + HEARTBEAT_MILLISECONDS;
	if (stream->waiter.left || now >= stream->beat_at) {
		stream->waiter.left = false;
		text_string(&stream->text, ": \n\n");
		return false;
	}
	peer_expects_reply(exchange->peer);
	return notifier_wait(exchange->httpd->options.notifier, &stream->waiter,
		stream->beat_at);
}

/* The source has looked at much and found nothing yet: others go first. */
static void source_yield(struct exchange *exchange)
{
	peer_expects_reply(exchange->peer);
	MHD_suspend_connection(exchange->connection);
	MHD_resume_connection(exchange->connection);
}

static ssize_t source_send_bit(
	struct exchange *exchange, char *buffer, size_t most)
{
	struct stream *stream = exchange->stream;
	size_t size = stream->text.length - stream->sent;

	if (size > most)
		size = most;
	memcpy(buffer, stream->text.data + stream->sent, size);
	stream->sent += size;
	exchange->reply_bytes += size;
	stream->beat_at = clock_milliseconds() + HEARTBEAT_MILLISECONDS;
	if (stream->source->whole)
		peer_takes_bit(exchange->peer);
	else
		peer_takes_reply(&exchange->httpd->peers, exchange->peer);
	return (ssize_t)size;
}

/* 0 only for a connection that is suspended: else it would spin. */
static ssize_t source_read_stream(
	void *context, uint64_t position, char *buffer, size_t most)
{
	struct exchange *exchange = context;
	struct stream *stream = exchange->stream;

	(void)position;
	exchange_take_back(exchange);
	while (stream->sent == stream->text.length) {
		if (!stream->read && !source_fetch(exchange))
			return 0;
		stream->read = false;
		if (!source_take(exchange))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (stream->text.length > 0)
			break;
		if (stream->state == SOURCE_END)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (stream->state == SOURCE_MORE) {
			source_yield(exchange);
			return 0;
		}
		if (source_rest(exchange))
			return 0;
	}
	return source_send_bit(exchange, buffer, most);
}

struct MHD_Response *stream_wrap(struct exchange *exchange)
{
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
		source_read_stream, exchange, NULL);
}
