/* SPDX-License-Identifier: MIT */
/* process.c - what a server wants of its process. */
#include "server/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/clock.h"

#define WORK_US 100000 /* less leaves nothing worth it */

/* Lest a database or a socket becomes standard error. */
static void process_open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Large bodies go back to the system at once; few arenas keep little. */
static void process_limit_memory(void)
{
#ifdef M_ARENA_MAX /* glibc */
	mallopt(M_ARENA_MAX, 4);
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

void process_prepare(void)
{
	umask(077);
	process_open_standard_files();
	process_limit_memory();
	signal(SIGPIPE, SIG_IGN);
}

/* An idle process is left asleep. */
void process_give_back(int64_t *worked)
{
	const int64_t now = clock_us(CLOCK_PROCESS_CPUTIME_ID);

	if (now - *worked < WORK_US)
		return;
#ifdef M_ARENA_MAX /* glibc */
	malloc_trim(0);
#endif
	*worked = now;
}
