/* SPDX-License-Identifier: MIT */
/* engines.c - the engines that there are; a new one is a row. */
#include "core/store/engine.h"

const struct engine_row store_engines[] = {
#ifdef CHATMEM_POSTGRESQL
	{ "postgresql://", &engine_postgresql },
	{ "postgres://", &engine_postgresql },
#else
	{ "postgresql://", NULL },
	{ "postgres://", NULL },
#endif
	{ "", &engine_sqlite },
};
