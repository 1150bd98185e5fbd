/* SPDX-License-Identifier: MIT */
/*
 * print_statements.c - every statement of the store, a line each, its
 * parameters $1, $2, …: the common text, and that of PostgreSQL below it.
 */
#include "core/store/postgresql/postgresql.h"
#include "core/store/sql/sql.h"

#include <ctype.h>
#include <stdio.h>

/* No literal of ours has a question mark in it. */
static void print_statement(const char *text)
{
	for (; *text; text++)
		putchar(*text == '?' && isdigit((unsigned char)text[1])
				? '$'
				: *text);
	putchar('\n');
}

int main(void)
{
	static const struct engine_ops plain;
	const char *common[SQL_COUNT], *own[SQL_COUNT];

	store_texts(&plain, common);
	store_texts(&engine_postgresql, own);
	for (int i = 0; i < SQL_COUNT; i++) {
		print_statement(common[i]);
		print_statement(own[i]);
	}
	return 0;
}
