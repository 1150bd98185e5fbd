/* SPDX-License-Identifier: MIT */
/* test_guard.c - heads that must not pass, and those that must. */
#include <string.h>

#include "server/http/guard.h"
#include "tests/unit/unit.h"

#define HEADERS_MAX 8
#define REST	    " HTTP/1.1\r\nHost: x\r\n"

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

/* Makes of `text` what an honest parser makes of it. */
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

#define BEFORE(text, bare)                   \
	{                                    \
		text, sizeof(text) - 1, bare \
	}

/* What lies before a piece of a chunked body, and whether it is sound. */
static const struct {
	char before[32];
	size_t length;
	bool bare;
} framings[] = {
	BEFORE("chunked\0\0\0\0", false),
	BEFORE("\0\03\r\n", false),
	BEFORE("\0\03\n", true),
	BEFORE("x\r\n3\r\n", false),
	BEFORE("x\n3\r\n", true),
	BEFORE("x\n00000000000000aF\r\n", true),
	BEFORE("x\n000000000000000aF\r\n", false), /* too far away */
	BEFORE("x\r\n3;a=b\r\n", false),
	BEFORE("x\r\n3;a=b\n", true),
	BEFORE("one of\nits data", false),
};

START_TEST(a_bare_line_feed_before_a_chunk_is_seen)
{
	char memory[64] = { 0 };
	char *end = memory + sizeof(memory);
	const size_t length = framings[_i].length;

	memcpy(end - length, framings[_i].before, length);
	ck_assert(guard_is_bare_framing(end) == framings[_i].bare);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *all = tcase_create("guard");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, an_honest_head_passes, 0, COUNT(good_heads));
	tcase_add_loop_test(
		all, a_bad_head_is_refused_in_words, 0, COUNT(bad_heads));
	tcase_add_test(all, the_body_is_what_the_head_says);
	tcase_add_loop_test(
		all, pieces_that_lie_elsewhere_are_refused, 0, COUNT(tampers));
	tcase_add_test(all, where_pieces_lie_counts_only_with_a_known_library);
	tcase_add_loop_test(all, a_bare_line_feed_before_a_chunk_is_seen, 0,
		COUNT(framings));
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
