/* SPDX-License-Identifier: MIT */
/*
 * address.c - "host:port", as --listen has it.
 */
#include "server/auth/address.h"

#include "schema/error.h"
#include "schema/text.h"

#include <stdlib.h>
#include <string.h>

static bool address_is_port(const char *port)
{
	const size_t digits = strspn(port, "0123456789");

	return digits > 0 && digits <= 5 && !port[digits] &&
	       strtoul(port, NULL, 10) <= 65535;
}

int address_parse(
	const char *text, struct address *address, struct error *error)
{
	const char *colon = strrchr(text, ':');
	const char *host = text;
	size_t length = colon ? (size_t)(colon - text) : 0;
	const bool brackets =
		length > 2 && text[0] == '[' && text[length - 1] == ']';

	if (!length || !address_is_port(colon + 1))
		return error_set(error, ERROR_INVALID,
			"\"%s\" is not host:port, such as 127.0.0.1:8080",
			text);
	if (brackets) {
		host++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return error_set(error, ERROR_INVALID,
			"\"%s\" needs brackets, such as [::1]:8080", text);
	}
	if (length >= sizeof(address->host))
		return error_set(error, ERROR_INVALID,
			"\"%.100s...\" is too long", text);
	memcpy(address->host, host, length);
	address->host[length] = '\0';
	memcpy(address->port, colon + 1, strlen(colon));
	return 0;
}
