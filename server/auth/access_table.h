/* SPDX-License-Identifier: MIT */
/* access_table.h - what access.c and grant.c share; nobody else includes it. */
#ifndef SERVER_AUTH_ACCESS_TABLE_H
#define SERVER_AUTH_ACCESS_TABLE_H

#include <stdatomic.h>

#include "server/auth/address.h"
#include "server/auth/keys.h"

struct access_table {
	_Atomic size_t holders; /* the access that it is today's of is one */
	struct keys keys;
	char *origins; /* with commas; NULL: none */
	char *hosts;   /* more names of this server; the same */
	struct address listen;
	bool no_auth;
};

#endif
