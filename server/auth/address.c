/* SPDX-License-Identifier: MIT */
/*
 * address.c - "host:port", or a port, as --listen has it.
 */
#include "server/auth/address.h"

#include "schema/error.h"
#include "schema/text.h"

#include <stdlib.h>
#include <string.h>

#define THIS_MACHINE "127.0.0.1"

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
	const char *port = colon ? colon + 1 : text;
	struct slice host = SLICE(THIS_MACHINE);

	if (!address_is_port(port))
		return error_set(error, ERROR_INVALID,
			"\"%s\" is not host:port, such as 127.0.0.1:8080, nor "
			"a port",
			text);
	if (colon && colon != text)
		host = (struct slice){ text, (size_t)(colon - text) };
	if (host.length > 2 && host.data[0] == '[' &&
		host.data[host.length - 1] == ']')
		host = (struct slice){ host.data + 1, host.length - 2 };
	else if (memchr(host.data, ':', host.length))
		return error_set(error, ERROR_INVALID,
			"\"%s\" needs brackets, such as [::1]:8080", text);
	if (host.length >= sizeof(address->host))
		return error_set(error, ERROR_INVALID,
			"\"%.100s...\" is too long", text);
	memcpy(address->host, host.data, host.length);
	address->host[host.length] = '\0';
	memcpy(address->port, port, strlen(port) + 1);
	return 0;
}
