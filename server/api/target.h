/* SPDX-License-Identifier: MIT */
/*
 * target.h - the target of a request: its path and its query, decoded.
 */
#ifndef SERVER_API_TARGET_H
#define SERVER_API_TARGET_H

#include "schema/text.h"

struct error;

#define TARGET_NAME_MAX 255

/*
 * May a thing be named so?  1 to TARGET_NAME_MAX bytes, no U+0000, neither "."
 * nor ".."; ERROR_INVALID quotes the name as it was sent.
 */
int target_name(struct slice name, struct slice sent, struct error *error);

/*
 * Decodes %XX in a name, as in a segment of a path, into `storage`, which must
 * hold raw.length bytes.
 */
int target_decode_name(struct slice raw, char *storage, struct slice *name,
	struct error *error);

/*
 * Splits a raw path on '/' and decodes each segment into `storage`: %XX
 * only; %00, invalid UTF-8, ".", "..", more than 255 bytes are
 * ERROR_INVALID.  The slices borrow from `storage`, which must hold
 * raw.length bytes.  Returns the number of segments, or -1; a path with more
 * than `max` segments has `max` + 1.
 */
int target_path(struct slice raw, char *storage, struct slice *segments,
	int max, struct error *error);

/*
 * Appends a name as a segment of a path or as a value of a query: bytes that
 * RFC 3986 does not leave as they are, are escaped.
 */
void target_write_name(struct text *out, struct slice name);

struct target_parameter {
	struct slice name;
	struct slice value;
	bool has_value; /* `?a=` has one, `?a` has none */
};

/* The same for a query: '&', '=', '+' is a space; at most `max`. */
int target_query(struct slice raw, char *storage,
	struct target_parameter *parameters, int max, struct error *error);

#endif
