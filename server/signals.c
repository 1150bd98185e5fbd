/* SPDX-License-Identifier: MIT */
/*
 * signals.c - what the process is told from outside.
 */
#include "server/signals.h"

#include "server/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A shell may send SIGHUP a moment before its terminal goes. */
#define LOOKS	     20
#define LOOK_SECONDS 0.25

#define PAUSE_SECONDS 10 /* between two times that memory goes back */

static void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
}

/* Only what POSIX allows of a signal's handler; the default action follows. */
static void signals_end_by_bus(int received)
{
	static const char sentence[] =
		"chatmem: ended by SIGBUS: a file that it maps was cut by"
		" another program, or its disk does not give it; as a rule it"
		" is the database's -shm.  What was acknowledged is in the"
		" database and its -wal: leave both where they are, and start"
		" it again.\n";
	const ssize_t told =
		write(STDERR_FILENO, sentence, sizeof(sentence) - 1);

	(void)told;
	raise(received);
}

void signals_tell_of_bus(void)
{
	const struct sigaction tell = { .sa_handler = signals_end_by_bus,
		.sa_flags = (int)SA_RESETHAND };

	sigaction(SIGBUS, &tell, NULL);
}

static bool signals_has_terminal(void)
{
	const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* With nohup SIGHUP is ignored when the process begins. */
static bool signals_has_nohup(void)
{
	struct sigaction action;

	return sigaction(SIGHUP, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

void signals_block(struct signals *signals)
{
	sigset_t set;

	signals_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signals->on_terminal = !signals_has_nohup() && signals_has_terminal();
}

/* The next one, or 0 when a look is due, or memory may go back. */
static int signals_next(int looks)
{
	const struct timespec look = { .tv_nsec = (long)(LOOK_SECONDS * 1e9) };
	const struct timespec pause = { .tv_sec = PAUSE_SECONDS };
	int received;
	sigset_t set;

	signals_set(&set);
	received = sigtimedwait(&set, NULL, looks > 0 ? &look : &pause);
	return received > 0 ? received : 0;
}

int signals_wait(const struct signals *signals)
{
	int looks = 0;
	int64_t worked = 0;

	for (;;) {
		const int received = signals_next(looks);

		if (received == SIGINT || received == SIGTERM)
			return received;
		if (received == SIGUSR1 && signals->failed(signals->context))
			return received;
		if (received == SIGHUP)
			signals->reload(signals->context);
		if (received == SIGHUP && signals->on_terminal)
			looks = LOOKS;
		if (received == 0)
			process_give_back(&worked);
		if (looks > 0 && !signals_has_terminal())
			return SIGHUP;
		looks -= looks > 0;
	}
}

const char *signals_name(int received)
{
	switch (received) {
	case SIGINT:
		return "INT";
	case SIGTERM:
		return "TERM";
	case SIGHUP:
		return "HUP";
	default:
		return "USR1";
	}
}

static void signals_exit_at_once(int received)
{
	(void)received;
	_exit(EXIT_FAILURE);
}

void signals_arm_second(void)
{
	const struct sigaction at_once = { .sa_handler = signals_exit_at_once };
	sigset_t set;

	sigaction(SIGINT, &at_once, NULL);
	sigaction(SIGTERM, &at_once, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
