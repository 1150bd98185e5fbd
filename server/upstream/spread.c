/* SPDX-License-Identifier: MIT */
/*
 * spread.c - a secret that is spelled over several events of a stream.
 */
#include "server/upstream/spread.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "sk-" and the like is shown: no event waits because of it. */
#define SHOWN 4

/* Neither a line nor what may be a secret is waited for beyond so much. */
#define HELD_MAX ((size_t)64 << 10)

#define HASH_PRIME UINT64_C(1099511628211)

/* A walk through the JSON of a line. */
struct spread_walk {
	struct spread *spread;
	char *held;
	size_t at, end;
	struct slice secret;
};

static struct spread_level *spread_level(const struct spread_walk *walk)
{
	return &walk->spread->levels[walk->spread->depth];
}

/* --- the secret in one text --------------------------------------------- */

/* Stars over those of the pieces that are held. */
static void spread_cover(const struct spread_text *text, char *held)
{
	for (size_t i = 0; i < text->matched; i++) {
		const struct spread_piece *piece = &text->pieces[i];

		if (piece->size)
			memset(held + piece->at, '*', piece->size);
	}
}

/* The text ends in a shorter beginning of the secret; 0: in none. */
static void spread_shorten(struct spread_text *text, struct slice secret)
{
	const size_t matched = text->matched;
	size_t shorter = matched - 1;

	while (shorter && memcmp(secret.data, secret.data + matched - shorter,
				  shorter) != 0)
		shorter--;
	memmove(text->pieces, text->pieces + matched - shorter,
		shorter * sizeof(*text->pieces));
	text->matched = shorter;
}

/* The text goes on with the character `c` (-1: none of a secret's). */
static void spread_add(struct spread_text *text, struct slice secret, int c,
	struct spread_piece piece)
{
	while (text->matched && secret.data[text->matched] != c)
		spread_shorten(text, secret);
	if (secret.data[text->matched] == c)
		text->pieces[text->matched++] = piece;
}

/* --- the texts ---------------------------------------------------------- */

/* A text at this place; the least of the others makes room for a new one. */
static struct spread_text *spread_find(struct spread *spread, uint64_t path)
{
	struct spread_text *least = &spread->texts[0];

	for (int i = 0; i < SPREAD_TEXTS; i++) {
		struct spread_text *text = &spread->texts[i];

		if (text->matched && text->path == path)
			return text;
		if (text->matched < least->matched)
			least = text;
	}
	least->matched = 0;
	least->path = path;
	return least;
}

static int spread_make_room(struct spread_text *text, size_t length)
{
	if (!text->pieces)
		text->pieces = calloc(length, sizeof(*text->pieces));
	return text->pieces ? 0 : -1;
}

/* --- what a string of JSON spells --------------------------------------- */

static int spread_hex(const char *digits, size_t length)
{
	int value = 0;

	for (size_t i = 0; i < 4; i++) {
		if (i >= length || !isxdigit((unsigned char)digits[i]))
			return -1;
		value = value * 16 +
			(isdigit((unsigned char)digits[i])
					? digits[i] - '0'
					: (digits[i] | 0x20) - 'a' + 10);
	}
	return value;
}

/* How many bytes its first character has; -1 in `c`: no secret has it. */
static size_t spread_spelled(struct slice string, int *c)
{
	size_t count = 0;

	*c = (unsigned char)*string.data;
	while (count < string.length && string.data[count] == '\\')
		count++;
	if (count == 0)
		return 1;
	*c = -1;
	if (count == string.length)
		return count;
	if (strchr("\"/", string.data[count]))
		*c = (unsigned char)string.data[count];
	else if (string.data[count] == 'u')
		*c = spread_hex(
			string.data + count + 1, string.length - count - 1);
	if (*c < 0) /* of two backslashes the second one is a character */
		return count + count % 2;
	return count + (string.data[count] == 'u' ? 5 : 1);
}

static void spread_read_string(
	struct spread_walk *walk, size_t from, size_t end)
{
	struct spread_text *text =
		spread_find(walk->spread, spread_level(walk)->path);
	size_t size;

	if (spread_make_room(text, walk->secret.length)) {
		walk->spread->failed = true;
		return;
	}
	for (size_t at = from; at < end; at += size) {
		int c;

		size = spread_spelled(
			(struct slice){ walk->held + at, end - at }, &c);
		spread_add(text, walk->secret, c,
			(struct spread_piece){ at, size });
		if (text->matched < walk->secret.length)
			continue;
		spread_cover(text, walk->held);
		text->matched = 0;
	}
}

/* --- the JSON of a line ------------------------------------------------- */

static uint64_t spread_hash(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (unsigned char)bytes.data[i]) * HASH_PRIME;
	return (hash ^ 0xff) * HASH_PRIME;
}

static uint64_t spread_hash_count(uint64_t hash, unsigned count)
{
	return spread_hash(
		hash, (struct slice){ (const char *)&count, sizeof(count) });
}

static void spread_skip_blanks(struct spread_walk *walk)
{
	while (walk->at < walk->end &&
		(walk->held[walk->at] == ' ' || walk->held[walk->at] == '\t'))
		walk->at++;
}

/*
 * A member "index" tells choices and calls apart that stand in the same place
 * of several events; it stands before what it tells apart.
 */
static void spread_read_index(struct spread_walk *walk)
{
	struct spread_level *level = spread_level(walk);
	const size_t from = walk->at;

	while (walk->at < walk->end &&
		isdigit((unsigned char)walk->held[walk->at]))
		walk->at++;
	if (walk->at > from)
		level->base = spread_hash(level->base,
			(struct slice){ walk->held + from, walk->at - from });
}

/* Behind a name, at its colon. */
static void spread_read_name(struct spread_walk *walk, struct slice name)
{
	struct spread_level *level = spread_level(walk);

	walk->at++;
	spread_skip_blanks(walk);
	level->path = spread_hash(level->base, name);
	if (slice_is(name, "index"))
		spread_read_index(walk);
}

/* At a quotation mark. */
static void spread_read_name_or_string(struct spread_walk *walk)
{
	const size_t from = ++walk->at;
	size_t end;

	while (walk->at < walk->end && walk->held[walk->at] != '"')
		walk->at += walk->held[walk->at] == '\\' ? 2 : 1;
	end = walk->at < walk->end ? walk->at : walk->end;
	walk->at = end + 1;
	spread_skip_blanks(walk);
	if (walk->at < walk->end && walk->held[walk->at] == ':')
		spread_read_name(
			walk, (struct slice){ walk->held + from, end - from });
	else
		spread_read_string(walk, from, end);
}

static void spread_enter(struct spread_walk *walk, bool is_array)
{
	const uint64_t base = spread_level(walk)->path;

	walk->spread->depth++;
	*spread_level(walk) = (struct spread_level){ base,
		is_array ? spread_hash_count(base, 0) : base, is_array, 0 };
}

static void spread_next(struct spread_walk *walk)
{
	struct spread_level *level = spread_level(walk);

	level->path = level->base;
	if (level->is_array)
		level->path = spread_hash_count(level->base, ++level->count);
}

/* Something else than JSON is walked over as far as it looks like it. */
static void spread_read_json(struct spread_walk *walk)
{
	struct spread *spread = walk->spread;

	while (walk->at < walk->end && spread->depth < SPREAD_DEPTH - 1) {
		const char c = walk->held[walk->at];

		if (c == '"') {
			spread_read_name_or_string(walk);
			continue;
		}
		walk->at++;
		if (c == '{' || c == '[')
			spread_enter(walk, c == '[');
		else if (c == ',')
			spread_next(walk);
		else if ((c == '}' || c == ']') && spread->depth)
			spread->depth--;
	}
}

static void spread_read_line(struct spread *spread, char *held, size_t from,
	size_t end, struct slice secret)
{
	static const char field[] = "data:";
	const size_t length = sizeof(field) - 1;
	struct spread_walk walk = {
		.spread = spread,
		.held = held,
		.at = from + length,
		.end = end,
		.secret = secret,
	};

	if (end - from > length && memcmp(held + from, field, length) == 0)
		spread_read_json(&walk);
}

/* --- the stream --------------------------------------------------------- */

/* Behind the end of the line at `from`; 0: it has none yet. */
static size_t spread_line_end(const char *held, size_t from, size_t length)
{
	while (from < length && held[from] != '\n' && held[from] != '\r')
		from++;
	return from < length ? from + 1 : 0;
}

/* An empty line ends an event. */
static void spread_end_line(struct spread *spread, char end, size_t length)
{
	if (length == 0 && !(spread->is_cr && end == '\n')) {
		spread->depth = 0;
		spread->levels[0] = (struct spread_level){ 0 };
	}
	spread->is_cr = end == '\r';
}

static void spread_read_lines(
	struct spread *spread, char *held, size_t length, struct slice secret)
{
	size_t end;

	while ((end = spread_line_end(held, spread->seen, length))) {
		if (!spread->late)
			spread_read_line(
				spread, held, spread->seen, end - 1, secret);
		spread_end_line(spread, held[end - 1], end - 1 - spread->seen);
		spread->late = false;
		spread->seen = end;
	}
	if (length - spread->seen < HELD_MAX)
		return;
	spread->seen = length;
	spread->late = true;
}

/* More than half of the secret is not shown. */
static void spread_give_up(
	struct spread_text *text, char *held, struct slice secret)
{
	if (text->matched > secret.length / 2)
		spread_cover(text, held);
	text->matched = 0;
}

/* The first byte that a text holds back, or `most`. */
static size_t spread_first_held(const struct spread_text *text, size_t most)
{
	for (size_t i = SHOWN; i < text->matched; i++) {
		const struct spread_piece *piece = &text->pieces[i];

		if (piece->size)
			return piece->at < most ? piece->at : most;
	}
	return most;
}

size_t spread_blot(
	struct spread *spread, char *held, size_t length, struct slice secret)
{
	size_t ready;

	if (!secret.length)
		return length;
	spread_read_lines(spread, held, length, secret);
	ready = spread->seen;
	for (int i = 0; i < SPREAD_TEXTS; i++) {
		struct spread_text *text = &spread->texts[i];

		if (length - spread_first_held(text, length) > HELD_MAX)
			spread_give_up(text, held, secret);
		ready = spread_first_held(text, ready);
	}
	return ready;
}

void spread_move(struct spread *spread, size_t size)
{
	spread->seen = spread->seen > size ? spread->seen - size : 0;
	for (int i = 0; i < SPREAD_TEXTS; i++) {
		struct spread_text *text = &spread->texts[i];

		for (size_t p = 0; p < text->matched; p++) {
			struct spread_piece *piece = &text->pieces[p];

			if (piece->at < size)
				*piece = (struct spread_piece){ 0 };
			else
				piece->at -= size;
		}
	}
}

void spread_end(struct spread *spread, char *held, struct slice secret)
{
	for (int i = 0; i < SPREAD_TEXTS; i++)
		if (spread->texts[i].matched)
			spread_give_up(&spread->texts[i], held, secret);
}

void spread_clear(struct spread *spread)
{
	for (int i = 0; i < SPREAD_TEXTS; i++)
		free(spread->texts[i].pieces);
	*spread = (struct spread){ 0 };
}
