/* SPDX-License-Identifier: MIT */
/*
 * scrub.c - no deleted bytes are left in the file.
 *
 * secure_delete zeroes freed pages and free blocks, but where SQLite rebuilds
 * a b-tree page, old cells stay in the gap between the cell pointers and the
 * cells.  Such bytes belong to nothing and are zeroed here on their way into
 * the database file.  The log keeps them until it is truncated.
 *
 * Pages that are not of a b-tree begin with a page number, which is below
 * 2^25 (max_page_count), and so never with a b-tree's type.
 */
#include "core/store/sqlite/sqlite.h"
#include "core/store/sqlite/vfs.h"

#include <string.h>

static unsigned scrub_get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static bool scrub_is_tree(unsigned type)
{
	return type == 2 || type == 5 || type == 10 || type == 13;
}

/* Zeroes what belongs to nothing; -1 when this is no sound b-tree page. */
static int scrub_zero_gap(unsigned char *page, unsigned head)
{
	bool leaf = page[head] >= 10;
	unsigned end =
		head + (leaf ? 8 : 12) + 2 * scrub_get16(page + head + 3);
	unsigned content = scrub_get16(page + head + 5);
	unsigned at;

	if (!scrub_is_tree(page[head]) || content > STORE_PAGE_BYTES ||
		content < end)
		return -1;
	for (at = head + (leaf ? 8 : 12); at < end; at += 2)
		if (scrub_get16(page + at) < content ||
			scrub_get16(page + at) > STORE_PAGE_BYTES - 4)
			return -1;
	memset(page + end, 0, content - end);
	return 0;
}

int scrub_write(
	sqlite3_file *file, const void *data, int amount, sqlite3_int64 offset)
{
	const sqlite3_io_methods *real = vfs_file(file)->real;
	unsigned char page[STORE_PAGE_BYTES];

	if (amount == STORE_PAGE_BYTES && offset % STORE_PAGE_BYTES == 0) {
		memcpy(page, data, sizeof(page));
		if (scrub_zero_gap(page, offset == 0 ? 100 : 0) == 0)
			data = page;
	}
	return real->xWrite(file, data, amount, offset);
}
