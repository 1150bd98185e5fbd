/* SPDX-License-Identifier: MIT */
/*
 * turns.c - a row for each key: the number that is served, and the next one.
 * It goes with the last who leaves the line.
 *
 * A batch that holds one such row waits for no other, so that there is no ring:
 * what keeps a row alive or serves the next takes one row after the other, and
 * what passes over takes only rows that are free.
 */
#include "core/store/postgresql/postgresql.h"

#include "core/store/turns.h"
#include "schema/error.h"

#include <stdlib.h>

/* The parameters of the statements. */
enum { TURN_KEY = 1, TURN_NUMBER };
enum { TURN_SILENCE = 3 };

/* And the columns of their rows. */
enum { IS_FENCE, IS_NEXT, IS_SILENT };
enum { IS_NUMBER, IS_SERVED };

static struct query turns_start(
	struct postgresql *pg, enum pg_own which, const struct store_turn *turn)
{
	struct query query;

	pg_start_own(&pg->base, which, &query);
	query_number(&query, TURN_KEY, (int64_t)turn->key);
	if (which != PG_TURN_JOIN)
		query_number(&query, TURN_NUMBER, turn->number);
	if (which == PG_TURN_LOOK || which == PG_TURN_PASS)
		query_number(&query, TURN_SILENCE, STORE_TURN_SILENCE);
	return query;
}

static int turns_join(
	struct engine *engine, struct store_turn *turn, struct error *error)
{
	struct query query = turns_start(pg_of(engine), PG_TURN_JOIN, turn);
	const int found = query_step(&query, error);

	if (found > 0) {
		turn->number = query_get_number(&query, IS_NUMBER);
		turn->state = query_get_number(&query, IS_SERVED)
				      ? STORE_TURN_SERVED
				      : STORE_TURN_WAITS;
	}
	query_end(&query);
	return found > 0 ? 0 : -1;
}

/* Without its row, or beyond it, the database is not what it was. */
static enum store_turn_state turns_state(
	const struct query *query, const struct store_turn *turn)
{
	const int64_t fence = query_get_number(query, IS_FENCE);

	if (fence == turn->number)
		return STORE_TURN_SERVED;
	return fence < turn->number &&
			       turn->number < query_get_number(query, IS_NEXT)
		       ? STORE_TURN_WAITS
		       : STORE_TURN_PASSED;
}

/* Something that writes, and waits for its answer with all the rest. */
static int turns_run(struct postgresql *pg, enum pg_own which,
	const struct store_turn *turn, struct error *error)
{
	struct query query = turns_start(pg, which, turn);

	return query_run(&query, error);
}

static int turns_hear(struct postgresql *pg, struct query *query,
	struct store_turn *turn, struct error *error)
{
	const int found = query_step(query, error);

	if (found < 0)
		return -1;
	turn->state = found ? turns_state(query, turn) : STORE_TURN_PASSED;
	if (turn->state == STORE_TURN_SERVED)
		return turns_run(pg, PG_TURN_LIVE, turn, error);
	return turn->state == STORE_TURN_WAITS &&
			       query_get_number(query, IS_SILENT)
		       ? turns_run(pg, PG_TURN_PASS, turn, error)
		       : 0;
}

static int turns_look(struct engine *engine, struct store_turn *turns,
	size_t count, struct error *error)
{
	struct postgresql *pg = pg_of(engine);
	struct query *queries = calloc(count, sizeof(*queries));
	int result = 0;

	if (!queries)
		return error_out_of_memory(error);
	for (size_t i = 0; i < count; i++) {
		queries[i] = turns_start(pg, PG_TURN_LOOK, &turns[i]);
		query_ahead(&queries[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			result = turns_hear(pg, &queries[i], &turns[i], error);
		query_end(&queries[i]);
	}
	free(queries);
	return result;
}

static int turns_leave(struct engine *engine, const struct store_turn *turn,
	struct error *error)
{
	struct postgresql *pg = pg_of(engine);

	return turns_run(pg, PG_TURN_LEAVE, turn, error) ||
			       turns_run(pg, PG_TURN_END, turn, error)
		       ? -1
		       : 0;
}

static void turns_check(struct engine *engine, const struct store_turn *turn,
	struct query *query)
{
	*query = turns_start(pg_of(engine), PG_TURN_CHECK, turn);
}

const struct engine_turns pg_turns = {
	.join = turns_join,
	.look = turns_look,
	.leave = turns_leave,
	.check = turns_check,
};
