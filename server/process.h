/* SPDX-License-Identifier: MIT */
/* process.h - what a server wants of its process. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <stdint.h>

/*
 * Before the first thread: new files are the owner's alone, standard files are
 * open, memory goes back to the system, and no broken pipe ends the process.
 */
void process_prepare(void);

/*
 * Gives memory that is free, between what is not, back to the system, if the
 * process has worked since; *worked is how long it had, in microseconds, the
 * last time.
 */
void process_give_back(int64_t *worked);

#endif
