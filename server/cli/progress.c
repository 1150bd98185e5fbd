/* SPDX-License-Identifier: MIT */
/* progress.c - how far a command is, for the person who waits for it. */
#include "server/cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "schema/clock.h"

#define FIRST_MS 1000
#define EVERY_MS 200

/* Back to the start of the line, and nothing behind what is written. */
static void progress_write(int64_t count, const char *noun, const char *end)
{
	fprintf(stderr, "\r%lld %s\033[K%s", (long long)count, noun, end);
	fflush(stderr);
}

void progress_show(struct progress *progress, int64_t count, const char *noun)
{
	const int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (progress->begun_at == 0)
		progress->begun_at = now;
	if (!isatty(STDERR_FILENO) || now - progress->begun_at < FIRST_MS ||
		now - progress->shown_at < EVERY_MS)
		return;
	progress->shown_at = now;
	progress_write(count, noun, "");
}

void progress_tell(void *context, int64_t count, const char *noun)
{
	progress_show(context, count, noun);
}

void progress_clear(const struct progress *progress)
{
	if (progress->shown_at)
		fputs("\r\033[K", stderr);
}

void progress_end(int64_t count, const char *noun)
{
	if (isatty(STDERR_FILENO))
		progress_write(count, noun, "\n");
}
