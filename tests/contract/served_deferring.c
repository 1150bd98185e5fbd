/* SPDX-License-Identifier: MIT */
/*
 * served_deferring.c - the engines of chatmem_deferring, which is the whole
 * server over a database that is far away; see deferring.h.
 */
#include "core/store/engine.h"

extern const struct engine_ops engine_deferring;

const struct engine_row store_engines[] = {
	{ "", &engine_deferring },
};
