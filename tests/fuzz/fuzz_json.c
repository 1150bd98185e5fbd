/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json.c - everything that is done with a JSON text, on any bytes.
 *
 * A text that passes must still pass when it is compact, be read alike by
 * jansson where jansson can be asked, and come back from the walkers, the
 * merge patch and the printer as the same value.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/merge.h"
#include "schema/json/scan.h"
#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "tests/unit/json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion that no build leaves out. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static int scan(struct slice text, bool *spaced)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 100000 };
	static struct json_scratch scratch;
	struct error error = { 0 };
	int result = json_scan(text, &limits, &scratch, spaced, &error);
	enum verdict verdict = json_oracle(text.data, text.length);

	must(slice_is_utf8(slice_of(error.message)));
	must((result == 0) == (error.message[0] == '\0'));
	if (error.code != ERROR_TOO_LARGE && verdict != VERDICT_OTHER_RULES)
		must((result == 0) == (verdict == VERDICT_ACCEPTED));
	return result;
}

static void check_string(struct slice string)
{
	struct text decoded = { 0 };

	bool whole = json_decode(&decoded, string);
	must(slice_is_utf8(text_view(&decoded)));
	must(json_string_is(string, text_view(&decoded)) == whole);
	must(json_string_compare(string, string) == 0);
	text_clear(&decoded);
}

/* Every byte of a container belongs to one of its pieces. */
static void walk(struct slice value)
{
	struct json_walk at = json_walk(value);
	struct slice name, item;
	size_t count = 0, bytes = 2;

	switch (json_kind(value)) {
	case JSON_KIND_STRING:
		check_string(value);
		break;
	case JSON_KIND_ARRAY:
		for (; json_next_element(&at, &item); count++) {
			bytes += item.length + (count > 0);
			walk(item);
		}
		must(count == json_count(value) && bytes == value.length);
		break;
	case JSON_KIND_OBJECT:
		for (; json_next_member(&at, &name, &item); count++) {
			bytes += name.length + 1 + item.length + (count > 0);
			check_string(name);
			walk(item);
		}
		must(count == json_count(value) && bytes == value.length);
		break;
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
		break;
	}
}

/* The printed text is valid, and printing it again changes nothing. */
static void print(struct slice value, unsigned indent)
{
	struct text once = { 0 }, twice = { 0 };
	bool spaced;

	json_stringify(&once, value, indent);
	must(scan(text_view(&once), &spaced) == 0);
	once.length = json_compact(once.data, once.length);
	json_stringify(&twice, text_view(&once), 0);
	must(slice_equal(text_view(&once), text_view(&twice)));
	text_clear(&once);
	text_clear(&twice);
}

static bool holds_null(struct slice value)
{
	return memmem(value.data, value.length, "null", 4) != NULL;
}

/* A value without null that is merged into itself stays as it is. */
static void merge(struct slice value)
{
	struct text out = { 0 };
	bool spaced;

	must(json_merge_patch(&out, value, value));
	must(scan(text_view(&out), &spaced) == 0);
	must(holds_null(value) || slice_equal(text_view(&out), value));
	text_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No byte more, so that the sanitizer sees a read behind the end. */
	char *text = malloc(size > 0 ? size : 1);
	bool spaced;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (scan((struct slice){ text, size }, &spaced) == 0) {
		struct slice value = { text, json_compact(text, size) };

		must(spaced == (value.length != size));
		must(scan(value, &spaced) == 0 && !spaced);
		walk(value);
		print(value, 0);
		print(value, 2);
		merge(value);
	}
	free(text);
	return 0;
}
