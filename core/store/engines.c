/* SPDX-License-Identifier: MIT */
/* engines.c - the engines that there are; a new one is a row. */
#include "core/store/engine.h"

const struct engine_row store_engines[] = {
	{ "", &engine_sqlite },
};
