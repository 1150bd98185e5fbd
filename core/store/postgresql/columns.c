/* SPDX-License-Identifier: MIT */
/* columns.c - values of the row at hand, which are binary on the wire. */
#include "core/store/postgresql/postgresql.h"
#include "core/store/postgresql/wire.h"

#include "core/store/pieces.h"

#include <assert.h>

static const struct pg_statement *columns_statement(const struct query *query)
{
	return query->statement;
}

/* Of the row at hand. */
static int columns_row(const struct query *query)
{
	return columns_statement(query)->row - 1;
}

bool pg_is_null(const struct query *query, int column)
{
	return PQgetisnull(
		columns_statement(query)->result, columns_row(query), column);
}

/* Of any width; a bool is a number of one byte. */
static int64_t columns_number(const struct query *query, int column)
{
	const PGresult *result = columns_statement(query)->result;
	const int length = PQgetlength(result, columns_row(query), column);
	const unsigned char *bytes = (const unsigned char *)PQgetvalue(
		result, columns_row(query), column);
	uint64_t number = 0;

	if (length == (int)sizeof(number))
		return wire_get_number(bytes);
	assert(length == 0 || length == 1 || length == 2 || length == 4);
	if (length > 1 && bytes[0] & 0x80)
		number = UINT64_MAX;
	for (int i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return (int64_t)number;
}

/* Whether a row is sound its sum says. */
int64_t pg_number(const struct query *query, int column)
{
	const int further = columns_statement(query)->further;

	if (!further || column != SESSION_SOUND)
		return columns_number(query, column);
	return pg_is_null(query, column)
		       ? SOUND_UNKNOWN
		       : pg_seal_sound(
				 query, columns_number(query, column), further);
}

struct slice pg_text(const struct query *query, int column)
{
	const PGresult *result = columns_statement(query)->result;

	return (struct slice){ PQgetvalue(result, columns_row(query), column),
		(size_t)PQgetlength(result, columns_row(query), column) };
}
