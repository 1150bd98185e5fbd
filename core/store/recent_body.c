/* SPDX-License-Identifier: MIT */
/* recent_body.c - copies of answers that several threads read. */
#include "core/store/recent_body.h"

#include <stdlib.h>
#include <string.h>

static size_t recent_body_length(const struct recent_body *body)
{
	return body->question.words.length + body->beside.length +
	       body->body.length;
}

/* Puts a copy at *at, which moves behind it. */
static struct slice recent_body_copy(char **at, struct slice from)
{
	const struct slice copy = { *at, from.length };

	if (from.length)
		memcpy(*at, from.data, from.length);
	*at += from.length;
	return copy;
}

struct recent_body *recent_body_new(const struct recent_question *question,
	struct slice beside, struct slice body)
{
	struct recent_body *copy =
		malloc(sizeof(*copy) + question->words.length + beside.length +
			body.length);
	char *at;

	if (!copy)
		return NULL;
	at = copy->bytes;
	atomic_init(&copy->references, 1);
	copy->question.what = question->what;
	copy->question.words = recent_body_copy(&at, question->words);
	copy->beside = recent_body_copy(&at, beside);
	copy->body = recent_body_copy(&at, body);
	return copy;
}

struct recent_body *recent_body_keep(struct recent_body *body)
{
	atomic_fetch_add(&body->references, 1);
	return body;
}

void recent_body_free(struct recent_body *body)
{
	if (!body || atomic_fetch_sub(&body->references, 1) > 1)
		return;
	explicit_bzero(body->bytes, recent_body_length(body));
	free(body);
}

struct recent_body *recent_bodies_find(const struct recent_bodies *bodies,
	const struct recent_question *question)
{
	for (size_t i = 0; i < RECENT_BODIES && bodies->all[i]; i++)
		if (bodies->all[i]->question.what == question->what &&
			slice_equal(bodies->all[i]->question.words,
				question->words))
			return bodies->all[i];
	return NULL;
}

void recent_bodies_join(
	struct recent_bodies *bodies, const struct recent_bodies *more)
{
	for (size_t i = 0; i < RECENT_BODIES && more->all[i]; i++) {
		struct recent_body **const all = bodies->all;

		if (recent_bodies_find(bodies, &more->all[i]->question))
			continue;
		recent_body_free(all[RECENT_BODIES - 1]);
		memmove(all + 1, all, (RECENT_BODIES - 1) * sizeof(*all));
		*all = recent_body_keep(more->all[i]);
	}
}

void recent_bodies_clear(struct recent_bodies *bodies)
{
	for (size_t i = 0; i < RECENT_BODIES; i++)
		recent_body_free(bodies->all[i]);
	*bodies = (struct recent_bodies){ 0 };
}

size_t recent_bodies_bytes(const struct recent_bodies *bodies)
{
	size_t bytes = 0;

	for (size_t i = 0; i < RECENT_BODIES && bodies->all[i]; i++)
		bytes += sizeof(*bodies->all[i]) +
			 recent_body_length(bodies->all[i]);
	return bytes;
}
