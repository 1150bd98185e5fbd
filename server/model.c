/* SPDX-License-Identifier: MIT */
/* model.c - the language model behind a server, as it is configured. */
#include "server/model.h"

#include "core/memory/registry.h"
#include "server/auth/secret.h"
#include "server/config/config.h"
#include "server/upstream/upstream.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define CONNECT_MS 10000
#define BACKOFF_MS 500

struct memories model_memories(const struct config *config)
{
	struct memories memories = { .wordless = config->search != SEARCH_ON };

	if (config->llm_url != NULL) {
		memories.model = config->llm_model;
		memories.embedding_model = config->llm_embedding_model;
	}
	return memories;
}

int model_start(struct upstream **out, const struct config *config,
	struct metrics *metrics, struct error *error)
{
	struct upstream_options options = {
		.url = config->llm_url,
		.key = config->llm_key,
		.ca_file = config->llm_ca_file,
		.calls_max = MODEL_CALLS_MAX,
		.answer_max = ANSWER_MAX,
		.connect_ms = CONNECT_MS,
		.silence_ms = config->llm_timeout * 1000,
		.answer_ms = config->llm_timeout * 10000,
		.backoff_ms = BACKOFF_MS,
		.metrics = metrics,
	};
	char *key = NULL;
	int result;

	if (config->llm_key_file &&
		secret_read(&key, config->llm_key_file, &secret_llm_key, error))
		return -1;
	if (key)
		options.key = key;
	result = secret_check_header(options.key, &secret_llm_key, error);
	if (result == 0)
		result = upstream_start(out, &options, error);
	secret_free(key);
	return result;
}
