/* SPDX-License-Identifier: MIT */
/*
 * route_find.c - the row of the table that a request asks for.
 */
#include "server/api/route.h"

#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "server/api/handlers.h"

/* Answers OPTIONS of any path that has a route. */
static int route_find_handle_options(struct store *store,
	const struct request *request, struct reply *reply, struct error *error)
{
	(void)store;
	(void)error;
	reply->status = 204;
	reply->allow = request->allow;
	return 0;
}

static const struct api_route options_route = { METHOD_OPTIONS, "*", LANE_READ,
	BODY_OPTIONAL, .handle = route_find_handle_options, .storeless = true,
	.open = true, .any_parameter = true };

static const struct api_route passed_route = { METHOD_POST, "*",
	API_HANDED_ON };

/*
 * Past the segment of the pattern, if it stands for this one; else NULL.  A
 * decoded one may hold a slash, which is none of the pattern's.
 */
static const char *route_find_match(const char *pattern, struct slice segment)
{
	if (*pattern == '{')
		return segment.length > 0 ? strchr(pattern, '}') + 1 : NULL;
	if (segment.length > 0 &&
		(strncmp(pattern, segment.data, segment.length) != 0 ||
			memchr(segment.data, '/', segment.length) != NULL))
		return NULL;
	pattern += segment.length;
	return *pattern == '/' || *pattern == '\0' ? pattern : NULL;
}

static bool route_find_path_matches(
	const struct request *request, const char *pattern)
{
	for (int i = 0; i < request->segment_count; i++) {
		if (*pattern++ != '/')
			return false;
		pattern = route_find_match(pattern, request->segments[i]);
		if (pattern == NULL)
			return false;
	}
	return *pattern == '\0';
}

/* Writes the names of all methods in the set: `GET, HEAD, OPTIONS`. */
static void route_find_write_allow(char *allow, size_t size, unsigned set)
{
	size_t used = 0;

	allow[0] = '\0';
	for (unsigned one = METHOD_GET; one <= METHOD_OPTIONS; one <<= 1)
		if (set & one)
			used += (size_t)snprintf(allow + used, size - used,
				"%s%s", used > 0 ? ", " : "",
				api_method_name((enum api_method)one));
}

static bool route_find_method_matches(
	const struct request *request, const struct api_route *route)
{
	return route->method == request->method ||
	       (route->method == METHOD_GET && request->method == METHOD_HEAD);
}

/* Is it the path behind /v1 that this entry of a list names? */
static bool route_find_is_entry(
	const struct request *request, struct slice entry)
{
	for (int i = 1; i < request->segment_count; i++) {
		const struct slice segment = request->segments[i];
		const char *end = entry.length > segment.length
					  ? entry.data + segment.length
					  : "/";

		if (segment.length == 0 || segment.length > entry.length ||
			memcmp(entry.data, segment.data, segment.length) != 0 ||
			memchr(segment.data, '/', segment.length) != NULL ||
			*end != '/')
			return false;
		entry.data += segment.length;
		entry.length -= segment.length;
		if (entry.length > 0) {
			entry.data++;
			entry.length--;
		}
	}
	return entry.length == 0 && request->segment_count > 1;
}

/* Does --llm-pass name the path? */
static bool route_find_is_passed(const struct request *request)
{
	const char *at = request->passed;

	if (at == NULL || !request_is_openai(request))
		return false;
	for (size_t length; *at; at += length + (at[length] == ',')) {
		length = strcspn(at, ",");
		if (route_find_is_entry(request, (struct slice){ at, length }))
			return true;
	}
	return false;
}

/* The row of this path and method; NULL: there is none. */
static const struct api_route *route_find_row(const struct request *request)
{
	const struct api_route *found = NULL;
	const struct api_route *row;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++)
		if (route_find_method_matches(request, row) &&
			route_find_path_matches(request, row->pattern))
			found = row;
	if (found == NULL && request->method == METHOD_POST &&
		route_find_is_passed(request))
		found = &passed_route;
	return found;
}

/* The methods that the path has. */
static unsigned route_find_methods(const struct request *request)
{
	const struct api_route *row;
	unsigned set = 0;

	for (size_t i = 0; (row = api_route_at(i)) != NULL; i++)
		if (route_find_path_matches(request, row->pattern))
			set |= row->method;
	return set | (route_find_is_passed(request) ? METHOD_POST : 0);
}

static int route_find_refuse(const struct request *request, struct error *error)
{
	const char *meant = api_route_meant(request);

	return error_set(error, ERROR_NOT_FOUND,
		"no such route; %s%s%s/openapi.json lists them all",
		meant ? "did you mean " : "", meant ? meant : "",
		meant ? "? " : "");
}

int api_route(struct request *request, const char **allow, struct error *error)
{
	unsigned set;

	request->route = NULL;
	if (request->segment_count > API_SEGMENTS_MAX)
		return route_find_refuse(request, error);
	request->route = route_find_row(request);
	if (request->method != METHOD_OPTIONS && request->route != NULL)
		return 0;
	set = route_find_methods(request);
	if (set == 0)
		return route_find_refuse(request, error);
	set |= METHOD_OPTIONS | (set & METHOD_GET ? METHOD_HEAD : 0);
	route_find_write_allow(request->allow, sizeof(request->allow), set);
	*allow = request->allow;
	request->route = &options_route;
	if (request->method == METHOD_OPTIONS)
		return 0;
	return error_set(
		error, ERROR_METHOD, "this route takes %s", request->allow);
}
