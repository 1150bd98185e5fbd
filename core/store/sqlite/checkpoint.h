/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.h - the ways in which the log is copied into the file.
 */
#ifndef CORE_STORE_SQLITE_CHECKPOINT_H
#define CORE_STORE_SQLITE_CHECKPOINT_H

enum sqlite_checkpoint {
	CHECKPOINT_PASSIVE,  /* what can be done without waiting */
	CHECKPOINT_RESTART,  /* waits up to 100 ms; the log begins anew */
	CHECKPOINT_TRUNCATE, /* waits up to 200 ms; the log is empty */
	CHECKPOINT_SAVE,     /* the same; the writer keeps its cache */
	CHECKPOINT_FULL,     /* waits for seconds; the log goes on */
};

#endif
