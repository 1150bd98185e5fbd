/* SPDX-License-Identifier: MIT */
/*
 * signals.h - what the process is told from outside.
 *
 * SIGINT and SIGTERM end it.  SIGHUP has the settings read again; it ends a
 * process only if that was started on a terminal that is gone.  SIGUSR1 is
 * the process's own, and SIGUSR2 means nothing: neither ends it.  SIGBUS does,
 * with a sentence.
 */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include <stdbool.h>

struct signals {
	bool (*failed)(void *context); /* asked when SIGUSR1 comes */
	void (*reload)(void *context); /* at each SIGHUP */
	void *context;
	bool on_terminal; /* signals_block()'s */
};

/*
 * Has the end by SIGBUS told on standard error: a file that is mapped, as the
 * database's -shm, was cut by another program, or its disk does not give it.
 */
void signals_tell_of_bus(void);

/* Blocks them, also in all threads that are started later. */
void signals_block(struct signals *signals);

/* Waits for the end of the process; the signal that is the reason. */
int signals_wait(const struct signals *signals);

/* Without its "SIG". */
const char *signals_name(int received);

/* From now on SIGINT and SIGTERM do not wait for anything. */
void signals_arm_second(void);

#endif
