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
#define UNIX	     "unix:"

static bool address_is_port(const char *port)
{
	const size_t digits = strspn(port, "0123456789");

	return digits > 0 && digits <= 5 && !port[digits] &&
	       strtoul(port, NULL, 10) <= 65535;
}

static int address_parse_path(
	const char *path, struct address *address, struct error *error)
{
	if (!*path || strlen(path) >= sizeof(address->path))
		return error_set(error, ERROR_INVALID,
			"unix: wants a path of 1 to %zu bytes behind it",
			sizeof(address->path) - 1);
	*address = (struct address){ .host = "" };
	memcpy(address->path, path, strlen(path) + 1);
	return 0;
}

int address_parse(
	const char *text, struct address *address, struct error *error)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	struct slice host = SLICE(THIS_MACHINE);

	if (!strncmp(text, UNIX, strlen(UNIX)))
		return address_parse_path(text + strlen(UNIX), address, error);
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
	address->path[0] = '\0';
	memcpy(address->host, host.data, host.length);
	address->host[host.length] = '\0';
	memcpy(address->port, port, strlen(port) + 1);
	return 0;
}
