/* SPDX-License-Identifier: MIT */
/*
 * error_text.c - what an upstream that refuses has to say, safe to show.
 */
#include "server/upstream/error_text.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "server/upstream/blot.h"

#include <string.h>

#define BODY_MAX  ((size_t)64 << 10)
#define WORDS_MAX 300
#define TOO_MANY  429

static bool error_text_find_string(
	struct slice object, const char *name, struct slice *string)
{
	return json_kind(object) == JSON_KIND_OBJECT &&
	       json_find(object, name, string) &&
	       json_kind(*string) == JSON_KIND_STRING;
}

/* As OpenAI words it, Ollama, FastAPI and proxies. */
static bool error_text_find_message(struct slice body, struct slice *message)
{
	struct slice inner;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return false;
	if (json_find(body, "error", &inner) &&
		error_text_find_string(inner, "message", message))
		return true;
	return error_text_find_string(body, "error", message) ||
	       error_text_find_string(body, "message", message) ||
	       error_text_find_string(body, "detail", message);
}

/* Appends the message of a JSON body; false: there is none. */
static bool error_text_append_message(struct text *words, struct slice body)
{
	const struct json_limits limits = { .depth = 64, .values = 10000 };
	struct json_scratch scratch = { 0 };
	struct text copy = { 0 };
	struct slice message;
	struct error error;
	bool spaced;
	bool found = false;

	text_slice(&copy, body);
	if (!copy.failed && !json_scan(text_view(&copy), &limits, &scratch,
				    &spaced, &error)) {
		copy.length = json_compact(copy.data, copy.length);
		found = error_text_find_message(text_view(&copy), &message);
		if (found)
			json_decode(words, message);
	}
	json_scratch_clear(&scratch);
	text_clear(&copy);
	return found;
}

/* Cuts between two characters. */
static void error_text_shorten(struct text *words)
{
	size_t length = WORDS_MAX;

	if (words->length <= length)
		return;
	while (length && ((unsigned char)words->data[length] & 0xc0) == 0x80)
		length--;
	words->length = length;
}

/* Its fault is in the request, or in our key; 408, 409 and 429 pass. */
static bool error_text_is_final(int status)
{
	return status >= 400 && status < 500 && status != 408 &&
	       status != 409 && status != TOO_MANY;
}

void upstream_refused(struct error *error, int status, struct slice body,
	const struct blot_secret *secret)
{
	const enum error_code code =
		status == TOO_MANY ? ERROR_RATE : ERROR_UPSTREAM;
	struct text words = { 0 };

	body.length = body.length < BODY_MAX ? body.length : BODY_MAX;
	if (body.length && !error_text_append_message(&words, body) &&
		*body.data != '<')
		text_slice(&words, body);
	if (words.length && !words.failed) {
		blot_end(words.data, words.length, 0, secret);
		error_text_shorten(&words);
		error_describe(error, code, "the upstream answered %d: %.*s",
			status, (int)words.length, words.data);
	} else {
		error_describe(error, code, "the upstream answered %d", status);
	}
	error->final = error_text_is_final(status);
	text_clear(&words);
}
