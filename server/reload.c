/* SPDX-License-Identifier: MIT */
/*
 * reload.c - what of the settings is read again while requests run.
 */
#include "server/reload.h"

#include <stddef.h>

#include "schema/error.h"
#include "server/auth/access.h"
#include "server/config/config.h"
#include "server/observe/log.h"

static struct access_options reload_options(const struct config *config)
{
	return (struct access_options){
		.keys_file = config->api_keys,
		.keys = config->api_key,
		.listen = config->listen,
		.allow_origin = config->allow_origin,
		.allow_host = config->allow_host,
		.no_auth = config->no_auth,
	};
}

int reload_first(
	struct access **out, const struct config *config, struct error *error)
{
	const struct access_options options = reload_options(config);

	return access_new(out, &options, error);
}

/* The address and whether keys are needed stay those of the start. */
static int reload_rules(struct access *access, const struct config *config,
	const struct config *fresh, struct error *error)
{
	struct access_options options = reload_options(fresh);

	options.listen = config->listen;
	options.no_auth = config->no_auth;
	return access_reload(access, &options, error);
}

void reload_again(struct access *access, const struct config *config)
{
	struct error error = { 0 };
	struct config fresh = { .options = config->options };

	if (config_read(&fresh, config->sources.arguments,
		    config->sources.environment, &error) ||
		reload_rules(access, config, &fresh, &error)) {
		log_line(LOG_ERROR, "the settings stay as they were", "why",
			error.message, NULL);
	} else {
		log_set_level((enum log_level)fresh.log_level);
		log_line(LOG_INFO, "keys, origins and log level read again",
			NULL);
	}
	config_clear(&fresh);
}
