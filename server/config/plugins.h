/* SPDX-License-Identifier: MIT */
/*
 * plugins.h - memory classes from shared objects.
 */
#ifndef SERVER_CONFIG_PLUGINS_H
#define SERVER_CONFIG_PLUGINS_H

#include <stddef.h>

struct error;
struct memories;
struct memory_class;

#define PLUGINS_MAX 32

/* Starts as {0}; plugins_close() ends it. */
struct plugins {
	void *handles[PLUGINS_MAX];
	const struct memory_class *classes[PLUGINS_MAX];
	size_t count;
};

/*
 * Opens the files of a list with commas between (NULL: none) and adds their
 * classes to `memories`, which borrows them.  ERROR_INVALID names the file
 * and says what is wrong with it.
 */
int plugins_open(struct plugins *plugins, const char *files,
	struct memories *memories, struct error *error);
void plugins_close(struct plugins *plugins);

#endif
