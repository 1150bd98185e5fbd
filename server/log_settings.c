/* SPDX-License-Identifier: MIT */
/* log_settings.c - how a server logs, as it is configured. */
#include "server/log_settings.h"

#include "server/config/config.h"
#include "server/observe/log.h"
#include "server/observe/log_names.h"

void log_settings_apply(const struct config *config)
{
	log_configure(&(struct log_options){
		.format = (enum log_format)config->log_format,
		.no_access = config->access_log == ACCESS_LOG_OFF,
	});
	log_set_level((enum log_level)config->log_level);
	if (config->log_sessions == LOG_SESSIONS_HASHED)
		log_names_hash(config->log_key);
}
