/* SPDX-License-Identifier: MIT */
/*
 * disk_gate.c - a disk that stands still while a file is there.
 *
 * Preloaded into the server by shares_test.py: nothing reaches the disk while
 * the file named by DISK_GATE exists.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void disk_gate_wait(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const char *gate = getenv("DISK_GATE");

	while (gate && access(gate, F_OK) == 0)
		nanosleep(&pause, NULL);
}

int fdatasync(int fd)
{
	disk_gate_wait();
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	disk_gate_wait();
	return (int)syscall(SYS_fsync, fd);
}
