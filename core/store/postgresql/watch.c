/* SPDX-License-Identifier: MIT */
/* watch.c - the versions of many sessions, in one round trip. */
#include "core/store/postgresql/postgresql.h"

#include "core/store/change_feed.h"
#include "schema/error.h"
#include "schema/json/write.h"

/* The parameter of the statement. */
enum { ASKED = 1 };

/* And the columns of its rows. */
enum { IS_SESSION, IS_VERSION };

static void watch_write(
	struct text *out, const struct session_ref *refs, size_t count)
{
	json_begin_array(out);
	for (size_t i = 0; i < count; i++) {
		json_begin_array(out);
		json_put_string(out, refs[i].tenant);
		json_put_string(out, refs[i].name);
		json_end_array(out);
	}
	json_end_array(out);
}

static int watch_read(struct query *query, struct store_version *out,
	size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (query_step(query, error) <= 0)
			return -1;
		out[i] = (struct store_version){
			.session = query_get_number(query, IS_SESSION),
			.version = query_get_number(query, IS_VERSION),
		};
	}
	return 0;
}

int pg_versions(struct engine *engine, const struct session_ref *refs,
	size_t count, struct store_version *out, struct error *error)
{
	struct text asked = { 0 };
	struct query query;
	int result;

	watch_write(&asked, refs, count);
	if (asked.failed)
		return error_out_of_memory(error);
	pg_start_own(engine, PG_VERSIONS, &query);
	query_text(&query, ASKED, text_view(&asked));
	result = watch_read(&query, out, count, error);
	query_end(&query);
	text_clear(&asked);
	return result;
}
