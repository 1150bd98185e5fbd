/* SPDX-License-Identifier: MIT */
/*
 * settings.h - how a session's memory is seen: LangChain's options.
 *
 * One table in settings.c names each setting, its kind, its default and its
 * check; it serves the session's "memory" object and the query of a request.
 */
#ifndef SCHEMA_SETTINGS_H
#define SCHEMA_SETTINGS_H

#include "schema/text.h"

struct error;

/* Starts as {0}; settings_default() fills it. */
struct settings {
	struct text class;	/* "buffer"; a name of core/memory.h's table */
	int64_t k;		/* 5 */
	struct text memory_key; /* "history" */
	struct text input_key;	/* valid if has_input_key */
	struct text output_key; /* valid if has_output_key */
	struct text human_prefix; /* "Human" */
	struct text ai_prefix;	  /* "AI" */
	bool has_input_key;
	bool has_output_key;
	bool return_messages;
};

int settings_default(struct settings *settings, struct error *error);

/*
 * Applies a "memory" object (valid, compact JSON) over what is there.  null
 * means the default.  ERROR_INVALID names the member: `memory.k is …`.
 */
int settings_from_json(
	struct settings *settings, struct slice object, struct error *error);

/*
 * Applies one query parameter, both decoded.  Returns 1 if it is a setting
 * and was applied, 0 if there is no such setting, -1 on a bad value.
 */
int settings_from_query(struct settings *settings, struct slice name,
	struct slice value, struct error *error);

void settings_clear(struct settings *settings);

#endif
