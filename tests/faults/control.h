/* SPDX-License-Identifier: MIT */
/*
 * control.h - the file by which a test tells a preloaded library what to do.
 */
#ifndef TESTS_FAULTS_CONTROL_H
#define TESTS_FAULTS_CONTROL_H

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Maps the file that this variable names; NULL: there is none. */
static inline void *control_map(const char *variable, size_t size)
{
	const char *path = getenv(variable);
	int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared;

	if (file < 0)
		return NULL;
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return shared == MAP_FAILED ? NULL : shared;
}

#endif
