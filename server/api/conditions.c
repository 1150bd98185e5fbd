/* SPDX-License-Identifier: MIT */
/*
 * conditions.c - requests that hold at one version only, or once only.
 *
 * Writes run one after the other, so a repeat that comes while its duplicate
 * runs finds the duplicate's reply, in the same transaction or in a later one.
 */
#include "server/api/conditions.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/digest/digest.h"
#include "core/store/hold.h"
#include "core/store/idempotency.h"
#include "schema/json/value.h"
#include "server/api/etag.h"
#include "server/observe/deliveries.h"

/* A client that only counts its retries repeats them for so long. */
#define RETRY_KEPT DELIVERY_KEPT

/* A request that waits for its lock is checked when it holds it. */
static bool conditions_is_due(const struct request *request)
{
	return request->route->lane != LANE_LOCK ||
	       request->next == NEXT_LOCK || request->next == NEXT_WRITE;
}

/* --- versions --------------------------------------------------------- */

/*
 * The session that the request names; id 0 if there is none, or if it is
 * damaged and may be so.
 */
static int conditions_find_target(struct store *store,
	const struct request *request, struct session *session, bool *damaged,
	struct error *error)
{
	*damaged = false;
	*session = (struct session){ 0 };
	if (request_session(request).data == NULL ||
		request_find(store, request, session, error) == 0)
		return 0;
	if (!request->route->erases || error->code != ERROR_DAMAGED)
		return -1;
	*damaged = true;
	*session = (struct session){ 0 };
	*error = (struct error){ 0 };
	return 0;
}

/* Nobody knows the version of a damaged one, only that it is there. */
static int conditions_check_damaged(
	const struct request *request, struct error *error)
{
	const struct slice match = request->if_match;

	if ((!match.data || slice_is(match, "*")) &&
		!request->if_none_match.data)
		return 0;
	error_describe(error, ERROR_DAMAGED,
		"session \"%.*s\" is damaged, and its version is not known:"
		" DELETE erases it without a condition, or with If-Match: *",
		SLICE_SHORT(request_session(request)));
	error->final = true;
	return -1;
}

/* A refusal leaves the current ETag in the reply. */
static int conditions_check_version(const struct request *request,
	const struct session *session, struct reply *reply, struct error *error)
{
	const char *name = NULL;
	char etag[ETAG_SIZE];

	session_etag(session, etag);
	if (request->if_match.data && !etags_match(request->if_match, etag))
		name = "If-Match";
	else if (request->if_none_match.data && !conditions_reads(request) &&
		 etags_name(request->if_none_match, etag))
		name = "If-None-Match";
	if (!name)
		return 0;
	reply_etag(reply, session);
	return error_set(error, ERROR_VERSION,
		"%s does not hold: the version is %lld", name,
		(long long)session_version(session));
}

/* --- repeats ---------------------------------------------------------- */

/* A reply kept before, and the request that may be the same again. */
struct conditions_repeat {
	const struct conditions *conditions;
	const char *etag; /* that the reply must have; NULL: any */
	/* It must have been lost; NULL: that does not matter. */
	struct deliveries *lost;
	struct reply *reply;
	bool found;
	bool same;
};

static struct slice conditions_digest_of(const struct conditions *conditions)
{
	return (struct slice){ (const char *)conditions->digest,
		DIGEST_LENGTH };
}

/*
 * A reply that is not JSON was streamed; an upstream's may begin with white
 * space.
 */
static bool conditions_was_streamed(struct slice body)
{
	while (body.length > 0 && strchr(" \t\r\n", *body.data)) {
		body.data++;
		body.length--;
	}
	return body.length > 0 && *body.data != '{';
}

static int conditions_compare(
	void *context, const struct idempotency_record *kept)
{
	struct conditions_repeat *repeat = context;
	struct reply *reply = repeat->reply;

	repeat->found = true;
	repeat->same =
		slice_equal(kept->digest,
			conditions_digest_of(repeat->conditions)) &&
		(!repeat->etag || slice_is(kept->etag, repeat->etag)) &&
		(!repeat->lost || deliveries_lost(repeat->lost, kept->session,
					  repeat->etag, kept->kept_at));
	if (!repeat->same)
		return 1;
	reply_header(reply, "Idempotent-Replay", "true");
	reply->status = kept->status;
	if (conditions_was_streamed(kept->body))
		reply->content_type = STREAM_TYPE;
	reply->session = kept->session;
	snprintf(reply->etag, sizeof(reply->etag), "%.*s",
		SLICE_SHORT(kept->etag));
	text_slice(&reply->location, kept->location);
	text_slice(&reply->body, kept->body);
	return 1;
}

static int conditions_repeat_by_key(struct store *store,
	const struct request *request, struct conditions_repeat *repeat,
	struct error *error)
{
	struct slice key = request->idempotency_key;
	const struct idempotency_query query = {
		.key = { request->tenant, key },
		.after = request->now - IDEMPOTENCY_KEPT,
		.now = request->now,
	};

	if (store_idempotency_find(store, &query,
		    (struct idempotency_visitor){ conditions_compare, repeat },
		    error))
		return -1;
	if (repeat->found && !repeat->same)
		return error_set(error, ERROR_KEY_REUSED,
			"Idempotency-Key \"%.*s\" came with another request "
			"before",
			SLICE_SHORT(key));
	return 0;
}

/*
 * A record key that no client can send.  It is for a reply that tells of
 * another session than the path names: that of a fork, which is erased when the
 * fork is.  The version of the path's session is part of it.  A response that
 * goes on from no session, or from that of an earlier one, has such a key too.
 */
struct conditions_record_key {
	char bytes[1 + DIGEST_LENGTH];
};

static int conditions_make_record_key(const struct request *request,
	const struct session *session, struct conditions_record_key *record_key,
	struct error *error)
{
	unsigned char digest[DIGEST_LENGTH];
	struct slice parts[2];
	char etag[ETAG_SIZE];

	session_etag(session, etag);
	parts[0] = conditions_digest_of(&request->conditions);
	parts[1] = slice_of(etag);
	if (digest_parts(parts, 2, digest, error))
		return -1;
	record_key->bytes[0] = '\0';
	memcpy(record_key->bytes + 1, digest, sizeof(digest));
	return 0;
}

static struct slice conditions_key_of(
	const struct conditions_record_key *record_key)
{
	return (struct slice){ record_key->bytes, sizeof(record_key->bytes) };
}

/*
 * May its reply tell of another session than it names, or of none?  Where it
 * names one, only that of a fork may.
 */
static bool conditions_is_elsewhere(
	const struct request *request, const struct session *session)
{
	return request->route->forks &&
	       (session->id != 0 || request_session(request).data == NULL);
}

/* A client that has got a stream gets no other reply. */
static int conditions_repeat_elsewhere(struct store *store,
	const struct request *request, const struct session *session,
	struct conditions_repeat *repeat, struct error *error)
{
	struct conditions_record_key record_key;

	if (!conditions_is_elsewhere(request, session) || repeat->lost ||
		request->filter)
		return 0;
	if (conditions_make_record_key(request, session, &record_key, error))
		return -1;
	return store_idempotency_find(store,
		&(struct idempotency_query){
			{ request->tenant, conditions_key_of(&record_key) },
			request->now - RETRY_KEPT, request->now },
		(struct idempotency_visitor){ conditions_compare, repeat },
		error);
}

/*
 * Without a key only the last change can be repeated: nothing has changed since
 * if the session still has the ETag of the reply.  A client that does not count
 * repeats it if its reply was lost.
 */
static int conditions_repeat_by_count(struct store *store,
	const struct request *request, const struct session *session,
	struct conditions_repeat *repeat, struct error *error)
{
	const struct idempotency_newest newest = {
		.after = store_believed(store, request->now) - RETRY_KEPT,
		.digest = conditions_digest_of(&request->conditions),
	};
	const bool counts = request->conditions.retries > 0;
	char etag[ETAG_SIZE];

	if (!counts && !(conditions_may_replay(request) && request->deliveries))
		return 0;
	if (session->id == 0)
		return conditions_repeat_elsewhere(
			store, request, session, repeat, error);
	repeat->lost = counts ? NULL : request->deliveries;
	session_etag(session, etag);
	repeat->etag = etag;
	if (store_idempotency_newest(store, session, &newest,
		    (struct idempotency_visitor){ conditions_compare, repeat },
		    error))
		return -1;
	if (repeat->same && request->route->replays)
		deliveries_note(
			request->deliveries, session->id, etag, DELIVERY_BEGUN);
	repeat->etag = NULL;
	return repeat->same ? 0
			    : conditions_repeat_elsewhere(
				      store, request, session, repeat, error);
}

/* 1: the reply is that of an earlier request; 0: this one is new. */
static int conditions_find_repeat(struct store *store,
	const struct request *request, const struct session *session,
	struct reply *reply, struct error *error)
{
	struct conditions_repeat repeat = {
		.conditions = &request->conditions,
		.reply = reply,
	};

	if (!request->conditions.keep)
		return 0;
	if (request->idempotency_key.data
			? conditions_repeat_by_key(
				  store, request, &repeat, error)
			: conditions_repeat_by_count(
				  store, request, session, &repeat, error))
		return -1;
	return repeat.same;
}

/*
 * Nothing is kept of a session that was erased, not even the receipt; and
 * without a key nothing of a request that changed no session.
 */
static bool conditions_is_kept(const struct request *request,
	const struct session *before, const struct reply *reply)
{
	char etag[ETAG_SIZE];

	if (!request->conditions.keep || reply->erases ||
		reply->next != NEXT_NONE)
		return false;
	session_etag(before, etag);
	return request->idempotency_key.data ||
	       (reply->etag[0] != '\0' && strcmp(reply->etag, etag) != 0);
}

static int conditions_keep(struct store *store, const struct request *request,
	const struct session *before, const struct reply *reply,
	struct error *error)
{
	struct slice key = request->idempotency_key;
	struct conditions_record_key record_key;
	struct idempotency_record kept = {
		.session = reply->session,
		.digest = conditions_digest_of(&request->conditions),
		.status = reply->status,
		.etag = slice_of(reply->etag),
		.location = text_view(&reply->location),
		.body = text_view(&reply->body),
	};

	if (!key.data && conditions_is_elsewhere(request, before) &&
		(before->id == 0 || reply->session != before->id)) {
		if (conditions_make_record_key(
			    request, before, &record_key, error))
			return -1;
		key = conditions_key_of(&record_key);
		kept.renews = true;
	}
	if (request->route->replays)
		deliveries_note(request->deliveries, reply->session,
			reply->etag, DELIVERY_BEGUN);
	return store_idempotency_keep(store,
		(struct idempotency_key){ request->tenant, key }, &kept,
		request->now, error);
}

int conditions_handle(struct store *store, const struct request *request,
	api_handler *handle, struct reply *reply, struct error *error)
{
	struct session session;
	bool damaged;
	int repeated;

	if (!conditions_is_due(request))
		return handle(store, request, reply, error);
	if (conditions_find_target(store, request, &session, &damaged, error))
		return -1;
	repeated =
		conditions_find_repeat(store, request, &session, reply, error);
	if (repeated)
		return repeated < 0 ? -1 : 0;
	if (damaged ? conditions_check_damaged(request, error)
		    : conditions_check_version(request, &session, reply, error))
		return -1;
	if (handle(store, request, reply, error))
		return -1;
	return conditions_is_kept(request, &session, reply)
		       ? conditions_keep(store, request, &session, reply, error)
		       : 0;
}
