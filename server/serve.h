/* SPDX-License-Identifier: MIT */
/*
 * serve.h - the server's life: start, signal, stop.
 *
 * The first SIGTERM or SIGINT finishes what was accepted, the second ends
 * the process at once.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

struct config;
struct error;

/* Returns after a signal (0) or a disk failure, or when it cannot start. */
int serve(const struct config *config, struct error *error);

#endif
