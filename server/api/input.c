/* SPDX-License-Identifier: MIT */
/* input.c - what a route's parse() reads of a request. */
#include "server/api/input.h"

#include <assert.h>
#include <stdlib.h>

#include "schema/error.h"

void *input_new(struct request *request, size_t size,
	void (*free_input)(struct input *input), struct error *error)
{
	struct input *input = calloc(1, size);

	assert(size >= sizeof(*input) && free_input != NULL);
	assert(request->input == NULL);
	if (input == NULL) {
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
		return NULL;
	}
	*input = (struct input){ .free = free_input, .size = size };
	request->input = input;
	return input;
}

void input_free(struct input *input)
{
	if (input != NULL)
		input->free(input);
}

size_t input_size(const struct input *input)
{
	return input == NULL ? 0 : input->size;
}

struct slice request_made_name(const struct request *request)
{
	const struct input *input = request_input(request);

	return input->made_name;
}

/* --- messages --------------------------------------------------------- */

static void input_free_list(struct input *input)
{
	message_list_clear(&((struct list_input *)(void *)input)->list);
	free(input);
}

struct message_list *input_new_list(
	struct request *request, struct error *error)
{
	struct list_input *made =
		input_new(request, sizeof(*made), input_free_list, error);

	return made == NULL ? NULL : &made->list;
}

void input_count_list(struct input *input, const struct message_list *list)
{
	input->size += list->capacity * sizeof(*list->items) +
		       list->string_capacity * sizeof(*list->strings);
	for (size_t i = 0; i < list->string_count; i++)
		input->size += list->strings[i].capacity;
}

const struct message_list *request_list(const struct request *request)
{
	return &((const struct list_input *)request_input(request))->list;
}
