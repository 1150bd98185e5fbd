/* SPDX-License-Identifier: MIT */
/*
 * search.c - messages that have any of some words, best first.
 *
 * A message counts, for each of the words that it has, the more the fewer
 * others have it.  Of equals the newer one is better.  The index of words may
 * not have come to the newest messages, so these are looked at themselves.
 */
#include "core/memory/class_run.h"
#include "core/memory/host.h"

#include <math.h>
#include <stdlib.h>

#include "core/store/search_text.h"
#include "schema/array.h"

#define SEARCH_WORDS  32     /* of the text; the rest is not looked for */
#define SEARCH_HITS   1000   /* of one word */
#define SEARCH_STEPS  100000 /* of SQLite, for one word */
#define SEARCH_NEWEST 100    /* messages that are looked at themselves, */
#define SEARCH_TEXT   65536  /* each no further than so many bytes */

struct search_hit {
	int64_t seq;
	double score;
};

/* The newest messages. */
struct search_newest {
	struct text text; /* of all, one after the other, */
	size_t ends[SEARCH_NEWEST];
	int64_t seqs[SEARCH_NEWEST];
	uint64_t words[SEARCH_NEWEST]; /* bit N: it has word N */
	size_t count;
};

struct search_hits {
	struct search_newest newest;
	struct search_hit *items;
	size_t count;
	size_t capacity;
	size_t begun; /* where those of the word at hand begin */
	int64_t upto;
	bool failed;
};

/* 1: there is no memory for it. */
static int search_add_seq(struct search_hits *hits, int64_t seq)
{
	struct search_hit *items;

	if (seq > hits->upto)
		return 0;
	items = array_room(
		hits->items, &hits->capacity, hits->count, sizeof(*items));
	hits->failed = items == NULL;
	if (hits->failed)
		return 1;
	hits->items = items;
	items[hits->count++] = (struct search_hit){ .seq = seq };
	return 0;
}

static int search_add_hit(void *context, const struct search_row *row)
{
	return search_add_seq(context, row->message.seq);
}

/* Was it found by the word at hand? */
static bool search_has_seq(const struct search_hits *hits, int64_t seq)
{
	for (size_t i = hits->begun; i < hits->count; i++)
		if (hits->items[i].seq == seq)
			return true;
	return false;
}

/* The newest messages that have the word of this number. */
static void search_find_newest(struct search_hits *hits, size_t word)
{
	const struct search_newest *newest = &hits->newest;

	for (size_t i = 0; i < newest->count && !hits->failed; i++)
		if ((newest->words[i] >> word & 1) &&
			!search_has_seq(hits, newest->seqs[i]))
			search_add_seq(hits, newest->seqs[i]);
}

static int search_find_word(struct memory_run *run, const struct slice *words,
	size_t word, struct search_hits *hits)
{
	const struct search_query query = {
		.tenant = run->scope->ref.tenant,
		.session = run->session,
		.text = words[word],
		.limit = SEARCH_HITS,
		.steps = SEARCH_STEPS,
		.now = run->scope->now,
	};
	struct error why = { 0 };
	double weight;

	hits->begun = hits->count;
	if (store_search(run->scope->store, &query,
		    (struct search_visitor){ search_add_hit, hits }, &why) &&
		why.code != ERROR_INVALID) { /* punctuation alone is no word */
		*run->error = why;
		return -1;
	}
	search_find_newest(hits, word);
	weight = log1p((double)run->upto / (double)(hits->count - hits->begun));
	for (size_t i = hits->begun; i < hits->count; i++)
		hits->items[i].score = weight;
	return hits->failed ? error_out_of_memory(run->error) : 0;
}

static int search_by_seq(const void *a, const void *b)
{
	const struct search_hit *one = a, *other = b;

	return (one->seq > other->seq) - (one->seq < other->seq);
}

static int search_by_score(const void *a, const void *b)
{
	const struct search_hit *one = a, *other = b;

	if (one->score > other->score)
		return -1;
	return one->score < other->score ? 1 : search_by_seq(b, a);
}

/* Adds up the hits of each message, and sorts them, the best first. */
static void search_add_up(struct search_hits *hits)
{
	size_t kept = 0;

	if (hits->count == 0)
		return;
	qsort(hits->items, hits->count, sizeof(*hits->items), search_by_seq);
	for (size_t i = 1; i < hits->count; i++) {
		if (hits->items[i].seq == hits->items[kept].seq)
			hits->items[kept].score += hits->items[i].score;
		else
			hits->items[++kept] = hits->items[i];
	}
	hits->count = kept + 1;
	qsort(hits->items, hits->count, sizeof(*hits->items), search_by_score);
}

/* Looks for all words in the newest messages. */
static int search_look_at_newest(struct memory_run *run,
	const struct slice *words, size_t count, struct search_newest *newest)
{
	struct slice texts[SEARCH_NEWEST];
	const struct search_texts what = { words, count, texts, newest->count,
		newest->words };
	const struct slice all = text_view(&newest->text);
	size_t begun = 0;

	if (all.length == 0)
		return 0;
	for (size_t i = 0; i < newest->count; i++) {
		texts[i] = (struct slice){ all.data + begun,
			newest->ends[i] - begun };
		begun = newest->ends[i];
	}
	return store_search_texts(run->scope->store, &what, run->error);
}

static int search_find_all(
	struct memory_run *run, struct slice text, struct search_hits *hits)
{
	struct slice words[SEARCH_WORDS];
	struct search_part part;
	size_t count = 0;

	while (count < SEARCH_WORDS && search_next(&text, &part))
		words[count++] = part.text;
	if (search_look_at_newest(run, words, count, &hits->newest))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (search_find_word(run, words, i, hits))
			return -1;
	search_add_up(hits);
	return 0;
}

static int search_keep_text(void *context, const struct memory_message *message)
{
	struct search_newest *newest = context;
	const size_t begun = newest->text.length;

	if (newest->count == SEARCH_NEWEST)
		return 1;
	memory_host_content(NULL, message, &newest->text);
	if (newest->text.length - begun > SEARCH_TEXT)
		newest->text.length = begun + SEARCH_TEXT;
	newest->seqs[newest->count] = message->seq;
	newest->ends[newest->count++] = newest->text.length;
	return 0;
}

static int search_read_newest(struct memory *memory, struct search_hits *hits)
{
	int64_t after;

	if (memory_host_back(memory, 0, SEARCH_NEWEST, &after) ||
		memory_host_each(
			memory, after, 0, search_keep_text, &hits->newest))
		return MEMORY_FAILED;
	return hits->newest.text.failed
		       ? class_run_out_of_memory(class_run_of(memory))
		       : MEMORY_DONE;
}

int memory_host_search(struct memory *memory, struct slice words, int64_t limit,
	int (*visit)(void *context, const struct memory_message *message),
	void *context)
{
	struct class_run *self = class_run_of(memory);
	struct search_hits hits = { .upto = self->run->upto };
	int result;

	if (class_run_enter_store(self) || class_run_only_now(self))
		return MEMORY_FAILED;
	if (self->run->scope->memories->wordless) {
		error_describe(self->run->error, ERROR_NOT_CONFIGURED,
			"the memory class \"%s\" needs an index of words: "
			"--search is off",
			self->class->name);
		return class_run_failed(self);
	}
	if (self->run->session->id == 0)
		return MEMORY_DONE;
	result = search_read_newest(memory, &hits);
	if (result == MEMORY_DONE && search_find_all(self->run, words, &hits))
		result = class_run_failed(self);
	for (size_t i = 0;
		result == MEMORY_DONE && i < hits.count && (int64_t)i < limit;
		i++)
		result = memory_host_each(memory, hits.items[i].seq - 1,
			hits.items[i].seq + 1, visit, context);
	free(hits.items);
	text_clear(&hits.newest.text);
	return result;
}
