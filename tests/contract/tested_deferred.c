/* SPDX-License-Identifier: MIT */
/* tested_deferred.c - statements that wait, and those that they wait for. */
#include "tests/contract/deferring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETERS 20
#define SOME_ROWS  48
#define TEXT_MAX   ((size_t)64 << 20)

enum bound { BOUND_NULL, BOUND_NUMBER, BOUND_TEXT, BOUND_BLOB };

/* A statement, and all that is to be sent of it. */
struct deferred {
	struct deferred *next;
	enum sql which;
	struct query_most most;
	struct {
		enum bound how;
		int64_t number;
		char *bytes;
		size_t length;
	} bound[PARAMETERS];
	bool too_large;
	struct query inner;
	bool sent;
	bool ahead;	/* of the next round trip; */
	int64_t behind; /* how many there had been then */
	int64_t rows;	/* given so far */
};

static _Thread_local int64_t deferring_count;

int64_t deferring_waits(const struct store *store)
{
	(void)store;
	return deferring_count;
}

/* The oldest are forgotten. */
static _Thread_local char deferring_noted[1 << 14];

char *deferring_notes(void)
{
	return deferring_noted;
}

void deferring_note(const char *format, ...)
{
	const size_t half = sizeof(deferring_noted) / 2;
	const size_t length = strlen(deferring_noted);
	va_list arguments;

	if (length > half)
		memmove(deferring_noted, deferring_noted + length - half / 2,
			half / 2 + 1);
	va_start(arguments, format);
	vsnprintf(deferring_noted + strlen(deferring_noted), 200, format,
		arguments);
	va_end(arguments);
}

struct deferring *deferring_of(struct engine *engine)
{
	return (struct deferring *)engine;
}

/* The index is the inner engine's; the store looks at the outer one's. */
struct engine *deferring_inner(struct engine *engine)
{
	struct engine *inner = deferring_of(engine)->inner;

	inner->index = engine->index;
	return inner;
}

int deferring_done(struct engine *engine, int result)
{
	engine->index = deferring_of(engine)->inner->index;
	return result;
}

int deferring_is_lost(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "the batch is lost");
}

/* --- what waits ------------------------------------------------------------
 */

static void deferred_free(struct deferred *deferred)
{
	for (int i = 0; i < PARAMETERS; i++)
		free(deferred->bound[i].bytes);
	free(deferred);
}

void deferring_drop(struct deferring *engine, struct deferred **from)
{
	struct deferred *next = *from;

	*from = NULL;
	engine->end = from;
	while (next) {
		struct deferred *deferred = next;

		next = deferred->next;
		deferred_free(deferred);
	}
}

static void deferred_begin(struct deferred *deferred, struct engine *inner)
{
	struct query *query = &deferred->inner;

	deferring_note("#%d\n", (int)deferred->which);
	inner->ops->start(inner, deferred->which, deferred->most, query);
	for (int i = 0; i < PARAMETERS; i++) {
		const struct slice bytes = { deferred->bound[i].bytes,
			deferred->bound[i].length };

		if (deferred->bound[i].how == BOUND_NUMBER)
			query_number(query, i, deferred->bound[i].number);
		if (deferred->bound[i].how == BOUND_TEXT)
			query_text(query, i, bytes);
		if (deferred->bound[i].how == BOUND_BLOB)
			query_blob(query, i, bytes);
	}
}

void deferring_lose(struct deferring *engine)
{
	engine->lost = true;
	engine_sqlite.rollback(deferring_inner(&engine->base));
	deferring_done(&engine->base, 0);
	deferring_drop(engine, &engine->first);
}

/* What one of several left to wait fails for all of them. */
static int deferring_send(struct engine *base, struct error *error)
{
	struct deferring *engine = deferring_of(base);
	struct deferred *next = engine->first;
	int result = engine->lost ? deferring_is_lost(error) : 0;

	for (; result == 0 && next; next = next->next) {
		deferred_begin(next, deferring_inner(base));
		result = deferring_done(base, query_run(&next->inner, error));
		engine->sent = true;
	}
	deferring_drop(engine, &engine->first);
	engine->mark = &engine->first;
	if (result && !engine->lost && engine->members > 1)
		deferring_lose(engine);
	return result;
}

int deferring_ask(struct engine *engine, struct error *error)
{
	deferring_count++;
	return deferring_send(engine, error);
}

/* --- statements ------------------------------------------------------------
 */

void deferred_start(struct engine *engine, enum sql which,
	struct query_most most, struct query *query)
{
	struct deferred *deferred = calloc(1, sizeof(*deferred));

	if (!deferred)
		abort(); /* a test has memory */
	deferred->which = which;
	deferred->most = most;
	*query = (struct query){
		.ops = engine->ops, .engine = engine, .statement = deferred
	};
}

void deferred_number(struct query *query, int at, int64_t number)
{
	struct deferred *deferred = query->statement;

	deferred->bound[at].how = BOUND_NUMBER;
	deferred->bound[at].number = number;
}

static void deferred_bytes(
	struct query *query, int at, struct slice bytes, enum bound how)
{
	struct deferred *deferred = query->statement;

	free(deferred->bound[at].bytes);
	deferred->bound[at].how = how;
	deferred->bound[at].length = bytes.length;
	deferred->bound[at].bytes = malloc(bytes.length + 1);
	if (!deferred->bound[at].bytes)
		abort();
	memcpy(deferred->bound[at].bytes, bytes.length ? bytes.data : "",
		bytes.length);
	deferred->too_large = deferred->too_large || bytes.length > TEXT_MAX;
}

void deferred_text(struct query *query, int at, struct slice text)
{
	deferred_bytes(query, at, text, BOUND_TEXT);
}

void deferred_blob(struct query *query, int at, struct slice bytes)
{
	deferred_bytes(query, at, bytes, BOUND_BLOB);
}

void deferred_null(struct query *query, int at)
{
	struct deferred *deferred = query->statement;

	deferred->bound[at].how = BOUND_NULL;
}

void deferred_end(struct query *query)
{
	struct deferred *deferred = query->statement;

	if (deferred->sent)
		query_end(&deferred->inner);
	deferred_free(deferred);
}

/* Sends what waits and begins the statement itself; -1: it is ended. */
static int deferred_ask(struct query *query, struct error *error)
{
	struct deferred *deferred = query->statement;

	if (deferred->sent)
		return 0;
	if (deferred->ahead && deferring_count > deferred->behind)
		; /* it came with that one */
	else if (deferring_ask(query->engine, error))
		return -1;
	deferred_begin(deferred, deferring_inner(query->engine));
	deferred->sent = true;
	deferring_of(query->engine)->sent = true;
	return 0;
}

/* The rows that come at once: some, where bytes are asked for; -1: all. */
static int64_t deferred_piece(const struct deferred *deferred)
{
	if (deferred->most.rows || !deferred->most.bytes)
		return deferred->most.rows ? deferred->most.rows : -1;
	return SOME_ROWS;
}

/* No more rows than were asked for come at once. */
int deferred_step(struct query *query, struct error *error)
{
	struct deferred *deferred = query->statement;
	int found;

	if (deferred_ask(query, error))
		return -1;
	if (deferred->rows == deferred_piece(deferred)) {
		query->more = true;
		return 0;
	}
	found = deferring_done(
		query->engine, query_step(&deferred->inner, error));
	deferred->rows += found > 0;
	return found;
}

int64_t deferred_get_number(const struct query *query, int column)
{
	const struct deferred *deferred = query->statement;

	return query_get_number(&deferred->inner, column);
}

struct slice deferred_get_text(const struct query *query, int column)
{
	const struct deferred *deferred = query->statement;

	return query_get_text(&deferred->inner, column);
}

int deferred_run(struct query *query, struct error *error)
{
	struct deferring *engine = deferring_of(query->engine);
	struct deferred *deferred = query->statement;

	if (deferred->sent || deferred->too_large || engine->lost ||
		!engine->base.mode) {
		int found = deferred->too_large
				    ? error_set(error, ERROR_TOO_LARGE,
					      "what is to be stored is over the"
					      " bound of 64 MiB")
				    : query_step(query, error);

		deferred_end(query);
		return found < 0 ? -1 : 0;
	}
	*engine->end = deferred;
	engine->end = &deferred->next;
	return 0;
}

int deferred_run_counting(
	struct query *query, int64_t *rows, struct error *error)
{
	struct deferred *deferred = query->statement;
	int result = deferred_ask(query, error);

	if (result == 0)
		result = deferring_done(query->engine,
			query_run_counting(&deferred->inner, rows, error));
	deferred_free(deferred);
	return result;
}

void deferred_ahead(struct query *query)
{
	struct deferred *deferred = query->statement;

	deferred->ahead = true;
	deferred->behind = deferring_count;
}

int deferred_insert(struct query *query, int64_t *id, struct error *error)
{
	struct deferred *deferred = query->statement;
	int result = deferred_ask(query, error);

	if (result == 0)
		result = deferring_done(query->engine,
			query_insert(&deferred->inner, id, error));
	deferred_free(deferred);
	return result;
}
