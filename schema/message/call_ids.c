/* SPDX-License-Identifier: MIT */
/*
 * call_ids.c - ids of nine letters and digits: X, three for the name of the
 * tool, three for the call, and two that check these and tell a call from a
 * result.
 */
#include "schema/message/call_ids.h"

#include <stdlib.h>
#include <string.h>

#include "schema/json/value.h"
#include "schema/json/write.h"

#define DIGITS	 62
#define PART	 (DIGITS * DIGITS * DIGITS)
#define CHECK	 (DIGITS * DIGITS)
#define ID_BYTES 9

enum call_ids_kind { CALL_ID, RESULT_ID, OTHER_ID };

struct call_ids_id {
	enum call_ids_kind kind;
	uint32_t name; /* below PART, as is `call` */
	uint32_t call;
};

/* --- hashes --------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll and Vo), of more bytes. */
static uint64_t call_ids_hash(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (unsigned char)bytes.data[i]) *
		       UINT64_C(0x100000001b3);
	return hash;
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* Its lower bits alone know little of the first bytes. */
static uint32_t call_ids_fold(uint64_t hash, uint32_t below)
{
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((hash >> 32) % below);
}

/* Of what the JSON string says. */
static uint64_t call_ids_hash_string(struct slice string)
{
	struct slice rest = json_inner(string), piece;
	uint64_t hash = HASH_BEGIN;
	char buf[4];

	while (json_next_piece(&rest, buf, &piece))
		hash = call_ids_hash(hash, piece);
	return hash;
}

static uint32_t call_ids_name(struct slice name)
{
	return call_ids_fold(call_ids_hash_string(name), PART);
}

static uint32_t call_ids_check(const struct call_ids_id *id)
{
	const uint64_t number = ((uint64_t)id->name * PART + id->call) * 2 +
				(id->kind == RESULT_ID);

	return call_ids_fold(number * UINT64_C(0xff51afd7ed558ccd), CHECK);
}

/* --- spelled -------------------------------------------------------------- */

static const char call_ids_digits[] = "0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

static void call_ids_spell_number(char *at, size_t digits, uint32_t number)
{
	while (digits-- > 0) {
		at[digits] = call_ids_digits[number % DIGITS];
		number /= DIGITS;
	}
}

/* Writes ID_BYTES bytes. */
static void call_ids_spell(char *at, const struct call_ids_id *id)
{
	at[0] = 'X';
	call_ids_spell_number(at + 1, 3, id->name);
	call_ids_spell_number(at + 4, 3, id->call);
	call_ids_spell_number(at + 7, 2, call_ids_check(id));
}

static bool call_ids_read_number(
	const char *at, size_t digits, uint32_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits; i++) {
		const char *digit = strchr(call_ids_digits, at[i]);

		if (at[i] == '\0' || digit == NULL)
			return false;
		*number =
			*number * DIGITS + (uint32_t)(digit - call_ids_digits);
	}
	return true;
}

/* Of ID_BYTES bytes. */
static struct call_ids_id call_ids_read(const char *at)
{
	struct call_ids_id id = { .kind = OTHER_ID };
	uint32_t check;

	if (at[0] != 'X' || !call_ids_read_number(at + 1, 3, &id.name) ||
		!call_ids_read_number(at + 4, 3, &id.call) ||
		!call_ids_read_number(at + 7, 2, &check))
		return id;
	for (id.kind = CALL_ID; id.kind < OTHER_ID; id.kind++)
		if (call_ids_check(&id) == check)
			break;
	return id;
}

static void call_ids_put_id(struct text *out, const struct call_ids_id *id)
{
	char spelled[ID_BYTES];

	call_ids_spell(spelled, id);
	json_put_string(out, (struct slice){ spelled, ID_BYTES });
}

void call_ids_put(struct text *out, struct slice name, struct slice arguments)
{
	const struct call_ids_id id = { CALL_ID, call_ids_name(name),
		call_ids_fold(call_ids_hash(HASH_BEGIN, arguments), PART) };

	call_ids_put_id(out, &id);
}

void call_ids_put_result(struct text *out, struct slice name)
{
	const struct call_ids_id id = { RESULT_ID, call_ids_name(name), 0 };

	call_ids_put_id(out, &id);
}

bool call_ids_is_made(struct slice id)
{
	const struct slice inner = json_inner(id);

	return inner.length == ID_BYTES &&
	       call_ids_read(inner.data).kind != OTHER_ID;
}

/* --- several calls of one id ---------------------------------------------- */

#define MARK_BYTES                                                \
	5 /* an underscore, two for the number, two that check it \
	   */

/* Of the id with this hash. */
static void call_ids_spell_mark(char *at, uint64_t hash, unsigned nth)
{
	at[0] = '_';
	call_ids_spell_number(at + 1, 2, nth);
	call_ids_spell_number(at + 3, 2, call_ids_fold(hash + nth, CHECK));
}

void call_ids_put_nth(struct text *out, struct slice id, unsigned nth)
{
	char mark[MARK_BYTES];

	call_ids_spell_mark(mark, call_ids_hash_string(id), nth);
	json_begin_string(out);
	text_slice(out, json_inner(id));
	text_append(out, mark, MARK_BYTES);
	json_end_string(out);
}

void call_ids_put_object(
	struct text *out, struct slice object, struct slice id, unsigned nth)
{
	struct json_walk members = json_walk(object);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&members, &name, &value)) {
		json_name_json(out, name);
		if (value.data == id.data)
			call_ids_put_nth(out, value, nth);
		else
			json_put(out, value);
	}
	json_end_object(out);
}

struct slice call_ids_unmarked(struct slice id)
{
	struct slice before = { id.data, id.length - MARK_BYTES };
	char mark[MARK_BYTES];
	uint32_t nth;

	if (id.length < MARK_BYTES ||
		!call_ids_read_number(id.data + before.length + 1, 2, &nth) ||
		nth < 2)
		return id;
	call_ids_spell_mark(mark, call_ids_hash(HASH_BEGIN, before), nth);
	return memcmp(mark, id.data + before.length, MARK_BYTES) == 0 ? before
								      : id;
}

/* --- all of them ---------------------------------------------------------- */

/* A call that waits for its result. */
struct call_ids_call {
	struct call_ids_id id;
	size_t order;
	size_t taken; /* of these and those of its name that follow */
};

/* An array while its ids are mended. */
struct call_ids {
	uint64_t *given; /* a set of the calls' ids, plus one; 0: free */
	size_t mask;	 /* its slots, a power of two, less one */
	struct call_ids_call *calls;
	size_t count;
	bool sorted;
};

/* Where in the text the next made id is; NULL: there is none. */
static char *call_ids_next(char *at, const char *end, struct call_ids_id *id)
{
	static const char mark[] = ":\"X"; /* only before a member's value */

	while (at < end &&
		(at = memmem(at, (size_t)(end - at), mark, 3)) != NULL) {
		at += 2;
		if (end - at > ID_BYTES && at[ID_BYTES] == '"') {
			*id = call_ids_read(at);
			if (id->kind != OTHER_ID)
				return at;
		}
	}
	return NULL;
}

/* Puts it into the set; false: it is there. */
static bool call_ids_give(struct call_ids *ids, const struct call_ids_id *id)
{
	const uint64_t key = (uint64_t)id->name * PART + id->call + 1;
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	for (at &= ids->mask; ids->given[at] != 0; at = (at + 1) & ids->mask)
		if (ids->given[at] == key)
			return false;
	ids->given[at] = key;
	return true;
}

static void call_ids_mend_call(
	struct call_ids *ids, char *at, struct call_ids_id *id)
{
	while (!call_ids_give(ids, id))
		id->call = (id->call + 1) % PART;
	call_ids_spell(at, id);
	ids->calls[ids->count] = (struct call_ids_call){ *id, ids->count, 0 };
	ids->count++;
	ids->sorted = false;
}

static int call_ids_compare(const void *a, const void *b)
{
	const struct call_ids_call *one = a, *other = b;

	if (one->id.name != other->id.name)
		return one->id.name < other->id.name ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

/* The first call of this name, or where it would be. */
static size_t call_ids_first(const struct call_ids *ids, uint32_t name)
{
	size_t low = 0, high = ids->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (ids->calls[middle].id.name < name)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void call_ids_mend_result(
	struct call_ids *ids, char *at, const struct call_ids_id *id)
{
	size_t first, call;

	if (!ids->sorted && ids->count > 1)
		qsort(ids->calls, ids->count, sizeof(*ids->calls),
			call_ids_compare);
	ids->sorted = true;
	first = call_ids_first(ids, id->name);
	call = first < ids->count ? first + ids->calls[first].taken : first;
	if (call >= ids->count || ids->calls[call].id.name != id->name)
		return;
	ids->calls[first].taken++;
	call_ids_spell(at, &ids->calls[call].id);
}

/* Calls meet the results behind them, up to the next calls. */
static void call_ids_mend(struct call_ids *ids, struct text *out, size_t begun)
{
	struct json_walk walk = { out->data + begun, out->data + out->length };
	struct call_ids_id id;
	struct slice element;
	bool called = false; /* the last element had calls */

	while (json_next_element(&walk, &element)) {
		char *at = out->data + (element.data - out->data);
		const char *end = at + element.length;
		bool calls = false;

		while ((at = call_ids_next(at, end, &id)) != NULL) {
			if (id.kind == CALL_ID && !calls && !called)
				ids->count = 0;
			calls |= id.kind == CALL_ID;
			if (id.kind == CALL_ID)
				call_ids_mend_call(ids, at, &id);
			else
				call_ids_mend_result(ids, at, &id);
		}
		called = calls;
	}
}

static size_t call_ids_count(const struct text *out, size_t begun)
{
	char *at = out->data + begun;
	const char *end = out->data + out->length;
	struct call_ids_id id;
	size_t count = 0;

	while ((at = call_ids_next(at, end, &id)) != NULL)
		count++;
	return count;
}

void call_ids_finish(struct text *out, size_t begun)
{
	const size_t count = out->failed || out->length <= begun
				     ? 0
				     : call_ids_count(out, begun);
	struct call_ids ids = { .mask = 1 };

	if (count == 0 || text_reserve(out, 1))
		return;
	out->data[out->length] = ']'; /* ends the last element */
	while (ids.mask < count * 2)
		ids.mask = ids.mask * 2 + 1;
	ids.given = calloc(ids.mask + 1, sizeof(*ids.given));
	ids.calls = calloc(count, sizeof(*ids.calls));
	if (ids.given == NULL || ids.calls == NULL)
		out->failed = true;
	else
		call_ids_mend(&ids, out, begun);
	free(ids.given);
	free(ids.calls);
}
