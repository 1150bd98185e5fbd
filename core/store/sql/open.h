/* SPDX-License-Identifier: MIT */
/* open.h - the engine of a URL. */
#ifndef CORE_STORE_SQL_OPEN_H
#define CORE_STORE_SQL_OPEN_H

struct engine_ops;
struct error;

/* NULL: it is not built in. */
const struct engine_ops *store_find_engine(
	const char *url, struct error *error);

#endif
