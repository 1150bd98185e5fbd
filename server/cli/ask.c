/* SPDX-License-Identifier: MIT */
/* ask.c - a request of the API, as a command makes it. */
#include "server/cli/ask.h"

#include "server/api/target.h"

void ask_path(struct ask *ask, const char *path)
{
	text_string(&ask->target, path);
}

void ask_name(struct ask *ask, const char *name)
{
	target_write_name(&ask->target, slice_of(name));
}

void ask_parameter(struct ask *ask, const char *name, const char *value)
{
	if (!value)
		return;
	text_format(&ask->target, "%c%s=", ask->has_query ? '&' : '?', name);
	ask_name(ask, value);
	ask->has_query = true;
}

void ask_clear(struct ask *ask)
{
	text_clear(&ask->target);
	*ask = (struct ask){ 0 };
}
