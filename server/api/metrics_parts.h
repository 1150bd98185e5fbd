/* SPDX-License-Identifier: MIT */
/*
 * metrics_parts.h - what the files of metrics share.
 *
 * This header is private to metrics.c and metrics_process.c.
 */
#ifndef SERVER_API_METRICS_PARTS_H
#define SERVER_API_METRICS_PARTS_H

#include "schema/text.h"

void metrics_write_head(
	struct text *out, const char *name, const char *type, const char *help);
void metrics_write_gauge(
	struct text *out, const char *name, const char *help, int64_t value);

/* A process, by the names that Prometheus' own clients have for it. */
void metrics_write_process(struct text *out, int64_t started);

#endif
