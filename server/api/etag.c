/* SPDX-License-Identifier: MIT */
/* etag.c - the ETag of a session, and lists of them. */
#include "server/api/etag.h"

#include <string.h>

#include "core/store/store.h"
#include "server/api/reply.h"

/* Every reply has one: printf would cost more than all the rest of it. */
void session_etag(const struct session *session, char etag[ETAG_SIZE])
{
	char digits[20], *at = digits + sizeof(digits);
	uint64_t version = 0;
	size_t length;

	if (session->id != 0)
		version = (uint64_t)session_version(session);
	do {
		*--at = (char)('0' + version % 10);
		version /= 10;
	} while (version > 0);
	*etag++ = '"';
	length = (size_t)(digits + sizeof(digits) - at);
	memcpy(etag, at, length);
	etag += length;
	if (session->id != 0) {
		*etag++ = '-';
		length = strlen(session->mark);
		memcpy(etag, session->mark, length);
		etag += length;
	}
	memcpy(etag, "\"", 2);
}

void reply_etag(struct reply *reply, const struct session *session)
{
	reply->session = session->id;
	session_etag(session, reply->etag);
}

/* --- lists ------------------------------------------------------------ */

struct etag_tag {
	struct slice opaque; /* without the quotes */
	bool weak;
};

/* Cuts the first tag off a list.  1; 0: no more; -1: malformed. */
static int etag_next_tag(struct slice *list, struct etag_tag *tag)
{
	const char *at = list->data, *close;
	const char *end = at + list->length;

	while (at < end && (*at == ',' || *at == ' ' || *at == '\t'))
		at++;
	if (at == end)
		return 0;
	tag->weak = end - at > 2 && memcmp(at, "W/", 2) == 0;
	if (tag->weak)
		at += 2;
	if (*at++ != '"')
		return -1;
	close = memchr(at, '"', (size_t)(end - at));
	if (!close)
		return -1;
	tag->opaque = (struct slice){ at, (size_t)(close - at) };
	*list = (struct slice){ close + 1, (size_t)(end - close - 1) };
	return 1;
}

bool etags_valid(struct slice list)
{
	struct etag_tag tag;
	int count = 0, found;

	if (slice_is(list, "*"))
		return true;
	while ((found = etag_next_tag(&list, &tag)) > 0)
		count++;
	return found == 0 && count > 0;
}

static bool etag_is_none(const char *etag)
{
	return strcmp(etag, "\"0\"") == 0;
}

bool etags_match(struct slice list, const char *etag)
{
	const struct slice whole = { etag + 1, strlen(etag) - 2 };
	const struct slice version = { etag + 1, strcspn(etag + 1, "-\"") };
	struct etag_tag tag;

	if (slice_is(list, "*"))
		return !etag_is_none(etag);
	while (etag_next_tag(&list, &tag) > 0)
		if (!tag.weak && (slice_equal(tag.opaque, whole) ||
					 slice_equal(tag.opaque, version)))
			return true;
	return false;
}

bool etags_name(struct slice list, const char *etag)
{
	const struct slice whole = { etag + 1, strlen(etag) - 2 };
	struct etag_tag tag;

	if (slice_is(list, "*"))
		return !etag_is_none(etag);
	while (etag_next_tag(&list, &tag) > 0)
		if (slice_equal(tag.opaque, whole))
			return true;
	return false;
}
