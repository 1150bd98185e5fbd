/* SPDX-License-Identifier: MIT */
/* import.c - lines become sessions again, over HTTP. */
#include <stdlib.h>

#include "core/transfer/from.h"
#include "core/transfer/import.h"
#include "schema/error.h"
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

/* Whose lines they are; chatmem's own if the query does not say. */
static int import_find_format(const struct request *request,
	const struct from_format **from, struct error *error)
{
	struct text names = { 0 };
	struct slice name;

	if (!request_parameter(request, "from", &name))
		return 0;
	*from = from_named(name);
	if (*from != NULL)
		return 0;
	from_names(&names);
	error_describe(error, ERROR_INVALID, "from must be %.*s, not \"%.*s\"",
		SLICE_SHORT(text_view(&names)), SLICE_SHORT(name));
	text_clear(&names);
	return -1;
}

static int import_read_body(struct import_request *made,
	const struct import_source *source, const struct api_route *route,
	struct error *error)
{
	struct error why = { 0 };

	if (import_read(&made->lines, source, &why) == 0)
		return 0;
	*error = why;
	api_name_larger(route, error);
	return -1;
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
		import_find_format(request, &source.from, error) ||
		import_read_body(made, &source, request->route, error))
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
