/* SPDX-License-Identifier: MIT */
/*
 * libraries.h - what start-up needs of the libraries.
 *
 * Declared, not included: each library's header belongs to the files of one
 * prefix, and a version or a seed is no reason to widen that.
 */
#ifndef SERVER_LIBRARIES_H
#define SERVER_LIBRARIES_H

#include <stddef.h>

const char *MHD_get_version(void);
const char *sqlite3_libversion(void);
const char *jansson_version_str(void);
const char *gnutls_check_version(const char *at_least);

/* Warns of those that are not the ones that were tested. */
void libraries_check(void);

/* Of jansson's hash tables; 0: random.  Before any thread starts. */
void json_object_seed(size_t seed);

#endif
