/* SPDX-License-Identifier: MIT */
/*
 * address.h - "host:port" or "unix:PATH", as --listen has it.
 *
 * A port alone, also behind a colon, is one of this machine: nobody shows a
 * server to a network by leaving something out.
 */
#ifndef SERVER_AUTH_ADDRESS_H
#define SERVER_AUTH_ADDRESS_H

struct error;

#define ADDRESS_PATH_MAX 108 /* of a socket, with its 0 */

/* Host without the brackets of IPv6, port in decimal; or a path alone. */
struct address {
	char host[256];
	char port[sizeof("65535")];
	char path[ADDRESS_PATH_MAX]; /* of `unix:PATH`; "": none */
};

/* ERROR_INVALID says what is missing. */
int address_parse(
	const char *text, struct address *address, struct error *error);

#endif
