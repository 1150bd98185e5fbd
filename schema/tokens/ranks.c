/* SPDX-License-Identifier: MIT */
/* ranks.c - a rank file in memory: a hash table of the tokens. */
#include "schema/tokens/ranks.h"

#include <stdlib.h>
#include <string.h>

#include "schema/error.h"

/* A token stands in `bytes` from `offset` on. */
struct ranks_token {
	uint32_t offset;
	uint32_t length;
	uint32_t rank;
};

/* Where a token may be found; 0 in `token` is none, 1 the first. */
struct ranks_slot {
	uint32_t hash;
	uint32_t token;
};

struct ranks {
	struct text bytes; /* of all tokens */
	struct ranks_token *tokens;
	size_t count;
	size_t capacity;
	struct ranks_slot *slots;
	size_t mask; /* slots, less one; twice as many as tokens, or more */
	size_t longest;
};

/* --- looking up --------------------------------------------------------- */

static uint32_t ranks_hash(const char *bytes, size_t length)
{
	uint64_t hash = length * 0x9e3779b97f4a7c15u, word;

	for (; length > 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, bytes, length);
	hash = (hash ^ word) * 0xff51afd7ed558ccdu;
	return (uint32_t)(hash >> 32);
}

static bool ranks_is_token(const struct ranks *ranks,
	const struct ranks_token *token, const char *bytes, size_t length)
{
	return token->length == length &&
	       memcmp(ranks->bytes.data + token->offset, bytes, length) == 0;
}

/* The slot that has the token, or the one where it would be put. */
static struct ranks_slot *ranks_slot_of(const struct ranks *ranks,
	uint32_t hash, const char *bytes, size_t length)
{
	for (size_t at = hash;; at++) {
		struct ranks_slot *slot = &ranks->slots[at & ranks->mask];

		if (slot->token == 0 ||
			(slot->hash == hash &&
				ranks_is_token(ranks,
					&ranks->tokens[slot->token - 1], bytes,
					length)))
			return slot;
	}
}

uint32_t ranks_find(const struct ranks *ranks, const char *bytes, size_t length)
{
	const struct ranks_slot *slot;

	if (length > ranks->longest)
		return RANKS_NONE;
	slot = ranks_slot_of(ranks, ranks_hash(bytes, length), bytes, length);
	return slot->token == 0 ? RANKS_NONE
				: ranks->tokens[slot->token - 1].rank;
}

/* --- reading ------------------------------------------------------------ */

/* The line that is read, for the errors. */
struct ranks_line {
	const char *name;
	size_t number;
	struct slice text;
};

static int ranks_refuse(
	const struct ranks_line *line, const char *what, struct error *error)
{
	return error_set(error, ERROR_INVALID,
		"%s:%zu: %s; a line is a token "
		"in base64, a space and its rank, as tiktoken writes them",
		line->name, line->number, what);
}

static int ranks_base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Appends what the base64 says; false if it is none, or says nothing. */
static bool ranks_decode(struct text *out, struct slice base64)
{
	uint32_t bits = 0;
	int have = 0;

	if (base64.length < 4 || base64.length % 4 != 0)
		return false;
	for (int pad = 0; pad < 2; pad++)
		if (base64.data[base64.length - 1] == '=')
			base64.length--;
	for (size_t i = 0; i < base64.length; i++) {
		const int digit = ranks_base64_digit(base64.data[i]);
		char byte;

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		byte = (char)(bits >> have & 0xff);
		text_append(out, &byte, 1);
	}
	return (bits & ((1u << have) - 1)) == 0;
}

static bool ranks_number(struct slice digits, uint32_t *number)
{
	uint64_t sum = 0;

	if (digits.length == 0 || digits.length > 9)
		return false;
	for (size_t i = 0; i < digits.length; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		sum = 10 * sum + (uint64_t)(digits.data[i] - '0');
	}
	*number = (uint32_t)sum;
	return true;
}

static struct ranks_token *ranks_new_token(struct ranks *ranks)
{
	if (ranks->count == ranks->capacity) {
		const size_t capacity =
			ranks->capacity ? 2 * ranks->capacity : 1 << 16;
		struct ranks_token *tokens =
			reallocarray(ranks->tokens, capacity, sizeof(*tokens));

		if (tokens == NULL)
			return NULL;
		ranks->tokens = tokens;
		ranks->capacity = capacity;
	}
	return &ranks->tokens[ranks->count++];
}

static int ranks_add(
	struct ranks *ranks, const struct ranks_line *line, struct error *error)
{
	const char *space = memchr(line->text.data, ' ', line->text.length);
	struct ranks_token *token = ranks_new_token(ranks);
	struct slice base64 = line->text, rank;

	if (token == NULL)
		return error_out_of_memory(error);
	if (space == NULL)
		return ranks_refuse(line, "there is no rank", error);
	base64.length = (size_t)(space - line->text.data);
	rank.data = space + 1;
	rank.length = line->text.length - base64.length - 1;
	token->offset = (uint32_t)ranks->bytes.length;
	if (!ranks_decode(&ranks->bytes, base64))
		return ranks_refuse(line, "this is no base64", error);
	if (!ranks_number(rank, &token->rank))
		return ranks_refuse(line, "this is no rank", error);
	if (ranks->bytes.failed)
		return error_out_of_memory(error);
	token->length = (uint32_t)(ranks->bytes.length - token->offset);
	if (token->length > ranks->longest)
		ranks->longest = token->length;
	return 0;
}

/* Takes the next line off `rest`; false if there is none. */
static bool ranks_next_line(struct slice *rest, struct ranks_line *line)
{
	const char *end;

	if (rest->length == 0)
		return false;
	end = memchr(rest->data, '\n', rest->length);
	line->number++;
	line->text.data = rest->data;
	line->text.length = end ? (size_t)(end - rest->data) : rest->length;
	rest->data += line->text.length + (end != NULL);
	rest->length -= line->text.length + (end != NULL);
	if (line->text.length > 0 &&
		line->text.data[line->text.length - 1] == '\r')
		line->text.length--;
	return true;
}

static int ranks_add_lines(struct ranks *ranks, struct slice file,
	const char *name, struct error *error)
{
	struct ranks_line line = { .name = name };

	while (ranks_next_line(&file, &line))
		if (line.text.length > 0 && ranks_add(ranks, &line, error))
			return -1;
	return 0;
}

/* --- the table ---------------------------------------------------------- */

static int ranks_index(
	struct ranks *ranks, const char *name, struct error *error)
{
	size_t slots = 1024;

	while (slots < 2 * ranks->count)
		slots *= 2;
	ranks->mask = slots - 1;
	ranks->slots = calloc(slots, sizeof(*ranks->slots));
	if (ranks->slots == NULL)
		return error_out_of_memory(error);
	for (size_t i = 0; i < ranks->count; i++) {
		const struct ranks_token *token = &ranks->tokens[i];
		const char *bytes = ranks->bytes.data + token->offset;
		const uint32_t hash = ranks_hash(bytes, token->length);
		struct ranks_slot *slot =
			ranks_slot_of(ranks, hash, bytes, token->length);

		if (slot->token != 0)
			return error_set(error, ERROR_INVALID,
				"%s: the tokens of ranks %u and %u are the "
				"same",
				name, ranks->tokens[slot->token - 1].rank,
				token->rank);
		*slot = (struct ranks_slot){ hash, (uint32_t)i + 1 };
	}
	return 0;
}

/* With a token for each byte, any text has tokens. */
static int ranks_check_bytes(
	const struct ranks *ranks, const char *name, struct error *error)
{
	for (unsigned i = 0; i < 256; i++) {
		const char byte = (char)i;

		if (ranks_find(ranks, &byte, 1) == RANKS_NONE)
			return error_set(error, ERROR_INVALID,
				"%s: there is no token for the byte 0x%02x, so "
				"this is not a whole rank file",
				name, i);
	}
	return 0;
}

int ranks_read(struct ranks **out, struct slice file, const char *name,
	struct error *error)
{
	struct ranks *ranks = calloc(1, sizeof(*ranks));

	if (ranks == NULL)
		return error_out_of_memory(error);
	if (ranks_add_lines(ranks, file, name, error) ||
		ranks_index(ranks, name, error) ||
		ranks_check_bytes(ranks, name, error)) {
		ranks_free(ranks);
		return -1;
	}
	*out = ranks;
	return 0;
}

void ranks_free(struct ranks *ranks)
{
	if (ranks == NULL)
		return;
	text_clear(&ranks->bytes);
	free(ranks->tokens);
	free(ranks->slots);
	free(ranks);
}
