/* SPDX-License-Identifier: MIT */
/*
 * options.h - what can be chosen of the engine SQLite only.
 */
#ifndef CORE_STORE_SQLITE_OPTIONS_H
#define CORE_STORE_SQLITE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct sqlite_options {
	bool unsafe_filesystem;	  /* journal_mode=DELETE, any file system */
	bool no_copy;		  /* of a file whose tables are older */
	int64_t free_bytes_floor; /* refuse writes below; 0: no floor */
};

#endif
