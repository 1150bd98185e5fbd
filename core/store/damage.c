/* SPDX-License-Identifier: MIT */
/* damage.c - is a row what was stored? */
#include "core/store/damage.h"

#include "core/store/checksum.h"
#include "core/store/mark.h"
#include "core/store/pieces.h"
#include "schema/error.h"
#include "schema/json/scan.h"

#include <string.h>

/* Any two of them have a sum. */
#define DAMAGE_COUNT_MOST (INT64_MAX / 4)
/* 0000-01-01T00:00:00Z in milliseconds. */
#define DAMAGE_TIME_LEAST INT64_C(-62167219200000)
#define DAMAGE_ID_MOST	  128 /* bytes */

static bool damage_is_count(int64_t number)
{
	return number >= 0 && number <= DAMAGE_COUNT_MOST;
}

static bool damage_is_time(int64_t time)
{
	return time >= DAMAGE_TIME_LEAST && time <= TEXT_TIME_MOST;
}

/* Seconds, which have as many milliseconds. */
static bool damage_is_span(int64_t seconds)
{
	return seconds >= 0 && seconds <= TEXT_TIME_MOST / 1000;
}

/* Valid, and compact: all that walks it counts on both. */
static int damage_check_json(struct engine *engine, struct slice text,
	const char *name, struct error *error)
{
	const struct json_limits limits = { .depth = JSON_DEPTH_MAX,
		.values = SIZE_MAX };
	bool spaced = false;
	struct error why = { 0 };
	const int failed =
		json_scan(text, &limits, &engine->scratch, &spaced, &why);

	if (failed && why.code == ERROR_UNAVAILABLE)
		return error_out_of_memory(error);
	if (failed || spaced)
		return error_set(
			error, ERROR_DAMAGED, "its %s is no JSON", name);
	return 0;
}

int damage_check_object(struct engine *engine, struct slice text,
	const char *name, struct error *error)
{
	if (text.length == 0 || text.data[0] != '{')
		return error_set(
			error, ERROR_DAMAGED, "its %s is no object", name);
	return damage_check_json(engine, text, name, error);
}

/* The brackets and quotes that the forms walk without asking. */
static const char damage_body_begins[] = {
	[BODY_LANGCHAIN] = '{',
	[BODY_OPENAI] = '{',
	[BODY_CONTENT] = 0,
	[BODY_STRING] = '"',
	[BODY_OWN] = '{',
};

static int damage_check_body(struct engine *engine,
	const struct message *message, struct error *error)
{
	const char begins =
		damage_body_begins[message_form_body(message->form)];

	if (message->body.length == 0 ||
		(begins && message->body.data[0] != begins))
		return error_set(
			error, ERROR_DAMAGED, "its body is none of its form");
	return damage_check_json(engine, message->body, "body", error);
}

static int damage_check_numbers(
	const struct message_row *row, struct error *error)
{
	if (row->seq <= 0 || row->seq > DAMAGE_COUNT_MOST ||
		row->born < row->seq || row->born > DAMAGE_COUNT_MOST)
		return error_set(error, ERROR_DAMAGED,
			"its seq or version is out of range");
	if (!damage_is_time(row->created_at) ||
		!damage_is_time(row->updated_at))
		return error_set(
			error, ERROR_DAMAGED, "its time is out of range");
	return 0;
}

bool damage_is_id(struct slice id)
{
	return id.length <= DAMAGE_ID_MOST && slice_is_utf8(id);
}

static int damage_check_texts(
	const struct message *message, struct error *error)
{
	if (!slice_is_utf8(message->type_sent))
		return error_set(error, ERROR_DAMAGED, "its type is no text");
	if (message->client_created_at.length &&
		!message_time_valid(message->client_created_at))
		return error_set(
			error, ERROR_DAMAGED, "its client's time is none");
	return 0;
}

/*
 * The checksum vouches for the texts, also for their JSON, of which a row that
 * has none must convince by itself.  That of an older row is of its contents
 * alone.
 */
static int damage_check_contents(struct engine *engine,
	const struct message *message, int64_t checksum, struct error *error)
{
	if (!damage_is_id(message->id))
		return error_set(error, ERROR_DAMAGED, "its id is none");
	if (checksum == 0)
		return damage_check_texts(message, error) ||
				       damage_check_body(engine, message, error)
			       ? -1
			       : 0;
	if (checksum != checksum_of_message(message))
		return error_set(error, ERROR_DAMAGED,
			"its bytes are not what was stored");
	return 0;
}

static int damage_check_message(struct engine *engine,
	const struct message_row *row, int64_t checksum, struct error *error)
{
	const struct message *message = &row->message;

	if (!message_form_body(message->form))
		return error_set(error, ERROR_DAMAGED, "its form is unknown");
	if (message->type < MESSAGE_HUMAN || message->type > MESSAGE_GENERIC)
		return error_set(error, ERROR_DAMAGED, "its type is unknown");
	return damage_check_numbers(row, error) ||
			       damage_check_contents(
				       engine, message, checksum, error)
		       ? -1
		       : 0;
}

/* The number of an enumeration; 0 when it is too great for one. */
static unsigned damage_read_code(const struct query *query, int column)
{
	const int64_t number = query_get_number(query, column);

	return number < 0 || number > INT8_MAX ? 0 : (unsigned)number;
}

/* A sum of all of it vouches for all of it. */
static bool damage_is_whole(const struct query *query, int64_t history,
	const struct message_row *row, int64_t answer)
{
	const struct checksum_place place = {
		.history = history,
		.seq = row->seq,
		.born = row->born,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
		.answer = answer,
		.id = row->message.id,
	};

	return query_get_number(query, MESSAGE_CHECKSUM) ==
	       checksum_of_row(checksum_of_message(&row->message), &place);
}

int damage_read_message(const struct query *query, int64_t history,
	struct message_row *row, struct error *error)
{
	const int64_t answer = query_get_number(query, MESSAGE_ANSWER);

	row->seq = query_get_number(query, MESSAGE_SEQ);
	row->message.form =
		(enum message_form)damage_read_code(query, MESSAGE_FORM);
	row->message.type =
		(enum message_type)damage_read_code(query, MESSAGE_TYPE);
	row->created_at = query_get_number(query, MESSAGE_CREATED_AT);
	row->updated_at = query_get_number(query, MESSAGE_UPDATED_AT);
	row->message.type_sent = query_get_text(query, MESSAGE_TYPE_SENT);
	row->message.id = query_get_text(query, MESSAGE_ID);
	row->message.client_created_at =
		query_get_text(query, MESSAGE_CLIENT_CREATED_AT);
	row->message.body = query_get_text(query, MESSAGE_BODY);
	row->message.answer = answer != 0;
	row->born = query_get_number(query, MESSAGE_BORN);
	row->archived = 0;
	return damage_is_whole(query, history, row, answer)
		       ? 0
		       : damage_check_message(query->engine, row,
				 query_get_number(query, MESSAGE_CHECKSUM),
				 error);
}

static bool damage_counts_hold(const struct session *session)
{
	return session->id > 0 && session->history > 0 &&
	       damage_is_count(session->last_seq) &&
	       damage_is_count(session->edits) &&
	       damage_is_count(session->removed) &&
	       session->removed <= session->last_seq &&
	       damage_is_count(session->inherited) &&
	       damage_is_count(session->purged) &&
	       session->purged <= session_version(session);
}

static bool damage_times_hold(const struct session *session)
{
	return damage_is_time(session->created_at) &&
	       damage_is_time(session->touched_at) &&
	       damage_is_span(session->retain_retired) &&
	       damage_is_span(session->ttl_seconds);
}

int damage_check_counts(const struct session *session, struct error *error)
{
	return damage_counts_hold(session)
		       ? 0
		       : error_set(error, ERROR_DAMAGED,
				 "one of its counts is out of range");
}

int damage_check_session(const struct session *session, struct error *error)
{
	if (!damage_times_hold(session))
		return error_set(error, ERROR_DAMAGED,
			"one of its times is out of range");
	if (!mark_valid(slice_of(session->mark)))
		return error_set(error, ERROR_DAMAGED, "its mark is none");
	return 0;
}
