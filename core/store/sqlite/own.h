/* SPDX-License-Identifier: MIT */
/*
 * own.h - statements that only the engine SQLite has, and the names of their
 * parameters and columns.  The texts are in statements.c.
 */
#ifndef CORE_STORE_SQLITE_OWN_H
#define CORE_STORE_SQLITE_OWN_H

#include "core/store/pieces.h"

enum own {
	OWN_BEGIN_READ,
	OWN_BEGIN_WRITE,
	OWN_COMMIT,
	OWN_ROLLBACK,
	OWN_ENTER,
	OWN_KEEP,
	OWN_UNDO,
	OWN_APPLICATION,
	OWN_VERSION,
	OWN_OBJECTS,
	OWN_PAGES,
	OWN_TABLES,
	OWN_WORDS,
	OWN_FTS5,
	OWN_INDEX_STRUCTURE,
	OWN_INDEX_PAGES,
	OWN_INDEX_STATE,
	OWN_INDEX_STATE_WRITE,
	OWN_INDEX_BEHIND,
	OWN_INDEX_NEXT,
	OWN_INDEX_OF_LIVE,
	OWN_INDEX_OF_RETIRED,
	OWN_INDEX_ADD,
	OWN_INDEX_FORGET,
	OWN_INDEX_MERGE,
	OWN_INDEX_DROP,
	OWN_SEARCH,
	OWN_SEARCH_KEY,
	OWN_PACK_STATE,
	OWN_PACK_SAVE,
	OWN_PACK_NEXT,
	OWN_PACK_BLOCK,
	OWN_PACK_ROWS,
	OWN_PACK_LAST,
	OWN_PACK_MOVE,
	OWN_PACK_NOTE,
	OWN_PACK_GIVEN,
	OWN_PACK_INDEXED,
	OWN_COUNT
};
extern const char *const sqlite_own[OWN_COUNT];

/* Parameters are numbered from 1, columns from 0. */

/* OWN_INDEX_STRUCTURE */
enum { STRUCTURE_BLOCK };

/* OWN_INDEX_PAGES */
enum { PAGES_COUNT };

/* OWN_INDEX_STATE */
enum { STATE_UPTO, STATE_STALE_AT, STATE_MERGING };

/* OWN_INDEX_STATE_WRITE */
enum { WRITE_UPTO = 1, WRITE_STALE_AT, WRITE_MERGING };

/* OWN_INDEX_BEHIND */
enum { BEHIND_COUNT };

/* OWN_INDEX_NEXT */
enum { NEXT_AFTER = 1, NEXT_MOST };

/* OWN_INDEX_OF_LIVE, and OWN_INDEX_OF_RETIRED, which alone has ids. */
enum {
	ROWS_HISTORY = 1,
	ROWS_AFTER,
	ROWS_UPTO,
	ROWS_AFTER_ID,
	ROWS_UPTO_ID,
	ROWS_ARCHIVED
};

/* The rows of these three have the columns of messages, then these. */
enum { ROW_ID = MESSAGE_REST, ROW_PLACE, ROW_HISTORY, ROW_INDEXED_AS };

/* Words of the index that say where a row is begin so, and no others do. */
#define OWN_INDEX_MARK '|'

/* OWN_INDEX_ADD, OWN_INDEX_FORGET */
enum { TELL_ID = 1, TELL_TEXT };

/* OWN_INDEX_MERGE */
enum { MERGE_PAGES = 1 };

/* OWN_SEARCH */
enum { SEARCH_MATCH = 1, SEARCH_MOST, SEARCH_PHRASES, SEARCH_BEHIND };
enum { FOUND_ID, FOUND_CLOSENESS };

/* OWN_SEARCH_KEY */
enum { KEY_OF_ID = 1 };
enum { KEY_HISTORY, KEY_SEQ, KEY_BORN };

/* OWN_PACK_STATE, OWN_PACK_SAVE */
enum { PACK_UPTO, PACK_HISTORY, PACK_FIRST, PACK_END };
enum { SAVE_UPTO = 1, SAVE_HISTORY, SAVE_FIRST, SAVE_END };

/* OWN_PACK_NEXT; of a row its history's next seq is 0 if there is none. */
enum { LOOK_AFTER = 1, LOOK_MOST };
enum { LOOKED_ID, LOOKED_HISTORY, LOOKED_SEQ, LOOKED_AT, LOOKED_NEXT };

/* OWN_PACK_BLOCK, OWN_PACK_ROWS */
enum { BLOCK_HISTORY = 1, BLOCK_FIRST, BLOCK_LAST };
enum { BLOCK_ID, BLOCK_MOVED };
enum { PACKED_ID, PACKED_SEQ, PACKED_BYTES };

/* OWN_PACK_LAST */
enum { LAST_ID };

/* OWN_PACK_MOVE, OWN_PACK_NOTE */
enum { MOVE_FROM = 1, MOVE_TO };

/* OWN_PACK_GIVEN, OWN_PACK_INDEXED */
enum { GIVEN_LAST = 1 };

#endif
