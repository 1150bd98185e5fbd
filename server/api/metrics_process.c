/* SPDX-License-Identifier: MIT */
/* metrics_process.c - what the kernel knows of this process. */
#include "server/api/metrics_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void metrics_process_write_memory(struct text *out)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char pages[64] = "", *end = pages;
	const int64_t size = sysconf(_SC_PAGESIZE);

	if (file == NULL)
		return;
	if (fgets(pages, sizeof(pages), file) != NULL) {
		metrics_write_gauge(out, "process_virtual_memory_bytes",
			"Address space in use.",
			strtoll(pages, &end, 10) * size);
		metrics_write_gauge(out, "process_resident_memory_bytes",
			"Memory in use.", strtoll(end, NULL, 10) * size);
	}
	fclose(file);
}

static void metrics_process_write_descriptors(struct text *out)
{
	DIR *directory = opendir("/proc/self/fd");
	int64_t count = -3; /* the directory, and what it is opened by */
	struct rlimit limit;

	if (directory == NULL)
		return;
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	metrics_write_gauge(out, "process_open_fds",
		"File descriptors in use, sockets too.", count);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_write_gauge(out, "process_max_fds",
			"File descriptors that there may be.",
			(int64_t)limit.rlim_cur);
}

static void metrics_process_write_time(struct text *out)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used))
		return;
	metrics_write_head(out, "process_cpu_seconds_total", "counter",
		"Seconds of processors, user and system.");
	text_format(out, "process_cpu_seconds_total %.6f\n",
		(double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			(double)(used.ru_utime.tv_usec +
				 used.ru_stime.tv_usec) /
				1e6);
}

void metrics_write_process(struct text *out, int64_t started)
{
	metrics_process_write_time(out);
	metrics_process_write_memory(out);
	metrics_process_write_descriptors(out);
	metrics_write_gauge(out, "process_start_time_seconds",
		"When the server was started, in seconds since 1970.", started);
}
