/* SPDX-License-Identifier: MIT */
/* fields.c - the header fields of a request that mean something here. */
#include "server/http/exchange.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "schema/error.h"
#include "server/auth/proxied.h"

#define FIELD(name, member, once)                                             \
	{                                                                     \
		name, sizeof(name) - 1, offsetof(struct fields, member), once \
	}

static const struct fields_known {
	const char *name;
	size_t length;
	size_t offset;
	bool once; /* a second one is refused, else it is ignored */
} known_fields[] = {
	FIELD("Host", host, true),
	FIELD("Origin", origin, true),
	FIELD("Sec-Fetch-Site", fetch_site, false),
	FIELD("Forwarded", forwarded, false),
	FIELD("X-Forwarded-For", forwarded_for, false),
	FIELD("Authorization", authorization, true),
	FIELD("X-API-Key", api_key, true),
	FIELD("X-Request-Id", request_id, false),
	FIELD("Content-Type", content_type, true),
	FIELD("Content-Encoding", content_encoding, true),
	FIELD("Expect", expect, false),
	FIELD("If-Match", if_match, true),
	FIELD("If-None-Match", if_none_match, true),
	FIELD("Idempotency-Key", idempotency_key, true),
	FIELD("X-Stainless-Retry-Count", retry_count, true),
	FIELD("Last-Event-ID", last_event_id, true),
	FIELD("X-Session-Id", session_id, true),
	FIELD("Chatmem-Send", send, true),
	FIELD("Accept", accept, false),
	FIELD("MCP-Protocol-Version", mcp_version, false),
	FIELD("Mcp-Method", mcp_method, false),
	FIELD("Mcp-Name", mcp_name, false),
	FIELD("traceparent", traceparent, false),
	FIELD("tracestate", tracestate, false),
	FIELD("Access-Control-Request-Method", preflight, false),
};

static const struct fields_known *fields_find(struct slice name)
{
	size_t count = sizeof(known_fields) / sizeof(*known_fields);

	for (const struct fields_known *f = known_fields;
		f < known_fields + count; f++)
		if (f->length == name.length &&
			strncasecmp(f->name, name.data, name.length) == 0)
			return f;
	return NULL;
}

struct slice fields_trim(struct slice text)
{
	while (text.length > 0 && (text.data[text.length - 1] == ' ' ||
					  text.data[text.length - 1] == '\t'))
		text.length--;
	return text;
}

int fields_read(struct fields *fields, const struct guard_header *headers,
	size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		const struct fields_known *field = fields_find(headers[i].name);
		struct slice *slot;

		if (proxied_by(headers[i].name))
			fields->proxied = headers[i].name;
		if (!field)
			continue;
		slot = (struct slice *)(void *)((char *)fields + field->offset);
		if (slot->data && field->once)
			return error_set(error, ERROR_INVALID, "two %s headers",
				field->name);
		/* A proxy adds its line behind those of its client. */
		if (!slot->data || proxied_by(headers[i].name))
			*slot = fields_trim(headers[i].value);
	}
	trace_check(fields);
	return 0;
}
