/* SPDX-License-Identifier: MIT */
/*
 * scrub.c - a VFS that leaves no deleted bytes in the file.
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

#include <string.h>

/* Behind the file of the VFS below, whose methods are its own but one. */
struct scrub_scrubbed {
	const sqlite3_io_methods *real;
	sqlite3_io_methods own;
};

static sqlite3_vfs *below;
static sqlite3_vfs scrub;

static struct scrub_scrubbed *scrub_scrubbed(sqlite3_file *file)
{
	return (struct scrub_scrubbed *)(void *)((char *)file +
						 below->szOsFile);
}

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

static int scrub_write(
	sqlite3_file *file, const void *data, int amount, sqlite3_int64 offset)
{
	const sqlite3_io_methods *real = scrub_scrubbed(file)->real;
	unsigned char page[STORE_PAGE_BYTES];

	if (amount == STORE_PAGE_BYTES && offset % STORE_PAGE_BYTES == 0) {
		memcpy(page, data, sizeof(page));
		if (scrub_zero_gap(page, offset == 0 ? 100 : 0) == 0)
			data = page;
	}
	return real->xWrite(file, data, amount, offset);
}

static int scrub_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
	int flags, int *out_flags)
{
	int rc = below->xOpen(below, name, file, flags, out_flags);

	(void)vfs;
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB)) {
		struct scrub_scrubbed *own = scrub_scrubbed(file);

		own->real = file->pMethods;
		own->own = *own->real;
		own->own.xWrite = scrub_write;
		file->pMethods = &own->own;
	}
	return rc;
}

bool sqlite_scrub_register(void)
{
	below = sqlite3_vfs_find(NULL);
	if (!below)
		return false;
	scrub = *below;
	scrub.zName = STORE_VFS;
	scrub.pNext = NULL;
	scrub.xOpen = scrub_open;
	scrub.szOsFile += (int)sizeof(struct scrub_scrubbed);
	return sqlite3_vfs_register(&scrub, 0) == SQLITE_OK;
}
