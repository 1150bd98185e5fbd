/* SPDX-License-Identifier: MIT */
/*
 * reload.h - what of the settings is read again while requests run: the keys,
 * the origins and the log level.
 */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

struct access;
struct config;
struct error;

/* Makes the rules of the settings that the server is started with. */
int reload_first(
	struct access **out, const struct config *config, struct error *error);

/*
 * Reads flags, file and environment again.  If anything is bad, it is logged
 * and everything stays as it was.
 */
void reload_again(struct access *access, const struct config *config);

#endif
