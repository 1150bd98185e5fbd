/* SPDX-License-Identifier: MIT */
/* test_guard.c - heads, paths and queries that must not pass. */
#include <string.h>

#include "server/guard.h"
#include "unit.h"

#define HEADERS_MAX 8
#define REST	    " HTTP/1.1\r\nHost: x\r\n"

/* --- heads ------------------------------------------------------------ */

/* A head in pieces, which lie where they were received. */
struct pieces {
	struct guard_header headers[HEADERS_MAX];
	struct guard_head head;
};

static struct slice between(const char *from, const char *to)
{
	return (struct slice){ from, (size_t)(to - from) };
}

static void take_header(struct pieces *pieces, const char *line)
{
	const char *colon = strchr(line, ':');
	const char *value = colon + 1 + strspn(colon + 1, " \t");

	pieces->headers[pieces->head.header_count++] =
		(struct guard_header){ between(line, colon),
			between(value, strstr(line, "\r\n")) };
}

/* What an honest parser makes of `text`. */
static struct guard_head *parse(struct pieces *pieces, const char *text)
{
	const char *target = strchr(text, ' ') + 1;
	const char *version = strchr(target, ' ') + 1;
	const char *line = strstr(text, "\r\n") + 2;

	memset(pieces, 0, sizeof(*pieces));
	pieces->head.method = between(text, target - 1);
	pieces->head.raw_uri_length = (size_t)(version - 1 - target);
	pieces->head.version = between(version, line - 2);
	for (; strncmp(line, "\r\n", 2) != 0; line = strstr(line, "\r\n") + 2)
		take_header(pieces, line);
	pieces->head.head_bytes = (size_t)(line + 2 - text);
	pieces->head.headers = pieces->headers;
	pieces->head.contiguous = true;
	return &pieces->head;
}

static const char *const good_heads[] = {
	"GET /" REST "\r\n",
	"GET / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\nhOST:x\r\n\r\n",
	"GET /" REST "X:\r\nY: \t \r\nZ:  a\tb \r\n\r\n",
	"GET /" REST "X: \xc3\xa9\xff\r\n\r\n",
	"PO-S!T /a?b" REST "content-length: 0\r\n\r\n",
	"POST /" REST "Content-Length: 18446744073709551615\r\n\r\n",
	"POST /" REST "Transfer-Encoding: cHunked\r\n\r\n",
};

START_TEST(an_honest_head_passes)
{
	struct pieces pieces;
	struct guard_body body;

	ok(guard_head(parse(&pieces, good_heads[_i]), &body, &error));
}
END_TEST

static const struct {
	const char *text, *words;
} bad_heads[] = {
	{ "GET / HTTP/1.2\r\nHost: x\r\n\r\n", "\"HTTP/1.2\" is not HTTP/1.1" },
	{ "GET / HTTP/1.1x\r\nHost: x\r\n\r\n",
		"\"HTTP/1.1x\" is not HTTP/1.1" },
	{ "G@T /" REST "\r\n", "the method is not a token" },
	{ "GET / HTTP/1.1\r\n\r\n", "a request needs exactly one Host header" },
	{ "GET /" REST "HOST: y\r\n\r\n",
		"a request needs exactly one Host header" },
	{ "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
		"a request needs exactly one Host header" },
	{ "GET /" REST "X : y\r\n\r\n", "\"X \" is not a header name" },
	{ "GET /" REST ": y\r\n\r\n", "\"\" is not a header name" },
	{ "GET /" REST "X\x7fY: y\r\n\r\n", "\"X?Y\" is not a header name" },
	{ "GET /" REST "X: a\x01\r\n\r\n",
		"header X holds a control character" },
	{ "GET /" REST "X: a\rb\r\n\r\n",
		"header X holds a control character" },
	{ "GET /" REST "X: a\nb\r\n\r\n",
		"header X holds a control character" },
	{ "GET /" REST "X: a\x7f\r\n\r\n",
		"header X holds a control character" },
	{ "POST /" REST "Content-Length:\r\n\r\n", "Content-Length is empty" },
	{ "POST /" REST "Content-Length: +5\r\n\r\n",
		"Content-Length \"+5\" is not a length" },
	{ "POST /" REST "Content-Length: 5 \r\n\r\n",
		"Content-Length \"5 \" is not a length" },
	{ "POST /" REST "Content-Length: 18446744073709551616\r\n\r\n",
		"Content-Length \"18446744073709551616\" is not a length" },
	{ "POST /" REST "Content-Length: 5\r\nContent-length: 5\r\n\r\n",
		"two Content-Length headers" },
	{ "POST /" REST "Transfer-Encoding: xchunked\r\n\r\n",
		"Transfer-Encoding \"xchunked\" is not \"chunked\"" },
	{ "POST /" REST "Transfer-Encoding: chunked, chunked\r\n\r\n",
		"Transfer-Encoding \"chunked, chunked\" is not \"chunked\"" },
	{ "POST /" REST
	  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		"two Transfer-Encoding headers" },
	{ "POST /" REST
	  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
		"Transfer-Encoding with Content-Length" },
	{ "POST /" REST
	  "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
		"Transfer-Encoding with Content-Length" },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
		"Transfer-Encoding with HTTP/1.0" },
};

START_TEST(a_bad_head_is_refused_in_words)
{
	struct pieces pieces;
	struct guard_body body;

	fails(guard_head(parse(&pieces, bad_heads[_i].text), &body, &error),
		ERROR_INVALID);
	says(bad_heads[_i].words);
}
END_TEST

START_TEST(the_body_is_what_the_head_says)
{
	struct pieces pieces;
	struct guard_body body;

	ok(guard_head(parse(&pieces, "GET /" REST "\r\n"), &body, &error));
	ck_assert(!body.chunked && !body.has_length && body.length == 0);
	ok(guard_head(parse(&pieces, "PUT /" REST "Content-Length: 0042\r\n"
				     "\r\n"),
		&body, &error));
	ck_assert(!body.chunked && body.has_length && body.length == 42);
	ok(guard_head(parse(&pieces, "PUT /" REST
				     "Transfer-Encoding: chunked\r\n\r\n"),
		&body, &error));
	ck_assert(body.chunked && !body.has_length);
}
END_TEST

/* Ways in which a parser's pieces differ from what was received. */
static void longer_target(struct guard_head *head, struct guard_header *headers)
{
	(void)headers;
	head->raw_uri_length++;
}

static void longer_head(struct guard_head *head, struct guard_header *headers)
{
	(void)headers;
	head->head_bytes++;
}

static void lost_header(struct guard_head *head, struct guard_header *headers)
{
	headers[0] = headers[1];
	head->header_count--;
}

static void lost_last(struct guard_head *head, struct guard_header *headers)
{
	(void)headers;
	head->header_count--;
}

static void moved_name(struct guard_head *head, struct guard_header *headers)
{
	static const char elsewhere[] = "X-Tenant";

	(void)head;
	headers[1].name = SLICE(elsewhere);
}

static void shorter_value(struct guard_head *head, struct guard_header *headers)
{
	(void)head;
	headers[0].value.length--;
}

static void value_in_name(struct guard_head *head, struct guard_header *headers)
{
	(void)head;
	headers[1].value.length +=
		(size_t)(headers[1].value.data - headers[1].name.data);
	headers[1].value.data = headers[1].name.data;
}

static void value_elsewhere(
	struct guard_head *head, struct guard_header *headers)
{
	static const char elsewhere[64] = "";

	(void)head;
	headers[1].value.data = elsewhere;
}

static void bytes_in_the_gap(
	struct guard_head *head, struct guard_header *headers)
{
	(void)head;
	headers[1].value.data++;
	headers[1].value.length--;
}

static void (*const tampers[])(struct guard_head *, struct guard_header *) = {
	longer_target,
	longer_head,
	lost_header,
	lost_last,
	moved_name,
	shorter_value,
	value_in_name,
	value_elsewhere,
	bytes_in_the_gap,
};

START_TEST(pieces_that_lie_elsewhere_are_refused)
{
	struct pieces pieces;
	struct guard_body body;
	struct guard_head *head =
		parse(&pieces, "GET /" REST "X-Ten: abc\r\n\r\n");

	tampers[_i](head, pieces.headers);
	fails(guard_head(head, &body, &error), ERROR_INVALID);
	says("the request head is malformed");
}
END_TEST

START_TEST(where_pieces_lie_counts_only_with_a_known_library)
{
	struct pieces pieces;
	struct guard_body body;
	struct guard_head *head =
		parse(&pieces, "GET /" REST "X-Ten: abc\r\n\r\n");

	moved_name(head, pieces.headers);
	head->contiguous = false;
	ok(guard_head(head, &body, &error));
}
END_TEST

/* --- paths ------------------------------------------------------------ */

#define SEGMENTS_MAX 4

static const struct {
	const char *raw;
	int count;
	const char *segments[SEGMENTS_MAX];
} good_paths[] = {
	{ "/", 1, { "" } },
	{ "/a", 1, { "a" } },
	{ "/a/", 2, { "a", "" } },
	{ "//a", 2, { "", "a" } },
	{ "/a/b/c/d", 4, { "a", "b", "c", "d" } },
	{ "/a%2Fb/c", 2, { "a/b", "c" } },
	{ "/a%252Fb", 1, { "a%2Fb" } },
	{ "/%E2%82%ac", 1, { "\xe2\x82\xac" } },
	{ "/\xf0\x9f\x98\x80", 1, { "\xf0\x9f\x98\x80" } },
	{ "/%f4%8f%bf%bf", 1, { "\xf4\x8f\xbf\xbf" } },
	{ "/a+b%20c", 1, { "a+b c" } },
	{ "/...", 1, { "..." } },
	{ "/%01%7f%0d%0a", 1, { "\x01\x7f\r\n" } },
	{ "/a?b=c&d", 1, { "a?b=c&d" } },
};

START_TEST(a_path_is_split_and_then_decoded)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[64];
	int count = guard_path(slice_of(good_paths[_i].raw), storage, segments,
		SEGMENTS_MAX, &error);

	ck_assert_int_eq(count, good_paths[_i].count);
	for (int i = 0; i < count; i++)
		is(segments[i], good_paths[_i].segments[i]);
}
END_TEST

static const struct {
	const char *raw, *words;
} bad_paths[] = {
	{ "", "the request target must begin with \"/\"" },
	{ "*", "the request target must begin with \"/\"" },
	{ "http://x/", "the request target must begin with \"/\"" },
	{ "/a b", "the request target holds %20 unencoded" },
	{ "/a\x01", "the request target holds %01 unencoded" },
	{ "/a\x7f", "the request target holds %7F unencoded" },
	{ "/a#b", "the request target holds %23 unencoded" },
	{ "/a%", "\"a%\" holds a bad % escape" },
	{ "/a%4", "\"a%4\" holds a bad % escape" },
	{ "/a%4/1", "\"a%4\" holds a bad % escape" },
	{ "/a%4g", "\"a%4g\" holds a bad % escape" },
	{ "/a%/b", "\"a%\" holds a bad % escape" },
	{ "/a%00b", "\"a%00b\" holds a bad % escape" },
	{ "/%ff", "\"%ff\" is not UTF-8" },
	{ "/%80", "\"%80\" is not UTF-8" },
	{ "/%c0%af", "\"%c0%af\" is not UTF-8" },
	{ "/%c1%bf", "\"%c1%bf\" is not UTF-8" },
	{ "/%e0%9f%bf", "\"%e0%9f%bf\" is not UTF-8" },
	{ "/%ed%a0%80", "\"%ed%a0%80\" is not UTF-8" },
	{ "/%f0%8f%bf%bf", "\"%f0%8f%bf%bf\" is not UTF-8" },
	{ "/%f4%90%80%80", "\"%f4%90%80%80\" is not UTF-8" },
	{ "/%f5%80%80%80", "\"%f5%80%80%80\" is not UTF-8" },
	{ "/%e2%82", "\"%e2%82\" is not UTF-8" },
	{ "/%e2%82/%ac", "\"%e2%82\" is not UTF-8" },
	{ "/%e2%28%a1", "\"%e2%28%a1\" is not UTF-8" },
	{ "/.", "\".\" is not a name" },
	{ "/a/..", "\"..\" is not a name" },
	{ "/%2e%2E/a", "\"..\" is not a name" },
	{ "/%2e", "\".\" is not a name" },
};

START_TEST(a_bad_path_is_refused_in_words)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[64];

	fails(guard_path(slice_of(bad_paths[_i].raw), storage, segments,
		      SEGMENTS_MAX, &error),
		ERROR_INVALID);
	says(bad_paths[_i].words);
}
END_TEST

START_TEST(a_name_has_at_most_255_bytes)
{
	struct slice segments[SEGMENTS_MAX];
	char raw[1 + 3 * 255 + 2] = "/", storage[3 * 256];

	for (int i = 0; i < 255; i++)
		memcpy(raw + 1 + 3 * i, "%61", 4);
	ok(guard_path(slice_of(raw), storage, segments, SEGMENTS_MAX, &error));
	ck_assert_uint_eq(segments[0].length, 255);
	memcpy(raw + 1 + 3 * 255, "a", 2);
	fails(guard_path(
		      slice_of(raw), storage, segments, SEGMENTS_MAX, &error),
		ERROR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "bound of 255 bytes"));
}
END_TEST

/* What stands behind in memory would make both of them good. */
START_TEST(nothing_is_read_beyond_the_end)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[8];

	memset(storage, 0x80, sizeof(storage));
	fails(guard_path((struct slice){ "/a%41", 4 }, storage, segments,
		      SEGMENTS_MAX, &error),
		ERROR_INVALID);
	fails(guard_path(SLICE("/\xe2\x82"), storage, segments, SEGMENTS_MAX,
		      &error),
		ERROR_INVALID);
}
END_TEST

START_TEST(a_path_with_too_many_segments_says_so)
{
	struct slice segments[2];
	char storage[8];

	ck_assert_int_eq(
		guard_path(SLICE("/a/b"), storage, segments, 2, &error), 2);
	ck_assert_int_eq(
		guard_path(SLICE("/a/b/"), storage, segments, 2, &error), 3);
	ck_assert_int_eq(
		guard_path(SLICE("/a/b/c/d"), storage, segments, 2, &error), 3);
}
END_TEST

/* --- queries ---------------------------------------------------------- */

#define PARAMETERS_MAX 4

static const struct {
	const char *raw;
	int count;
	struct {
		const char *name, *value; /* NULL: none */
	} parameters[PARAMETERS_MAX];
} good_queries[] = {
	{ "", 0, { { 0 } } },
	{ "&&", 0, { { 0 } } },
	{ "a=1", 1, { { "a", "1" } } },
	{ "a=1&b=2", 2, { { "a", "1" }, { "b", "2" } } },
	{ "&a=1&&a=2&", 2, { { "a", "1" }, { "a", "2" } } },
	{ "a&b=&=c&=", 4,
		{ { "a", NULL }, { "b", "" }, { "", "c" }, { "", "" } } },
	{ "a=b=c", 1, { { "a", "b=c" } } },
	{ "a+b=c+d%2B", 1, { { "a b", "c d+" } } },
	{ "a%26b%3dc=%26", 1, { { "a&b=c", "&" } } },
	{ "a=%E2%82%AC?/", 1, { { "a", "\xe2\x82\xac?/" } } },
};

START_TEST(a_query_is_split_and_then_decoded)
{
	struct guard_parameter parameters[PARAMETERS_MAX];
	char storage[64];
	int count = guard_query(slice_of(good_queries[_i].raw), storage,
		parameters, PARAMETERS_MAX, &error);

	ck_assert_int_eq(count, good_queries[_i].count);
	for (int i = 0; i < count; i++) {
		const char *value = good_queries[_i].parameters[i].value;

		is(parameters[i].name, good_queries[_i].parameters[i].name);
		ck_assert(parameters[i].has_value == (value != NULL));
		is(parameters[i].value, value ? value : "");
	}
}
END_TEST

static const struct {
	const char *raw, *words;
} bad_queries[] = {
	{ "a=%", "\"%\" holds a bad % escape" },
	{ "a%zz=1", "\"a%zz\" holds a bad % escape" },
	{ "a=%00", "\"%00\" holds a bad % escape" },
	{ "a=%c3&b=%a9", "\"%c3\" is not UTF-8" },
	{ "%ff", "\"%ff\" is not UTF-8" },
	{ "a=b c", "the request target holds %20 unencoded" },
	{ "a=b#c", "the request target holds %23 unencoded" },
	{ "a&b&c&d&e", "more than 4 query parameters" },
};

START_TEST(a_bad_query_is_refused_in_words)
{
	struct guard_parameter parameters[PARAMETERS_MAX];
	char storage[64];

	fails(guard_query(slice_of(bad_queries[_i].raw), storage, parameters,
		      PARAMETERS_MAX, &error),
		ERROR_INVALID);
	says(bad_queries[_i].words);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *heads = tcase_create("heads");
	TCase *targets = tcase_create("targets");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(heads, an_honest_head_passes, 0, COUNT(good_heads));
	tcase_add_loop_test(
		heads, a_bad_head_is_refused_in_words, 0, COUNT(bad_heads));
	tcase_add_test(heads, the_body_is_what_the_head_says);
	tcase_add_loop_test(heads, pieces_that_lie_elsewhere_are_refused, 0,
		COUNT(tampers));
	tcase_add_test(
		heads, where_pieces_lie_counts_only_with_a_known_library);
	tcase_add_loop_test(targets, a_path_is_split_and_then_decoded, 0,
		COUNT(good_paths));
	tcase_add_loop_test(
		targets, a_bad_path_is_refused_in_words, 0, COUNT(bad_paths));
	tcase_add_test(targets, a_name_has_at_most_255_bytes);
	tcase_add_test(targets, nothing_is_read_beyond_the_end);
	tcase_add_test(targets, a_path_with_too_many_segments_says_so);
	tcase_add_loop_test(targets, a_query_is_split_and_then_decoded, 0,
		COUNT(good_queries));
	tcase_add_loop_test(targets, a_bad_query_is_refused_in_words, 0,
		COUNT(bad_queries));
	suite_add_tcase(suite, heads);
	suite_add_tcase(suite, targets);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
