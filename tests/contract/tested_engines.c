/* SPDX-License-Identifier: MIT */
/* tested_engines.c - the engines that the contract suite runs on. */
#include "tests/contract/tested_engine.h"

#include <stddef.h>

const struct tested_engine *const tested_engines[] = {
	&tested_sqlite,
	&tested_deferring,
#ifdef CHATMEM_POSTGRESQL
	&tested_postgresql,
#endif
	NULL,
};
