/* SPDX-License-Identifier: MIT */
/* process.h - what a server wants of its process. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

/*
 * Before the first thread: new files are the owner's alone, standard files are
 * open, memory goes back to the system, and no broken pipe ends the process.
 */
void process_prepare(void);

#endif
