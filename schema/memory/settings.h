/* SPDX-License-Identifier: MIT */
/*
 * settings.h - how a session's memory is seen: LangChain's options.
 *
 * A table in settings.c names each setting, its kind, its default and its
 * check; it serves the session's "memory" object and the query of a request.
 */
#ifndef SCHEMA_MEMORY_SETTINGS_H
#define SCHEMA_MEMORY_SETTINGS_H

#include "schema/text.h"

struct error;

/*
 * Starts as {0}; settings_default() fills it.  Where there is a has_ member a
 * setting that was not given is told from one that was; a class may then have
 * a default of its own.
 */
struct settings {
	struct text class; /* "buffer"; a name of core/memory/registry.c's table
			    */
	int64_t k;	   /* 5 */
	bool has_k;
	int64_t max_token_limit; /* 2000 */
	struct text tokenizer;	 /* "approx"; see schema/tokens/tokenizer.h */
	struct text memory_key;	 /* "history" */
	bool has_memory_key;
	struct text input_key; /* valid if has_input_key */
	bool has_input_key;
	struct text output_key; /* valid if has_output_key */
	bool has_output_key;
	bool return_messages;
	bool return_docs;
	struct text human_prefix;  /* "Human" */
	struct text ai_prefix;	   /* "AI" */
	struct text string_format; /* "langchain-js-0.3"; string_format.h */
	struct text chat_history_key;
	bool has_chat_history_key;
	struct text entities_key; /* "entities" */
	/* Templates. */
	struct text summary_prompt;
	bool has_summary_prompt;
	struct text entity_extraction_prompt;
	bool has_entity_extraction_prompt;
	struct text entity_summarization_prompt;
	bool has_entity_summarization_prompt;
	/* Of the chain; see core/chain/chain.h. */
	struct text prompt;
	bool has_prompt;
	struct text prompt_template;
	bool has_prompt_template;
	struct text system;
	bool has_system;
	struct text send; /* "all", "new"; empty: the proxy finds out */
	/* JSON, not to be given in a query. */
	struct text memories; /* an array; empty: none */
	struct text metadata; /* objects; empty: none */
	struct text options;
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

/* A setting of any kind. */
struct setting_value {
	struct slice text; /* UTF-8, or JSON; borrowed from the settings */
	int64_t count;
	bool flag;
	bool given; /* false: it is the default, and might have been given */
};
/* The value of the setting of this name; false: there is none. */
bool settings_find(const struct settings *settings, const char *name,
	struct setting_value *out);

/* Has the setting, a number, the value that all have by default? */
bool settings_is_standard(const struct settings *settings, const char *name);

void settings_clear(struct settings *settings);

#endif
