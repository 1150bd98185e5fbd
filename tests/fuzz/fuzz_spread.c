/* SPDX-License-Identifier: MIT */
/*
 * fuzz_spread.c - an arbitrary stream in arbitrary pieces, and a secret that
 * must not be in what comes out.
 *
 * The first byte is the size of the pieces.  Nothing is added or lost, and no
 * byte changes but into a star.  Where all lines are events of one text, that
 * text is put together here, too.
 */
#include <stdlib.h>
#include <string.h>

#include "server/upstream/blot.h"
#include "server/upstream/spread.h"

#define SECRET	 "abab-abcd"
#define HELD_MAX ((size_t)66 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool has_secret(struct slice bytes)
{
	return bytes.length &&
	       memmem(bytes.data, bytes.length, SECRET, sizeof(SECRET) - 1);
}

/* As transfer.c does it. */
struct pipe {
	struct blot_secret secret;
	struct spread spread;
	struct text held, out;
	size_t blotted;
};

static void hand_on(struct pipe *pipe, size_t size)
{
	must(size <= pipe->blotted);
	text_append(&pipe->out, pipe->held.data, size);
	pipe->held.length -= size;
	pipe->blotted -= size;
	if (pipe->held.length)
		memmove(pipe->held.data, pipe->held.data + size,
			pipe->held.length);
	spread_move(&pipe->spread, size);
}

static void push(struct pipe *pipe, struct slice bytes)
{
	text_slice(&pipe->held, bytes);
	pipe->blotted = blot(pipe->held.data, pipe->held.length, pipe->blotted,
		&pipe->secret);
	hand_on(pipe, spread_blot(&pipe->spread, pipe->held.data, pipe->blotted,
			      SLICE(SECRET)));
	must(pipe->held.length <= HELD_MAX);
}

static void finish(struct pipe *pipe)
{
	if (pipe->held.length)
		blot_end(pipe->held.data, pipe->held.length, pipe->blotted,
			&pipe->secret);
	spread_end(&pipe->spread, pipe->held.data, SLICE(SECRET));
	pipe->blotted = pipe->held.length;
	hand_on(pipe, pipe->held.length);
}

/* The text of such an event; false: it is another line. */
static bool cut_event(struct slice *rest, struct text *whole)
{
	static const char begin[] = "data: {\"a\":\"";
	static const char end[] = "\"}\n";
	const size_t length = sizeof(begin) - 1;
	const char *last;

	if (rest->length < length || memcmp(rest->data, begin, length) != 0)
		return false;
	rest->data += length;
	rest->length -= length;
	last = memmem(rest->data, rest->length, end, sizeof(end) - 1);
	if (!last)
		return false;
	for (const char *at = rest->data; at < last; at++)
		if (strchr("\\\"\r\n", *at))
			return false;
	text_append(whole, rest->data, (size_t)(last - rest->data));
	rest->length -= (size_t)(last - rest->data) + sizeof(end) - 1;
	rest->data = last + sizeof(end) - 1;
	return true;
}

static void check_text(struct slice out)
{
	struct text whole = { 0 };
	bool all = true;

	while (out.length && all)
		all = cut_event(&out, &whole);
	must(!all || !has_secret(text_view(&whole)));
	text_clear(&whole);
}

static void check_bytes(const struct text *out, struct slice came)
{
	must(out->length == came.length);
	for (size_t i = 0; i < came.length; i++)
		must(out->data[i] == came.data[i] || out->data[i] == '*');
	must(!has_secret(text_view(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice came = { (const char *)data + 1, size - 1 };
	struct pipe pipe = { 0 };
	size_t step;

	if (size < 2)
		return 0;
	step = data[0] ? data[0] : 1;
	must(blot_secret_init(&pipe.secret, SECRET) == 0);
	for (size_t at = 0; at < came.length; at += step)
		push(&pipe, (struct slice){ came.data + at,
				    came.length - at < step ? came.length - at
							    : step });
	finish(&pipe);
	check_bytes(&pipe.out, came);
	check_text(text_view(&pipe.out));
	blot_secret_clear(&pipe.secret);
	spread_clear(&pipe.spread);
	text_clear(&pipe.held);
	text_clear(&pipe.out);
	return 0;
}
