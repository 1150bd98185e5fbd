/* SPDX-License-Identifier: MIT */
/* response.c - the names of responses. */
#include "core/store/response.h"

#include <stdio.h>
#include <string.h>

bool store_response_is_name(struct slice name)
{
	static const char digits[] = "0123456789abcdef";
	const size_t begun = sizeof(RESPONSE_PREFIX) - 1;

	if (name.length != begun + RESPONSE_DIGITS ||
		memcmp(name.data, RESPONSE_PREFIX, begun) != 0)
		return false;
	for (size_t i = begun; i < name.length; i++)
		if (memchr(digits, name.data[i], sizeof(digits) - 1) == NULL)
			return false;
	return true;
}

void response_etag(struct slice digits, char etag[RESPONSE_ETAG_SIZE])
{
	snprintf(etag, RESPONSE_ETAG_SIZE, "\"%s%.*s\"", RESPONSE_PREFIX,
		SLICE_SHORT(digits));
}
