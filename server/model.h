/* SPDX-License-Identifier: MIT */
/* model.h - the language model behind a server, as it is configured. */
#ifndef SERVER_MODEL_H
#define SERVER_MODEL_H

#define MODEL_CALLS_MAX 1000 /* at a time */

struct config;
struct error;
struct memories;
struct metrics;
struct upstream;

/* As memories know it. */
struct memories model_memories(const struct config *config);

/* Borrows the metrics until upstream_free(). */
int model_start(struct upstream **out, const struct config *config,
	struct metrics *metrics, struct error *error);

#endif
