/* SPDX-License-Identifier: MIT */
/* continuation.c - what one run of a request tells the next. */
#include "core/memory/continuation.h"

#include <assert.h>
#include <string.h>

#include "schema/json/value.h"

#define NAME_MOST 32

void continuation_put(struct text *out, const char *name, struct slice bytes)
{
	assert(name[0] != '\0' && strlen(name) <= NAME_MOST);
	assert(strpbrk(name, " \n") == NULL);
	text_format(out, "%s %zu\n", name, bytes.length);
	text_slice(out, bytes);
}

void continuation_put_number(struct text *out, const char *name, int64_t number)
{
	struct text digits = { 0 };

	text_number(&digits, number);
	continuation_put(out, name, text_view(&digits));
	out->failed = out->failed || digits.failed;
	text_clear(&digits);
}

/* Cuts off what stands before the first `end`, which is dropped. */
static bool continuation_cut(
	struct slice *rest, char end, size_t most, struct slice *out)
{
	const size_t look = rest->length < most ? rest->length : most;
	const char *at = look > 0 ? memchr(rest->data, end, look) : NULL;

	if (at == NULL)
		return false;
	*out = (struct slice){ rest->data, (size_t)(at - rest->data) };
	rest->data += out->length + 1;
	rest->length -= out->length + 1;
	return out->length > 0;
}

bool continuation_next(struct slice *rest, struct continuation_field *field)
{
	struct slice after = *rest, digits;
	int64_t length;

	if (!continuation_cut(&after, ' ', NAME_MOST + 1, &field->name) ||
		!continuation_cut(&after, '\n', 20, &digits) ||
		!json_int64(digits, &length) || length < 0 ||
		(uint64_t)length > after.length)
		return false;
	field->bytes = (struct slice){ after.data, (size_t)length };
	after.data += length;
	after.length -= (size_t)length;
	*rest = after;
	return true;
}

struct slice continuation_find(struct slice continuation, const char *name)
{
	struct continuation_field field;

	while (continuation_next(&continuation, &field))
		if (slice_is(field.name, name))
			return field.bytes;
	return (struct slice){ 0 };
}

int64_t continuation_number(struct slice continuation, const char *name)
{
	int64_t number = 0;

	return json_int64(continuation_find(continuation, name), &number)
		       ? number
		       : 0;
}
