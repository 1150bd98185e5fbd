/* SPDX-License-Identifier: MIT */
/* canonical.c - JSON with its members sorted. */
#include "schema/json/canonical.h"

#include <stdlib.h>

#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

struct canonical_member {
	struct slice name;
	struct slice value;
};

static int canonical_compare(const void *a, const void *b)
{
	const struct canonical_member *one = a, *other = b;

	return json_string_compare(one->name, other->name);
}

static void canonical_put_array(struct text *out, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice element;

	json_begin_array(out);
	while (json_next_element(&walk, &element)) {
		json_comma(out);
		json_canonical(out, element);
	}
	json_end_array(out);
}

static void canonical_put_members(
	struct text *out, const struct canonical_member *members, size_t count)
{
	json_begin_object(out);
	for (size_t i = 0; i < count; i++) {
		json_comma(out);
		json_stringify(out, members[i].name, 0);
		text_byte(out, ':');
		json_canonical(out, members[i].value);
	}
	json_end_object(out);
}

static void canonical_put_object(struct text *out, struct slice object)
{
	const size_t count = json_count(object);
	/* There is an item more, for a walk's end writes there. */
	struct canonical_member *members = calloc(count + 1, sizeof(*members));
	struct json_walk walk = json_walk(object);
	size_t at = 0;

	if (members == NULL) {
		out->failed = true;
		return;
	}
	while (json_next_member(&walk, &members[at].name, &members[at].value))
		at++;
	qsort(members, count, sizeof(*members), canonical_compare);
	canonical_put_members(out, members, count);
	free(members);
}

void json_canonical(struct text *out, struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_ARRAY:
		canonical_put_array(out, value);
		break;
	case JSON_KIND_OBJECT:
		canonical_put_object(out, value);
		break;
	case JSON_KIND_STRING:
	case JSON_KIND_NUMBER:
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		json_stringify(out, value, 0);
		break;
	}
}
