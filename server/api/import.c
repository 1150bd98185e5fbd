/* SPDX-License-Identifier: MIT */
/* import.c - lines become sessions again, over HTTP. */
#include <stdlib.h>

#include "core/transfer/import.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

struct import_request {
	struct input input;
	struct import_input lines;
};

static void import_request_free(struct input *input)
{
	import_input_clear(&((struct import_request *)(void *)input)->lines);
	free(input);
}

int api_import_parse(struct request *request, struct error *error)
{
	struct import_request *made =
		input_new(request, sizeof(*made), import_request_free, error);
	struct import_source source = {
		.lines = request->body,
		.line = 1,
		.memories = request->memories,
	};

	request_parameter(request, "session", &source.name);
	if (made == NULL ||
		request_integer(request,
			(struct integer_range){ "line", 1, SEQ_MOST },
			&source.line, error) ||
		import_read(&made->lines, &source, error))
		return -1;
	made->input.size += import_size(&made->lines);
	input_count_list(&made->input, &made->lines.messages);
	return 0;
}

int api_import_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct import_request *input = request_input(request);
	struct importer importer = {
		.store = store,
		.tenant = request->tenant,
		.now = request->now,
	};

	if (import_store(&importer, &input->lines, error))
		return -1;
	return reply_json(reply, 200,
		json_pack("{s:I,s:I,s:I,s:b}", "sessions",
			(json_int_t)importer.sessions, "messages",
			(json_int_t)importer.messages, "skipped",
			(json_int_t)importer.skipped, "incomplete",
			importer.incomplete),
		error);
}
