/* SPDX-License-Identifier: MIT */
/* version.c - chatmem version: what this is made of. */
#include "server/version.h"

#include <stdio.h>

#include "server/libraries.h"
#include "server/upstream/upstream.h"

int command_version(const struct config *config, struct error *error)
{
	(void)config;
	(void)error;
	printf("chatmem %s\nlibmicrohttpd %s\njansson %s\nSQLite %s\n"
	       "GnuTLS %s\n",
		CHATMEM_VERSION, MHD_get_version(), jansson_version_str(),
		sqlite3_libversion(), gnutls_check_version(NULL));
	if (upstream_library())
		printf("libcurl %s\n", upstream_library());
	return 0;
}
