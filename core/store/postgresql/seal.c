/* SPDX-License-Identifier: MIT */
/*
 * seal.c - is the row of a session what its sum says?
 *
 * As session_sum() has it, of the migration that made the sums, for the
 * statements that every request needs: the server takes some microseconds for
 * each, and more than twice as many for one alone.
 */
#include "core/digest/digest.h"
#include "core/store/pieces.h"
#include "core/store/postgresql/postgresql.h"
#include "core/store/postgresql/wire.h"
#include "schema/error.h"

#include <string.h>

/* Where these begin in the rows of a statement; 0: it has its own sums. */
static const int seal_columns[SQL_COUNT] = {
	[SQL_SESSION_FIND] = SESSION_REST,
	[SQL_SESSION_TAKE] = SESSION_REST,
	[SQL_SESSION_SHUN] = SESSION_REST,
	[SQL_EXPECT_SESSIONS] = SESSION_REST + 1, /* behind the place */
};
enum { SEAL_OWNER, SEAL_GENERATION, SEAL_TENANT, SEAL_NAME };

int pg_seal_column(enum sql which)
{
	return seal_columns[which];
}

/* --- a row as text, as record_out() writes it ----------------------------- */

static bool seal_is_plain(struct slice text)
{
	static const char special[] = "\"\\(), \t\n\v\f\r";

	for (size_t i = 0; i < text.length; i++)
		if (memchr(special, text.data[i], sizeof(special) - 1))
			return false;
	return text.length > 0;
}

static void seal_put_quoted(struct text *out, struct slice text)
{
	text_byte(out, '"');
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			text_byte(out, text.data[i]);
		text_byte(out, text.data[i]);
	}
	text_byte(out, '"');
}

static void seal_put_text(
	struct text *out, const struct query *query, int column)
{
	const struct slice text = pg_text(query, column);

	if (pg_is_null(query, column))
		return;
	if (seal_is_plain(text))
		text_slice(out, text);
	else
		seal_put_quoted(out, text);
}

/* Where the statement has another number in place of NULL. */
static void seal_put_number(
	struct text *out, const struct query *query, int column, int64_t none)
{
	const int64_t number = pg_number(query, column);

	if (!pg_is_null(query, column) && number != none)
		text_number(out, number);
}

/* The columns of the sum, in its order. */
static const struct {
	int column;
	bool further; /* it is one of those behind the others */
	bool text;
	int64_t none; /* stands for NULL */
} seal_parts[] = {
	{ SESSION_ID, .none = INT64_MIN },
	{ SEAL_TENANT, .further = true, .text = true },
	{ SEAL_NAME, .further = true, .text = true },
	{ SESSION_MARK, .text = true },
	{ SESSION_HISTORY, .none = INT64_MIN },
	{ SESSION_EDITS, .none = INT64_MIN },
	{ SESSION_REMOVED, .none = INT64_MIN },
	{ SESSION_INHERITED, .none = INT64_MIN },
	{ SESSION_PURGED, .none = INT64_MIN },
	{ SESSION_CREATED_AT, .none = INT64_MIN },
	{ SESSION_TOUCHED_AT, .none = INT64_MIN },
	{ SESSION_TTL, .none = 0 },
	{ SESSION_RETAIN, .none = -1 },
	{ SEAL_OWNER, .further = true, .text = true },
	{ SEAL_GENERATION, .further = true, .none = INT64_MIN },
	{ SESSION_EPOCH, .none = INT64_MIN },
};
#define SEAL_PARTS (sizeof(seal_parts) / sizeof(*seal_parts))

static void seal_write_row(
	struct text *out, const struct query *query, int further)
{
	for (size_t i = 0; i < SEAL_PARTS; i++) {
		const int column = seal_parts[i].column +
				   (seal_parts[i].further ? further : 0);

		text_byte(out, i ? ',' : '(');
		if (seal_parts[i].text)
			seal_put_text(out, query, column);
		else
			seal_put_number(out, query, column, seal_parts[i].none);
	}
	text_byte(out, ')');
}

/* --- its sum -------------------------------------------------------------- */

/* Without memory for it the sum is unknown, as that of an old row is. */
int pg_seal_sound(const struct query *query, int64_t sum, int further)
{
	unsigned char digest[DIGEST_LENGTH];
	struct error ignored = { 0 };
	struct text row = { 0 };
	int sound = SOUND_UNKNOWN;

	seal_write_row(&row, query, further);
	if (!row.failed && digest_bytes(text_view(&row), digest, &ignored) == 0)
		sound = sum == wire_get_number(digest) ? SOUND : SOUND_NOT;
	text_clear(&row);
	return sound;
}
