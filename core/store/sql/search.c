/* SPDX-License-Identifier: MIT */
/*
 * search.c - messages found by their words.
 *
 * The index gives ids, which may be late: each is looked up in the tables, and
 * shown by the sessions that see it now, its own and those that begin with
 * it.
 */
#include "core/store/sql/search.h"
#include "core/store/damage.h"
#include "core/store/pieces.h"

#include <stdlib.h>
#include <string.h>

#define POSITION_MAX 65536 /* bytes of a text */

/* The parameters of the statements. */
enum { HIT_HISTORY = 1, HIT_SEQ, HIT_BORN };
enum {
	SESSIONS_HISTORY = 1,
	SESSIONS_SEQ,
	SESSIONS_BORN,
	SESSIONS_RETIRED,
	SESSIONS_TENANT,
	SESSIONS_ID,
	SESSIONS_AFTER
};

/* And the columns of their rows. */
enum { IS_NAME = SESSION_REST };
enum { IS_RETIRED = MESSAGE_REST, IS_MARK };

const char *const search_sql[SQL_COUNT] = {
	[SQL_SEARCH_MESSAGE] = SEARCHED("message", MESSAGE_COLUMNS,
		"0") " UNION ALL " SEARCHED("retired", RETIRED_COLUMNS,
		"retired"),
	/* Sessions that show the row of this key, retired at ?4; 0: live. */
	[SQL_SEARCH_SESSIONS] =
		"WITH RECURSIVE seen (history) AS (SELECT ?1 WHERE ?4 = 0"
		" UNION ALL SELECT id FROM history AS fork WHERE base = ?1"
		" AND base_upto >= ?2 AND base_after < ?2"
		" AND base_version >= ?3 AND (?4 = 0 OR base_version < ?4)"
		" AND " FORK_SOUNDNESS " <> 0"
		" UNION ALL SELECT fork.id FROM seen JOIN history AS fork"
		" ON fork.base = seen.history AND fork.base_after < ?2"
		" AND " FORK_SOUNDNESS " <> 0 WHERE seen.history <> ?1)"
		" SELECT " SESSION_COLUMNS ", name FROM session WHERE id IN"
		" (SELECT shown.session FROM seen JOIN history AS shown"
		" ON shown.id = seen.history WHERE until_version IS NULL"
		" AND " SHOWN_SOUNDNESS " <> 0)"
		" AND tenant = ?5 AND (?6 = 0 OR id = ?6) AND id > ?7"
		" ORDER BY id",
};

/* --- where a text has it ---------------------------------------------- */

static bool search_word_is(const struct search *search,
	const struct search_words *part, struct slice word)
{
	const size_t which = part->first + part->seen;
	const size_t start = which ? search->ends[which - 1] : 0;
	const size_t length = search->ends[which] - start;

	if (part->prefix && part->seen + 1 == part->count &&
		word.length > length)
		word.length = length;
	return word.length == length &&
	       memcmp(word.data, search->words.data + start, length) == 0;
}

struct search_position {
	struct search *search;
	size_t at;	/* where the last part begins that was met whole */
	size_t left;	/* ends when so many more are */
	uint64_t found; /* bit N: part N is */
};

static int search_look_at_word(void *context, struct slice word, size_t start)
{
	struct search_position *position = context;
	struct search *search = position->search;

	for (size_t i = 0; i < search->part_count; i++) {
		struct search_words *part = &search->parts[i];

		if (position->found >> i & 1)
			continue;
		if (part->seen && !search_word_is(search, part, word))
			part->seen = 0;
		if (!search_word_is(search, part, word))
			continue;
		if (part->seen++ == 0)
			part->at = start;
		if (part->seen < part->count)
			continue;
		position->at = part->at;
		position->found |= (uint64_t)1 << i;
		if (--position->left == 0)
			return 1;
	}
	return 0;
}

static int search_look_at(struct search_position *position, struct slice text,
	struct error *error)
{
	struct search *search = position->search;

	for (size_t i = 0; i < search->part_count; i++)
		search->parts[i].seen = 0;
	return search->store->ops->words(search->store->engine,
		(struct engine_text){ text, WORDS_OF_TEXT },
		(struct word_visitor){ search_look_at_word, position }, error);
}

/* The end of a long text is not looked at: a snippet is no proof. */
static int search_find_position(
	struct search *search, size_t *at, struct error *error)
{
	struct slice text = text_view(&search->text);
	struct search_position position = { .search = search, .left = 1 };

	if (text.length > POSITION_MAX)
		text.length = POSITION_MAX;
	if (search_look_at(&position, text, error))
		return -1;
	*at = position.at;
	return 0;
}

/* --- who sees it ------------------------------------------------------ */

static int search_read_text(
	struct search *search, struct search_row *row, struct error *error)
{
	search->text.length = 0;
	search_text(&search->text, &row->message.message);
	if (search->text.failed)
		return error_out_of_memory(error);
	row->text = text_view(&search->text);
	return search_find_position(search, &row->at, error);
}

/* Says which rows to look for, and who may show them. */
static struct query search_start_sessions(struct search *search,
	const struct engine_hit *hit, int64_t retired, int64_t after)
{
	const struct search_query *what = search->what;
	struct query query =
		query_rows(search->store, SQL_SEARCH_SESSIONS, search->left);

	query_number(&query, SESSIONS_HISTORY, hit->history);
	query_number(&query, SESSIONS_SEQ, hit->seq);
	query_number(&query, SESSIONS_BORN, hit->born);
	query_number(&query, SESSIONS_RETIRED, retired);
	query_text(&query, SESSIONS_TENANT, what->tenant);
	query_number(
		&query, SESSIONS_ID, what->session ? what->session->id : 0);
	query_number(&query, SESSIONS_AFTER, after);
	return query;
}

/* A damaged row is not found; all others are.  0; -1. */
static int search_pass_damaged(const struct error *damage, struct error *error)
{
	if (damage->code == ERROR_DAMAGED)
		return 0;
	*error = *damage;
	return -1;
}

/*
 * Visits them and ends the query; 1: there may be more; 0; -1.  The text is
 * read when there is somebody to show it.
 */
static int search_show_rows(struct search *search, struct query *query,
	struct search_row *row, struct error *error)
{
	struct error damage = { 0 };
	int found = 1;

	while (search->left && (found = query_step(query, error)) > 0) {
		row->name = query_get_text(query, IS_NAME);
		if (store_read_session(search->store, query, row->name,
			    &row->session, &damage)) {
			found = search_pass_damaged(&damage, error);
			damage = (struct error){ 0 };
			if (found)
				break;
			continue;
		}
		if (session_is_gone(&row->session, search->what->now))
			continue;
		if (!row->text.data &&
			(found = search_read_text(search, row, error)))
			break;
		search->left--;
		if (search->visitor.visit(search->visitor.context, row))
			search->left = 0;
	}
	query_end(query);
	return found < 0 ? -1 : search->left && query->more;
}

static int search_show(struct search *search, const struct engine_hit *hit,
	int64_t retired, struct search_row *row, struct error *error)
{
	int more;

	do {
		struct query query = search_start_sessions(
			search, hit, retired, row->session.id);

		more = search_show_rows(search, &query, row, error);
	} while (more > 0);
	return more;
}

/*
 * Is it in a part of the session's?  Else it is not asked who shows it: where a
 * long history has many forks that would be many for each row.
 */
static bool search_may_be_shown(
	const struct search *search, const struct engine_hit *hit)
{
	for (size_t i = 0; i < search->segment_count; i++) {
		const struct segment *segment = &search->segments[i];

		if (segment->history == hit->history)
			return hit->seq > segment->floor &&
			       hit->seq > segment->after &&
			       hit->seq <= segment->upto;
	}
	return search->segment_count == 0;
}

/* 1: it is enough; 0; -1. */
static int search_show_hit(
	void *context, const struct engine_hit *hit, struct error *error)
{
	struct search *search = context;
	struct search_row row = { 0 };
	struct error damage = { 0 };
	struct query query;
	int found, result = 0;

	if (!search_may_be_shown(search, hit))
		return 0;
	query = query_start(search->store, SQL_SEARCH_MESSAGE);
	query_number(&query, HIT_HISTORY, hit->history);
	query_number(&query, HIT_SEQ, hit->seq);
	query_number(&query, HIT_BORN, hit->born);
	found = query_step(&query, error);
	if (found > 0 && damage_read_message(
				 &query, hit->history, &row.message, &damage))
		found = search_pass_damaged(&damage, error);
	if (found > 0) {
		row.message.mark = query_get_text(&query, IS_MARK);
		result = search_show(search, hit,
			query_get_number(&query, IS_RETIRED), &row, error);
	}
	query_end(&query);
	if (found < 0 || result)
		return -1;
	return search->left == 0;
}

static int search_run(struct search *search, struct error *error)
{
	struct engine_search what = {
		.tenant = search->what->tenant,
		.steps = search->what->steps,
	};

	if (store_search_read(search, error))
		return -1;
	if (search->what->session && !search->what->session->id)
		return 0;
	if (search->what->session && store_search_scope(search, error))
		return -1;
	what.parts = search->given;
	what.part_count = search->part_count;
	what.histories = search->histories;
	what.history_count = search->segment_count;
	return search->store->ops->find(search->store->engine, &what,
		(struct hit_visitor){ search_show_hit, search }, error);
}

int store_search(struct store *store, const struct search_query *what,
	struct search_visitor visitor, struct error *error)
{
	struct search search = { .store = store,
		.what = what,
		.visitor = visitor,
		.left = what->limit };
	int result;

	if (!store->options.search || !store->ops->find)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"there is no index of words: --search is off");
	result = search_run(&search, error);
	text_clear(&search.words);
	text_clear(&search.text);
	return result;
}

/* --- without an index ----------------------------------------------------- */

/* Adds the parts of a query, unless it has none or too many. */
static int search_add_query(
	struct search *search, struct slice text, struct error *error)
{
	const struct search_query what = { .text = text };
	const size_t parts = search->part_count, words = search->word_count;
	const size_t bytes = search->words.length;
	struct error why = { 0 };
	int result;

	search->what = &what;
	result = store_search_read(search, &why);
	search->what = NULL;
	if (result == 0)
		return 0;
	search->part_count = parts;
	search->word_count = words;
	search->words.length = bytes;
	search->crowded = false;
	if (why.code == ERROR_INVALID)
		return 0;
	*error = why;
	return -1;
}

/* `queries` has the bit of the query that each part is of. */
static int search_look_for_all(struct search *search, struct slice text,
	const uint64_t *queries, uint64_t *has, struct error *error)
{
	struct search_position position = {
		.search = search,
		.left = search->part_count,
	};

	*has = 0;
	if (search->part_count > 0 && search_look_at(&position, text, error))
		return -1;
	for (size_t i = 0; i < search->part_count; i++)
		if (position.found >> i & 1)
			*has |= queries[i];
	return 0;
}

int store_search_texts(struct store *store, const struct search_texts *what,
	struct error *error)
{
	struct search search = { .store = store };
	uint64_t queries[SEARCH_PARTS_MAX] = { 0 };
	size_t part = 0;
	int result = 0;

	for (size_t i = 0; i < what->query_count && result == 0; i++) {
		result = search_add_query(&search, what->queries[i], error);
		for (; part < search.part_count; part++)
			queries[part] = (uint64_t)1 << i;
	}
	for (size_t i = 0; i < what->text_count && result == 0; i++)
		result = search_look_for_all(
			&search, what->texts[i], queries, &what->has[i], error);
	text_clear(&search.words);
	return result;
}

bool store_search_is_damaged(const struct store *store)
{
	return store->engine->index.damaged;
}
