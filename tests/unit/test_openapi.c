/* SPDX-License-Identifier: MIT */
/*
 * test_openapi.c - the document says what the route table says, both ways.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "schema/openapi.h"
#include "server/api/route.h"
#include "tests/unit/unit.h"

/* Read once for each test, which runs in a process of its own. */
static json_t *document(void)
{
	static json_t *read;
	json_error_t why;

	if (!read)
		read = json_loads(openapi_json, JSON_REJECT_DUPLICATES, &why);
	ck_assert_msg(read != NULL, "%d: %s", why.line, why.text);
	return read;
}

/*
 * Follows a reference "#/a/b"; a value that is no reference stands for itself.
 */
static json_t *resolve(json_t *value)
{
	const char *at = json_string_value(json_object_get(value, "$ref"));
	char name[64];

	if (!at)
		return value;
	value = document();
	while (*(at = strchr(at, '/') ? strchr(at, '/') : "")) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "/"),
			at + 1);
		value = json_object_get(value, name);
		at++;
	}
	ck_assert_msg(value != NULL, "nothing is called %s", name);
	return value;
}

static json_t *path_of(const struct api_route *row)
{
	return json_object_get(
		json_object_get(document(), "paths"), row->pattern);
}

static json_t *operation_of(const struct api_route *row)
{
	char method[16] = "";
	json_t *operation;

	for (size_t i = 0;
		api_method_name(row->method)[i] && i < sizeof(method) - 1; i++)
		method[i] = (char)tolower(api_method_name(row->method)[i]);
	operation = json_object_get(path_of(row), method);
	ck_assert_msg(operation != NULL, "%s %s is missing",
		api_method_name(row->method), row->pattern);
	return operation;
}

/* Is there a parameter of this place whose name the word stands for? */
static bool is_among(json_t *parameters, const char *in, struct slice word)
{
	json_t *parameter;
	size_t i;

	json_array_foreach(parameters, i, parameter)
	{
		json_t *found = resolve(parameter);
		const char *name =
			json_string_value(json_object_get(found, "name"));

		if (strcmp(json_string_value(json_object_get(found, "in")),
			    in) == 0 &&
			(slice_is(word, name) ||
				(word.data[word.length - 1] == '.' &&
					strncmp(name, word.data, word.length) ==
						0)))
			return true;
	}
	return false;
}

static bool takes(
	const struct api_route *row, const char *in, struct slice parameter)
{
	return is_among(json_object_get(path_of(row), "parameters"), in,
		       parameter) ||
	       is_among(json_object_get(operation_of(row), "parameters"), in,
		       parameter);
}

static bool answers(const struct api_route *row, int status)
{
	char name[8];

	snprintf(name, sizeof(name), "%d", status);
	return json_object_get(json_object_get(operation_of(row), "responses"),
		       name) != NULL;
}

static bool changes_sessions(const struct api_route *row)
{
	return (row->lane == LANE_WRITE || row->lane == LANE_LOCK) &&
	       api_scope(row) != SCOPE_NONE;
}

START_TEST(every_route_is_an_operation)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++)
		ck_assert(json_is_object(operation_of(row)));
}
END_TEST

START_TEST(there_are_no_other_operations)
{
	json_t *path, *operation;
	const char *pattern, *method;
	size_t operations = 0, rows = 0;

	json_object_foreach(json_object_get(document(), "paths"), pattern, path)
	{
		json_object_foreach(path, method, operation) operations +=
			strcmp(method, "parameters") != 0;
	}
	while (api_route_at(rows) != NULL)
		rows++;
	ck_assert_uint_eq(operations, rows);
}
END_TEST

START_TEST(every_parameter_of_a_route_is_described)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		const char *at = row->parameters ? row->parameters : "";

		while (*(at += strspn(at, " "))) {
			struct slice word = { at, strcspn(at, " ") };

			/* include[] is another spelling of include. */
			ck_assert_msg(word.data[word.length - 1] == ']' ||
					      takes(row, "query", word),
				"%s %s: %.*s is missing",
				api_method_name(row->method), row->pattern,
				SLICE_SHORT(word));
			at += word.length;
		}
		ck_assert_msg(takes(row, "path", SLICE("id")) ==
				      (strstr(row->pattern, "{id}") != NULL),
			"%s: {id}", row->pattern);
	}
}
END_TEST

/* Does the route know a parameter of this name? */
static bool knows(const struct api_route *row, const char *name)
{
	const char *at = row->parameters ? row->parameters : "";

	while (*(at += strspn(at, " "))) {
		struct slice word = { at, strcspn(at, " ") };

		if (slice_is(word, name) ||
			(at[word.length - 1] == '.' &&
				strncmp(name, at, word.length) == 0))
			return true;
		at += word.length;
	}
	return false;
}

static void check_known(const struct api_route *row, json_t *parameters)
{
	json_t *parameter;
	size_t i;

	json_array_foreach(parameters, i, parameter)
	{
		json_t *found = resolve(parameter);
		const char *name =
			json_string_value(json_object_get(found, "name"));

		if (strcmp(json_string_value(json_object_get(found, "in")),
			    "query") == 0)
			ck_assert_msg(knows(row, name), "%s %s takes no %s",
				api_method_name(row->method), row->pattern,
				name);
	}
}

START_TEST(every_parameter_described_is_one_of_the_route)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		check_known(row, json_object_get(path_of(row), "parameters"));
		check_known(
			row, json_object_get(operation_of(row), "parameters"));
	}
}
END_TEST

START_TEST(bodies_are_where_the_route_takes_them)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		json_t *body = resolve(
			json_object_get(operation_of(row), "requestBody"));
		json_t *required = json_object_get(body, "required");

		ck_assert_msg((body != NULL) == (row->body != BODY_NONE),
			"%s %s", api_method_name(row->method), row->pattern);
		ck_assert_msg(json_is_true(required) ==
				      (row->body == BODY_REQUIRED ||
					      row->body == BODY_BYTES),
			"%s %s", api_method_name(row->method), row->pattern);
	}
}
END_TEST

/* A key in one of two headers, or none where the server has none. */
static json_t *security_of(enum scope scope)
{
	const char *name = scope_name(scope);

	return scope == SCOPE_NONE ? json_array()
				   : json_pack("[{s:[s]},{s:[s]},{}]", "bearer",
					     name, "key", name);
}

START_TEST(every_operation_names_the_scope_that_its_key_needs)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		const enum scope scope = api_scope(row);
		json_t *needed = security_of(scope);

		ck_assert_msg(
			json_equal(needed,
				json_object_get(operation_of(row), "security")),
			"%s %s: %s", api_method_name(row->method), row->pattern,
			scope_name(scope));
		json_decref(needed);
	}
}
END_TEST

START_TEST(every_write_takes_conditions_and_keys)
{
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		ck_assert_msg(takes(row, "header", SLICE("Idempotency-Key")) ==
				      changes_sessions(row),
			"%s %s", api_method_name(row->method), row->pattern);
		if (!changes_sessions(row))
			continue;
		ck_assert(takes(row, "header", SLICE("If-Match")));
		ck_assert(takes(row, "header", SLICE("If-None-Match")));
		ck_assert(
			takes(row, "header", SLICE("x-stainless-retry-count")));
	}
}
END_TEST

START_TEST(what_any_request_may_meet_is_said_of_every_route)
{
	static const int always[] = { 400, 403, 500, 503 };
	static const int with_body[] = { 413, 415 };
	static const int writing[] = { 412, 422, 507 };
	static const int with_key[] = { 401, 429 };
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		for (size_t k = 0; k < 4; k++)
			ck_assert_msg(answers(row, always[k]), "%s %s: %d",
				api_method_name(row->method), row->pattern,
				always[k]);
		for (size_t k = 0; row->body != BODY_NONE && k < 2; k++)
			ck_assert_msg(answers(row, with_body[k]), "%s %s: %d",
				api_method_name(row->method), row->pattern,
				with_body[k]);
		for (size_t k = 0; changes_sessions(row) && k < 3; k++)
			ck_assert_msg(answers(row, writing[k]), "%s %s: %d",
				api_method_name(row->method), row->pattern,
				writing[k]);
		for (size_t k = 0; k < 2; k++)
			ck_assert_msg(answers(row, with_key[k]) ==
					      (api_scope(row) != SCOPE_NONE),
				"%s %s: %d", api_method_name(row->method),
				row->pattern, with_key[k]);
	}
}
END_TEST

static const enum error_code codes[] = {
#define CODE(code, name, status) code,
	ERROR_CODES(CODE)
#undef CODE
};
#define CODES (sizeof(codes) / sizeof(*codes))

START_TEST(every_error_has_its_name_in_the_document)
{
	json_t *reference = json_pack("{s:s}", "$ref",
		"#/components/schemas/Refusal/properties/error/"
		"properties/code/enum");
	json_t *names = resolve(reference);
	json_t *name;
	size_t i;

	ck_assert_uint_eq(json_array_size(names), CODES);
	json_array_foreach(names, i, name)
		ck_assert_str_eq(json_string_value(name), error_name(codes[i]));
	json_decref(reference);
}
END_TEST

/* A refusal's description begins with the code: "invalid: …". */
static void check_refusal(const char *status, json_t *response)
{
	const char *words = json_string_value(
		json_object_get(resolve(response), "description"));
	struct slice code = { words, strcspn(words, ":") };

	/* 4XX and 5XX are those of somebody else. */
	if (strchr(status, 'X') != NULL)
		return;
	for (size_t i = 0; i < CODES; i++) {
		if (!slice_is(code, error_name(codes[i])))
			continue;
		ck_assert_int_eq(error_status(codes[i]), atol(status));
		return;
	}
	ck_abort_msg("%s: no error is called %.*s", status, SLICE_SHORT(code));
}

START_TEST(every_refusal_has_the_status_of_its_code)
{
	const struct api_route *row;
	const char *status;
	json_t *response;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++) {
		json_t *responses =
			json_object_get(operation_of(row), "responses");

		json_object_foreach(responses, status, response)
		{
			if (*status >= '4')
				check_refusal(status, response);
		}
	}
}
END_TEST

START_TEST(the_version_is_the_server_s)
{
	json_t *info = json_object_get(document(), "info");

	ck_assert_str_eq(json_string_value(json_object_get(info, "version")),
		CHATMEM_VERSION);
}
END_TEST

UNIT("openapi", every_route_is_an_operation, there_are_no_other_operations,
	every_parameter_of_a_route_is_described,
	every_parameter_described_is_one_of_the_route,
	bodies_are_where_the_route_takes_them,
	every_operation_names_the_scope_that_its_key_needs,
	every_write_takes_conditions_and_keys,
	what_any_request_may_meet_is_said_of_every_route,
	every_error_has_its_name_in_the_document,
	every_refusal_has_the_status_of_its_code, the_version_is_the_server_s)
