/* SPDX-License-Identifier: MIT */
/*
 * bpe.c - the merging of neighbours, those of the lowest rank first.
 *
 * A piece begins as one part a byte.  Of all neighbours that are a token
 * together, those of the lowest rank are merged, the leftmost of equals, until
 * none are left.  A short piece is a row that is searched each time; in a
 * long one, which may be a megabyte of one letter, a heap has the ranks.
 */
#include "schema/tokens/bpe.h"

#include <stdlib.h>
#include <string.h>

#include "schema/tokens/ranks.h"

#define BPE_SHORT 100 /* bytes */

/* --- a short piece ------------------------------------------------------ */

/* A part begins at `start`; `rank` is that of it and the next together. */
struct bpe_part {
	uint32_t start;
	uint32_t rank;
};

static uint32_t bpe_rank_in_row(const struct ranks *ranks, struct slice piece,
	const struct bpe_part *part)
{
	return ranks_find(ranks, piece.data + part[0].start,
		part[2].start - part[0].start);
}

/* Which part has the lowest rank with the next one; `last` has no next. */
static size_t bpe_lowest(const struct bpe_part *parts, size_t last)
{
	size_t lowest = 0;

	for (size_t i = 1; i < last; i++)
		if (parts[i].rank < parts[lowest].rank)
			lowest = i;
	return lowest;
}

static int64_t bpe_count_short(const struct ranks *ranks, struct slice piece)
{
	struct bpe_part parts[BPE_SHORT + 1];
	size_t count = piece.length;

	for (size_t i = 0; i <= count; i++)
		parts[i] = (struct bpe_part){ (uint32_t)i, RANKS_NONE };
	for (size_t i = 0; i + 1 < count; i++)
		parts[i].rank = bpe_rank_in_row(ranks, piece, &parts[i]);
	while (count > 1) {
		const size_t at = bpe_lowest(parts, count - 1);

		if (parts[at].rank == RANKS_NONE)
			break;
		memmove(&parts[at + 1], &parts[at + 2],
			(count - at - 1) * sizeof(*parts));
		count--;
		parts[at].rank = at + 1 < count ? bpe_rank_in_row(ranks, piece,
							  &parts[at])
						: RANKS_NONE;
		if (at > 0)
			parts[at - 1].rank =
				bpe_rank_in_row(ranks, piece, &parts[at - 1]);
	}
	return (int64_t)count;
}

/* --- a long piece ------------------------------------------------------- */

#define BPE_NOWHERE UINT32_MAX

/*
 * A part is known by the byte that it begins at.  The parts that have a rank
 * with their next one are in the heap; place[part] is where, or BPE_NOWHERE.
 */
struct bpe_heap {
	const struct ranks *ranks;
	struct slice piece;
	uint32_t *next; /* piece.length at the end */
	uint32_t *before;
	uint32_t *rank;
	uint32_t *place;
	uint32_t *heap;
	uint32_t count;
};

static bool bpe_is_lower(const struct bpe_heap *heap, uint32_t a, uint32_t b)
{
	return heap->rank[a] != heap->rank[b] ? heap->rank[a] < heap->rank[b]
					      : a < b;
}

static void bpe_put(struct bpe_heap *heap, uint32_t at, uint32_t part)
{
	heap->heap[at] = part;
	heap->place[part] = at;
}

static void bpe_rise(struct bpe_heap *heap, uint32_t at)
{
	const uint32_t part = heap->heap[at];

	while (at > 0) {
		const uint32_t parent = (at - 1) / 2;

		if (!bpe_is_lower(heap, part, heap->heap[parent]))
			break;
		bpe_put(heap, at, heap->heap[parent]);
		at = parent;
	}
	bpe_put(heap, at, part);
}

static void bpe_sink(struct bpe_heap *heap, uint32_t at)
{
	const uint32_t part = heap->heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
			bpe_is_lower(
				heap, heap->heap[child + 1], heap->heap[child]))
			child++;
		if (!bpe_is_lower(heap, heap->heap[child], part))
			break;
		bpe_put(heap, at, heap->heap[child]);
		at = child;
	}
	bpe_put(heap, at, part);
}

static void bpe_remove(struct bpe_heap *heap, uint32_t part)
{
	const uint32_t at = heap->place[part];
	uint32_t last;

	if (at == BPE_NOWHERE)
		return;
	heap->place[part] = BPE_NOWHERE;
	last = heap->heap[--heap->count];
	if (last == part)
		return;
	bpe_put(heap, at, last);
	bpe_rise(heap, at);
	bpe_sink(heap, heap->place[last]);
}

/* Finds the rank of a part with its next one, anew. */
static void bpe_rank_anew(struct bpe_heap *heap, uint32_t part)
{
	const uint32_t length = (uint32_t)heap->piece.length;
	const uint32_t next = heap->next[part];

	bpe_remove(heap, part);
	if (next == length)
		return;
	heap->rank[part] = ranks_find(
		heap->ranks, heap->piece.data + part, heap->next[next] - part);
	if (heap->rank[part] == RANKS_NONE)
		return;
	bpe_put(heap, heap->count++, part);
	bpe_rise(heap, heap->count - 1);
}

static void bpe_merge(struct bpe_heap *heap, uint32_t part)
{
	const uint32_t gone = heap->next[part], next = heap->next[gone];

	bpe_remove(heap, gone);
	heap->next[part] = next;
	if (next < heap->piece.length)
		heap->before[next] = part;
	bpe_rank_anew(heap, part);
	if (part > 0)
		bpe_rank_anew(heap, heap->before[part]);
}

static int64_t bpe_count_long(const struct ranks *ranks, struct slice piece)
{
	const uint32_t length = (uint32_t)piece.length;
	uint32_t *numbers =
		reallocarray(NULL, piece.length, 5 * sizeof(*numbers));
	struct bpe_heap heap = {
		.ranks = ranks,
		.piece = piece,
		.next = numbers,
		.before = numbers + length,
		.rank = numbers + 2 * piece.length,
		.place = numbers + 3 * piece.length,
		.heap = numbers + 4 * piece.length,
	};
	int64_t count = length;

	if (numbers == NULL)
		return -1;
	for (uint32_t i = 0; i < length; i++) {
		heap.next[i] = i + 1;
		heap.before[i] = i - 1;
		heap.place[i] = BPE_NOWHERE;
	}
	for (uint32_t i = 0; i < length; i++)
		bpe_rank_anew(&heap, i);
	for (; heap.count > 0; count--)
		bpe_merge(&heap, heap.heap[0]);
	free(numbers);
	return count;
}

int64_t bpe_count(const struct ranks *ranks, struct slice piece)
{
	if (piece.length < 2 ||
		ranks_find(ranks, piece.data, piece.length) != RANKS_NONE)
		return piece.length > 0;
	return piece.length > BPE_SHORT ? bpe_count_long(ranks, piece)
					: bpe_count_short(ranks, piece);
}
