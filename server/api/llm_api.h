/* SPDX-License-Identifier: MIT */
/*
 * llm_api.h - which of OpenAI's APIs the language model's server has.
 *
 * Where that is not said it is found out: a server that has no /responses is
 * asked at its /chat/completions for a while.  May be used from any thread.
 */
#ifndef SERVER_API_LLM_API_H
#define SERVER_API_LLM_API_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct slice;

enum llm_api_kind { LLM_API_AUTO, LLM_API_RESPONSES, LLM_API_CHAT };

struct llm_api {
	enum llm_api_kind kind;
	/* LLM_API_AUTO's: milliseconds since 1970 */
	_Atomic int64_t chat_until;
	_Atomic int64_t responses_until; /* it is not asked for chat */
};

/* Is a response to be asked for as a chat completion? */
bool llm_api_is_chat(const struct llm_api *api, int64_t now);

/* May a refusal tell otherwise?  Not if it was said. */
bool llm_api_may_switch(const struct llm_api *api);
/* May a refusal with this status mean that there is no /responses? */
bool llm_api_may_lack(int status);
/* It has answered at /responses: for an hour no refusal tells otherwise. */
void llm_api_has(struct llm_api *api, int64_t now);
/*
 * Does it?  A 404 that names the model, which is decoded, is about the model,
 * and so may any be where a name has characters that JSON escapes.  Then it is
 * asked for chat completions from now on, for ten minutes.
 */
bool llm_api_lacks(struct llm_api *api, int status, struct slice answer,
	struct slice model, int64_t now);

#endif
