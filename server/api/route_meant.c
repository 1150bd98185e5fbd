/* SPDX-License-Identifier: MIT */
/*
 * route_meant.c - the route that a path was meant for, when there is none.
 *
 * A word may be mistyped; a slash at the end, or /v1 and /api in front, may be
 * too much, and /v1 may be missing.
 */
#include "server/api/route.h"

#include <string.h>

#include "schema/nearest.h"

#define WORD_MOST 24 /* bytes of a word of a pattern, with its end */
#define FAR	  SIZE_MAX

/* Copies the next word of a pattern; false: there is none left. */
static bool route_meant_next_word(const char **pattern, char word[WORD_MOST])
{
	const char *begin = *pattern + (**pattern == '/');
	const size_t length = strcspn(begin, "/");

	if (length == 0 || length >= WORD_MOST)
		return false;
	memcpy(word, begin, length);
	word[length] = '\0';
	*pattern = begin + length;
	return true;
}

/* How far a segment is from a word of a pattern; a {name} may be anything. */
static size_t route_meant_distance(struct slice segment, const char *word)
{
	struct nearest nearest = { .word = segment };

	if (*word == '{')
		return segment.length > 0 ? 0 : FAR;
	nearest_try(&nearest, word);
	return nearest.name != NULL ? nearest.distance : FAR;
}

/* How far a path is from a pattern altogether. */
static size_t route_meant_compare(
	const struct slice *segments, int count, const char *pattern)
{
	char word[WORD_MOST];
	size_t sum = 0;

	for (int i = 0; i < count; i++) {
		size_t distance = FAR;

		if (route_meant_next_word(&pattern, word))
			distance = route_meant_distance(segments[i], word);
		if (distance == FAR)
			return FAR;
		sum += distance;
	}
	return *pattern == '\0' && count > 0 ? sum : FAR;
}

const char *api_route_meant(const struct request *request)
{
	static const char prefix[] = "/v1";
	const struct slice *segments = request->segments;
	const struct api_route *route;
	const char *meant = NULL;
	int count = request->segment_count;
	size_t least = FAR;

	if (count > API_SEGMENTS_MAX)
		return NULL;
	if (count > 0 && segments[count - 1].length == 0)
		count--;
	while (count > 0 &&
		(segments->length == 0 || slice_is(*segments, "v1") ||
			slice_is(*segments, "api"))) {
		segments++;
		count--;
	}
	for (size_t i = 0; (route = api_route_at(i)) != NULL; i++) {
		const char *pattern = route->pattern;
		size_t distance;

		if (strncmp(pattern, prefix, strlen(prefix)) == 0)
			pattern += strlen(prefix);
		distance = route_meant_compare(segments, count, pattern);
		if (distance < least) {
			least = distance;
			meant = route->pattern;
		}
	}
	return meant;
}
