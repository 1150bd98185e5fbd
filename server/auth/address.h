/* SPDX-License-Identifier: MIT */
/*
 * address.h - "host:port", as --listen has it.
 *
 * A port alone, also behind a colon, is one of this machine: nobody shows a
 * server to a network by leaving something out.
 */
#ifndef SERVER_AUTH_ADDRESS_H
#define SERVER_AUTH_ADDRESS_H

struct error;

/* Host without the brackets of IPv6, port in decimal. */
struct address {
	char host[256];
	char port[sizeof("65535")];
};

/* ERROR_INVALID says what is missing. */
int address_parse(
	const char *text, struct address *address, struct error *error);

#endif
