/* SPDX-License-Identifier: MIT */
/* window.c - what a query says of a window, what a reply says of one. */
#include "core/history/window.h"
#include "core/memory/registry.h"
#include "schema/json/write.h"
#include "schema/tokens/tokenizer.h"
#include "server/api/handlers.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A parameter of the query, and its default; NULL: it has none. */
struct window_parameter {
	const char *name;
	const char *standard;
};

/* The first of these that the query has, defaults apart; or NULL. */
static const char *window_find_any(const struct request *request,
	const struct window_parameter *parameters, size_t count)
{
	struct slice value;

	for (size_t i = 0; i < count; i++)
		if (request_parameter(request, parameters[i].name, &value) &&
			(parameters[i].standard == NULL ||
				!slice_is(value, parameters[i].standard)))
			return parameters[i].name;
	return NULL;
}

/* A detail that needs a limit, or NULL; defaults may be given without. */
static const char *window_detail(const struct window *window)
{
	return window->align > 0	  ? "align"
	       : window->human		  ? "start=human"
	       : window->keep_system == 0 ? "keep_system=false"
					  : NULL;
}

/* A limit excludes what else chooses. */
static int window_check_company(const struct request *request,
	const struct window *window, struct error *error)
{
	static const struct window_parameter limits[] = { { "last", NULL },
		{ "turns", NULL }, { "max_tokens", NULL } };
	static const struct window_parameter excluded[] = { { "after", "0" },
		{ "before", NULL }, { "limit", "1000" }, { "order", "asc" },
		{ "type", NULL }, { "calls", "true" } };
	const char *limit = window_find_any(request, limits, COUNT(limits));
	const char *detail = window_detail(window);
	const char *other = window_find_any(request, excluded, COUNT(excluded));

	if (limit != NULL && other != NULL)
		return error_set(error, ERROR_INVALID,
			"%s and %s exclude each other", limit, other);
	if (limit == NULL && detail != NULL)
		return error_set(error, ERROR_INVALID,
			"%s needs last, turns or max_tokens", detail);
	return 0;
}

static int window_read_words(const struct request *request,
	struct window *window, struct error *error)
{
	struct slice value;
	bool keep = true;

	if (!request_parameter(request, "tokenizer", &value))
		value = SLICE("approx");
	if (tokenizers_find(request->memories->tokenizers, value,
		    &window->tokenizer, error))
		return -1;
	if (request_parameter(request, "start", &value)) {
		window->human = slice_is(value, "human");
		if (!window->human && !slice_is(value, "any"))
			return error_set(error, ERROR_INVALID,
				"start must be any or human, not \"%.*s\"",
				SLICE_SHORT(value));
	}
	if (!request_parameter(request, "keep_system", &value))
		return 0;
	if (request_flag(request, "keep_system", &keep, error))
		return -1;
	window->keep_system = keep;
	return 0;
}

int request_window(const struct request *request, struct window *window,
	struct error *error)
{
	*window = WINDOW_NONE;
	if (request_integer(request,
		    (struct integer_range){ "last", 0, SEQ_MOST },
		    &window->last, error) ||
		request_integer(request,
			(struct integer_range){ "turns", 0, SEQ_MOST },
			&window->turns, error) ||
		request_integer(request,
			(struct integer_range){ "max_tokens", 0, SEQ_MOST },
			&window->max_tokens, error) ||
		request_integer(request,
			(struct integer_range){ "align", 1, SEQ_MOST },
			&window->align, error) ||
		window_read_words(request, window, error))
		return -1;
	return window_check_company(request, window, error);
}

void reply_figures(struct reply *reply, const struct history_figures *figures)
{
	if (figures->first_seq != 0)
		reply_header(reply, "Chatmem-First-Seq", "%lld",
			(long long)figures->first_seq);
	reply_header(
		reply, "Chatmem-Tokens", "%lld", (long long)figures->tokens);
	reply_header(
		reply, "Chatmem-Omitted", "%lld", (long long)figures->omitted);
}

void reply_write_figures(
	struct text *out, const struct history_figures *figures)
{
	if (figures->first_seq != 0)
		json_member_number(out, "first_seq", figures->first_seq);
	else
		json_member_null(out, "first_seq");
	json_member_number(out, "tokens", figures->tokens);
	json_member_number(out, "omitted", figures->omitted);
}
