/* SPDX-License-Identifier: MIT */
/*
 * said.h - a message as a test knows it, without reading JSON, which can be
 * written with only some of its calls or results.
 */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/message/call_ids.h"
#include "schema/message/message.h"

#define SAID_IDS 4

enum said_form {
	SAID_ROLE,   /* OpenAI's */
	SAID_BLOCKS, /* OpenAI's with Anthropic's blocks: calls or results */
	SAID_DATA,   /* LangChain's, stored */
	SAID_KWARGS, /* calls in additional_kwargs */
	SAID_BOTH,   /* blocks and tool_calls */
	SAID_FLAT,   /* LangChain's, flat */
	SAID_TUPLE,  /* no calls */
	SAID_FORMS,
};

struct said {
	int64_t seq;
	enum message_type type;
	enum said_form form;
	int words; /* bytes of text */
	bool media;
	bool function; /* the call has a name instead of an id */
	int ids[SAID_IDS];
	unsigned nth[SAID_IDS]; /* of several with the id, if that is shown */
	int count;
};

static void said_put_id(struct text *out, const struct said *said, int at)
{
	struct text id = { 0 };

	text_format(&id, "\"%s%d\"", said->function ? "f" : "c", said->ids[at]);
	if (said->nth[at] > 1)
		call_ids_put_nth(out, text_view(&id), said->nth[at]);
	else
		text_slice(out, text_view(&id));
	text_clear(&id);
}

/* Begins the next member or element. */
static void said_comma(struct text *out, bool *begun)
{
	if (*begun)
		text_string(out, ",");
	*begun = true;
}

/* The first words of a sentence. */
static void said_put_words(struct text *out, const struct said *said)
{
	static const char words[] =
		"the quick brown fox jumps over the lazy dog, and 12345 more";

	text_append(out, words, (size_t)said->words);
}

static void said_put_blocks(
	struct text *out, const struct said *said, unsigned mask, bool *begun)
{
	const bool calls = said->type == MESSAGE_AI;

	for (int i = 0; i < said->count; i++) {
		if (!(mask >> i & 1))
			continue;
		said_comma(out, begun);
		text_format(out, "{\"type\":\"%s\",\"%s\":",
			calls ? "tool_use" : "tool_result",
			calls ? "id" : "tool_use_id");
		said_put_id(out, said, i);
		text_string(out, calls ? ",\"name\":\"g\",\"input\":{}}"
				       : ",\"content\":\"42\"}");
	}
}

static void said_put_parts(
	struct text *out, const struct said *said, unsigned mask)
{
	const bool blocks =
		said->form == SAID_BLOCKS || said->form == SAID_BOTH;
	bool begun = false;

	text_string(out, "[");
	if (blocks && said->type == MESSAGE_HUMAN)
		said_put_blocks(out, said, mask, &begun);
	if (said->words > 0) {
		said_comma(out, &begun);
		text_string(out, "{\"type\":\"text\",\"text\":\"");
		said_put_words(out, said);
		text_string(out, "\"}");
	}
	if (said->media) {
		said_comma(out, &begun);
		text_string(out, "{\"type\":\"image_url\",\"image_url\":{"
				 "\"url\":\"data:image/png;base64,AAAA\"}}");
	}
	if (blocks && said->type == MESSAGE_AI)
		said_put_blocks(out, said, mask, &begun);
	text_string(out, "]");
}

static void said_put_content(
	struct text *out, const struct said *said, unsigned mask)
{
	if (said->media || said->form == SAID_BLOCKS ||
		said->form == SAID_BOTH) {
		said_put_parts(out, said, mask);
	} else if (said->words == 0 && said->type == MESSAGE_AI &&
		   said->form == SAID_ROLE) {
		text_string(out, "null");
	} else {
		text_string(out, "\"");
		said_put_words(out, said);
		text_string(out, "\"");
	}
}

static void said_put_list(struct text *out, const struct said *said,
	unsigned mask, const char *name, bool *begun)
{
	const bool openai =
		said->form == SAID_ROLE || said->form == SAID_KWARGS;
	bool some = false;

	if ((mask & ((1u << said->count) - 1)) == 0)
		return;
	said_comma(out, begun);
	text_format(out, "\"%s\":[", name);
	for (int i = 0; i < said->count; i++) {
		if (!(mask >> i & 1))
			continue;
		said_comma(out, &some);
		text_string(out, "{\"id\":");
		said_put_id(out, said, i);
		text_string(
			out, openai ? ",\"type\":\"function\",\"function\":{"
				      "\"name\":\"g\",\"arguments\":"
				      "\"{}\"}}"
				    : ",\"name\":\"g\",\"args\":{}}");
	}
	text_string(out, "]");
}

static void said_put_function(
	struct text *out, const struct said *said, unsigned mask, bool *begun)
{
	if (!(mask & 1))
		return;
	said_comma(out, begun);
	text_string(out, "\"function_call\":{\"name\":");
	said_put_id(out, said, 0);
	text_string(out, ",\"arguments\":\"{}\"}");
}

static void said_put_calls(struct text *out, const struct said *said,
	unsigned mask, const char *name, bool *begun)
{
	if (said->function)
		said_put_function(out, said, mask, begun);
	else
		said_put_list(out, said, mask, name, begun);
}

/* Behind the content: its calls, or what it answers. */
static void said_put_others(
	struct text *out, const struct said *said, unsigned mask)
{
	bool begun = true;

	if (said->type == MESSAGE_TOOL || said->type == MESSAGE_FUNCTION) {
		text_format(out,
			",\"%s\":", said->function ? "name" : "tool_call_id");
		said_put_id(out, said, 0);
	} else if (said->type == MESSAGE_AI && said->form == SAID_KWARGS) {
		begun = false;
		text_string(out, ",\"additional_kwargs\":{");
		said_put_calls(out, said, mask, "tool_calls", &begun);
		text_string(out, "}");
	} else if (said->type == MESSAGE_AI && said->form != SAID_BLOCKS) {
		said_put_calls(out, said, mask, "tool_calls", &begun);
	}
}

static const char *said_role(const struct said *said)
{
	static const char *const roles[] = {
		[MESSAGE_HUMAN] = "user",
		[MESSAGE_AI] = "assistant",
		[MESSAGE_SYSTEM] = "system",
		[MESSAGE_TOOL] = "tool",
		[MESSAGE_FUNCTION] = "function",
	};

	return roles[said->type];
}

/* The body of the message, with only those calls or results. */
static void said_put_body(
	struct text *out, const struct said *said, unsigned mask)
{
	if (said->form == SAID_TUPLE) {
		said_put_content(out, said, mask);
		return;
	}
	if (said->form == SAID_ROLE || said->form == SAID_BLOCKS)
		text_format(out, "{\"role\":\"%s\",", said_role(said));
	else if (said->form == SAID_FLAT)
		text_format(out, "{\"type\":\"%s\",",
			message_type_name(said->type));
	else
		text_string(out, "{");
	text_string(out, "\"content\":");
	said_put_content(out, said, mask);
	said_put_others(out, said, mask);
	text_string(out, "}");
}

/* The message as a client sends it. */
static void said_put(struct text *out, const struct said *said, unsigned mask)
{
	const char *type = message_type_name(said->type);

	switch (said->form) {
	case SAID_TUPLE:
		text_format(out, "[\"%s\",", type);
		said_put_body(out, said, mask);
		text_string(out, "]");
		break;
	case SAID_DATA:
	case SAID_KWARGS:
	case SAID_BOTH:
		text_format(out, "{\"type\":\"%s\",\"data\":", type);
		said_put_body(out, said, mask);
		text_string(out, "}");
		break;
	case SAID_ROLE:
	case SAID_BLOCKS:
	case SAID_FLAT:
	case SAID_FORMS:
		said_put_body(out, said, mask);
		break;
	}
}

#endif
