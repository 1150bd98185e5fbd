/* SPDX-License-Identifier: MIT */
/*
 * log_settings.h - how a server logs, as it is configured.
 */
#ifndef SERVER_LOG_SETTINGS_H
#define SERVER_LOG_SETTINGS_H

struct config;

/* Before anything is logged, and before threads start. */
void log_settings_apply(const struct config *config);

#endif
