/* SPDX-License-Identifier: MIT */
/* llm_api.c - which of OpenAI's APIs the language model's server has. */
#include "server/api/llm_api.h"

#include <ctype.h>
#include <string.h>

#include "schema/text.h"

#define LLM_API_FOR	INT64_C(600000)	 /* milliseconds */
#define LLM_API_HAS_FOR INT64_C(3600000) /* milliseconds */

bool llm_api_is_chat(const struct llm_api *api, int64_t now)
{
	return api != NULL &&
	       (api->kind == LLM_API_CHAT ||
		       (api->kind == LLM_API_AUTO &&
			       now < atomic_load(&api->chat_until)));
}

bool llm_api_may_lack(int status)
{
	return status == 404 || status == 405 || status == 501;
}

bool llm_api_may_switch(const struct llm_api *api)
{
	return api != NULL && api->kind == LLM_API_AUTO;
}

void llm_api_has(struct llm_api *api, int64_t now)
{
	if (llm_api_may_switch(api))
		atomic_store(&api->responses_until, now + LLM_API_HAS_FOR);
}

static bool llm_api_is_letter(const char *at, struct slice text)
{
	return at >= text.data && at < text.data + text.length &&
	       isalnum((unsigned char)*at);
}

/* Does JSON have but one way to write it, whoever writes it? */
static bool llm_api_is_plain(struct slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (name.data[i] < ' ' || name.data[i] > '~' ||
			strchr("\"\\<>&'", name.data[i]))
			return false;
	return true;
}

/* Does the text have the name, and not as a part of a word? */
static bool llm_api_names(struct slice text, struct slice name)
{
	const char *at = text.data;

	if (name.length == 0 || text.length == 0)
		return false;
	while ((at = memmem(at, text.length - (size_t)(at - text.data),
			name.data, name.length)) != NULL) {
		if (!llm_api_is_letter(at - 1, text) &&
			!llm_api_is_letter(at + name.length, text))
			return true;
		at++;
	}
	return false;
}

bool llm_api_lacks(struct llm_api *api, int status, struct slice answer,
	struct slice model, int64_t now)
{
	if (!llm_api_may_switch(api) || !llm_api_may_lack(status))
		return false;
	if (now < atomic_load(&api->responses_until))
		return false;
	if (status == 404 &&
		(!llm_api_is_plain(model) || llm_api_names(answer, model)))
		return false;
	atomic_store(&api->chat_until, now + LLM_API_FOR);
	return true;
}
