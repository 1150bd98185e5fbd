/* SPDX-License-Identifier: MIT */
/* export.c - sessions as lines of JSON, over HTTP. */
#include <stdlib.h>

#include "core/transfer/export.h"
#include "server/api/handlers.h"
#include "server/api/source.h"

struct export_source {
	struct source source;
	struct exporter exporter;
};

static enum source_state export_next_lines(struct source *source,
	struct store *store, int64_t now, struct text *out, struct error *error)
{
	struct exporter *exporter =
		&((struct export_source *)(void *)source)->exporter;

	const struct export_step step = { store, now, SOURCE_BYTES, out };

	if (export_next(exporter, &step, error))
		return SOURCE_FAILED;
	return exporter->ended ? SOURCE_END : SOURCE_MORE;
}

static void export_free_source(struct source *source)
{
	export_clear(&((struct export_source *)(void *)source)->exporter);
	free(source);
}

static struct exporter *export_reply(struct reply *reply, struct error *error)
{
	struct export_source *made = calloc(1, sizeof(*made));

	if (made == NULL) {
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
		return NULL;
	}
	made->source.next = export_next_lines;
	made->source.free = export_free_source;
	made->source.whole = true;
	reply->source = &made->source;
	reply->status = 200;
	reply->content_type = "application/x-ndjson";
	return &made->exporter;
}

int api_export_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct exporter *exporter = export_reply(reply, error);

	(void)store;
	if (exporter == NULL)
		return -1;
	export_all(exporter, request->tenant);
	return 0;
}

int api_session_export(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;
	struct exporter *exporter;

	if (request_need(store, request, &session, error))
		return -1;
	exporter = export_reply(reply, error);
	return exporter == NULL ? -1
				: export_one(exporter, request->tenant,
					  request_session(request), error);
}
