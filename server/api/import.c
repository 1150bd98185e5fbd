/* SPDX-License-Identifier: MIT */
/* import.c - lines become sessions again, over HTTP. */
#include "core/transfer/import.h"
#include "server/api/handlers.h"

int api_import_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct importer importer = {
		.store = store,
		.memories = request->memories,
		.tenant = request->tenant,
		.now = request->now,
		.line = 1,
	};
	int result;

	request_parameter(request, "session", &importer.name);
	result = request_integer(request,
		(struct integer_range){ "line", 1, SEQ_MOST }, &importer.line,
		error);
	importer.line--;
	if (result == 0)
		result = import_lines(&importer, request->body, error);
	import_clear(&importer);
	if (result)
		return -1;
	return reply_json(reply, 200,
		json_pack("{s:I,s:I,s:I,s:b}", "sessions",
			(json_int_t)importer.sessions, "messages",
			(json_int_t)importer.messages, "skipped",
			(json_int_t)importer.skipped, "incomplete",
			importer.incomplete),
		error);
}
