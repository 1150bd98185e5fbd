/* SPDX-License-Identifier: MIT */
/* hints.c - hints are carried by the engine. */
#include "core/store/hints.h"

#include "core/store/sql/open.h"
#include "core/store/sql/sql.h"

int store_hints_open(
	struct store_hints **out, const char *url, struct error *error)
{
	const struct engine_ops *ops = store_find_engine(url, error);

	*out = NULL;
	if (!ops)
		return -1;
	if (!ops->hints)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"a file has one server, which needs no hints; say"
			" postgresql://USER@HOST/NAME");
	if (ops->hints->open(out, url, error))
		return -1;
	(*out)->ops = ops->hints;
	return 0;
}

void store_hints_close(struct store_hints *hints)
{
	if (hints)
		hints->ops->close(hints);
}

int store_hints_tell(struct store_hints *hints,
	const struct store_changes *changes, struct error *error)
{
	return hints->ops->tell(hints, changes, error);
}

int store_hints_wait(struct store_hints *hints, int wake, int64_t milliseconds,
	struct hint_visitor visitor, struct error *error)
{
	return hints->ops->wait(hints, wake, milliseconds, visitor, error);
}
