/* SPDX-License-Identifier: MIT */
/*
 * pragmas.c - what every connection is set to.
 */
#include "core/store/sqlite/sqlite.h"

#define PRAGMA(name, value, want, when)                                  \
	{                                                                \
		"PRAGMA " name " = " value, "PRAGMA " name, want, (when) \
	}
#define HELPED_READER (CONNECTION_IS_READER | CONNECTION_IS_HELPED)
#define LONE_READER   (CONNECTION_IS_READER | CONNECTION_IS_ALONE)
#define DURABLE_LOG   (CONNECTION_IS_FULL | CONNECTION_IS_LOGGED)
#define DURABLE_FILE  (CONNECTION_IS_FULL | CONNECTION_IS_UNLOGGED)

/*
 * In this order: a page's size cannot change after the first write.  Fewer
 * pages than 2^25 keep the first byte of a page that is not of a b-tree
 * below 2, temporary tables in memory keep contents off the disk, and without
 * recursive triggers a row that is replaced would go uncounted.
 */
const struct sqlite_pragma sqlite_pragmas[] = {
	PRAGMA("page_size", "4096", "4096", CONNECTION_IS_WRITER),
	PRAGMA("auto_vacuum", "NONE", "0", CONNECTION_IS_WRITER),
	PRAGMA("wal_autocheckpoint", "0", "0", 0),
	PRAGMA("journal_mode", "WAL", "wal", CONNECTION_IS_LOGGED),
	PRAGMA("journal_mode", "DELETE", "delete", CONNECTION_IS_UNLOGGED),
	PRAGMA("synchronous", "FULL", "2", DURABLE_LOG),
	PRAGMA("synchronous", "EXTRA", "3", DURABLE_FILE),
	PRAGMA("synchronous", "NORMAL", "1", CONNECTION_IS_NORMAL),
	PRAGMA("journal_size_limit", "67108864", "67108864", 0),
	PRAGMA("max_page_count", "33554431", "33554431", 0),
	PRAGMA("secure_delete", "ON", "1", 0),
	PRAGMA("cell_size_check", "ON", "1", 0),
	PRAGMA("trusted_schema", "OFF", "0", 0),
	PRAGMA("foreign_keys", "OFF", "0", 0),
	PRAGMA("recursive_triggers", "ON", "1", 0),
	PRAGMA("mmap_size", "0", "0", 0),
	PRAGMA("temp_store", "MEMORY", "2", 0),
	PRAGMA("cache_size", "-8192", "-8192", CONNECTION_IS_WRITER),
	PRAGMA("cache_size", "-4096", "-4096", HELPED_READER),
	PRAGMA("cache_size", "-12288", "-12288", LONE_READER),
	PRAGMA("query_only", "ON", "1", CONNECTION_IS_READER),
	{ NULL, NULL, NULL, 0 },
};
