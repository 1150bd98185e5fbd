/* SPDX-License-Identifier: MIT */
/*
 * input.h - what a route's parse() reads of a request, before its handler.
 *
 * An input is made once, in the socket's thread, however often the handler
 * runs.  It borrows from the body and from nothing else of the request, so that
 * both can be given to a task together.
 */
#ifndef SERVER_API_INPUT_H
#define SERVER_API_INPUT_H

#include <assert.h>

#include "schema/message/message.h"
#include "server/api/request.h"

/* The first member of a route's own struct. */
struct input {
	void (*free)(struct input *input);
	size_t size; /* of all that it holds, in bytes */
	/* Made for a session that the request does not name; or empty. */
	struct slice made_name;
};

/*
 * Gives the request an input of `size` zeroed bytes, which is the request's to
 * free.  NULL: out of memory.
 */
void *input_new(struct request *request, size_t size,
	void (*free_input)(struct input *input), struct error *error);
/* Accepts NULL. */
void input_free(struct input *input);
/* 0 for NULL. */
size_t input_size(const struct input *input);

/*
 * The input that the request's route has read; its parse() must have made one.
 */
static inline const void *request_input(const struct request *request)
{
	assert(request->input != NULL);
	return request->input;
}

struct slice request_made_name(const struct request *request);

/* The input of routes whose body is messages and nothing else. */
struct list_input {
	struct input input;
	struct message_list list;
};
/* The list, to be filled; input_count_list() counts what was put into it. */
struct message_list *input_new_list(
	struct request *request, struct error *error);
void input_count_list(struct input *input, const struct message_list *list);
const struct message_list *request_list(const struct request *request);

#endif
